"""A move marks the clock of its case, so that the next run of the supervision reads the case anew.

Here nothing is worked out: a mark costs one statement, and no calendar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from cases.ladders import ANSWERED, CLOSED, NEW, RETURNED, SUSPENDED
from cases.model import Watch
from cases.states import CaseState, Move

AT_UNIT = "unit"
WAITS: Mapping[CaseState, str] = {
    CaseState.ACCEPTED: NEW,
    CaseState.SORTED: NEW,
    CaseState.DISPATCHED: AT_UNIT,
    CaseState.SIGNED: AT_UNIT,
    CaseState.IN_PROGRESS: AT_UNIT,
    CaseState.RETURNED: RETURNED,
    CaseState.SUSPENDED: SUSPENDED,
    CaseState.REPORTED: ANSWERED,
    CaseState.CALLING_BACK: ANSWERED,
    CaseState.COMPLETED: CLOSED,
    CaseState.HANDED_BACK: CLOSED,
}
"""On whom a case waits, by its state. What is archived or merged waits on nobody."""

_SAME_STATE = frozenset({Move.GRANT_EXTENSION, Move.ADD_UNIT, Move.SORT, Move.REWORD})
"""Moves after which other steps may apply although the case waits where it did."""


def told(session: Session, case_id: int, history: Sequence[Mapping[str, Any]]) -> None:
    """Mark the clock for these events of one case (cases/history.py), if they move it."""
    for event in history:
        before, after = _waits(event.get("from_state")), _waits(event.get("to_state"))
        if before != after:
            mark(session, case_id, event["at"], begins=True)
        elif event.get("from_state") != event.get("to_state") or event["move"] in _SAME_STATE:
            mark(session, case_id, event["at"])


def mark(
    session: Session, case_id: int, at: datetime, *, begins: bool = False, assignment_id: int = 0
) -> None:
    """The case is to be read anew. `begins`: it waits on somebody else since `at`, a new clock runs.

    `assignment_id`: of a co-unit's part, which has a clock of its own.
    """
    connection = session.connection()
    statement = _upsert(connection.dialect.name, begins)
    key = {"case_id": case_id, "assignment_id": assignment_id}
    first = {"ladder": "", "round": 1, "step": 0, "times": 0}
    connection.execute(statement, {**first, **key, "since": at, "marked_at": at, "next_at": at})


def _waits(state: CaseState | str | None) -> str | None:
    return WAITS.get(CaseState(state)) if state is not None else None


@cache
def _upsert(dialect: str, begins: bool) -> Any:
    table: Any = Watch.__table__
    made = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    new = made.excluded
    values = {"marked_at": new.marked_at, "next_at": new.next_at}
    if begins:
        values |= {"since": new.since, "round": table.c.round + 1, "step": 0, "times": 0, "ladder": ""}
    else:
        # Of two marks the earlier counts: what has become due since then is to come.
        values["marked_at"] = func.coalesce(table.c.marked_at, new.marked_at)
    return made.on_conflict_do_update(index_elements=["case_id", "assignment_id"], set_=values)
