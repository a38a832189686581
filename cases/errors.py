"""What can go wrong in the core. Each says what happened, to what, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class CaseError(Exception):
    """Base of all refusals of the core; nothing was changed."""


class NotFound(CaseError):
    """There is no such row."""


class MoveRefused(CaseError):
    """A move the table forbids."""

    def __init__(self, rule: str, why: str) -> None:
        super().__init__(f"{rule}: {why}")
        self.rule = rule
        self.why = why


class Conflict(CaseError):
    """Somebody else changed the row since it was read; read it again and repeat.

    `changes`, where it is known what happened: `{"at", "who", "move", "reason"}` each, in order.
    """

    def __init__(self, why: str, changes: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(why)
        self.changes = list(changes)


class DatabaseAway(CaseError):
    """The database does not answer. Facts go to the journal; questions are answered with an apology."""
