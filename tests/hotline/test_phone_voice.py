"""The synthetic caller's voice."""

import sys

import pytest

from hotline.host.tools import espeak
from hotline.phone import alaw
from hotline.phone.voice import Speaker, Voice, Voiceless
from hotline.settings import default_cache_dir

COMPLAINT = "小区下水道堵了,在昭阳街道。"


@pytest.fixture(scope="module")
def program():
    return espeak(default_cache_dir())


def test_a_sentence_is_spoken_as_a_telephone_sends_it(program, tmp_path):
    audio = Voice(program, tmp_path).says(COMPLAINT)
    assert 2.0 < len(audio) / alaw.RATE < 8.0
    assert 0.05 < alaw.level(audio) < 0.2


def test_a_sentence_is_spoken_once_and_kept(program, tmp_path):
    first = Voice(program, tmp_path).says(COMPLAINT)
    silent = Voice(["/nonexistent"], tmp_path)
    assert silent.says(COMPLAINT) == first
    assert [each.suffix for each in tmp_path.iterdir()] == [".alaw"]


def test_another_speaker_is_another_sound(program, tmp_path):
    voice = Voice(program, tmp_path)
    assert voice.says(COMPLAINT) != voice.says(COMPLAINT, Speaker(variant="m3", speed=190))


def test_a_program_that_says_nothing_is_named(tmp_path):
    with pytest.raises(Voiceless, match="no speech"):
        Voice([sys.executable, "-c", ""], tmp_path).says(COMPLAINT)
