"""What the embedded model understands: the synthetic caller, in danger and in everyday need."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sounds import Samples, noise, silence

from hotline.bench.speech import error_rate, speak
from hotline.host.tools import espeak
from hotline.phone import alaw
from hotline.phone.voice import Speaker, Voice
from hotline.settings import default_cache_dir
from ivr import speech
from transcribe.models import EMBEDDED, check
from transcribe.vosk_engine import VoskEngine

Hears = Callable[[Samples], str]
MOST_BYTES = 15_000_000


@pytest.fixture(scope="module")
def engine() -> VoskEngine:
    return VoskEngine(check(EMBEDDED))


@pytest.fixture(scope="module")
def hears(engine: VoskEngine) -> Hears:
    def heard(sound: Samples) -> str:
        recogniser = engine.recogniser()
        recogniser.feed(np.concatenate([silence(0.5), sound, silence(0.7)]).astype("<i2").tobytes())
        return "".join(word.word for word in recogniser.finish())

    return heard


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Voice:
    return Voice(espeak(default_cache_dir()), tmp_path_factory.mktemp("voice"))


def said(voice: Voice, text: str, speaker: Speaker = Speaker()) -> Samples:  # noqa: B008 - a frozen value
    return np.asarray(alaw.decode(voice.says(text, speaker)), np.float64)


@pytest.mark.parametrize(
    ("sentence", "heard"),
    [
        ("着火了", "着火了"),
        ("我家着火了,快来人", "我家着火了快来人"),
        ("有人在打架", "有人在打架"),
        ("煤气泄漏了,味道很重", "煤气泄漏了味道很重"),
        ("我家小孩不见了", "我家小孩不见了"),
        ("有人要跳楼", "有人要跳楼"),
        ("有人抢劫", "有人抢劫"),
        ("电梯坏了,有人被困", "电梯坏了有人被困"),
        ("昨天着过火,现在没事了", "昨天着过火现在没事了"),
    ],
)
def test_a_caller_in_danger_is_understood_word_by_word(
    voice: Voice, hears: Hears, sentence: str, heard: str
) -> None:
    assert hears(said(voice, sentence)) == heard


@pytest.mark.parametrize("speaker", [Speaker(), Speaker("m3", 150, 40), Speaker("f5", 160, 50)])
def test_the_demonstration_call_is_understood_from_other_voices_too(
    voice: Voice, hears: Hears, speaker: Speaker
) -> None:
    spoken = said(voice, "你好,昭阳街道五四路的下水道堵了,请派人来看一看。", speaker)
    assert hears(spoken) == "你好昭阳街道五四路的下水道堵了请派人来看一看"


def test_sentences_that_it_has_never_met_in_voices_that_it_has_never_heard(
    voice: Voice, engine: VoskEngine
) -> None:
    """Character errors in per cent; the figures of the day are in docs/speech.md."""
    spoken = speak(voice)
    assert len(spoken) >= 50
    assert error_rate(engine, spoken, 20.0) < 8


def test_another_language_is_no_word(tmp_path: Path, hears: Hears) -> None:
    english = speech.synthesize(
        "the weather was beautiful yesterday", espeak(default_cache_dir()), voice="en+m3", speed=160, pitch=50
    )
    sound = speech.telephone(*english)
    sound *= 3000 / np.sqrt(np.mean(sound**2))
    assert hears(sound + noise(len(sound) / 8000, 20)[: len(sound)]) == ""


def test_it_is_small_and_its_vocabulary_is_not() -> None:
    assert sum(file.stat().st_size for file in EMBEDDED.rglob("*") if file.is_file()) <= MOST_BYTES
    words = {line.split()[0] for line in (EMBEDDED / "graph/words.txt").read_text("utf-8").splitlines()}
    assert len([word for word in words if len(word) > 1]) > 4000
    assert len([word for word in words if len(word) == 1]) > 3700
    assert "[unk]" in words
