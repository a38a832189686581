"""Telling prompts from each other in what a phone hears."""

import threading
import time

import numpy as np
import pytest

from hotline.phone import alaw
from hotline.phone.ears import Ears, Listener, NothingHeard, beep_in
from hotline.phone.rtp import Heard


def _noise(seed: int, seconds: float = 0.4) -> bytes:
    """Loud audio that is the same each time and unlike that of another seed."""
    samples = np.random.default_rng(seed).integers(-8000, 8000, int(seconds * alaw.RATE))
    return alaw.SILENCE * 400 + alaw.encode(samples.astype(np.int16)) + alaw.SILENCE * 240


@pytest.fixture
def ears(tmp_path):
    for seed in range(10):
        (tmp_path / f"digit-{seed}.alaw").write_bytes(_noise(seed))
    (tmp_path / "greeting.alaw").write_bytes(_noise(77, 2.0))
    # A prompt that begins like the greeting.
    (tmp_path / "greeting-again.alaw").write_bytes(_noise(77, 2.0)[:8000] + _noise(78))
    return Ears(tmp_path)


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def listener(ears, heard):
    return Listener(ears, heard, threading.Condition())


def _hear(heard: Heard, *pieces: bytes) -> None:
    audio = b"".join(pieces)
    for start in range(0, len(audio), 160):
        heard.add(audio[start : start + 160], time.monotonic())


def test_prompts_are_told_in_the_order_in_which_they_were_played(ears):
    spoken = [ears.prompts[f"digit-{digit}"] for digit in (3, 3, 0, 9)]
    audio = alaw.SILENCE * 333 + b"".join(spoken)
    assert [each.name for each in ears.prompts_in(audio)] == ["digit-3", "digit-3", "digit-0", "digit-9"]


def test_prompts_with_the_same_beginning_are_told_apart(ears):
    names = [each.name for each in ears.prompts_in(ears.prompts["greeting-again"])]
    assert names == ["greeting-again"]


def test_a_prompt_that_was_cut_short_began_and_did_not_end(ears, heard, listener):
    _hear(heard, ears.prompts["digit-1"][:1600])
    listener.hears("digit-1", within=0.1)
    with pytest.raises(NothingHeard, match="the end of the prompt 'digit-1'"):
        listener.hears_the_end_of("digit-1", within=0.05)


def test_the_same_prompt_must_come_again_to_be_heard_again(ears, heard, listener):
    _hear(heard, ears.prompts["digit-1"])
    listener.hears("digit-1", within=0.1)
    with pytest.raises(NothingHeard):
        listener.hears("digit-1", within=0.05)
    _hear(heard, ears.prompts["digit-1"])
    listener.hears("digit-1", within=0.1)


def test_a_spoken_number_ends_at_the_next_prompt(ears, heard, listener):
    _hear(heard, *(ears.prompts[f"digit-{digit}"] for digit in "110255"), ears.prompts["greeting"])
    assert listener.hears_digits("digit-", within=0.5) == "110255"


def test_a_spoken_number_ends_with_the_call(ears, heard, listener):
    _hear(heard, *(ears.prompts[f"digit-{digit}"] for digit in "42"))
    listener.over = lambda: True
    assert listener.hears_digits("digit-", within=0.5) == "42"


def test_nobody_waits_for_a_prompt_once_the_call_is_over(listener):
    listener.over = lambda: True
    began = time.monotonic()
    with pytest.raises(NothingHeard, match="the call ended"):
        listener.hears("greeting", within=30)
    assert time.monotonic() - began < 1


def test_the_beep_is_told_from_speech_and_silence(ears):
    assert beep_in(ears.prompts["greeting"], 0) is None
    assert beep_in(alaw.SILENCE * 8000, 0) is None
    audio = alaw.SILENCE * 1000 + alaw.tone(700, 0.42, 0.18)
    assert beep_in(audio, 0) == pytest.approx(1000, abs=400)
