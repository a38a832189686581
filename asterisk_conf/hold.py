"""The sound of waiting: two soft notes every few seconds, so that nobody takes it for a dead line."""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

_RATE = 8000
_NOTES = ((523.25, 0.0), (659.25, 0.35))  # Hz, and the second at which it begins
_LENGTH, _SECONDS, _LOUDNESS = 2.5, 0.6, 9000


def hold_sound(path: Path) -> None:
    """Make the file, 8 kHz mono 16 bit, unless it is there: a city may have put its own."""
    if path.exists():
        return
    part = path.with_name(path.name + ".part")
    with wave.open(str(part), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(_RATE)
        out.writeframes(b"".join(struct.pack("<h", _sample(n / _RATE)) for n in range(int(_LENGTH * _RATE))))
    part.replace(path)


def _sample(at: float) -> int:
    return int(sum(_note(hertz, at - begins) for hertz, begins in _NOTES))


def _note(hertz: float, at: float) -> float:
    if not 0 <= at < _SECONDS:
        return 0.0
    return _LOUDNESS * math.sin(2 * math.pi * hertz * at) * math.exp(-4 * at) * min(1.0, at / 0.01)
