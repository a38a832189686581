"""The administrator's days, and every open deadline worked out again when they change.

set_days(session, {date(2027, 2, 6): False}, "admin", now)
last, moved = recount(session, now, rules)          # a part at a time, until `last` is None
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from cases import clean
from cases.assigning import mirror, reckon
from cases.calendar import calendar_of, load_calendar
from cases.handling import FOLLOWERS
from cases.history import event
from cases.model import Assignment, Case, Holiday
from cases.moving import SYSTEM
from cases.opening import keep_history
from cases.rules import Rules
from cases.states import Move, Role, move
from cases.users import audit
from cases.worktime import Calendar

RECOUNTED = "recounted"
"""The case event of a deadline that moved because the calendar changed."""


@dataclass(frozen=True)
class Moved:
    """A deadline that is another one now."""

    case: str
    unit: str
    before: datetime
    due: datetime


def set_days(
    session: Session, days: Mapping[date, bool], who: str, now: datetime, name: str = ""
) -> list[date]:
    """Say whether these days are worked; -> those of which the table said something else, or nothing."""
    _wait_for_moves(session)
    standing = {row.day: row for row in session.scalars(select(Holiday).where(Holiday.day.in_(days)))}
    changed = [day for day, working in days.items() if not _says(standing.get(day), working, name)]
    for day in changed:
        row = standing.get(day) or Holiday(day=day)
        row.working, row.name, row.who, row.at = days[day], clean.line(name), who, now
        session.add(row)
    _write_down(session, who, now, {day.isoformat(): days[day] for day in changed})
    return sorted(changed)


def _wait_for_moves(session: Session) -> None:
    """Let moves that have read the old table end first: then all that they dispatched is counted anew.

    SQLite has one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE holiday IN ACCESS EXCLUSIVE MODE"))


def _says(row: Holiday | None, working: bool, name: str) -> bool:
    return row is not None and row.working == working and (not name or row.name == name)


def unset_days(session: Session, days: Iterable[date], who: str, now: datetime) -> list[date]:
    """Leave these days to the country's calendar; -> those of which the table said something."""
    _wait_for_moves(session)
    standing = list(session.scalars(select(Holiday.day).where(Holiday.day.in_(list(days)))))
    session.execute(delete(Holiday).where(Holiday.day.in_(standing)))
    _write_down(session, who, now, {day.isoformat(): None for day in standing})
    return sorted(standing)


def _write_down(session: Session, who: str, now: datetime, changes: Mapping[str, bool | None]) -> None:
    if changes:
        audit(session, now, who, "calendar_changed", detail={"days": dict(changes)})


def own_days(session: Session, year: int | None = None) -> list[dict[str, Any]]:
    """The administrator's table: `day`, `working`, `name`, `who`, `at`, in the order of the days."""
    wanted = select(Holiday).order_by(Holiday.day)
    if year is not None:
        wanted = wanted.where(Holiday.day.between(date(year, 1, 1), date(year, 12, 31)))
    return [
        {"day": row.day.isoformat(), "working": row.working, "name": row.name, "who": row.who, "at": row.at}
        for row in session.scalars(wanted)
    ]


# ---------------------------------------------------------------- open deadlines


def recount(
    session: Session, now: datetime, rules: Rules, after: int = 0, limit: int = 500
) -> tuple[int | None, list[Moved]]:
    """Work out the deadlines of up to `limit` open cases after this case id anew.

    -> the last id that was looked at (None: there was nothing left), and what moved. Every case whose
    deadline moved says so in an event.
    """
    ids = _open_cases(session, after, limit)
    calendar = load_calendar(session, rules)
    moved = []
    for case in _locked(session, ids):
        found = _recount(session, case, calendar)
        if found:
            _tell(session, case, found, now, rules)
        moved += found
    return (ids[-1] if ids else None), moved


_OWED = (Assignment.ended_at.is_(None), Assignment.reported_at.is_(None))


def _open_cases(session: Session, after: int, limit: int) -> Sequence[int]:
    wanted = select(Assignment.case_id).where(*_OWED, Assignment.case_id > after).distinct()
    return session.scalars(wanted.order_by(Assignment.case_id).limit(limit)).all()


def _locked(session: Session, ids: Sequence[int]) -> Sequence[Case]:
    wanted = select(Case).where(Case.id.in_(ids)).order_by(Case.id).with_for_update()
    return session.scalars(wanted, execution_options={"populate_existing": True}).all()


def _recount(session: Session, case: Case, calendar: Calendar) -> list[Moved]:
    found = []
    owed = select(Assignment).where(Assignment.case_id == case.id, *_OWED).order_by(Assignment.id)
    for row in session.scalars(owed):
        before = row.due_at
        reckon(calendar_of(calendar, row.unit), row)
        if row.main:
            mirror(case, row)
        if row.due_at != before:
            found.append(Moved(case.number, row.unit.name, before, row.due_at))
    return found


def _tell(session: Session, case: Case, moved: Sequence[Moved], now: datetime, rules: Rules) -> None:
    noted = move(case.state, Move.NOTE, Role.SYSTEM)
    at = max(now, case.changed_at)
    history = [event(at, SYSTEM.who, noted, _told(each), name=RECOUNTED) for each in moved]
    keep_history(session, case, at, history)
    for follow in FOLLOWERS:
        for each in history:
            # A screen tells it from a remark; what follows is what follows a note.
            follow(session, case, {**each, "move": Move.NOTE}, at, rules)


def _told(each: Moved) -> dict[str, Any]:
    moments = {"due_before": each.before.isoformat(), "due": each.due.isoformat()}
    return {"unit": each.unit, "because": "calendar", **moments}
