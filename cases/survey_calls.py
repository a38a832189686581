"""The survey by telephone: which citizens are to be rung now, and what came of it.

The row is the work: a call is claimed by a conditional UPDATE before it is placed, so that two who run at
once ring nobody twice; a call whose end is never told runs out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from cases.calendar import load_calendar
from cases.citizen_states import SurveyState, SurveyWay, TryResult
from cases.facts import CallStarted
from cases.handling import SYSTEM, make_move
from cases.intake import record
from cases.model import Call, Case, Survey
from cases.rules import Rules
from cases.states import CaseState, Move
from cases.survey import answer, locked, tell
from cases.survey_settling import CITIZEN
from cases.survey_times import is_decent, next_call

NOT_AT_ONCE = timedelta(minutes=5)
"""An order that the exchange refused is given again after so long."""


@dataclass(frozen=True)
class ToRing:
    """A citizen to be rung. `matter`: what may be said of the request; None: nothing (confidential)."""

    survey_id: int
    number: str
    """The case's."""
    caller: str
    matter: str | None


def may_ring(session: Session, now: datetime, rules: Rules) -> bool:
    """Whether this is a decent hour of a working day."""
    return is_decent(load_calendar(session, rules), rules.survey_hours, now)


def due(session: Session, now: datetime, limit: int) -> Sequence[int]:
    """Surveys whose call is due, oldest first, one for each citizen. One query, one index."""
    being_rung = select(Case.caller).join(Survey).where(Survey.state == SurveyState.CALLING)
    first = (
        select(Survey.id, Survey.next_at, Case.caller)
        .join(Case, Survey.case_id == Case.id)
        .where(Survey.state == SurveyState.PLANNED, Survey.next_at <= now, Case.caller.not_in(being_rung))
        .order_by(Survey.next_at, Survey.id)
        .limit(4 * limit)
    )
    one_each: dict[str, int] = {}
    for survey_id, _next_at, caller in session.execute(first):
        one_each.setdefault(caller, survey_id)
    return list(one_each.values())[:limit]


def due_now(session: Session, survey_id: int, now: datetime) -> None:
    """This call is due now, however it was planned."""
    row, _case = locked(session, survey_id)
    if row.state in (SurveyState.PLANNED, SurveyState.VISITOR):
        row.state, row.next_at = SurveyState.PLANNED, now


def being_rung(session: Session) -> int:
    """How many calls are under way."""
    return session.scalar(select(func.count()).where(Survey.state == SurveyState.CALLING)) or 0


def claim(session: Session, survey_id: int, now: datetime, lease: timedelta, rules: Rules) -> ToRing | None:
    """This citizen is ours to ring until `now + lease`. None: somebody was faster, or it is not due."""
    row, case = locked(session, survey_id)
    mine = (
        update(Survey)
        .where(Survey.id == survey_id, Survey.state == SurveyState.PLANNED, Survey.next_at <= now)
        .values(
            state=SurveyState.CALLING,
            next_at=None,
            tries=Survey.tries + 1,
            called_at=now,
            claimed_until=now + lease,
            call_id=None,
        )
        .returning(Survey.id)
    )
    if session.scalar(mine, execution_options={"synchronize_session": False}) is None:
        return None
    session.refresh(row)
    if case.state == CaseState.REPORTED:
        make_move(session, case.number, Move.CALL_BACK, SYSTEM, now, rules)
    return ToRing(survey_id, case.number, case.caller, None if case.confidential else case.matter)


def begins(session: Session, survey_id: int, call: CallStarted) -> ToRing | None:
    """The citizen has lifted the receiver: the call is the case's. None: nobody is to be asked any more."""
    row, case = locked(session, survey_id)
    if row.state != SurveyState.CALLING or row.call_id is not None:
        return None
    record(session, call)
    made = session.get_one(Call, call.call_id)
    made.case_id, made.caller = case.id, case.caller
    row.call_id = call.call_id
    return ToRing(survey_id, case.number, case.caller, None if case.confidential else case.matter)


def answered(session: Session, survey_id: int, call_id: str, value: int, now: datetime) -> None:
    """A key was pressed. Raises MoveRefused when it is another call's survey by now, or was answered."""
    row, _case = locked(session, survey_id)
    if row.call_id == call_id:
        answer(session, survey_id, value, way=SurveyWay.CALL, by=CITIZEN, now=now, in_call=True)


def said_why(session: Session, survey_id: int, call_id: str, recording_id: str) -> None:
    """The recording in which the citizen says why."""
    row, _case = locked(session, survey_id)
    if row.call_id == call_id:
        row.recording_id = recording_id


def in_vain(session: Session, survey_id: int, result: TryResult, now: datetime, rules: Rules) -> bool:
    """No answer: the next try is planned; after the last one the visitor caller asks.

    False: there is an answer, or the call was not under way.
    """
    row, case = locked(session, survey_id)
    if row.state != SurveyState.CALLING:
        return False
    last = row.tries >= rules.survey_tries
    row.state = SurveyState.VISITOR if last else SurveyState.PLANNED
    row.next_at = None if last else next_call(load_calendar(session, rules), rules.survey_hours, now)
    row.last_result, row.claimed_until = result, None
    tell(session, case, SYSTEM, now, {"survey": row.id, "try": row.tries, "result": result})
    return True


def hand_over_due(session: Session, now: datetime) -> list[str]:
    """Nobody is rung here: surveys that would be due become the visitor caller's; -> the cases' numbers."""
    planned = (Survey.state == SurveyState.PLANNED, Survey.next_at <= now)
    numbers = list(session.scalars(select(Case.number).join(Survey).where(*planned)))
    session.execute(update(Survey).where(*planned).values(state=SurveyState.VISITOR, next_at=None))
    return numbers


def not_placed(session: Session, survey_id: int, now: datetime) -> None:
    """The exchange took no order: no try, for the citizen's telephone never rang. Again a bit later."""
    row, _case = locked(session, survey_id)
    if row.state == SurveyState.CALLING and row.call_id is None:
        row.state, row.next_at, row.tries = SurveyState.PLANNED, now + NOT_AT_ONCE, row.tries - 1
        row.claimed_until = None


def lost_calls(session: Session, now: datetime) -> Sequence[int]:
    """Calls whose end was never told: their surveys. One query, one index."""
    lost = select(Survey.id).where(Survey.state == SurveyState.CALLING, Survey.claimed_until < now)
    return session.scalars(lost).all()
