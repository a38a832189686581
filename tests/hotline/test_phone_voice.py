"""The synthetic caller's voice."""

import sys

import numpy as np
import pytest

from hotline.host.tools import espeak
from hotline.phone import alaw
from hotline.phone.voice import Speaker, Voice, Voiceless, pinyin, telephone
from hotline.settings import default_cache_dir

COMPLAINT = "小区下水道堵了,在昭阳街道。"


@pytest.fixture(scope="module")
def program():
    return espeak(default_cache_dir())


def test_hanzi_become_numbered_pinyin_with_their_pauses():
    assert pinyin("下水道堵了,在昭阳。") == "xia4 shui3 dao4 du3 le5 , zai4 zhao1 yang2 ."


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


def test_a_program_that_hangs_is_given_up(tmp_path):
    stuck = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(Voiceless, match="TimeoutExpired"):
        Voice(stuck, tmp_path, time_limit=0.3).says(COMPLAINT)
    assert not list(tmp_path.iterdir())


def test_a_program_that_says_nothing_is_named(tmp_path):
    with pytest.raises(Voiceless, match="no speech"):
        Voice([sys.executable, "-c", ""], tmp_path).says(COMPLAINT)


def test_the_telephone_lets_only_its_band_through():
    times = np.arange(22050) / 22050
    for hertz, passes in ((100, False), (1000, True), (3900, False)):
        low_and_mid = np.sin(2 * np.pi * hertz * times) + 0.5 * np.sin(2 * np.pi * 1500 * times)
        narrow = alaw.encode(telephone(low_and_mid * 8000, 22050))
        assert (alaw.tone_share(narrow, hertz) > 0.3) == passes
