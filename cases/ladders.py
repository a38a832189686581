"""The steps of escalation, as data: who is told, when, by which move. Pure: no rows, no clock.

A ladder is a tuple of steps, in the order of time. A step's moment hangs on one of three anchors of a clock:
`since` (when the case came to where it waits), `yellow` and `due`. Written `due`, `since+30min`, `since+4h`,
`since+30d` (calendar days), `due+2wd` (working days, at the same time of day), `yellow-1wd`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from cases.states import CaseState, Move

_WHEN = re.compile(r"(since|yellow|due)(?:([+-])(\d{1,4})(min|h|wd|d))?")
_SPANS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
MOVES = frozenset({Move.NOTE, Move.URGE, Move.SUPERVISE, Move.ARCHIVE, Move.RESUME})
"""What a step may do by itself; everything else is for people."""


class LadderError(ValueError):
    """A step is written wrongly; the message says which and why."""


class Audience(StrEnum):
    """To whom a step speaks."""

    UNIT = "unit"
    HEAD = "head"
    """The head of the unit that has the case."""
    DISPATCHER = "dispatcher"
    SUPERVISOR = "supervisor"
    VISITOR = "visitor"
    LEADER = "leader"


class WorkingDays(Protocol):
    """What a ladder needs of the calendar."""

    def is_working_day(self, day: date, /) -> bool: ...


@dataclass(frozen=True)
class When:
    """A moment relative to an anchor."""

    anchor: str
    """since, yellow, due"""
    working_days: int = 0
    span: timedelta = timedelta()

    @classmethod
    def of(cls, text: str) -> When:
        """Read it as it is written in the settings. Raises LadderError."""
        found = _WHEN.fullmatch(text.strip())
        if found is None:
            raise LadderError(f"{text!r} is no moment: write since+30min, since+4h, yellow, due, due+2wd …")
        anchor, sign, count, unit = found.groups()
        number = int(count or 0) * (-1 if sign == "-" else 1)
        if unit == "wd":
            return cls(anchor, working_days=number)
        return cls(anchor, span=number * _SPANS[unit]) if unit else cls(anchor)


@dataclass(frozen=True)
class Step:
    """One step of a ladder."""

    name: str
    when: When
    to: tuple[Audience, ...] = ()
    move: Move | None = None
    """What is written into the case's history; None: only the notice."""
    every: int = 0
    """Only of the last step: again every so many working days. 0: once."""
    states: tuple[CaseState, ...] = ()
    """Only while the case is in one of these; empty: in any."""


Ladder = tuple[Step, ...]


@dataclass(frozen=True)
class Clock:
    """What runs for a case: the name of its ladder and the anchors of its steps."""

    ladder: str
    since: datetime
    yellow_at: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True)
class Place:
    """Where a clock stands: the next step, how often that one was taken, and when it comes. None: never."""

    step: int
    times: int
    next_at: datetime | None


# ---------------------------------------------------------------- where a clock stands


def begin(ladder: Ladder, clock: Clock, days: WorkingDays, zone: ZoneInfo) -> Place:
    """The place of a clock that has just begun."""
    return _placed(ladder, 0, 0, clock, days, zone)


def stay(ladder: Ladder, at: Place, clock: Clock, days: WorkingDays, zone: ZoneInfo) -> Place:
    """The same step, its moment worked out anew."""
    return _placed(ladder, at.step, at.times, clock, days, zone)


def shift(
    ladder: Ladder, at: Place, clock: Clock, since: datetime, days: WorkingDays, zone: ZoneInfo
) -> Place:
    """The place after the deadline was moved at `since`: what is again in the future comes again, and what
    was not taken yet stays due, even if its new moment has passed."""
    moments = [_moment(step, clock, days, zone) for step in ladder]
    ahead = next((place for place, moment in enumerate(moments) if moment and moment > since), len(ladder))
    if ahead <= at.step:
        return _placed(ladder, ahead, 0, clock, days, zone)
    return stay(ladder, at, clock, days, zone)


def after(ladder: Ladder, at: Place, now: datetime, clock: Clock, days: WorkingDays, zone: ZoneInfo) -> Place:
    """The place once the next step was taken at `now`. Repetitions that were missed are not made up for."""
    step = ladder[at.step]
    if not step.every:
        return _placed(ladder, at.step + 1, 0, clock, days, zone)
    times, moment = at.times + 1, at.next_at or now
    moment = working_days_on(moment, step.every, days, zone)
    while moment <= now:
        times, moment = times + 1, working_days_on(moment, step.every, days, zone)
    return Place(at.step, times, moment)


def _placed(ladder: Ladder, step: int, times: int, clock: Clock, days: WorkingDays, zone: ZoneInfo) -> Place:
    """Steps whose anchor the clock does not have are left out."""
    for place in range(step, len(ladder)):
        moment = _moment(ladder[place], clock, days, zone)
        if moment is not None:
            for _ in range(times if place == step else 0):
                moment = working_days_on(moment, ladder[place].every, days, zone)
            return Place(place, times if place == step else 0, moment)
    return Place(len(ladder), 0, None)


def _moment(step: Step, clock: Clock, days: WorkingDays, zone: ZoneInfo) -> datetime | None:
    anchors = {"since": clock.since, "yellow": clock.yellow_at, "due": clock.due_at}
    anchor = anchors[step.when.anchor]
    if anchor is None:
        return None
    return working_days_on(anchor, step.when.working_days, days, zone) + step.when.span


def working_days_on(moment: datetime, count: int, days: WorkingDays, zone: ZoneInfo) -> datetime:
    """The same city time, `count` working days later. Below 0: earlier; 0: the moment itself."""
    local = moment.astimezone(zone)
    day, clock = local.date(), time(local.hour, local.minute, local.second, local.microsecond)
    one = timedelta(days=1 if count > 0 else -1)
    left = abs(count)
    while left:
        day += one
        left -= days.is_working_day(day)
    if not count:
        return moment
    return datetime.combine(day, clock, zone).astimezone(moment.tzinfo)


# ---------------------------------------------------------------- the table


def step(
    name: str,
    when: str,
    to: Sequence[Audience | str] = (),
    move: Move | str | None = None,
    every: int = 0,
    states: Sequence[CaseState | str] = (),
) -> Step:
    """A step as the settings write it. Raises LadderError."""
    try:
        made = Step(
            name=name,
            when=When.of(when),
            to=tuple(Audience(each) for each in to),
            move=Move(move) if move is not None else None,
            every=every,
            states=tuple(CaseState(each) for each in states),
        )
    except ValueError as error:
        raise LadderError(f"step {name!r}: {error}") from None
    if made.move is not None and made.move not in MOVES:
        raise LadderError(f"step {name!r}: {move} is for people; a step may {', '.join(sorted(MOVES))}")
    if not 0 <= every <= 250:
        raise LadderError(f"step {name!r}: every {every} working days; take 0 to 250")
    return made


def ladder(name: str, steps: Sequence[Step]) -> Ladder:
    """The steps as one ladder. Raises LadderError."""
    names = [each.name for each in steps]
    if len(set(names)) < len(names):
        raise LadderError(f"ladder {name!r}: two steps have one name")
    if any(each.every for each in steps[:-1]):
        raise LadderError(f"ladder {name!r}: only its last step may repeat")
    return tuple(steps)


_UNIT, _HEAD, _DISPATCHER = Audience.UNIT, Audience.HEAD, Audience.DISPATCHER
_SUPERVISOR, _VISITOR, _LEADER = Audience.SUPERVISOR, Audience.VISITOR, Audience.LEADER
_ALL = (_UNIT, _HEAD, _SUPERVISOR, _LEADER)
_UNSIGNED = (CaseState.DISPATCHED,)
_URGE, _SUPERVISE, _NOTE = Move.URGE, Move.SUPERVISE, Move.NOTE

NEW, NEW_URGENT, RETURNED, SUSPENDED, ANSWERED, CLOSED = (
    "new", "new-urgent", "returned", "suspended", "answered", "closed",
)  # fmt: skip
USUAL_CLASS = "complaint"
"""The ladder of a case at a unit whose deadline class has none of its own."""

DEFAULT: Mapping[str, Ladder] = {
    # At a unit, by deadline class.
    "emergency": (
        step("unsigned", "since+15min", (_UNIT, _HEAD), _URGE, states=_UNSIGNED),
        step("unsigned-still", "since+30min", (_SUPERVISOR,), _SUPERVISE, states=_UNSIGNED),
        # Its yellow is its beginning: it is to be done the same day.
        step("yellow", "since+2h", (_UNIT, _HEAD), _URGE),
        step("red", "due", (_UNIT, _HEAD, _SUPERVISOR), _SUPERVISE),
        step("leader", "due+2h", (_LEADER, _SUPERVISOR), _SUPERVISE),
        step("again", "due+1wd", _ALL, _SUPERVISE, every=1),
    ),
    "help": (
        step("unsigned", "since+1wd", (_UNIT,), _URGE, states=_UNSIGNED),
        step("yellow", "yellow", (_UNIT,), _URGE),
        step("red", "due", (_UNIT, _HEAD), _URGE),
        step("supervision", "due+1wd", (_UNIT, _HEAD, _SUPERVISOR), _SUPERVISE),
        step("leader", "due+3wd", (_HEAD, _SUPERVISOR, _LEADER), _SUPERVISE),
        step("again", "due+5wd", _ALL, _SUPERVISE, every=2),
    ),
    "complaint": (
        step("unsigned", "since+1wd", (_UNIT,), _URGE, states=_UNSIGNED),
        step("yellow", "yellow", (_UNIT,), _URGE),
        step("red", "due", (_UNIT, _HEAD), _URGE),
        step("supervision", "due+1wd", (_UNIT, _HEAD, _SUPERVISOR), _SUPERVISE),
        step("leader", "due+3wd", (_HEAD, _SUPERVISOR, _LEADER), _SUPERVISE),
        step("again", "due+6wd", _ALL, _SUPERVISE, every=3),
    ),
    "complex": (
        step("unsigned", "since+2wd", (_UNIT,), _URGE, states=_UNSIGNED),
        step("yellow", "yellow", (_UNIT,), _URGE),
        step("red", "due", (_UNIT, _HEAD), _URGE),
        step("supervision", "due+1wd", (_UNIT, _HEAD, _SUPERVISOR), _SUPERVISE),
        step("leader", "due+5wd", (_HEAD, _SUPERVISOR, _LEADER), _SUPERVISE),
        step("again", "due+10wd", _ALL, _SUPERVISE, every=5),
    ),
    # Nobody has it yet.
    NEW: (
        step("undispatched", "since+4h", (_DISPATCHER,), _NOTE),
        step("supervision", "since+1wd", (_DISPATCHER, _SUPERVISOR), _SUPERVISE),
        step("again", "since+2wd", (_DISPATCHER, _SUPERVISOR, _LEADER), _SUPERVISE, every=1),
    ),
    NEW_URGENT: (
        step("undispatched", "since+10min", (_DISPATCHER,), _NOTE),
        step("supervision", "since+30min", (_DISPATCHER, _SUPERVISOR), _SUPERVISE),
        step("again", "since+1wd", (_DISPATCHER, _SUPERVISOR, _LEADER), _SUPERVISE, every=1),
    ),
    # A unit sent it back: the ruling.
    RETURNED: (
        step("unruled", "since+1wd", (_DISPATCHER,), _NOTE),
        step("supervision", "since+2wd", (_DISPATCHER, _SUPERVISOR), _SUPERVISE),
        step("again", "since+4wd", (_DISPATCHER, _SUPERVISOR, _LEADER), _SUPERVISE, every=2),
    ),
    # 挂账: `due` is the day of its review.
    SUSPENDED: (
        step("review-soon", "due-1wd", (_UNIT, _SUPERVISOR)),
        step("review", "due", (_UNIT, _HEAD, _SUPERVISOR), _SUPERVISE),
        step("again", "due+3wd", (_HEAD, _SUPERVISOR, _LEADER), _SUPERVISE, every=5),
    ),
    # Reported by the unit: the citizen is to be asked.
    ANSWERED: (
        step("not-called", "since+1wd", (_VISITOR,), _NOTE),
        step("supervision", "since+2wd", (_VISITOR, _SUPERVISOR), _SUPERVISE),
        step("again", "since+4wd", (_VISITOR, _SUPERVISOR), _SUPERVISE, every=2),
    ),
    CLOSED: (step("archive", "since+30d", (), Move.ARCHIVE),),
}
"""What stands when the settings say nothing else (docs/supervision.md)."""
