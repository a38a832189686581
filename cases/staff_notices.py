"""What the staff is told: a row for everybody whom it concerns, read by the first of them who opens it.

Notices to a unit, or to its head, are for the people of that unit; the others for all who have the role.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select, update
from sqlalchemy.orm import Session

from cases.ladders import Audience
from cases.model import Case, StaffNotice, Unit
from cases.once import append
from cases.states import Role

OF_UNIT = frozenset({Audience.UNIT, Audience.HEAD})
_READS: Mapping[Role, Audience] = {
    Role.DISPATCHER: Audience.DISPATCHER,
    Role.SUPERVISOR: Audience.SUPERVISOR,
    Role.VISITOR: Audience.VISITOR,
    Role.LEADER: Audience.LEADER,
}


def notice(
    at: datetime,
    what: str,
    audience: Audience,
    case_id: int | None,
    unit_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The values of a notice. `unit_id` counts for a unit and its head only."""
    return {
        "at": at,
        "case_id": case_id,
        "audience": audience,
        "unit_id": unit_id if audience in OF_UNIT else None,
        "what": what,
        "detail": dict(detail or {}),
        "read_at": None,
        "read_by": None,
    }


def notices(
    at: datetime,
    what: str,
    to: Iterable[Audience],
    case_id: int | None,
    unit_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """One for each audience; what is for a unit is left out where no unit has the case."""
    return [
        notice(at, what, each, case_id, unit_id, detail)
        for each in to
        if unit_id is not None or each not in OF_UNIT
    ]


def tell(session: Session, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write them."""
    append(session, StaffNotice, *rows)


# ---------------------------------------------------------------- to read


def for_whom(role: Role, unit_id: int | None) -> ColumnElement[bool]:
    """Which notices this person reads."""
    if role is Role.UNIT and unit_id is not None:
        return and_(StaffNotice.audience.in_(sorted(OF_UNIT)), StaffNotice.unit_id == unit_id)
    if role in _READS:
        return and_(StaffNotice.audience == _READS[role], StaffNotice.unit_id.is_(None))
    return false()


def listed(
    session: Session,
    role: Role,
    unit_id: int | None,
    *,
    unread: bool = False,
    before: int | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """The notices of this person, newest first. `before`: the id of the last one of the page before.

    What a unit and its head are told of one step is one. Each: `ids`, `at`, `what`, `audience`, `detail`,
    `number`, `matter`, `unit`, `head`, `read_at`, `read_by`.
    """
    wanted = (
        select(StaffNotice, Case.number, Case.matter, Unit.name, Unit.detail)
        .outerjoin(Case, StaffNotice.case_id == Case.id)
        .outerjoin(Unit, Case.unit_id == Unit.id)
        .where(for_whom(role, unit_id))
        .order_by(StaffNotice.id.desc())
        .limit(limit)
    )
    if unread:
        wanted = wanted.where(StaffNotice.read_at.is_(None))
    if before is not None:
        wanted = wanted.where(StaffNotice.id < before)
    return _together(_shown(*found) for found in session.execute(wanted))


def _together(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that follow each other and tell the same, as one: the head's word stands."""
    shown: list[dict[str, Any]] = []
    for row in rows:
        last = shown[-1] if shown else None
        if last is not None and all(last[name] == row[name] for name in ("number", "what", "at")):
            last["ids"] += row["ids"]
            last["audience"] = max(last["audience"], row["audience"], key=[*Audience].index)
        else:
            shown.append(row)
    return shown


def unread_count(session: Session, role: Role, unit_id: int | None) -> int:
    """How many things this person's desk has not read yet; what a unit and its head are told is one."""
    mine = (for_whom(role, unit_id), StaffNotice.read_at.is_(None))
    things = select(StaffNotice.case_id, StaffNotice.what, StaffNotice.at).where(*mine).distinct()
    return session.scalar(select(func.count()).select_from(things.subquery())) or 0


def mark_read(
    session: Session,
    role: Role,
    unit_id: int | None,
    who: str,
    now: datetime,
    ids: Iterable[int] | None = None,
) -> int:
    """Mark these of this person's notices as read (None: all of them); -> how many were unread."""
    mine = [for_whom(role, unit_id), StaffNotice.read_at.is_(None)]
    if ids is not None:
        mine.append(or_(StaffNotice.id.in_(list(ids)), false()))
    done = update(StaffNotice).where(*mine).values(read_at=now, read_by=who)
    return len(session.scalars(done.returning(StaffNotice.id)).all())


def _shown(
    row: StaffNotice,
    number: str | None,
    matter: str | None,
    unit: str | None,
    unit_detail: Mapping[str, Any] | None,
) -> dict[str, Any]:
    return {
        "ids": [row.id],
        "at": row.at,
        "what": row.what,
        "audience": row.audience,
        "detail": row.detail,
        "number": number,
        "matter": matter,
        "unit": unit,
        "head": (unit_detail or {}).get("head"),
        "read_at": row.read_at,
        "read_by": row.read_by,
    }
