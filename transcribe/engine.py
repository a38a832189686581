"""What a recogniser is. Audio goes in as it comes, words come out; the file path and the live path are one.

Audio is 16-bit little-endian samples, 8000 Hz, one channel, as `bytes` of whole samples. Whoever feeds it has
checked it (transcribe/audio.py): a recogniser turns anything else into silent garbage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


class EngineFault(Exception):
    """The recogniser cannot work; the message says what is missing or broken, and where."""


@dataclass(frozen=True)
class Word:
    """One word. `start` and `end` in seconds from the first sample; `confidence` 0..1.

    `heard`: what the recogniser wrote, where a name was put right (transcribe/names.py).
    """

    word: str
    start: float
    end: float
    confidence: float
    heard: str | None = None

    def as_dict(self) -> dict[str, Any]:
        told = {"word": self.word, "start": self.start, "end": self.end, "confidence": self.confidence}
        return told if self.heard is None else {**told, "heard": self.heard}


class Recogniser(Protocol):
    """One caller's words. Not safe for threads; many of them share one engine."""

    def feed(self, samples: bytes) -> bool:
        """Hear on. True when a piece of speech has just been completed."""
        ...

    def partial(self) -> str:
        """What is heard now and may still change, after what is final."""
        ...

    def words(self) -> tuple[Word, ...]:
        """What is final so far."""
        ...

    def settle(self) -> tuple[Word, ...]:
        """The speaker pauses: all words so far, final. More audio may come."""
        ...

    def finish(self) -> tuple[Word, ...]:
        """No more audio comes: all words."""
        ...


class Engine(Protocol):
    """A loaded model. Loaded once by a process, before it forks."""

    @property
    def name(self) -> str:
        """Which model, for the transcript's row."""
        ...

    def recogniser(self) -> Recogniser: ...
