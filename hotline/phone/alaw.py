"""G.711 A-law and linear samples (numpy int16), both ways, bit for bit as in the recommendation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE = 8000
SILENCE = b"\xd5"
FRAME = 160
"""Bytes in 20 ms."""


def _decoded(code: int) -> int:
    code ^= 0x55
    segment, value = (code & 0x70) >> 4, (code & 0x0F) << 4
    value += 8 if segment == 0 else 0x108
    if segment > 1:
        value <<= segment - 1
    return value if code & 0x80 else -value


_DECODE: NDArray[np.int16] = np.array([_decoded(code) for code in range(256)], dtype=np.int16)


def _encode_table() -> NDArray[np.uint8]:
    """The code of every 13-bit sample: that of the nearest decoded value, the lower one at a tie."""
    by_value = np.argsort(_DECODE, kind="stable")
    values = _DECODE[by_value].astype(np.int32)
    samples = (np.arange(-4096, 4096, dtype=np.int32) << 3) + 4
    above = np.clip(np.searchsorted(values, samples), 1, 255)
    nearer_below = samples - values[above - 1] <= values[above] - samples
    return by_value[np.where(nearer_below, above - 1, above)].astype(np.uint8)


_ENCODE = _encode_table()


def decode(audio: bytes) -> NDArray[np.int16]:
    return _DECODE[np.frombuffer(bytes(audio), dtype=np.uint8)]


def encode(samples: NDArray[np.int16]) -> bytes:
    """A-law of 16-bit samples."""
    return _ENCODE[(samples.astype(np.int32) >> 3) + 4096].tobytes()


def level(audio: bytes) -> float:
    """Root mean square of the samples, 0..1; 0 for no audio."""
    if not audio:
        return 0.0
    return float(np.sqrt(np.mean((decode(audio).astype(np.float64) / 32768) ** 2)))


def tone(hertz: float, seconds: float, loudness: float = 0.3) -> bytes:
    """A sine, for parties that must be told apart in a conference."""
    times = np.arange(int(RATE * seconds)) / RATE
    return encode((np.sin(2 * np.pi * hertz * times) * loudness * 32767).astype(np.int16))


def tone_share(audio: bytes, hertz: float) -> float:
    """How much of the audio's energy lies within 25 Hz of a tone, 0..1."""
    samples = decode(audio).astype(np.float64)
    if len(samples) < FRAME or not np.any(np.abs(samples) > 64):
        return 0.0
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    near = np.abs(np.fft.rfftfreq(len(samples), 1 / RATE) - hertz) <= 25
    return float(power[near].sum() / power.sum())
