"""How much of a recording is a person speaking.

Speech is louder than the line's own noise, has a voice in it (its waveform repeats 60 to 400 times a second),
and is not a tone (a tone keeps nearly all of its energy in one or two places of the spectrum). Line noise and
breath have no voice, ringing and keys are tones, a click is too short. A whisper counts as nothing: that
caller gets a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

_RATE = 8000
_FRAME = 160  # 20 ms: loudness
_WINDOW = 512  # 64 ms: voice and tone
_FRAMES_A_SECOND = _RATE // _FRAME
_FULL = 32768.0

_QUIETEST = 25.0  # root mean square; below it only the quantiser moves
_ABOVE_FLOOR = 1.8  # 5 dB
_STEADY = 1.8  # a sound that never changes by more than 5 dB is a machine's
_STEADY_SECONDS = 2.0
_VOICED = 0.45
_TONAL = 0.965
_LAGS = slice(20, 134)  # 400 to 60 Hz
_BRIDGED = 13  # frames: a closure inside a word
_SHORTEST = 5  # frames: a click ends sooner
_VOICE_NEEDED = 0.096  # seconds of voice in a piece of speech

_HANN = np.hanning(_WINDOW).astype(np.float32)
# The window's own correlation: without it, long lags would look weak.
_FADING = np.fft.irfft(np.abs(np.fft.rfft(_HANN)) ** 2)
_FADING /= _FADING[0]


@dataclass(frozen=True)
class _Measured:
    loudness: Floats
    """Root mean square of each frame."""
    voiced: Flags
    """For each frame: a voice, and no tone."""


def measure(blocks: Iterable[bytes]) -> tuple[float, float]:
    """Spoken seconds, and the loudest frame as a share of full scale.

    `blocks`: 16-bit little-endian samples at 8000 Hz, any whole number of samples each.
    """
    pieces, loudest = _heard(blocks)
    return sum(end - begin for begin, end in pieces) / _FRAMES_A_SECOND, loudest


def span(blocks: Iterable[bytes]) -> tuple[float, float] | None:
    """From when to when somebody speaks, in seconds; None: nothing was said. `blocks` as in `measure`."""
    pieces, _ = _heard(blocks)
    return (pieces[0][0] / _FRAMES_A_SECOND, pieces[-1][1] / _FRAMES_A_SECOND) if pieces else None


def _heard(blocks: Iterable[bytes]) -> tuple[list[tuple[int, int]], float]:
    """The pieces of speech in frames, and the loudest frame as a share of full scale."""
    parts = [_measure(np.frombuffer(block, "<i2").astype(np.float32)) for block in blocks]
    if not parts:
        return [], 0.0
    loudness = np.concatenate([part.loudness for part in parts])
    if not loudness.size:
        return [], 0.0
    voiced = np.concatenate([part.voiced for part in parts])
    return _spoken(loudness, voiced), min(1.0, float(loudness.max()) / _FULL)


def loudest(block: bytes) -> float:
    """The highest sample of a block as a share of full scale, for a drawn waveform."""
    samples = np.frombuffer(block, "<i2").astype(np.int32)
    return round(min(1.0, float(np.abs(samples).max()) / _FULL), 3) if samples.size else 0.0


def _measure(samples: Floats) -> _Measured:
    count = samples.size // _FRAME
    frames = samples[: count * _FRAME].reshape(-1, _FRAME)
    frames = frames - frames.mean(axis=1, keepdims=True)
    loudness = np.sqrt(np.einsum("ij,ij->i", frames, frames) / _FRAME)
    return _Measured(loudness.astype(np.float32), _voices(samples, count, loudness))


def _voices(samples: Floats, count: int, loudness: Floats) -> Flags:
    """Which frames lie in a window that has a voice and is no tone."""
    windows = -(-samples.size // _WINDOW)
    padded = np.zeros(windows * _WINDOW, np.float32)
    padded[: samples.size] = samples
    shaped = padded.reshape(-1, _WINDOW)
    of_frame = np.minimum(np.arange(count) * _FRAME // _WINDOW, max(windows - 1, 0))
    wanted = np.unique(of_frame[loudness >= _QUIETEST])
    found = np.zeros(max(windows, 1), np.bool_)
    if wanted.size:
        power = _power(shaped[wanted])
        tonal = np.zeros_like(found)
        tonal[wanted] = _tonal(power)
        # A window at a tone's edge holds half of it, and looks like a voice.
        tonal[:-1] |= tonal[1:]
        tonal[1:] |= tonal[:-1]
        found[wanted] = _periodic(power) & ~tonal[wanted]
    return found[of_frame]


def _power(windows: Floats) -> Floats:
    centred = (windows - windows.mean(axis=1, keepdims=True)) * _HANN
    spectrum = np.fft.rfft(centred, axis=1)
    return np.asarray(spectrum.real**2 + spectrum.imag**2, np.float32)


def _periodic(power: Floats) -> Flags:
    correlation = np.fft.irfft(power, axis=1)[:, : _LAGS.stop]
    relative = correlation[:, _LAGS] / (correlation[:, :1] + 1e-9) / _FADING[_LAGS]
    return np.asarray(relative.max(axis=1) >= _VOICED, np.bool_)


def _tonal(power: Floats) -> Flags:
    """Nearly all energy within 30 Hz of one or two frequencies."""
    total = power.sum(axis=1) + 1e-9
    rest = power.copy()
    rows = np.arange(len(rest))[:, None]
    taken = np.zeros(len(rest), np.float32)
    for _ in range(2):
        around = rest.argmax(axis=1)[:, None] + np.arange(-2, 3)
        around = np.clip(around, 0, rest.shape[1] - 1)
        taken += rest[rows, around].sum(axis=1)
        rest[rows, around] = 0.0
    return np.asarray(taken / total >= _TONAL, np.bool_)


def _spoken(loudness: Floats, voiced: Flags) -> list[tuple[int, int]]:
    if loudness.size < _SHORTEST:
        return []
    smooth = np.convolve(loudness, np.full(3, 1 / 3, np.float32), "same")
    low, high = np.percentile(smooth, (10, 95))
    if loudness.size >= _STEADY_SECONDS * _FRAMES_A_SECOND and high < low * _STEADY:
        return []
    unvoiced = smooth[~voiced]
    floor = float(np.percentile(unvoiced, 10)) if unvoiced.size >= _SHORTEST else 0.0
    threshold = max(_QUIETEST, floor * _ABOVE_FLOOR)
    return [
        (begin, end)
        for begin, end in _pieces(loudness >= threshold)
        if voiced[begin:end].sum() >= _VOICE_NEEDED * _FRAMES_A_SECOND and end - begin >= _SHORTEST
    ]


def _pieces(active: Flags) -> list[tuple[int, int]]:
    """Runs of active frames, with the short gaps inside words closed."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], active.astype(np.int8), [0]))))
    pieces: list[tuple[int, int]] = []
    for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if pieces and begin - pieces[-1][1] <= _BRIDGED:
            pieces[-1] = (pieces[-1][0], end)
        else:
            pieces.append((begin, end))
    return pieces
