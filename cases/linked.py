"""Several requests of one message: each its own case, linked to the first, opened exactly once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from cases import clean, numbers
from cases.firm_turns import Turn
from cases.history import event
from cases.model import Case
from cases.opening import SYSTEM, add_decision, keep_history, reserve_numbers
from cases.states import Move, Priority, Role, move


@dataclass(frozen=True)
class Request:
    """One more request of a message: where it stands in the text, its words, what the router says of it."""

    start: int
    end: int
    text: str
    decision: Mapping[str, Any]


def open_linked(
    session: Session,
    first: Case,
    requests: Sequence[Request],
    now: datetime,
    seen: Mapping[str, Turn] | None = None,
) -> list[str]:
    """A case for each request, with its own number, sorted by its own decision; -> the numbers.

    The first case must be locked by this transaction. Raises Conflict as add_decision does.
    """
    opened = [
        _open(session, first, part, request, now, seen) for part, request in enumerate(requests, start=1)
    ]
    if opened:
        noted = move(first.state, Move.NOTE, Role.SYSTEM)
        keep_history(session, first, now, [event(now, SYSTEM, noted, {"linked": opened})])
    return opened


def _open(
    session: Session,
    first: Case,
    part: int,
    request: Request,
    now: datetime,
    seen: Mapping[str, Turn] | None,
) -> str:
    case = Case(
        number=reserve_numbers(session, 1)[0],
        tracking_code=numbers.tracking_code(),
        opened_at=first.opened_at,
        changed_at=now,
        caller=first.caller,
        caller_name=first.caller_name,
        confidential=first.confidential,
        way_in=first.way_in,
        desk=first.desk,
        recording_id=first.recording_id,
        text=clean.text(request.text),
        priority=Priority.NORMAL,
        danger=False,
        part_of_id=first.id,
        part=part,
    )
    detail = {"told": False, "part_of": first.number, "piece": [request.start, request.end]}
    accepted = move(None, Move.ACCEPT, Role.SYSTEM)
    case.state = accepted.to_state
    history = [event(now, SYSTEM, accepted, detail)]
    add_decision(session, case, request.decision, now, history, seen)
    session.add(case)
    session.flush()
    keep_history(session, case, now, history)
    return case.number


def linked_cases(session: Session, case_id: int, part_of_id: int | None) -> list[dict[str, Any]]:
    """The other requests of the same message: `{"number", "state", "matter", "text", "part"}`. One query."""
    first = part_of_id or case_id
    rows = session.execute(
        select(Case.number, Case.state, Case.matter, Case.text, Case.part)
        .where(or_(Case.part_of_id == first, Case.id == first), Case.id != case_id)
        .order_by(Case.part)
    )
    return [dict(row._mapping) for row in rows]
