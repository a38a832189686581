"""One speaker's words while the speaker speaks.

A recogniser says what it hears late and takes it back; people pause. So a pause of the speaker settles what
was heard up to it, and only what comes after may still change.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from transcribe.audio import RATE, WIDTH
from transcribe.engine import Engine, Word
from transcribe.transcript import written

_BLOCK = RATE * 6 // 100 * WIDTH
"""Bytes that go to the recogniser at once: 60 ms."""
_PAUSE_SECONDS = 0.36
"""A pause in speech: longer than a closure inside a word and most of those between two words."""
_QUIET = 0.15
"""As a share of the speaker's own loudness."""
_FORGETS = 0.988
"""How fast the loudness of the speaker is forgotten, a block."""
_QUIETEST = 60.0
"""Root mean square below which nobody speaks."""
_MOST_BLOCKS = 60_000
"""An hour of them."""


@dataclass(frozen=True)
class _Arrival:
    """When the audio up to `end` (seconds) had come in, by the caller's clock."""

    end: float
    at: float


class LiveSpeaker:
    """Feed it what comes; look at `text`. Not safe for threads. `clock`: any monotonic one, in seconds."""

    def __init__(self, engine: Engine, clock: Callable[[], float]) -> None:
        self._recogniser = engine.recogniser()
        self._clock = clock
        self._waiting = b""
        self._heard = 0
        self._arrivals: deque[_Arrival] = deque(maxlen=_MOST_BLOCKS)
        self._loudness = 0.0
        self._pause = 0.0
        self._settled_text = ""
        self._partial = ""
        self._settled_words = 0
        self._settled_at = 0.0

    @property
    def seconds(self) -> float:
        """How much audio has come in."""
        return (self._heard + len(self._waiting)) / (RATE * WIDTH)

    def seconds_at(self, moment: float) -> float:
        """How much had come in at this moment of the clock."""
        return max((each.end for each in self._arrivals if each.at <= moment), default=0.0)

    @property
    def settled(self) -> str:
        """What will not change any more."""
        return self._settled_text

    @property
    def text(self) -> str:
        """What is heard so far; its end may still change."""
        return self._settled_text + self._partial

    def feed(self, samples: bytes) -> bool:
        """Hear on: 16-bit samples, any number of whole ones. True when the text has changed."""
        before = self.text
        self._waiting += samples
        while len(self._waiting) >= _BLOCK:
            block, self._waiting = self._waiting[:_BLOCK], self._waiting[_BLOCK:]
            self._take(block)
        return self.text != before

    def finish(self) -> tuple[Word, ...]:
        """No more audio comes: all words, times in seconds of what was heard."""
        whole = self._waiting[: len(self._waiting) // WIDTH * WIDTH]
        self._waiting = b""
        if whole:
            self._arrived(whole)
            self._recogniser.feed(whole)
        words = self._recogniser.finish()
        self._settle(words)
        return words

    def ready_after_last_word(self) -> float | None:
        """Seconds from the moment when the last word had been said until all words stood; None: no words."""
        words = self._recogniser.words()
        if not words:
            return None
        said = next((each.at for each in self._arrivals if each.end >= words[-1].end), None)
        return max(0.0, self._settled_at - said) if said is not None else None

    def _take(self, block: bytes) -> None:
        self._arrived(block)
        complete = self._recogniser.feed(block)
        self._listen_for_a_pause(block)
        if complete:
            self._settle(self._recogniser.words())
        elif self._pause >= _PAUSE_SECONDS and (self._partial or self._recogniser.partial()):
            self._settle(self._recogniser.settle())
        else:
            self._partial = written([self._recogniser.partial()])

    def _arrived(self, block: bytes) -> None:
        self._heard += len(block)
        self._arrivals.append(_Arrival(self._heard / (RATE * WIDTH), self._clock()))

    def _listen_for_a_pause(self, block: bytes) -> None:
        samples = np.frombuffer(block, "<i2").astype(np.float32)
        level = float(np.sqrt(np.mean(samples**2)))
        self._loudness = max(level, self._loudness * _FORGETS)
        quiet = level < max(_QUIETEST, self._loudness * _QUIET)
        self._pause = self._pause + len(block) / (RATE * WIDTH) if quiet else 0.0

    def _settle(self, words: tuple[Word, ...]) -> None:
        if len(words) > self._settled_words:
            self._settled_words, self._settled_at = len(words), self._clock()
        self._settled_text, self._partial = written([word.word for word in words]), ""
