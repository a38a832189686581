"""What is heard of a caller while the caller speaks, and whom the conversation asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

DANGER_KEY = "A"
"""No telephone has this key: our own listener presses it in the caller's name when it hears danger."""


@dataclass(frozen=True)
class Heard:
    """The words of one recording, ready when it ends."""

    text: str
    words: Sequence[Mapping[str, Any]] = ()
    model: str = ""
    ready_ms: int | None = None
    """From the end of the last word to the moment when all words stood."""
    decision: Mapping[str, Any] = field(default_factory=dict)
    """What the sorter said of them (router/decide.py); empty when it was not asked."""
    danger: bool = False
    read_back: tuple[str, ...] = ()
    """The prompts that say back what was understood; empty when it was not sure enough."""

    @property
    def charged(self) -> bool:
        """Whether a firm does it, for money."""
        return self.decision.get("sector") == "market"

    def as_fact(self) -> dict[str, Any]:
        """For facts.RecordingEnded.heard."""
        return {
            "text": self.text,
            "words": [dict(word) for word in self.words],
            "model": self.model,
            "ready_ms": self.ready_ms,
        }


class Listener(Protocol):
    """Hears callers while they speak (hotline/listening/client.py). Never raises, and is quick."""

    def begin(
        self, recording_id: str, call_id: str, channels: Mapping[str, str], *, offer_danger: bool = False
    ) -> bool:
        """Hear these channels (`citizen`, `agent` → its name). False: no slot is free, or nobody is there."""
        ...

    def end(self, recording_id: str, seconds: float, ended: float | None = None) -> Heard | None:
        """What was heard, once the recording has ended after `seconds`; None: a job writes it down later.

        `ended`: when, by this machine's monotonic clock; None: now.
        """
        ...

    def sort(self, recording_id: str) -> None:
        """The words of this recording are on a case now: whose is it? Nobody waits for the answer."""
        ...


class NobodyListens:
    """Where there is no listener."""

    def begin(self, *_: object, **__: object) -> bool:
        return False

    def end(self, *_: object) -> Heard | None:
        return None

    def sort(self, *_: object) -> None:
        return
