"""What a citizen sees of a case by its number and tracking code. Nothing personal is in it.

A wrong number and a wrong code are one answer, so that nobody learns which numbers there are.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import numbers
from cases.citizen_states import SurveyState
from cases.errors import NotFound
from cases.handling import Asked, make_move
from cases.model import Case, CaseEvent, Survey, Unit
from cases.rules import Rules
from cases.states import CaseState, Move
from cases.survey import OPEN, latest
from cases.survey_settling import CITIZEN

_STEPS: Mapping[str, str] = {
    CaseState.ACCEPTED: "accepted",
    CaseState.DISPATCHED: "dispatched",
    CaseState.SIGNED: "signed",
    CaseState.IN_PROGRESS: "in_progress",
    CaseState.REPORTED: "reported",
    CaseState.COMPLETED: "completed",
    CaseState.SUSPENDED: "suspended",
    CaseState.RETURNED: "returned",
    CaseState.MERGED: "merged",
    CaseState.HANDED_BACK: "handed_back",
}
"""The states that are news for the citizen; a redo and a reopening have words of their own."""
_BY_MOVE: Mapping[str, str] = {Move.REDO: "redone", Move.REOPEN: "reopened"}
_HAS_RESULT = (CaseState.REPORTED, CaseState.CALLING_BACK, CaseState.COMPLETED, CaseState.ARCHIVED)
_WITH_A_UNIT = (
    CaseState.DISPATCHED, CaseState.SIGNED, CaseState.IN_PROGRESS, CaseState.SUSPENDED, *_HAS_RESULT
)  # fmt: skip
_MAY_REOPEN = (CaseState.COMPLETED, CaseState.ARCHIVED)
_NO_CODE = "------"
_LONGEST_CHAIN = 10


def tidy_number(text: str) -> str:
    """A number as somebody types it: blanks and dashes are nothing."""
    return "".join(sign for sign in text[:40] if sign.isascii() and sign.isdigit())


def tidy_code(text: str) -> str:
    """A code as somebody types it: small letters, blanks and dashes are forgiven."""
    return "".join(sign for sign in text[:40].upper() if sign.isascii() and sign.isalnum())


def find(session: Session, number: str, code: str) -> Case:
    """The case of this number and code, as tidied. Raises NotFound, the same whichever is wrong."""
    case = None
    if numbers.check(number):
        case = session.scalars(select(Case).where(Case.number == number)).first()
    known = case.tracking_code if case is not None else _NO_CODE
    if not hmac.compare_digest(known.encode(), code.encode()) or case is None:
        raise NotFound("there is no case with this number and code")
    return case


def tracked(session: Session, number: str, code: str, now: datetime, rules: Rules) -> dict[str, Any]:
    """What the page shows: `number`, `state`, `unit`, `result` (the unit's public answer), `steps` (`at`,
    `what`), `together` (the state of the case it was merged into), `asks` (whether an answer is wanted),
    `answer`, `may_reopen`, `until`.

    Of a confidential case only its state and its steps. Raises NotFound. Four queries.
    """
    case = find(session, number, code)
    told = not case.confidential
    unit = session.get(Unit, case.unit_id) if case.unit_id and case.state in _WITH_A_UNIT and told else None
    asked = latest(session, case.id)
    until = _until(case, rules)
    return {
        "number": case.number,
        "state": case.state,
        "confidential": case.confidential,
        "unit": unit.name if unit else None,
        "result": case.answer if case.state in _HAS_RESULT and told else "",
        "steps": _steps(session, case.id),
        "survey": asked.id if asked else None,
        "asks": _asks(case, asked),
        "together": _together(session, case),
        "answer": asked.answer if asked and asked.state == SurveyState.ANSWERED else None,
        "may_reopen": case.state in _MAY_REOPEN and until is not None and now <= until,
        "until": until,
    }


def _together(session: Session, case: Case) -> CaseState | None:
    """How far the case is that this one was merged into; of that one nothing else is told."""
    found: Case | None = case
    for _ in range(_LONGEST_CHAIN):
        if found is None or found.merged_into_id is None:
            break
        found = session.get(Case, found.merged_into_id)
    return found.state if found is not None and found is not case else None


def _asks(case: Case, asked: Survey | None) -> bool:
    return asked is not None and asked.state in OPEN and case.state in _HAS_RESULT


def _until(case: Case, rules: Rules) -> datetime | None:
    closed = case.completed_at or case.closed_at
    return closed + timedelta(days=rules.reopen_calendar_days) if closed else None


def _steps(session: Session, case_id: int) -> list[dict[str, Any]]:
    """What happened when, in words of the page; what stays within the house is left out."""
    wanted = select(CaseEvent.at, CaseEvent.move, CaseEvent.from_state, CaseEvent.to_state)
    rows = session.execute(wanted.where(CaseEvent.case_id == case_id).order_by(CaseEvent.at, CaseEvent.id))
    steps: list[dict[str, Any]] = []
    for at, move, from_state, to_state in rows:
        what = _BY_MOVE.get(move) or _STEPS.get(to_state or "")
        if what and from_state != to_state:
            steps.append({"at": at, "what": what})
    return steps


def reopen(session: Session, number: str, code: str, words: str, now: datetime, rules: Rules) -> None:
    """The citizen says that it is not solved after all. Raises NotFound, MoveRefused."""
    case = find(session, number, code)
    make_move(session, case.number, Move.REOPEN, CITIZEN, now, rules, Asked(reason=words))
