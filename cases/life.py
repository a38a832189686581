"""What a case's page and `cases show` tell of its handling: who has it, until when, what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cases.deadlines import Colour, colour
from cases.model import Assignment, Case, Extension, Photo
from cases.states import CLOSED


def life(session: Session, row: Case, now: datetime | None = None) -> dict[str, Any]:
    """The handling of this case, under the names of `cases show --json`. Four queries.

    `colour`, of the case and of each assignment, is there only when `now` is given.
    """
    assignments = session.scalars(
        select(Assignment)
        .where(Assignment.case_id == row.id)
        .order_by(Assignment.id)
        .options(joinedload(Assignment.unit))
    ).all()
    units = {each.id: each.unit.name for each in assignments}
    extensions = session.scalars(
        select(Extension).where(Extension.case_id == row.id).order_by(Extension.id)
    ).all()
    shown = [_extension(each, units) for each in extensions]
    into, merged = _merged(session, row)
    return {
        **_clock(row, now),
        "deadline_class": row.deadline_class,
        "answer": row.answer,
        "completed": row.completed_at,
        "closed": row.closed_at,
        "review": row.review_at,
        "supervised": row.supervised_at,
        "return_count": row.return_count,
        "redo_count": row.redo_count,
        "reopen_count": row.reopen_count,
        "assignments": [_assignment(each, now) for each in assignments],
        "extension": shown[-1] if shown else None,
        "extensions": shown,
        "photos": _photos(session, row.id),
        "merged_into": into,
        "merged": merged,
    }


def _clock(row: Case, now: datetime | None) -> dict[str, Any]:
    told = {"dispatched": row.dispatched_at, "clock_stopped_for": row.clock_stopped_for}
    return told if now is None else {**told, "colour": colour_of(row, now)}


def colour_of(row: Case, now: datetime) -> Colour:
    """How urgent the case is; a closed one is not."""
    if row.state in CLOSED:
        return Colour.NONE
    return colour(row.due_at, row.yellow_at, row.clock_stopped_at, now)


def line_with_colour(line: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A line of a list of cases (showing.case_line) with its `colour`."""
    closed = line["state"] in CLOSED
    urgent = colour(None if closed else line["due"], line["yellow"], line["clock_stopped"], now)
    return {**line, "colour": urgent}


def _assignment(row: Assignment, now: datetime | None) -> dict[str, Any]:
    told = {
        "id": row.id,
        "unit": row.unit.name,
        "unit_code": row.unit.code,
        "unit_id": row.unit_id,
        "main": row.main,
        "state": row.state,
        "part": row.part,
        "by": row.by,
        "redo": row.redo,
        "dispatched": row.dispatched_at,
        "working_days": row.working_days,
        "extended_days": row.extended_days,
        "due": row.due_at,
        "yellow": row.yellow_at,
        "stopped": row.stopped_at,
        "stopped_for": row.stopped_for,
        "stops": row.stops,
        "signed": row.signed_at,
        "reported": row.reported_at,
        "in_time": None if row.reported_at is None else row.reported_at <= row.due_at,
        "returned": row.returned_at,
        "return_upheld": row.return_upheld,
        "answer": row.answer,
        "ended": row.ended_at,
        "ended_by": row.ended_by,
    }
    if now is None:
        return told
    owed = row.ended_at is None and row.reported_at is None
    shown = colour(row.due_at, row.yellow_at, row.stopped_at, now) if owed else Colour.NONE
    return {**told, "colour": shown}


def _extension(row: Extension, units: Mapping[int, str]) -> dict[str, Any]:
    return {
        "unit": units.get(row.assignment_id),
        "state": row.state,
        "days": row.days,
        "reason": row.reason,
        "asked": row.asked_at,
        "asked_by": row.asked_by,
        "answered": row.answered_at,
        "answered_by": row.answered_by,
        "answer": row.answer,
    }


def _photos(session: Session, case_id: int) -> list[dict[str, Any]]:
    rows = session.scalars(select(Photo).where(Photo.case_id == case_id).order_by(Photo.at, Photo.id))
    return [photo(row) for row in rows]


def photo(row: Photo) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": row.at,
        "who": row.who,
        "move": row.move,
        "path": row.path,
        "width": row.width,
        "height": row.height,
        "size": row.size,
    }


def photo_of(session: Session, photo_id: str) -> dict[str, Any] | None:
    """One photo with the number of its case; None: no such photo. One query."""
    found = session.execute(
        select(Photo, Case.number).join(Case, Photo.case_id == Case.id).where(Photo.id == photo_id)
    ).first()
    return {**photo(found[0]), "case": found[1]} if found else None


def _merged(session: Session, row: Case) -> tuple[str | None, list[str]]:
    """The number it was merged into, and the numbers merged into it."""
    # Two questions, each with its own index: one with "or" reads every case when few of them are merged.
    into_this = select(Case.id, Case.number).where(Case.merged_into_id == row.id)
    both = into_this.union_all(select(Case.id, Case.number).where(Case.id == row.merged_into_id))
    into, merged = None, []
    for case_id, number in session.execute(both.order_by("id")):
        if case_id == row.merged_into_id:
            into = number
        else:
            merged.append(number)
    return into, merged
