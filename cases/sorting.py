"""What the router says of a message once its words are known: kept in the case, by the table.

The router itself knows nothing of cases: somebody asks it in between (hotline/jobs.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import Session

from cases import clean
from cases.firm_turns import Turn
from cases.model import Case, Recording
from cases.opening import add_decision, keep_history
from cases.states import CaseState


@dataclass(frozen=True)
class Unsorted:
    """A case that waits for the router."""

    number: str
    text: str
    caller: str


def unsorted_case(session: Session, recording_id: str) -> Unsorted | None:
    """The case that this recording's words belong to, while nobody has sorted it."""
    return next(iter(_unsorted(session, Case.recording_id == recording_id, 1)), None)


def unsorted_cases(session: Session, limit: int = 100) -> Sequence[Unsorted]:
    """Cases whose words are known and that nobody has sorted, oldest first."""
    return _unsorted(session, Case.text != "", limit)


def sort_case(
    session: Session,
    number: str,
    decision: Mapping[str, Any],
    now: datetime,
    seen: Mapping[str, Turn] | None = None,
) -> bool:
    """Keep matter, kind, sector, unit, place, priority and reasons. False: a person was faster.

    `seen`: the firms' turns when the router decided. Raises Conflict when it is another firm's turn by now.
    """
    wanted: Select[Case] = select(Case).where(Case.number == number).with_for_update()
    case = session.scalars(wanted, execution_options={"populate_existing": True}).first()
    history: list[dict[str, Any]] = []
    if case is None or not add_decision(session, case, decision, now, history, seen):
        return False
    keep_history(session, case, now, history)
    return True


def keep_peaks(session: Session, recording_id: str, peaks: Sequence[float]) -> None:
    """The waveform that the player draws: values 0..1."""
    drawn = update(Recording).where(Recording.id == recording_id, Recording.peaks.is_(None))
    session.execute(drawn.values(peaks=clean.data(list(peaks))))


def _unsorted(session: Session, which: ColumnElement[bool], limit: int) -> Sequence[Unsorted]:
    waiting = select(Case.number, Case.text, Case.caller).where(
        Case.state == CaseState.ACCEPTED, Case.text != "", which
    )
    return [Unsorted(*row) for row in session.execute(waiting.order_by(Case.opened_at, Case.id).limit(limit))]
