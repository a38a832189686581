"""Sounds for tests: made here, the same every time."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 8000
Samples = NDArray[np.float64]


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE))


def noise(seconds: float, rms: float, seed: int = 1) -> Samples:
    """A line's hiss, 300 to 3400 Hz."""
    hiss = np.fft.rfft(np.random.default_rng(seed).normal(0, 1, round(seconds * RATE)))
    hertz = np.fft.rfftfreq(round(seconds * RATE), 1 / RATE)
    hiss[(hertz < 300) | (hertz > 3400)] = 0
    made = np.fft.irfft(hiss, round(seconds * RATE))
    return made * rms / np.sqrt(np.mean(made**2))


def tone(seconds: float, *hertz: float, peak: float = 6000) -> Samples:
    time = np.arange(round(seconds * RATE)) / RATE
    return sum((peak * np.sin(2 * np.pi * each * time) for each in hertz), np.zeros(len(time)))


def murmur(seconds: float, rms: float = 3000) -> Samples:
    """A voice without words: a gliding pitch with its harmonics, four syllables a second."""
    time = np.arange(round(seconds * RATE)) / RATE
    pitch = 150 + 40 * np.sin(2 * np.pi * 1.3 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    voice = sum(np.sin(n * phase) / n**0.5 for n in range(2, 20))
    voice *= 0.25 + np.abs(np.sin(2 * np.pi * 2 * time))
    return voice * rms / np.sqrt(np.mean(voice**2))


def pcm(samples: Samples) -> bytes:
    return np.clip(samples, -32768, 32767).astype("<i2").tobytes()


def write_wav(path: Path, samples: Samples, *, rate: int = RATE, channels: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm(np.repeat(samples, channels)))
    return path


def with_promised_bytes(path: Path, promised: int) -> Path:
    """The same file, its header saying another length: as a killed Asterisk leaves it."""
    content = bytearray(path.read_bytes())
    content[40:44] = struct.pack("<I", promised)
    path.write_bytes(content)
    return path
