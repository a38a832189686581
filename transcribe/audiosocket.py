"""AudioSocket: how Asterisk sends a caller's voice over TCP while the caller speaks.

A frame is one byte of kind, two bytes of length (big-endian), and the payload. Audio is 16-bit little-endian
samples, 8000 Hz, one channel, usually 20 ms a frame. The first frame holds the id that the connection was
ordered with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

HANGUP, ID, KEY, AUDIO, FAULT = 0x00, 0x01, 0x03, 0x10, 0xFF
_HEAD = 3


class BrokenOff(Exception):
    """The connection ended in the middle of a frame, or what came is no AudioSocket."""


@dataclass(frozen=True)
class Frame:
    kind: int
    payload: bytes


def frames(receive: Callable[[int], bytes]) -> Iterator[Frame]:
    """The frames of a connection until its end or a hang-up. `receive(n)`: at most n bytes, b"" at the end.

    Raises BrokenOff, and whatever `receive` raises.
    """
    while head := _exactly(receive, _HEAD, may_end=True):
        kind, length = head[0], int.from_bytes(head[1:], "big")
        if kind == HANGUP:
            return
        if kind not in (ID, KEY, AUDIO, FAULT):
            raise BrokenOff(f"no AudioSocket frame: kind {kind:#04x}")
        yield Frame(kind, _exactly(receive, length))


def connection_id(frame: Frame) -> str:
    """The id in the first frame. Raises BrokenOff."""
    if frame.kind != ID or len(frame.payload) != 16:
        raise BrokenOff("the first frame is no id")
    return str(UUID(bytes=frame.payload))


def _exactly(receive: Callable[[int], bytes], wanted: int, *, may_end: bool = False) -> bytes:
    data = b""
    while len(data) < wanted:
        piece = receive(wanted - len(data))
        if not piece:
            if may_end and not data:
                return b""
            raise BrokenOff("the connection ended in the middle of a frame")
        data += piece
    return data
