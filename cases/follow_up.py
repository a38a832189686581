"""What follows once a case is sorted: the message's other requests, cases that it repeats, bursts. Done once.

The row is the work, as with transcripts: `followed_up_at` is empty until it is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from cases.model import Case
from cases.states import CaseState


@dataclass(frozen=True)
class Pending:
    """A sorted case that nobody followed up. `whole`: its text may hold several requests."""

    number: str
    text: str
    caller: str
    matter: str | None
    matter_path: tuple[str, ...]
    whole: bool


def cases_to_follow_up(session: Session, limit: int = 100) -> Sequence[str]:
    """Numbers of sorted cases that nobody followed up, oldest first. One query, one index."""
    wanted = select(Case.number).where(Case.followed_up_at.is_(None), Case.state != CaseState.ACCEPTED)
    return session.scalars(wanted.order_by(Case.opened_at, Case.id).limit(limit)).all()


def case_of_message(session: Session, recording_id: str) -> str | None:
    """The number of the first case of this message, while nobody followed it up."""
    wanted = select(Case.number).where(
        Case.recording_id == recording_id, Case.part == 0, Case.followed_up_at.is_(None)
    )
    return session.scalars(wanted.order_by(Case.id).limit(1)).first()


def pending(session: Session, number: str) -> Pending | None:
    """What is to be followed up; None: it is done, or the case is not sorted yet."""
    case = session.scalars(select(Case).where(Case.number == number)).first()
    if case is None or not _is_pending(case):
        return None
    path = tuple(str(each) for each in case.matter_path)
    split = case.part_of_id is not None or _linked(session, case)
    return Pending(case.number, case.text, case.caller, case.matter, path, not split)


def take(session: Session, number: str, text: str) -> Case | None:
    """The case, locked; None: somebody else has followed it up, or its words have changed meanwhile.

    Its key stays free: another case may be paired with this one at the same time.
    """
    wanted = select(Case).where(Case.number == number).with_for_update(key_share=True)
    case = session.scalars(wanted, execution_options={"populate_existing": True}).first()
    return case if case is not None and _is_pending(case) and case.text == text else None


def _linked(session: Session, case: Case) -> bool:
    return bool(session.scalar(select(exists().where(Case.part_of_id == case.id))))


def done(case: Case, now: datetime) -> None:
    case.followed_up_at = now


def _is_pending(case: Case) -> bool:
    return case.followed_up_at is None and case.state != CaseState.ACCEPTED


def told(case: Case, burst: int | None = None) -> dict[str, Any]:
    """The case as router/repeats.py compares it."""
    return {
        "number": case.number,
        "caller": case.caller,
        "matter": case.matter,
        "place": case.place,
        "text": case.text,
        "at": case.opened_at,
        "burst": burst,
    }
