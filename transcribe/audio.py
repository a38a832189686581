"""What a recording file holds, and what is wrong with it. Nothing here raises for a bad file.

A recording is a WAV file, PCM, 8000 Hz, one channel, 16 bits. Anything else would become silent garbage in a
recogniser, so it is named instead. A file that Asterisk could not finish (its process died, the power went)
is read as far as it goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from struct import unpack_from
from typing import BinaryIO

RATE = 8000
"""Samples a second."""
WIDTH = 2
"""Bytes a sample."""

MISSING = "missing"
EMPTY = "empty"
NOT_A_RECORDING = "not a recording"
UNREADABLE = "unreadable"
CUT_SHORT = "cut short"
"""The header promises more than there is."""
UNFINISHED = "unfinished"
"""The header was never completed: the recording process died. What was said before is there."""

_USABLE = (None, CUT_SHORT, UNFINISHED)
_PCM, _EXTENSIBLE = 1, 0xFFFE
_MOST_CHUNKS = 64
_MEASURED_AT_ONCE = 4.8
"""Seconds: whole windows and frames of speech.py, and little memory however long the recording."""
_NAMES = {6: "A-law", 7: "mu-law", 3: "floating point", 0x31: "GSM", 0x55: "MP3"}


@dataclass(frozen=True)
class AudioFacts:
    """What is in a file. `level`: the loudest 20 ms as a share of full scale, 0..1."""

    seconds: float = 0.0
    spoken_seconds: float = 0.0
    level: float = 0.0
    problem: str | None = None

    @property
    def usable(self) -> bool:
        """Whether a recogniser may have it."""
        return self.problem in _USABLE and self.seconds > 0


@dataclass(frozen=True)
class Sound:
    """Where the samples are in a file: `length` whole bytes from `start`."""

    start: int = 0
    length: int = 0
    rate: int = RATE
    frame: int = WIDTH
    """Bytes of one sample of all channels."""
    problem: str | None = None

    @property
    def seconds(self) -> float:
        return self.length / (self.rate * self.frame) if self.rate and self.frame else 0.0

    @property
    def usable(self) -> bool:
        return self.problem in _USABLE and self.length > 0


def look(path: Path) -> Sound:
    """Read the header only."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            return _look(file, size)
    except FileNotFoundError:
        return Sound(problem=MISSING)
    except OSError:
        return Sound(problem=UNREADABLE)


def inspect(path: Path) -> AudioFacts:
    """Length, speech and faults of a file. About 0.3 ms for a second of audio."""
    sound = look(path)
    seconds = round(sound.seconds, 3)
    if not sound.usable:
        return AudioFacts(seconds=seconds, problem=sound.problem)
    from transcribe.speech import measure  # numpy: only where a recording is examined

    try:
        spoken, level = measure(blocks(path, sound, _MEASURED_AT_ONCE))
    except OSError:
        return AudioFacts(seconds=seconds, problem=UNREADABLE)
    return AudioFacts(seconds, round(min(spoken, seconds), 3), round(level, 4), sound.problem)


def peaks(path: Path, count: int = 400) -> list[float]:
    """The waveform for a player: at most `count` values 0..1; empty when there is nothing to draw."""
    sound = look(path)
    if not sound.usable:
        return []
    from transcribe.speech import loudest

    samples = sound.length // WIDTH
    each = max(1, -(-samples // count))
    return [loudest(block) for block in blocks(path, sound, each / RATE)]


def blocks(path: Path, sound: Sound, seconds: float) -> Iterator[bytes]:
    """The samples in blocks of this length, the last one shorter. Raises OSError."""
    step = max(1, round(seconds * RATE)) * WIDTH
    with path.open("rb") as file:
        file.seek(sound.start)
        left = sound.length
        while left > 0 and (block := file.read(min(step, left))):
            left -= len(block)
            yield block[: len(block) // WIDTH * WIDTH]


def _look(file: BinaryIO, size: int) -> Sound:
    if size == 0:
        return Sound(problem=EMPTY)
    head = file.read(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return Sound(problem=NOT_A_RECORDING)
    rate, frame, fault = RATE, WIDTH, "no format in its header"
    for _ in range(_MOST_CHUNKS):
        chunk = file.read(8)
        if len(chunk) < 8:
            break
        name, length = chunk[:4], int.from_bytes(chunk[4:], "little")
        if name == b"data":
            return _data(file.tell(), length, size, Sound(rate=rate, frame=frame, problem=fault or None))
        if name == b"fmt ":
            rate, frame, fault = _format(file.read(min(length, 40)))
            length -= min(length, 40)
        file.seek(length + length % 2, 1)
    return Sound(problem=CUT_SHORT if size < 44 else "no sound in it")


def _format(chunk: bytes) -> tuple[int, int, str]:
    """Rate, bytes of a frame, and what is wrong with the format ("" for nothing)."""
    if len(chunk) < 16:
        return RATE, WIDTH, "no format in its header"
    kind, channels, rate, _, _, bits = unpack_from("<HHIIHH", chunk)
    if kind == _EXTENSIBLE and len(chunk) >= 26:
        kind = unpack_from("<H", chunk, 24)[0]
    frame = channels * bits // 8
    if kind != _PCM:
        return rate, frame, f"wrong encoding: {_NAMES.get(kind, f'format {kind}')}"
    if channels != 1:
        return rate, frame, "wrong channels: stereo" if channels == 2 else f"wrong channels: {channels}"
    if bits != WIDTH * 8:
        return rate, frame, f"wrong width: {bits} bits"
    return rate, frame, "" if rate == RATE else f"wrong rate: {rate} Hz"


def _data(start: int, promised: int, size: int, form: Sound) -> Sound:
    there = size - start
    problem = form.problem
    if promised in (0, 0xFFFFFFFF) and there > 0:
        problem, promised = problem or UNFINISHED, there
    elif promised > there:
        problem, promised = problem or CUT_SHORT, there
    whole = promised // form.frame * form.frame if form.frame else 0
    if whole == 0:
        problem = problem if problem and problem not in _USABLE else EMPTY
    return Sound(start, whole, form.rate, form.frame, problem)
