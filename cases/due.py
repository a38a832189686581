"""The rows behind the escalation: what is due is found and claimed, and what was done is written at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, delete, or_, select, tuple_, update
from sqlalchemy.orm import Session

from cases.changes import changed
from cases.model import Assignment, Case, CaseEvent, Escalation, Unit, Watch
from cases.once import append, column, table
from cases.staff_notices import tell

Key = tuple[datetime, int, int]
"""A place in the order of what is due: (next_at, case_id, assignment_id)."""


def due_statement(now: datetime, after: Key | None, limit: int) -> Select[datetime | None, int, int]:
    """What is due, the longest waiting first: one index has all of it, whatever is open."""
    order = (Watch.next_at, Watch.case_id, Watch.assignment_id)
    wanted = select(*order).where(Watch.next_at <= now)
    if after is not None:
        at, case_id, assignment_id = after
        wanted = wanted.where(
            Watch.next_at >= at, tuple_(*order) > tuple_(*_bound(at, case_id, assignment_id))
        )
    return wanted.order_by(*order).limit(limit)


def _bound(at: datetime, case_id: int, assignment_id: int) -> tuple[Any, Any, Any]:
    """The values of a key with the types of their columns, so that both databases compare alike."""
    columns = (column(Watch.next_at), column(Watch.case_id), column(Watch.assignment_id))
    values = (at, case_id, assignment_id)
    first, second, third = (
        bindparam(None, value, type_=each.type) for value, each in zip(values, columns, strict=True)
    )
    return first, second, third


def due_keys(session: Session, now: datetime, after: Key | None = None, limit: int = 500) -> list[Key]:
    rows = session.execute(due_statement(now, after, limit))
    return [(at, case_id, assignment_id) for at, case_id, assignment_id in rows if at is not None]


_CLAIMED = (
    select(
        *(column(each) for each in (Watch.case_id, Watch.assignment_id, Watch.ladder, Watch.since)),
        *(column(each) for each in (Watch.marked_at, Watch.round, Watch.step, Watch.times, Watch.next_at)),
        column(Watch.yellow_at).label("watch_yellow"),
        column(Watch.due_at).label("watch_due"),
        *(column(each) for each in (Case.number, Case.state, Case.version, Case.unit_id, Case.priority)),
        *(column(each) for each in (Case.deadline_class, Case.yellow_at, Case.due_at, Case.review_at)),
        column(Case.clock_stopped_at).label("stopped_at"),
    )
    .select_from(table(Watch).join(table(Case), column(Case.id) == column(Watch.case_id)))
    .order_by(column(Watch.case_id), column(Watch.assignment_id))
    .with_for_update(skip_locked=True)
)


def claim(session: Session, now: datetime, keys: Sequence[Key]) -> list[Row[Any]]:
    """These rows with what must be known of their cases, locked; those in other hands are left out.

    Cases are not waited for, so that nobody who has one of them waits for us in a ring.
    """
    ours = {(case_id, assignment_id) for _, case_id, assignment_id in keys}
    wanted: Select[Any] = _CLAIMED.where(
        column(Watch.case_id).in_({case_id for case_id, _ in ours}), column(Watch.next_at) <= now
    )
    rows = session.connection().execute(wanted).all()
    return [row for row in rows if (row.case_id, row.assignment_id) in ours]


def parts(session: Session, ids: Iterable[int]) -> dict[int, Row[Any]]:
    """Co-units' parts by their assignment's id."""
    columns = (Assignment.unit_id, Assignment.state, Assignment.yellow_at, Assignment.due_at)
    more = (Assignment.stopped_at, Assignment.reported_at, Assignment.ended_at)
    chosen = list(ids)
    if not chosen:
        return {}
    wanted = select(column(Assignment.id), *(column(each) for each in (*columns, *more)))
    rows = session.connection().execute(wanted.where(column(Assignment.id).in_(chosen)))
    return {row.id: row for row in rows}


def unit_names(session: Session, ids: Iterable[int | None]) -> dict[int, str]:
    chosen = {each for each in ids if each is not None}
    return dict(session.execute(select(Unit.id, Unit.name).where(Unit.id.in_(chosen))).all())


# ---------------------------------------------------------------- what was done


@dataclass
class Written:
    """What one transaction is to write."""

    events: list[dict[str, Any]] = field(default_factory=list)
    escalations: list[dict[str, Any]] = field(default_factory=list)
    notices: list[dict[str, Any]] = field(default_factory=list)
    watches: list[dict[str, Any]] = field(default_factory=list)
    """Columns of a clock; its key under `of_case` and `of_assignment`."""
    ended: list[tuple[int, int]] = field(default_factory=list)
    touched: dict[int, str] = field(default_factory=dict)
    """Numbers of the cases that got an event, by id."""
    supervised: set[int] = field(default_factory=set)


_PLACE = (
    update(table(Watch))
    .where(
        column(Watch.case_id) == bindparam("of_case"),
        column(Watch.assignment_id) == bindparam("of_assignment"),
    )
    .values(
        {
            name: bindparam(name)
            for name in (
                *("ladder", "yellow_at", "due_at", "marked_at", "round", "step", "times", "next_at"),
            )
        }
    )
)


def write(session: Session, now: datetime, rows: Written) -> None:
    append(session, CaseEvent, *rows.events)
    append(session, Escalation, *rows.escalations)
    tell(session, rows.notices)
    if rows.watches:
        session.connection().execute(_PLACE, rows.watches)
    _end(session, rows.ended)
    _touch(session, now, rows)


def _end(session: Session, keys: Sequence[tuple[int, int]]) -> None:
    if keys:
        these = or_(
            *(
                and_(column(Watch.case_id) == case_id, column(Watch.assignment_id) == assignment_id)
                for case_id, assignment_id in keys
            )
        )
        session.connection().execute(delete(table(Watch)).where(these))


def _touch(session: Session, now: datetime, rows: Written) -> None:
    """A reminder is no change of the case: neither its version nor its time of change moves on, so that
    whoever writes meanwhile loses nothing."""
    if rows.supervised:
        here, since = column(Case.id).in_(rows.supervised), column(Case.supervised_at)
        session.connection().execute(
            update(table(Case)).where(here, since.is_(None)).values(supervised_at=now)
        )
    for number in rows.touched.values():
        changed(session, now, "case", number)
