"""AudioSocket frames, whole and broken."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.audiosocket import AUDIO, HANGUP, ID, BrokenOff, Frame, connection_id, frames

TAP = "0b0f4b0e-7e0a-4a52-9d4e-1f0f6a3b2c1d"


def framed(kind: int, payload: bytes = b"") -> bytes:
    return bytes([kind]) + len(payload).to_bytes(2, "big") + payload


def line(data: bytes, piece: int = 7) -> Callable[[int], bytes]:
    """A connection that gives its bytes in small pieces, and then has ended."""
    left = bytearray(data)

    def receive(most: int) -> bytes:
        taken = bytes(left[: min(most, piece)])
        del left[: len(taken)]
        return taken

    return receive


@given(st.lists(st.binary(max_size=700), max_size=8), st.integers(1, 2000))
def test_frames_come_out_as_they_went_in_however_they_are_cut(payloads: list[bytes], piece: int) -> None:
    data = b"".join(framed(AUDIO, payload) for payload in payloads)
    assert list(frames(line(data, piece))) == [Frame(AUDIO, payload) for payload in payloads]


def test_a_hang_up_is_the_end_whatever_follows() -> None:
    data = framed(AUDIO, b"ab") + framed(HANGUP) + framed(AUDIO, b"cd")
    assert list(frames(line(data))) == [Frame(AUDIO, b"ab")]


@pytest.mark.parametrize("cut", [1, 2, 4, 20, 100])
def test_a_connection_that_stops_in_mid_frame_is_broken_off(cut: int) -> None:
    data = (framed(ID, UUID(TAP).bytes) + framed(AUDIO, b"\0" * 320))[:-cut]
    with pytest.raises(BrokenOff):
        list(frames(line(data)))


@given(st.binary(min_size=1, max_size=400))
def test_anything_else_is_broken_off_or_ends(data: bytes) -> None:
    try:
        for _ in frames(line(data)):
            pass
    except BrokenOff:
        pass


def test_a_connection_says_first_whose_audio_it_brings() -> None:
    assert connection_id(Frame(ID, UUID(TAP).bytes)) == TAP
    for frame in (Frame(AUDIO, UUID(TAP).bytes), Frame(ID, b"short")):
        with pytest.raises(BrokenOff):
            connection_id(frame)
