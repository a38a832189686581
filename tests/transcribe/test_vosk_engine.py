"""The real libvosk with the embedded model and the synthetic caller."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sounds import murmur, noise, pcm, silence, tone, write_wav

from hotline.host.tools import espeak
from hotline.phone import alaw
from hotline.phone.voice import Voice
from hotline.settings import default_cache_dir
from transcribe.audio import RATE
from transcribe.engine import EngineFault
from transcribe.models import EMBEDDED, Model, check
from transcribe.transcript import NotAudio, write_down, written
from transcribe.vosk_engine import VoskEngine

SENTENCE = "昭阳街道的下水道堵了"


@pytest.fixture(scope="module")
def engine() -> VoskEngine:
    return VoskEngine(check(EMBEDDED))


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    voice = Voice(espeak(default_cache_dir()), tmp_path_factory.mktemp("voice"))
    spoken = np.asarray(alaw.decode(voice.says(SENTENCE)), np.float64)
    return pcm(np.concatenate([silence(0.4), spoken, silence(0.6)]))


def recording(path: Path, samples: bytes) -> Path:
    return write_wav(path, np.frombuffer(samples, "<i2").astype(np.float64))


def test_the_synthetic_caller_is_written_down_offline(
    tmp_path: Path, engine: VoskEngine, speech: bytes
) -> None:
    told = write_down(recording(tmp_path / "a.wav", speech), engine)
    assert "昭阳街道" in told.text
    assert "下水道" in told.text
    assert told.model == "embedded"
    assert told.seconds == pytest.approx(len(speech) / 16000, abs=0.01)


def test_words_carry_their_place_in_the_recording(tmp_path: Path, engine: VoskEngine, speech: bytes) -> None:
    words = write_down(recording(tmp_path / "a.wav", speech), engine).words
    assert 0.2 < words[0].start < 0.8
    assert all(word.start < word.end for word in words)
    assert [word.start for word in words] == sorted(word.start for word in words)


def test_a_recording_that_is_cut_in_half_gives_the_words_that_are_there(
    tmp_path: Path, engine: VoskEngine, speech: bytes
) -> None:
    path = recording(tmp_path / "half.wav", speech)
    path.write_bytes(path.read_bytes()[: 44 + len(speech) * 6 // 10 // 2 * 2])
    assert "昭阳" in write_down(path, engine).text


def test_the_same_words_come_from_small_pieces_as_from_large_ones(engine: VoskEngine, speech: bytes) -> None:
    def heard(piece: int) -> list[str]:
        recogniser = engine.recogniser()
        for at in range(0, len(speech), piece):
            recogniser.feed(speech[at : at + piece])
        return [word.word for word in recogniser.finish()]

    assert heard(320) == heard(16000)


def test_words_are_heard_while_the_caller_still_speaks(engine: VoskEngine, speech: bytes) -> None:
    recogniser = engine.recogniser()
    partials = set()
    for at in range(0, len(speech), 1600):
        recogniser.feed(speech[at : at + 1600])
        partials.add(recogniser.partial())
    assert any("昭阳" in partial for partial in partials)
    assert len(partials) > 2


def test_silence_gives_no_words(tmp_path: Path, engine: VoskEngine) -> None:
    assert write_down(write_wav(tmp_path / "s.wav", silence(2)), engine).text == ""
    assert write_down(write_wav(tmp_path / "n.wav", noise(2, 30)), engine).words == ()


def test_tones_breath_and_noise_give_no_words(tmp_path: Path, engine: VoskEngine) -> None:
    breath = np.tile(np.concatenate([noise(1, 1500) * np.hanning(8000), silence(1)]), 3)
    for sound in (
        tone(6, 450),
        np.tile(np.concatenate([tone(1, 450), silence(4)]), 2),
        breath,
        noise(5, 800),
    ):
        assert write_down(write_wav(tmp_path / "t.wav", sound), engine).text == ""


def test_long_silence_around_the_words_is_cut_and_the_words_keep_their_place(
    tmp_path: Path, engine: VoskEngine, speech: bytes
) -> None:
    plain = write_down(recording(tmp_path / "p.wav", speech), engine)
    quiet = pcm(silence(10))
    told = write_down(recording(tmp_path / "l.wav", quiet + speech + quiet), engine)
    assert told.text == plain.text
    assert told.seconds == pytest.approx(plain.seconds + 20, abs=0.01)
    for word, before in zip(told.words, plain.words, strict=True):
        assert word.start == pytest.approx(before.start + 10, abs=0.1)


def test_names_of_the_city_are_put_right_and_marked(
    tmp_path: Path, engine: VoskEngine, speech: bytes
) -> None:
    """A city that writes its street with another character of the same sound."""
    told = write_down(recording(tmp_path / "a.wav", speech), engine, ["昭洋街道"])
    assert "昭洋街道" in told.text
    assert [(c.original, c.corrected) for c in told.corrections] == [("昭阳街道", "昭洋街道")]
    assert any(word.heard for word in told.words)


def test_a_model_of_another_rate_is_fed_resampled_audio(speech: bytes) -> None:
    """The embedded model, pretending to want 16 kHz and not to resample by itself."""
    pretender = VoskEngine(Model("pretender", EMBEDDED, 16000))
    recogniser = pretender.recogniser()
    for at in range(0, len(speech), 1600):
        recogniser.feed(speech[at : at + 1600])
    words = recogniser.finish()
    assert "昭阳" in written([word.word for word in words])
    assert words[-1].end < len(speech) / 2 / RATE + 0.2


@pytest.mark.parametrize("wrong", [b"\1", bytearray(b"\0\0"), "text"])
def test_what_is_not_bytes_of_whole_samples_is_refused(engine: VoskEngine, wrong: object) -> None:
    with pytest.raises(ValueError, match="whole samples"):
        engine.recogniser().feed(wrong)  # type: ignore[arg-type]


def test_nothing_can_be_fed_after_the_end(engine: VoskEngine) -> None:
    recogniser = engine.recogniser()
    assert recogniser.finish() == ()
    assert recogniser.finish() == ()
    with pytest.raises(ValueError, match="finished"):
        recogniser.feed(b"\0\0")


def test_a_stereo_recording_never_reaches_the_recogniser(tmp_path: Path, engine: VoskEngine) -> None:
    with pytest.raises(NotAudio, match="stereo"):
        write_down(write_wav(tmp_path / "s.wav", murmur(1), channels=2), engine)


def test_a_model_that_libvosk_refuses_is_one_clear_fault(tmp_path: Path) -> None:
    for name in ("am/final.mdl", "graph/HCLG.fst", "graph/words.txt", "conf/model.conf", "conf/mfcc.conf"):
        (tmp_path / "broken" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "broken" / name).write_text("nonsense\n")
    with pytest.raises(EngineFault, match="model broken: libvosk does not load it"):
        VoskEngine(check(tmp_path / "broken"))


def test_chinese_words_are_written_without_gaps_and_others_with_one() -> None:
    assert written(["下水道", "堵", "了"]) == "下水道堵了"
    assert written(["hello", "world", "你好", "A", "座"]) == "hello world你好A座"
    assert written(["[unk]", "漏水", "[noise]"]) == "漏水"
