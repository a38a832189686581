"""A deadline is worked out of facts, never moved: dispatched when, for how many days, how many more, stops.

So a changed calendar needs nothing but to work it out again. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from cases.rules import Rules
from cases.worktime import Calendar

Stop = tuple[datetime, datetime]


class Colour(StrEnum):
    NONE = "none"
    """Nothing is owed: not dispatched, or closed."""
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    STOPPED = "stopped"
    """It waits for the citizen, or is suspended."""


@dataclass(frozen=True)
class Deadline:
    due_at: datetime
    yellow_at: datetime


def deadline(
    calendar: Calendar,
    dispatched_at: datetime,
    working_days: int,
    extended_days: int = 0,
    stops: Sequence[Stop] = (),
) -> Deadline:
    """When it is due, and from when it is yellow.

    An extension adds whole days of office time. While the clock stood still no office time passed: what was
    left then is left when it runs again. The same-day class knows no office: its stops count by the clock. A
    stop that began after the deadline changes nothing.
    """
    due = calendar.due(dispatched_at, working_days)
    due = calendar.after(due, extended_days * calendar.hours.seconds)
    for since, until in stops:
        if since >= due:
            continue
        if working_days < 1:
            due += until - since
        else:
            due = calendar.after(until, calendar.worked(since, due))
    return Deadline(due, calendar.yellow(due, dispatched_at))


def read_stops(kept: Sequence[Any]) -> list[Stop]:
    """From the row's `[[from, to], …]`."""
    return [(datetime.fromisoformat(since), datetime.fromisoformat(until)) for since, until in kept]


def colour(
    due_at: datetime | None, yellow_at: datetime | None, stopped_at: datetime | None, now: datetime
) -> Colour:
    """How urgent it is. Red begins when the deadline has passed."""
    if due_at is None:
        return Colour.NONE
    if stopped_at is not None:
        return Colour.STOPPED
    if now > due_at:
        return Colour.RED
    return Colour.YELLOW if yellow_at is not None and now >= yellow_at else Colour.GREEN


def told(calendar: Calendar, rules: Rules, deadline_class: str, since: datetime) -> dict[str, Any]:
    """What the command line says: `class`, `from`, `due`, `yellow`, `working_days`, `warnings`; city time.

    Raises KeyError for a class that is not in the rules.
    """
    days = rules.working_days[deadline_class]
    found = deadline(calendar, since, days)
    until = calendar.day_of(found.due_at)
    return {
        "class": deadline_class,
        "from": since.astimezone(rules.zone),
        "due": found.due_at.astimezone(rules.zone),
        "yellow": found.yellow_at.astimezone(rules.zone),
        "working_days": days,
        "warnings": calendar.warnings(calendar.day_of(since), until),
    }
