"""Which clock runs for a case now. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from cases.ladders import (
    NEW,
    NEW_URGENT,
    SUSPENDED,
    USUAL_CLASS,
    Clock,
    Ladder,
    Place,
    WorkingDays,
    begin,
    shift,
    stay,
)
from cases.states import CaseState, Priority
from cases.watch import AT_UNIT, WAITS

_EMERGENCY = "emergency"


@dataclass(frozen=True)
class Facts:
    """What of a case, or of a co-unit's part, says which clock runs."""

    state: CaseState
    priority: Priority
    deadline_class: str | None
    yellow_at: datetime | None
    due_at: datetime | None
    review_at: datetime | None
    stopped: bool


@dataclass(frozen=True)
class Standing:
    """A clock, and where it stands on its ladder."""

    clock: Clock
    place: Place
    round: int


def clock_of(facts: Facts, since: datetime, ladders: Mapping[str, Ladder]) -> Clock | None:
    """The clock of a case that waits since then; None: it waits on nobody."""
    waits = WAITS.get(facts.state)
    if waits == AT_UNIT:
        name = facts.deadline_class if facts.deadline_class in ladders else USUAL_CLASS
        if facts.stopped:
            # While it waits for the citizen there is no deadline.
            return Clock(name or USUAL_CLASS, since)
        return Clock(name or USUAL_CLASS, since, facts.yellow_at, facts.due_at)
    if waits == NEW:
        urgent = facts.priority == Priority.EMERGENCY or facts.deadline_class == _EMERGENCY
        return Clock(NEW_URGENT if urgent else NEW, since)
    if waits == SUSPENDED:
        return Clock(SUSPENDED, since, due_at=facts.review_at)
    return Clock(waits, since) if waits is not None else None


def placed(
    before: Standing,
    clock: Clock,
    ladders: Mapping[str, Ladder],
    marked_at: datetime,
    days: WorkingDays,
    zone: ZoneInfo,
) -> Standing:
    """Where the case's clock stands after the move at `marked_at`, when it stood at `before`."""
    steps = ladders.get(clock.ladder, ())
    if clock.ladder != before.clock.ladder:
        place = begin(steps, clock, days, zone)
        return Standing(clock, place, before.round + (1 if before.clock.ladder else 0))
    if (clock.yellow_at, clock.due_at) != (before.clock.yellow_at, before.clock.due_at):
        place = shift(steps, before.place, clock, marked_at, days, zone)
        return Standing(clock, place, before.round + 1)
    return replace(before, clock=clock, place=stay(steps, before.place, clock, days, zone))
