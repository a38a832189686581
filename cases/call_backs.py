"""Call-backs kept, and what the sweep looks for in calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cases import clean
from cases.changes import changed
from cases.errors import Conflict, NotFound
from cases.model import AppliedFact, Call, CallBack, Change, Recording
from cases.states import CallBackState, CallOutcome, RecordingState


def complete_call_back(
    session: Session, call_back_id: int, who: str, now: datetime, note: str = "", *, reached: bool = True
) -> CallBack:
    """Somebody rang the caller. `reached` False gives the promise up, with the note saying why.

    Raises NotFound, and Conflict when somebody else did it already.
    """
    row = session.get(CallBack, call_back_id, with_for_update=True)
    if row is None:
        raise NotFound(f"there is no call-back {call_back_id}")
    if row.state != CallBackState.OPEN:
        raise Conflict(f"call-back {call_back_id} was already completed by {row.done_by}")
    row.state = CallBackState.DONE if reached else CallBackState.GIVEN_UP
    row.done_at, row.done_by, row.note = now, who, clean.text(note)
    changed(session, now, "call_back", row.call_id)
    return row


def recordings_left_open(session: Session, before: datetime) -> Sequence[Recording]:
    """Recordings that started before this moment and whose end was never told, oldest first."""
    left = select(Recording).where(Recording.state == RecordingState.RECORDING, Recording.started_at < before)
    return session.scalars(left.order_by(Recording.started_at)).all()


def calls_without_end(session: Session, before: datetime) -> Sequence[Call]:
    """Calls that started before this moment and whose end was never told, oldest first."""
    left = select(Call).where(Call.outcome == CallOutcome.IN_PROGRESS, Call.started_at < before)
    return session.scalars(left.order_by(Call.started_at)).all()


def forget_old(session: Session, before: datetime) -> None:
    """Drop bookkeeping that nobody asks for any more: applied facts and the feed of changes."""
    session.execute(delete(AppliedFact).where(AppliedFact.at < before))
    session.execute(delete(Change).where(Change.at < before))
