"""The townships in figures: what came in, what is open and late, who was satisfied. No caller is in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from cases.model import Case, Survey, Unit
from cases.states import CLOSED, CaseState, UnitType

_AT_UNIT = (CaseState.DISPATCHED, CaseState.SIGNED, CaseState.IN_PROGRESS)
_DONE = (CaseState.COMPLETED, CaseState.ARCHIVED)
FIGURES = ("opened", "done", "open", "late", "answered", "satisfied")
_TOWNSHIP = Case.place["township"].as_string()


def by_area(session: Session, since: datetime, now: datetime) -> list[dict[str, Any]]:
    """A line for each township in use, in the city file's order, then `name` None for cases without one:
    `opened` and `done` of those since `since`; `open` and `late` now; `answered` since `since`, and of them
    `satisfied`. A place the city does not know counts as none. Four queries.
    """
    townships = session.scalars(
        select(Unit.name).where(Unit.type == UnitType.TOWNSHIP, Unit.active).order_by(Unit.id)
    )
    lines: dict[str | None, dict[str, int]] = {name: dict.fromkeys(FIGURES, 0) for name in [*townships, None]}
    for name, *values in [*_period(session, since), *_now(session, now), *_answers(session, since)]:
        line = lines[name if name in lines else None]
        for figure, value in values:
            line[figure] += int(value or 0)
    return [{"name": name, **line} for name, line in lines.items()]


def _period(session: Session, since: datetime) -> list[Any]:
    done = func.sum(case((Case.state.in_(_DONE), 1), else_=0))
    rows = session.execute(
        select(_TOWNSHIP, func.count(), done).where(Case.opened_at >= since).group_by(_TOWNSHIP)
    )
    return [(name, ("opened", opened), ("done", finished)) for name, opened, finished in rows]


def _now(session: Session, now: datetime) -> list[Any]:
    runs = Case.state.in_(_AT_UNIT) & Case.clock_stopped_at.is_(None) & (Case.due_at < now)
    late = func.sum(case((runs, 1), else_=0))
    still = tuple(state for state in CaseState if state not in CLOSED)
    rows = session.execute(
        select(_TOWNSHIP, func.count(), late).where(Case.state.in_(still)).group_by(_TOWNSHIP)
    )
    return [(name, ("open", count), ("late", over)) for name, count, over in rows]


def _answers(session: Session, since: datetime) -> list[Any]:
    satisfied = func.sum(case((Survey.answer <= 2, 1), else_=0))
    rows = session.execute(
        select(_TOWNSHIP, func.count(), satisfied)
        .join(Survey, Survey.case_id == Case.id)
        .where(Survey.answered_at >= since, Survey.answer.is_not(None))
        .group_by(_TOWNSHIP)
    )
    return [(name, ("answered", count), ("satisfied", good)) for name, count, good in rows]
