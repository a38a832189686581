"""The sounds of the prompts: made, measured, replaceable."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from hotline import settings as settings_module
from hotline.host import tools
from ivr import prompts, speech
from ivr.prompts import LONGEST_SECONDS, PromptError


@pytest.fixture(scope="session")
def espeak() -> list[str]:
    return list(tools.espeak(settings_module.default_cache_dir()))


@pytest.fixture(scope="session")
def built(espeak: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("prompts")
    assert prompts.build(out, None, espeak) == len(prompts.prompts())
    return out


def test_every_prompt_is_short_even_and_begins_at_once(built: Path) -> None:
    for name, measured in prompts.measure(built).items():
        if prompts.prompts()[name].silence:
            assert measured.seconds < 0.5
            continue
        assert 0.2 < measured.seconds <= LONGEST_SECONDS, name
        assert -20.8 <= measured.level <= -19.2, name
        assert measured.peak <= -2.9, name
        assert measured.lead <= 0.15, name
        assert measured.tail <= 0.3, name


def test_what_asterisk_plays_is_what_people_hear(built: Path) -> None:
    for name in prompts.prompts():
        wav, rate = soundfile.read(built / f"{name}.wav")
        alaw, _ = soundfile.read(
            built / f"{name}.alaw", samplerate=8000, channels=1, format="RAW", subtype="ALAW"
        )
        assert rate == 8000
        assert len(wav) == len(alaw)
        assert np.abs(wav - alaw).max() < 0.03


def test_no_prompt_is_spoken_as_english_letters(espeak: list[str]) -> None:
    texts = [each.pinyin or speech.pinyin(each.text) for each in prompts.prompts().values() if each.text]
    told = subprocess.run(
        [*espeak, "-v", "cmn-latn-pinyin", "-x", "-q", "--stdin"],
        input="\n".join(texts).encode(), capture_output=True, check=True,
    ).stdout.decode()  # fmt: skip
    assert "(en)" not in told
    assert len(told.split()) > 100


def test_pinyin_reads_110_as_a_telephone_number() -> None:
    assert speech.pinyin("民生110,您好").split() == [
        "min2",
        "sheng1",
        "yao1",
        "yao1",
        "ling2",
        ",",
        "nin2",
        "hao3",
    ]


def test_a_second_build_makes_nothing_and_a_missing_sound_is_made_again(
    built: Path, espeak: list[str]
) -> None:
    assert prompts.build(built, None, espeak) == 0
    (built / "goodbye.alaw").unlink()
    assert prompts.build(built, None, espeak) == 1


def test_a_recording_of_the_same_name_replaces_a_prompt(
    built: Path, espeak: list[str], tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    time = np.arange(44100) / 44100
    soundfile.write(mine / "goodbye.wav", np.column_stack([np.sin(2 * np.pi * 440 * time)] * 2) * 0.1, 44100)
    assert prompts.build(built, mine, espeak) == 1
    measured = prompts.measure(built)["goodbye"]
    assert (round(measured.seconds, 1), round(measured.level)) == (1.1, -20)
    assert prompts.build(built, None, espeak) == 1


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n" + bytes(100), bytes(4000)])
def test_a_recording_that_is_none_is_named(
    built: Path, espeak: list[str], tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "goodbye.wav").write_bytes(content)
    with pytest.raises(PromptError, match="goodbye"):
        prompts.build(built, tmp_path, espeak)


def test_an_espeak_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="espeak"):
        prompts.build(tmp_path, None, ["/nonexistent/espeak-ng"])
