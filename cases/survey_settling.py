"""What an answer sets going: the case is completed, or done again, or goes to supervision.

Kept apart from the answer: it is kept the moment it is given, and settled when the citizen has said why. An
answer whose call died before that is settled by the sweep.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.citizen_states import SurveyState, SurveyWay, TryResult
from cases.errors import MoveRefused
from cases.handling import SYSTEM, Actor, Asked, make_move
from cases.model import Case, Survey
from cases.rules import Rules
from cases.states import CaseState, Move, Role
from cases.survey import ANSWERS, COMPLAINTS, answer, locked, refuse_handler, tell

CITIZEN = Actor("citizen", Role.CITIZEN)
_CONFIRMING = (CaseState.REPORTED, CaseState.CALLING_BACK)
_PATIENCE = timedelta(minutes=5)
"""Somebody who says why is given so long."""


def settle(session: Session, survey_id: int, by: Actor, now: datetime, rules: Rules) -> bool:
    """Make the move that the answer asks for. False: there is no answer, or it was settled before.

    `by`: the visitor caller or the supervisor who asked, else CITIZEN. What is unsatisfactory once more goes
    to supervision (cases/handling.py).
    """
    row, case = locked(session, survey_id)
    if row.state != SurveyState.ANSWERED or row.settled_at is not None or row.answer is None:
        return False
    row.settled_at = now
    asked = Asked(reason=_reason(row), detail={"survey": row.id, "answer": row.answer, **_voice(row)})
    if row.answer in COMPLAINTS:
        _do_again(session, case, by, now, rules, asked)
    elif case.state in _CONFIRMING:
        by = SYSTEM if by.role == Role.CITIZEN else by
        make_move(session, case.number, Move.COMPLETE, by, now, rules, asked)
    return True


def _reason(row: Survey) -> str:
    said = f"回访：{ANSWERS[row.answer or 0]}"
    return f"{said}。{row.words}" if row.words else said


def _voice(row: Survey) -> dict[str, str]:
    return {"recording": row.recording_id} if row.recording_id else {}


def _do_again(session: Session, case: Case, by: Actor, now: datetime, rules: Rules, asked: Asked) -> None:
    """By the unit that had it; a closed case that cannot go there is opened again, and watched."""
    try:
        make_move(session, case.number, Move.REDO, by, now, rules, asked)
        return
    except MoveRefused as refused:
        if case.state != CaseState.COMPLETED:
            _remark(session, case, by, now, refused)
            return
    try:
        make_move(session, case.number, Move.REOPEN, by, now, rules, asked)
    except MoveRefused as refused:
        _remark(session, case, by, now, refused)
        return
    if case.redo_count >= rules.redos:
        make_move(session, case.number, Move.SUPERVISE, SYSTEM, now, rules, asked)


def _remark(session: Session, case: Case, by: Actor, now: datetime, refused: MoveRefused) -> None:
    """The answer stands in the history all the same; a person reads it."""
    tell(session, case, by, now, {"refused": refused.rule})


def unsettled(session: Session, now: datetime, limit: int = 100) -> Sequence[int]:
    """Answers whose move was not made, though the call must be over. One query, one small index."""
    wanted = select(Survey.id).where(
        Survey.settled_at.is_(None), Survey.answer.is_not(None), Survey.answered_at <= now - _PATIENCE
    )
    return session.scalars(wanted.order_by(Survey.answered_at).limit(limit)).all()


# ---------------------------------------------------------------- by a link, on the public page


def answer_by_citizen(
    session: Session, survey_id: int, value: int, way: SurveyWay, words: str, now: datetime, rules: Rules
) -> Survey:
    """The citizen's own word, and what follows. Raises NotFound, MoveRefused."""
    row = answer(session, survey_id, value, way=way, by=CITIZEN, now=now, words=words)
    settle(session, survey_id, CITIZEN, now, rules)
    return row


# ---------------------------------------------------------------- by the visitor caller


def answer_by_visitor(
    session: Session, survey_id: int, value: int, by: Actor, words: str, now: datetime, rules: Rules
) -> Survey:
    """What a citizen told a person of ours. Raises NotFound, MoveRefused (S01 to S04)."""
    _begin_asking(session, survey_id, by, now, rules)
    row = answer(session, survey_id, value, way=SurveyWay.VISITOR, by=by, now=now, words=words)
    settle(session, survey_id, by, now, rules)
    return row


def not_reached_by_visitor(
    session: Session, survey_id: int, by: Actor, now: datetime, rules: Rules
) -> Survey:
    """Nobody lifted the receiver: it stays on the list. Raises NotFound, MoveRefused (S01 to S03)."""
    row, case = _begin_asking(session, survey_id, by, now, rules)
    row.state, row.next_at = SurveyState.VISITOR, None
    row.tries, row.last_result, row.called_at = row.tries + 1, TryResult.NO_ANSWER, now
    tell(session, case, by, now, {"survey": row.id, "try": row.tries, "result": TryResult.NO_ANSWER})
    return row


def close_unanswered(
    session: Session, survey_id: int, by: Actor, words: str, now: datetime, rules: Rules
) -> Survey:
    """Nobody can be asked any more: the case is completed without an answer, and says so.

    Raises NotFound, MoveRefused (S01 to S03, or what forbids the completion).
    """
    row, case = _begin_asking(session, survey_id, by, now, rules)
    row.state, row.next_at, row.words = SurveyState.CLOSED, None, words
    if case.state in _CONFIRMING:
        asked = Asked(reason=f"回访：没有联系上。{words}", detail={"survey": row.id, "answer": None})
        make_move(session, case.number, Move.COMPLETE, by, now, rules, asked)
    else:
        tell(session, case, by, now, {"survey": row.id, "answer": None})
    return row


def _begin_asking(
    session: Session, survey_id: int, by: Actor, now: datetime, rules: Rules
) -> tuple[Survey, Case]:
    row, case = locked(session, survey_id)
    refuse_handler(session, case, by)
    if row.state == SurveyState.ANSWERED:
        raise MoveRefused("S02", "this survey was answered already; an answer is given once")
    if row.state == SurveyState.CLOSED:
        raise MoveRefused("S03", "the case went on without this survey")
    if row.state == SurveyState.CALLING:
        raise MoveRefused("S06", "the citizen is being rung at this moment")
    if case.state == CaseState.REPORTED:
        make_move(session, case.number, Move.CALL_BACK, by, now, rules)
    return row, case
