"""What supervisors and leaders look at: what is late, what is about to be, the steps taken, reception days.

Answers are plain dicts. No caller is in them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from cases.calendar import load_calendar
from cases.model import Case, Escalation, ReceptionDay, ReceptionItem, SpecialReport, Unit
from cases.rules import Rules
from cases.states import CaseState

_AT_UNIT = (CaseState.DISPATCHED, CaseState.SIGNED, CaseState.IN_PROGRESS)
_RUNS = (Case.state.in_(_AT_UNIT), Case.clock_stopped_at.is_(None))
_LONGEST_YELLOW = timedelta(days=20)
"""Between yellow and red lies one working day; with the longest holidays not more than this."""


def counts(session: Session, now: datetime) -> dict[str, int]:
    """How many are `late`, `soon` (yellow), `supervised` and open. Three counts."""
    supervised = (Case.supervised_at.is_not(None), Case.state.in_(_AT_UNIT))
    which = {"late": _late(now), "soon": _soon(now), "supervised": supervised}
    return {
        name: session.scalar(select(func.count()).select_from(Case).where(*conditions)) or 0
        for name, conditions in which.items()
    }


def hard_work(session: Session) -> dict[str, int]:
    """What waits for people: `reception`, cases on a reception day's list without an outcome; `reports`,
    special reports without an instruction; `rulings`, returned so often that a supervisor rules. Three
    counts."""
    waiting = {
        "reception": select(func.count()).select_from(ReceptionItem).where(ReceptionItem.outcome.is_(None)),
        "reports": select(func.count())
        .select_from(SpecialReport)
        .where(SpecialReport.instructed_at.is_(None)),
        "rulings": select(func.count())
        .select_from(Case)
        .where(Case.state == CaseState.RETURNED, Case.supervised_at.is_not(None)),
    }
    return {name: session.scalar(wanted) or 0 for name, wanted in waiting.items()}


def _late(now: datetime) -> Sequence[ColumnElement[bool]]:
    return (*_RUNS, Case.due_at < now)


def _soon(now: datetime) -> Sequence[ColumnElement[bool]]:
    return (*_RUNS, Case.due_at >= now, Case.due_at < now + _LONGEST_YELLOW, Case.yellow_at <= now)


def late(session: Session, now: datetime, rules: Rules, limit: int = 100) -> list[dict[str, Any]]:
    """Over their deadline, the longest first: a line with `days`, the working days since."""
    days = load_calendar(session, rules)
    return [
        {**line, "days": days.working_days_between(days.day_of(line["due"]), days.day_of(now))}
        for line in _lines(session, _late(now), Case.due_at, limit)
    ]


def soon(session: Session, now: datetime, limit: int = 100) -> list[dict[str, Any]]:
    """Yellow: the deadline is near, the nearest first."""
    return _lines(session, _soon(now), Case.due_at, limit)


def supervised(session: Session, limit: int = 100) -> list[dict[str, Any]]:
    """What supervision has, and a unit still works on; the longest first."""
    which = (Case.supervised_at.is_not(None), Case.state.in_(_AT_UNIT))
    return _lines(session, which, Case.supervised_at, limit)


def _lines(
    session: Session, which: Sequence[ColumnElement[bool]], order: Any, limit: int
) -> list[dict[str, Any]]:
    """`number`, `matter`, `place`, `state`, `unit`, `head`, `dispatched`, `due`, `supervised`, `priority`."""
    wanted = select(Case, Unit.name, Unit.detail).outerjoin(Unit, Case.unit_id == Unit.id)
    rows = session.execute(wanted.where(*which).order_by(order, Case.id).limit(limit))
    return [_line(*row) for row in rows]


def _line(case: Case, unit: str | None, detail: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "number": case.number,
        "matter": case.matter,
        "place": case.place,
        "state": case.state,
        "unit": unit,
        "head": (detail or {}).get("head"),
        "dispatched": case.dispatched_at,
        "due": case.due_at,
        "supervised": case.supervised_at,
        "priority": case.priority,
    }


def escalations(session: Session, before: int | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """The steps that were taken, newest first. `before`: the id of the last one of the page before."""
    wanted = (
        select(Escalation, Case.number, Case.matter, Unit.name)
        .join(Case, Escalation.case_id == Case.id)
        .outerjoin(Unit, Case.unit_id == Unit.id)
        .order_by(Escalation.id.desc())
        .limit(limit)
    )
    if before is not None:
        wanted = wanted.where(Escalation.id < before)
    return [
        {
            "id": row.id,
            "at": row.at,
            "number": number,
            "matter": matter,
            "unit": unit,
            "ladder": row.ladder,
            "step": row.step,
            "times": row.times,
            "move": row.move,
            "told": row.told,
        }
        for row, number, matter, unit in session.execute(wanted)
    ]


# ---------------------------------------------------------------- reception days


def reception_days(session: Session, limit: int = 24) -> list[dict[str, Any]]:
    """Newest first: `month`, `held_on`, `cases`, `open` (without an outcome)."""
    cases, done = func.count(ReceptionItem.id), func.count(ReceptionItem.outcome)
    wanted = (
        select(ReceptionDay.month, ReceptionDay.held_on, cases, done)
        .outerjoin(ReceptionItem, ReceptionItem.day_id == ReceptionDay.id)
        .group_by(ReceptionDay.id)
        .order_by(ReceptionDay.month.desc())
        .limit(limit)
    )
    return [
        {"month": month, "held_on": held_on, "cases": count, "open": count - recorded}
        for month, held_on, count, recorded in session.execute(wanted)
    ]


def reception_day(session: Session, month: str) -> dict[str, Any] | None:
    """One day's list: `month`, `held_on`, `criteria`, `items`: a case's line with `id`, `why`, `outcome`,
    `until`, `note`, `leader`, `recorded_by`, `report` (the special report's id). Three queries."""
    day = session.scalars(select(ReceptionDay).where(ReceptionDay.month == month)).first()
    if day is None:
        return None
    wanted = (
        select(ReceptionItem, SpecialReport.id, Unit.name, Unit.detail)
        .options(joinedload(ReceptionItem.case))
        .join(Case, ReceptionItem.case_id == Case.id)
        .outerjoin(Unit, Case.unit_id == Unit.id)
        .outerjoin(SpecialReport, SpecialReport.item_id == ReceptionItem.id)
        .where(ReceptionItem.day_id == day.id)
        .order_by(ReceptionItem.id)
    )
    items = [
        {**_line(row.case, unit, detail), **_item(row), "report": report}
        for row, report, unit, detail in session.execute(wanted)
    ]
    shown = {"month": day.month, "held_on": day.held_on, "criteria": day.criteria, "made": day.made_at}
    return {**shown, "items": items}


def _item(row: ReceptionItem) -> dict[str, Any]:
    return {
        "id": row.id,
        "why": row.why,
        "outcome": row.outcome,
        "until": row.promised_until,
        "note": row.note,
        "leader": row.leader,
        "recorded_by": row.recorded_by,
        "recorded_at": row.recorded_at,
    }
