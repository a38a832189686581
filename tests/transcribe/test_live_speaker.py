"""Words while they are spoken, by the real libvosk and the synthetic caller; the clock is the audio's own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from sounds import pcm, silence

from hotline.host.tools import espeak
from hotline.phone import alaw
from hotline.phone.voice import Voice
from hotline.settings import default_cache_dir
from transcribe.audio import RATE, WIDTH
from transcribe.live import LiveSpeaker
from transcribe.models import EMBEDDED, check
from transcribe.transcript import later
from transcribe.vosk_engine import VoskEngine

FRAME = 320


@pytest.fixture(scope="module")
def engine() -> VoskEngine:
    return VoskEngine(check(EMBEDDED))


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Voice:
    return Voice(espeak(default_cache_dir()), tmp_path_factory.mktemp("voice"))


def spoken(voice: Voice, *parts: str | float) -> bytes:
    """Sentences, and pauses in seconds, one after the other."""
    rng = np.random.default_rng(1)
    sounds = [
        silence(part) if isinstance(part, float) else np.asarray(alaw.decode(voice.says(part)), np.float64)
        for part in parts
    ]
    sound = np.concatenate(sounds)
    return pcm(sound + rng.normal(0, 8, len(sound)))


def frames(samples: bytes) -> Iterator[bytes]:
    for start in range(0, len(samples), FRAME):
        yield samples[start : start + FRAME]


class Telephone:
    """Sends frames at the pace of speech, by its own clock."""

    def __init__(self, engine: VoskEngine) -> None:
        self.at = 0.0
        self.speaker = LiveSpeaker(engine, lambda: self.at)

    def sends(self, samples: bytes) -> list[str]:
        """-> every text that could be seen on the way."""
        seen = []
        for frame in frames(samples):
            self.at += len(frame) / (RATE * WIDTH)
            if self.speaker.feed(frame):
                seen.append(self.speaker.text)
        return seen


def test_words_are_seen_before_the_sentence_is_over(engine: VoskEngine, voice: Voice) -> None:
    telephone = Telephone(engine)
    seen = telephone.sends(spoken(voice, "昭阳街道的下水道堵了"))
    assert any("昭阳街道" in text and "下水道" not in text for text in seen)
    assert "下水道" in seen[-1]


def test_a_pause_settles_the_words_long_before_the_call_goes_on(engine: VoskEngine, voice: Voice) -> None:
    telephone = Telephone(engine)
    telephone.sends(spoken(voice, "昭阳街道的下水道堵了", 1.0))
    assert "下水道" in telephone.speaker.settled
    ready = telephone.speaker.ready_after_last_word()
    assert ready is not None
    assert ready <= 0.5


def test_what_was_settled_is_never_taken_back(engine: VoskEngine, voice: Voice) -> None:
    telephone = Telephone(engine)
    before = ""
    for frame in frames(spoken(voice, "昭阳街道的下水道堵了", 0.8, "请派人来看看", 0.8)):
        telephone.sends(frame)
        assert telephone.speaker.settled.startswith(before)
        before = telephone.speaker.settled


def test_the_times_of_words_go_on_over_a_pause(engine: VoskEngine, voice: Voice) -> None:
    telephone = Telephone(engine)
    first = spoken(voice, "昭阳街道的下水道堵了", 1.5)
    telephone.sends(first + spoken(voice, "昭阳街道的下水道堵了", 0.3))
    words = telephone.speaker.finish()
    again = [word.start for word in words if word.word == "下水道"]
    assert len(again) == 2
    assert again[1] - again[0] == pytest.approx(len(first) / (RATE * WIDTH), abs=0.1)
    assert [word.start for word in words] == sorted(word.start for word in words)


def test_no_audio_at_all_is_no_words(engine: VoskEngine) -> None:
    telephone = Telephone(engine)
    assert telephone.speaker.finish() == ()
    assert (telephone.speaker.text, telephone.speaker.seconds) == ("", 0.0)
    assert telephone.speaker.ready_after_last_word() is None


def test_words_are_moved_to_the_recordings_own_time(engine: VoskEngine, voice: Voice) -> None:
    telephone = Telephone(engine)
    telephone.sends(spoken(voice, 0.5, "下水道堵了"))
    words = telephone.speaker.finish()
    moved = later(words, -0.4)
    assert moved[-1].end == pytest.approx(words[-1].end - 0.4)
    assert later(words, -100.0)[0].start == 0.0


def test_what_had_come_in_at_a_moment_is_known(engine: VoskEngine) -> None:
    telephone = Telephone(engine)
    telephone.sends(pcm(silence(2.0)))
    assert telephone.speaker.seconds_at(1.0) == pytest.approx(1.0, abs=0.07)
    assert telephone.speaker.seconds_at(0.0) == 0.0
