"""What counts as a person speaking, and what does not."""

from __future__ import annotations

import numpy as np
import pytest
from sounds import Samples, murmur, noise, pcm, silence, tone

from transcribe.speech import measure, span


def spoken(*parts: Samples) -> float:
    return measure([pcm(np.concatenate(parts))])[0]


def bursts(sound: Samples, pause: float, count: int) -> Samples:
    return np.concatenate([part for _ in range(count) for part in (sound, silence(pause))])


def test_four_seconds_of_a_voice_are_four_seconds() -> None:
    assert spoken(silence(2), murmur(4), silence(2)) == pytest.approx(4.0, abs=0.2)


def test_a_voice_without_any_pause_is_heard_too() -> None:
    assert spoken(murmur(1.5)) == pytest.approx(1.5, abs=0.2)


@pytest.mark.parametrize("rms", [1000, 300, 100])
def test_a_quiet_voice_is_a_voice(rms: float) -> None:
    assert spoken(silence(2), murmur(3, rms), silence(2)) > 2.0


@pytest.mark.parametrize("decibels", [30, 20, 10])
def test_a_voice_on_a_noisy_line_is_a_voice(decibels: float) -> None:
    voice = np.concatenate([silence(2), murmur(4), silence(2)])
    assert 2.5 < spoken(voice + noise(8, 3000 * 10 ** (-decibels / 20))) < 4.6


@pytest.mark.parametrize("rms", [5, 30, 300, 3000])
def test_the_noise_of_a_line_is_nobody_speaking(rms: float) -> None:
    assert spoken(noise(10, rms)) == 0.0


def test_silence_is_nobody_speaking() -> None:
    assert spoken(silence(5)) == 0.0
    assert spoken(silence(5) + 8) == 0.0


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(tone(10, 450), id="dial tone"),
        pytest.param(bursts(tone(0.35, 450), 0.35, 12), id="busy"),
        pytest.param(bursts(tone(1, 450), 4, 3), id="ringing"),
        pytest.param(bursts(tone(2, 440, 480), 4, 2), id="ringing of two tones"),
        pytest.param(bursts(tone(0.1, 770, 1336), 0.1, 10), id="keys"),
        pytest.param(np.concatenate([tone(0.3, 1000), silence(3)]), id="beep"),
    ],
)
def test_tones_are_nobody_speaking(sound: Samples) -> None:
    assert spoken(sound) == 0.0
    assert spoken(sound + noise(len(sound) / 8000, 40)) == 0.0


def test_a_click_is_nobody_speaking() -> None:
    line = silence(3)
    line[8000:8200] = 12000
    assert spoken(line) == 0.0


def test_breath_is_nobody_speaking() -> None:
    breath = noise(1, 1500) * np.hanning(8000)
    assert spoken(bursts(breath, 1, 3) + noise(6, 20)) == 0.0


def test_the_hum_of_the_mains_is_nobody_speaking() -> None:
    assert spoken(tone(8, 50, 100, 150, 250, peak=800)) == 0.0


def test_a_voice_after_a_tone_is_still_heard() -> None:
    assert spoken(tone(0.3, 1000), silence(0.5), murmur(2), silence(1)) == pytest.approx(2.0, abs=0.3)


def test_a_voice_is_found_from_where_it_begins_to_where_it_ends() -> None:
    begin, end = span([pcm(np.concatenate([silence(2), murmur(3), silence(4)]))]) or (0, 0)
    assert begin == pytest.approx(2.0, abs=0.1)
    assert end == pytest.approx(5.0, abs=0.1)


@pytest.mark.parametrize("sound", [silence(3), noise(5, 300), tone(4, 450), np.zeros(0)])
def test_where_nobody_speaks_there_is_no_from_and_no_to(sound: Samples) -> None:
    assert span([pcm(sound)]) is None


def test_blocks_of_a_recording_are_measured_as_one() -> None:
    whole = pcm(np.concatenate([silence(1), murmur(4), silence(1)]))
    step = 2 * 8000 * 2
    in_blocks = [whole[at : at + step] for at in range(0, len(whole), step)]
    assert measure(in_blocks)[0] == pytest.approx(measure([whole])[0], abs=0.1)


def test_less_than_a_moment_of_sound_is_nothing() -> None:
    assert measure([]) == (0.0, 0.0)
    assert measure([b"\1\0" * 50]) == (0.0, 0.0)
