"""Prompts of a second or less, so that the journeys do not spend their time listening.

They replace the built ones in the way a city's own recordings do (the setting prompts_dir). Each is a noise
of its own: the phones' ears only need to tell them apart. One system of the journeys keeps the built prompts.
"""

from __future__ import annotations

import wave
import zlib
from pathlib import Path

import numpy as np

from ivr.prompts import prompts

_RATE = 8000
_SECONDS = {"greeting": 2.5}
_DIGIT_SECONDS = 0.15
_OTHER_SECONDS = 0.5


def write_brief_prompts(folder: Path) -> Path:
    for name, prompt in prompts().items():
        if not prompt.silence:
            seconds = _DIGIT_SECONDS if name.startswith("digit_") else _SECONDS.get(name, _OTHER_SECONDS)
            _write(folder / f"{name}.wav", zlib.crc32(name.encode()), seconds)
    return folder


def _write(path: Path, seed: int, seconds: float) -> None:
    noise = np.random.default_rng(seed).integers(-8000, 8000, int(seconds * _RATE)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(noise.tobytes())
