"""The numbers of supervision that a city may set: who comes to the reception day, who is held to account."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class ReceptionRules:
    """By what a case comes to the list of the reception day. One of them is enough."""

    day: int = 15
    """Of the month; when it is not worked, the next working day."""
    overdue_working_days: int = 10
    """So many working days over its deadline."""
    returns: int = 3
    """Sent back by units so often, and open."""
    redos: int = 1
    """Done again so often, and still not to the citizen's satisfaction."""
    suspended_calendar_days: int = 60
    at_most: int = 50
    """The longest list; what has waited longest comes first."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class AccountabilityRules:
    """When a case starts 责任追究: all three together."""

    people: int = 5
    """Concerns many: so many different callers, in it and in what was merged into it or burst with it."""
    reactions: int = 3
    """Strong reaction: urgings by citizens, answers "unsatisfied" or "not solved", redone, reopened."""
    transfers: int = 3
    """To and fro without an end: returned, ruled on, redone, reopened; and not completed."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
