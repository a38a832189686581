"""What a recording file holds. Whatever the file is, there is an answer and never an exception."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sounds import murmur, pcm, silence, with_promised_bytes, write_wav

from transcribe.audio import CUT_SHORT, EMPTY, MISSING, NOT_A_RECORDING, UNFINISHED, inspect, look, peaks

HEADER = 44


def test_a_recording_of_two_seconds_is_two_seconds_long_and_has_no_problem(tmp_path: Path) -> None:
    found = inspect(write_wav(tmp_path / "a.wav", murmur(2)))
    assert found.seconds == 2.0
    assert found.problem is None
    assert found.usable


def test_the_level_is_the_loudest_moment_as_a_share_of_full_scale(tmp_path: Path) -> None:
    quiet = inspect(write_wav(tmp_path / "quiet.wav", murmur(1, rms=100)))
    loud = inspect(write_wav(tmp_path / "loud.wav", murmur(1, rms=8000)))
    assert 0 < quiet.level < 0.02
    assert 0.2 < loud.level <= 1.0


def test_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    assert inspect(tmp_path / "none.wav").problem == MISSING


def test_a_folder_in_place_of_a_file_is_unreadable(tmp_path: Path) -> None:
    assert inspect(tmp_path).problem == "unreadable"


def test_a_file_of_zero_bytes_is_empty(tmp_path: Path) -> None:
    (tmp_path / "zero.wav").touch()
    assert inspect(tmp_path / "zero.wav").problem == EMPTY


def test_a_header_without_samples_is_empty(tmp_path: Path) -> None:
    assert inspect(write_wav(tmp_path / "head.wav", silence(0))).problem == EMPTY


def test_a_file_cut_in_half_keeps_the_half_that_is_there(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "half.wav", murmur(4))
    path.write_bytes(path.read_bytes()[: HEADER + 2 * 8000 * 2])
    found = inspect(path)
    assert found.problem == CUT_SHORT
    assert found.seconds == 2.0
    assert found.spoken_seconds > 1.5
    assert found.usable


@pytest.mark.parametrize("promised", [0, 0xFFFFFFFF])
def test_a_file_that_a_killed_asterisk_left_is_read_to_its_end(tmp_path: Path, promised: int) -> None:
    found = inspect(with_promised_bytes(write_wav(tmp_path / "k.wav", murmur(3)), promised))
    assert found.problem == UNFINISHED
    assert found.seconds == 3.0
    assert found.spoken_seconds > 2.5
    assert found.usable


@pytest.mark.parametrize(
    ("rate", "channels", "problem"),
    [
        (44100, 1, "wrong rate: 44100 Hz"),
        (16000, 1, "wrong rate: 16000 Hz"),
        (8000, 2, "wrong channels: stereo"),
    ],
)
def test_a_recording_of_another_shape_is_named_and_not_fed_to_a_recogniser(
    tmp_path: Path, rate: int, channels: int, problem: str
) -> None:
    found = inspect(write_wav(tmp_path / "other.wav", murmur(1), rate=rate, channels=channels))
    assert found.problem == problem
    assert not found.usable


def test_a_law_in_a_wav_is_named(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", murmur(1))
    content = bytearray(path.read_bytes())
    content[20] = 6
    path.write_bytes(content)
    assert inspect(path).problem == "wrong encoding: A-law"


@pytest.mark.parametrize(
    "content",
    [b"\x89PNG\r\n\x1a\n" + b"\0" * 100, pcm(murmur(1)), b"R", b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0WAVEdata"],
)
def test_what_is_no_recording_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(content)
    found = inspect(path)
    assert found.problem
    assert not found.usable
    assert peaks(path) == []


def test_raw_samples_without_a_header_are_not_a_recording(tmp_path: Path) -> None:
    (tmp_path / "raw.wav").write_bytes(pcm(murmur(1)))
    assert inspect(tmp_path / "raw.wav").problem == NOT_A_RECORDING


def test_other_chunks_before_the_samples_are_passed_over(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "l.wav", murmur(1))
    content = path.read_bytes()
    path.write_bytes(content[:36] + b"LIST\x05\0\0\0abcde\0" + content[36:])
    found = inspect(path)
    assert (found.seconds, found.problem) == (1.0, None)


def test_an_odd_last_byte_is_left_out(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "odd.wav", murmur(1))
    path.write_bytes(path.read_bytes()[:-1])
    assert look(path).length % 2 == 0


def test_the_waveform_has_at_most_400_values_between_0_and_1(tmp_path: Path) -> None:
    for seconds in (0.01, 1, 61):
        drawn = peaks(write_wav(tmp_path / "p.wav", murmur(seconds)))
        assert 0 < len(drawn) <= 400
        assert all(0 <= value <= 1 for value in drawn)


@hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=200), st.integers(0, 80), st.integers(0, 400))
def test_no_file_whatever_raises(tmp_path: Path, garbage: bytes, at: int, cut: int) -> None:
    """A right file with garbage written somewhere into it, and cut anywhere."""
    content = bytearray(write_wav(tmp_path / "h.wav", murmur(0.02)).read_bytes())
    content[at : at + len(garbage)] = garbage
    path = tmp_path / "g.wav"
    path.write_bytes(content[:cut])
    found = inspect(path)
    assert 0 <= found.spoken_seconds <= found.seconds
    peaks(path)
