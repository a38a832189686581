"""Is the citizen satisfied? Planned when a unit says that it is done, answered once, by one of four ways.

Rules (docs/citizen.md): S01 who handled a case does not ask its citizen; S02 an answer is given once; S03 a
survey that the case went past is not answered; S04 an answer is 1, 2, 3 or 4; S05 only a complaint is judged,
by a supervisor. What an answer sets going is in cases/survey_settling.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from cases import clean
from cases.calendar import load_calendar
from cases.citizen_states import SurveyState, SurveyWay
from cases.errors import MoveRefused, NotFound
from cases.history import event
from cases.model import Assignment, Call, Case, CaseEvent, Survey, User
from cases.moving import Actor, locked_case
from cases.opening import keep_history
from cases.rules import Rules
from cases.states import CaseState, Move, Role, move
from cases.survey_times import first_call

OPEN = (SurveyState.PLANNED, SurveyState.CALLING, SurveyState.VISITOR)
ANSWERS: Mapping[int, str] = {1: "满意", 2: "基本满意", 3: "不满意", 4: "没有解决"}
COMPLAINTS = (3, 4)
SURVEYED = "surveyed"
"""The case event of a try or an answer."""
_ASKED_ABOUT = (CaseState.REPORTED, CaseState.CALLING_BACK, CaseState.COMPLETED)
_WAITS_FOR_AN_ANSWER = (CaseState.REPORTED, CaseState.CALLING_BACK)
_ONCE_MORE = (Move.REDO, Move.REOPEN)


# ---------------------------------------------------------------- planned with the case's moves


def follow(session: Session, case: Case, made: Mapping[str, Any], now: datetime, rules: Rules) -> None:
    """After a move of this case, in its transaction: plan the survey, or let go of the one that stands."""
    to_state = made["to_state"]
    if to_state == made["from_state"]:
        return
    if to_state not in _ASKED_ABOUT:
        _close(session, case)
    elif to_state == CaseState.REPORTED or (to_state == CaseState.COMPLETED and _unasked(session, case)):
        plan(session, case, now, rules)


def plan(session: Session, case: Case, now: datetime, rules: Rules) -> Survey:
    """This round's survey: by telephone on the next working day; without a number, the visitor caller's."""
    last = latest(session, case.id)
    if last is not None and last.state in OPEN:
        return last
    by_call = bool(case.caller)
    row = Survey(
        case_id=case.id,
        round=last.round + 1 if last else 1,
        unit_id=case.unit_id,
        state=SurveyState.PLANNED if by_call else SurveyState.VISITOR,
        planned_at=now,
        next_at=first_call(load_calendar(session, rules), rules.survey_hours, now) if by_call else None,
    )
    session.add(row)
    session.flush()
    return row


def plan_missing(session: Session, now: datetime, rules: Rules, limit: int = 500) -> list[str]:
    """Plan for reported cases that no survey knows: from before there were surveys. -> their numbers."""
    unknown = ~exists().where(Survey.case_id == Case.id)
    wanted = select(Case.number).where(Case.state.in_(_WAITS_FOR_AN_ANSWER), unknown)
    numbers = list(session.scalars(wanted.order_by(Case.id).limit(limit)))
    for number in numbers:
        plan(session, locked_case(session, number), now, rules)
    return numbers


def latest(session: Session, case_id: int) -> Survey | None:
    """The survey of the case's last round."""
    wanted = select(Survey).where(Survey.case_id == case_id).order_by(Survey.round.desc()).limit(1)
    return session.scalars(wanted).first()


def _unasked(session: Session, case: Case) -> bool:
    """Whether the case was opened or done again since the citizen was last asked, or never asked."""
    last = latest(session, case.id)
    if last is None:
        return True
    again = exists().where(
        CaseEvent.case_id == case.id, CaseEvent.move.in_(_ONCE_MORE), CaseEvent.at > last.planned_at
    )
    return bool(session.scalar(select(again)))


def _close(session: Session, case: Case) -> None:
    session.execute(
        update(Survey)
        .where(Survey.case_id == case.id, Survey.state.in_(OPEN))
        .values(state=SurveyState.CLOSED, next_at=None, claimed_until=None)
    )


# ---------------------------------------------------------------- answered


def locked(session: Session, survey_id: int) -> tuple[Survey, Case]:
    """The survey and its case, both locked, the case first, as everybody does. Raises NotFound."""
    number = session.scalar(select(Case.number).join(Survey).where(Survey.id == survey_id))
    if number is None:
        raise NotFound(f"there is no survey {survey_id}")
    case = locked_case(session, number)
    row = session.get_one(Survey, survey_id, with_for_update=True, populate_existing=True)
    return row, case


def answer(
    session: Session,
    survey_id: int,
    value: int,
    *,
    way: SurveyWay,
    by: Actor,
    now: datetime,
    words: str = "",
    in_call: bool = False,
) -> Survey:
    """Keep what the citizen says. Raises NotFound, MoveRefused (S02, S03, S04).

    `in_call`: said on the line that we rang; it counts also when the case goes on in the same moment.
    """
    row, case = locked(session, survey_id)
    if row.state == SurveyState.ANSWERED:
        raise MoveRefused("S02", "this survey was answered already; an answer is given once")
    if row.state == SurveyState.CLOSED and not in_call:
        raise MoveRefused("S03", "the case went on without this survey")
    if value not in ANSWERS:
        raise MoveRefused("S04", "an answer is 1, 2, 3 or 4")
    row.state, row.next_at, row.claimed_until = SurveyState.ANSWERED, None, None
    row.answer, row.way, row.answered_at, row.answered_by = value, way, now, by.who
    row.words = clean.text(words).strip()
    tell(session, case, by, now, {"survey": row.id, "answer": value, "way": way})
    return row


def tell(session: Session, case: Case, by: Actor, now: datetime, detail: dict[str, Any]) -> None:
    """A line of the case's history: somebody was asked, or answered."""
    noted = move(case.state, Move.NOTE, by.role)
    keep_history(session, case, now, [event(now, by.who, noted, detail, name=SURVEYED)])


def judge(session: Session, survey_id: int, founded: bool, by: Actor, now: datetime) -> Survey:
    """A supervisor says whether a complaint is founded. Raises NotFound, MoveRefused (S05)."""
    row, case = locked(session, survey_id)
    if by.role != Role.SUPERVISOR:
        raise MoveRefused("S05", "a supervisor judges whether a complaint is founded")
    if row.answer not in COMPLAINTS:
        raise MoveRefused("S05", "only a complaint is judged: the answers 3 and 4")
    row.founded, row.judged_by, row.judged_at = founded, by.who, now
    tell(session, case, by, now, {"survey": row.id, "founded": founded})
    return row


# ---------------------------------------------------------------- who may not ask

_LOOKS_ON = (Move.URGE, Move.SUPERVISE, Move.CALL_BACK, Move.REDO, SURVEYED)
"""Events by which nobody handles a case."""


def refuse_handler(session: Session, case: Case, by: Actor) -> None:
    """S01: the agent who took or dispatched it, whoever answered it, its units: they do not ask."""
    if by.who in _handlers(session, case) or (by.unit_id is not None and _had_it(session, case, by.unit_id)):
        raise MoveRefused("S01", "who handled a case does not ask its citizen; somebody else does")


def _handlers(session: Session, case: Case) -> set[str]:
    moves = select(CaseEvent.who, CaseEvent.move, CaseEvent.rule).where(CaseEvent.case_id == case.id)
    # A remark is no handling (M12); nor is the closing of what a unit has reported (M17).
    did = {
        who
        for who, what, rule in session.execute(moves)
        if what not in _LOOKS_ON and rule not in ("M12", "M17")
    }
    took = select(User.username).join(Call, Call.agent == User.phone).where(Call.case_id == case.id)
    return did | set(session.scalars(took))


def _had_it(session: Session, case: Case, unit_id: int) -> bool:
    given = exists().where(Assignment.case_id == case.id, Assignment.unit_id == unit_id)
    return case.unit_id == unit_id or bool(session.scalar(select(given)))
