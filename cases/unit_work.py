"""What a unit has to do now: its open assignments by the colour of their clocks, the nearest first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from cases.calendar import calendar_of, load_calendar
from cases.deadlines import Colour, colour
from cases.model import Assignment, Case, Unit
from cases.rules import Rules
from cases.showing import case_line
from cases.states import CaseState
from cases.worktime import Calendar

AT_WORK = (CaseState.DISPATCHED, CaseState.SIGNED, CaseState.IN_PROGRESS)


def unit_work(
    session: Session, unit_id: int, now: datetime, rules: Rules, *, limit: int = 100
) -> list[dict[str, Any]]:
    """The unit's own list: a case's line with `main`, `part`, `redo` and, of this unit's assignment, `state`,
    `due`, `colour`; `may_return`: in time, and nobody ruled that this unit does it. Three queries.

    Clocks that stand still come last.
    """
    unit = session.get(Unit, unit_id)
    if unit is None:
        return []
    calendar = calendar_of(load_calendar(session, rules), unit)
    stands_still = case((Assignment.stopped_at.is_not(None), 1), else_=0)
    rows = session.execute(
        select(Assignment, Case)
        .join(Case, Assignment.case_id == Case.id)
        .where(*_open(unit_id))
        .order_by(stands_still, Assignment.due_at, Assignment.id)
        .limit(limit)
    )
    return [_line(row, its, unit, calendar, now, rules) for row, its in rows]


def count_work(session: Session, unit_id: int, now: datetime) -> dict[str, int]:
    """How many of a unit's open assignments have which colour: `red`, `yellow`, `green`, `stopped`; and
    `new`, those that are not signed. One query."""
    stopped = Assignment.stopped_at.is_not(None)
    red, yellow = now > Assignment.due_at, now >= Assignment.yellow_at
    shown = case(
        (stopped, Colour.STOPPED.value), (red, Colour.RED.value), (yellow, Colour.YELLOW.value),
        else_=Colour.GREEN.value,
    )  # fmt: skip
    fresh = func.sum(case((Assignment.state == CaseState.DISPATCHED, 1), else_=0))
    found = dict.fromkeys((*(each.value for each in _COLOURS), "new"), 0)
    # By its name: PostgreSQL takes two renderings with parameters for two expressions.
    wanted = select(shown.label("shown"), func.count(), fresh).where(*_open(unit_id)).group_by("shown")
    for name, count, new in session.execute(wanted):
        found[name] = count
        found["new"] += int(new or 0)
    return found


_COLOURS = (Colour.RED, Colour.YELLOW, Colour.GREEN, Colour.STOPPED)


def _open(unit_id: int) -> tuple[Any, ...]:
    owed = (Assignment.ended_at.is_(None), Assignment.reported_at.is_(None))
    return (Assignment.unit_id == unit_id, *owed, Assignment.state.in_(AT_WORK))


def _line(
    row: Assignment, its: Case, unit: Unit, calendar: Calendar, now: datetime, rules: Rules
) -> dict[str, Any]:
    until = calendar.due(row.dispatched_at, rules.return_days)
    return {
        **case_line(its, unit.name, None),
        "main": row.main,
        "part": row.part,
        "redo": row.redo,
        "state": row.state,
        "due": row.due_at,
        "colour": colour(row.due_at, row.yellow_at, row.stopped_at, now),
        "may_return": not row.final and now <= until,
    }
