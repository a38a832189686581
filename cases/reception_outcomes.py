"""What came of a reception day: each case's outcome, and the 民生110专报件 for what stays unsolved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cases import clean
from cases.calendar import load_calendar
from cases.errors import Conflict, MoveRefused, NotFound
from cases.handling import make_move
from cases.hard_cases import OUTCOME, REQUEST
from cases.ladders import Audience
from cases.model import Case, Counter, Escalation, ReceptionItem, SpecialReport
from cases.moving import Actor, Asked, refusal
from cases.once import insert_once
from cases.reception import OPEN, PROMISED
from cases.rules import Rules
from cases.staff_notices import notices, tell
from cases.states import Move, Role, move

_PROMISE = "promise"
_TOLD = (Audience.SUPERVISOR, Audience.LEADER)


class Outcome(StrEnum):
    """What became of a case on its reception day."""

    SOLVED = "solved"
    PROMISED = PROMISED
    SPECIAL_REPORT = "special_report"


@dataclass(frozen=True)
class Received:
    """What a supervisor records of one case. `note`: what was said or decided; `request`: what a special
    report asks for."""

    outcome: Outcome
    leader: str = ""
    note: str = ""
    until: date | None = None
    request: str = ""


def record_outcome(
    session: Session, item_id: int, told: Received, actor: Actor, now: datetime, rules: Rules
) -> SpecialReport | None:
    """Keep what came of it; -> the special report, when it is to go up.

    A promise may be followed by another outcome, nothing else. Raises NotFound, MoveRefused, Conflict.
    """
    item = session.get(ReceptionItem, item_id, with_for_update=True, populate_existing=True)
    if item is None:
        raise NotFound("there is no such case on a reception day's list")
    number = session.scalars(select(Case.number).where(Case.id == item.case_id)).one()
    if item.outcome not in (None, Outcome.PROMISED):
        raise Conflict(f"the outcome of case {number} was recorded by {item.recorded_by}")
    _check(told, load_calendar(session, rules).day_of(now))
    item.outcome, item.note, item.leader = told.outcome, clean.text(told.note), clean.line(told.leader)
    item.promised_until = told.until if told.outcome is Outcome.PROMISED else None
    item.recorded_by, item.recorded_at = actor.who, now
    detail = {
        OUTCOME: told.outcome,
        "leader": item.leader,
        "until": item.promised_until and str(item.promised_until),
    }
    asked = Asked(reason=told.note, detail=detail)
    if told.outcome is Outcome.SPECIAL_REPORT:
        return write_report(session, number, told.note, told.request, actor, now, rules, item.id)
    make_move(session, number, Move.RECEPTION_DAY, actor, now, rules, asked)
    return None


def _check(told: Received, today: date) -> None:
    if not told.note.strip():
        raise refusal("M22.1", "an outcome says what was decided")
    if told.outcome is Outcome.PROMISED and (told.until is None or told.until <= today):
        raise refusal("M22.2", "a promise names a day that is still to come")
    if told.outcome is Outcome.SPECIAL_REPORT and not told.request.strip():
        raise refusal("M23.1", "a special report says what is asked for")


def tell_broken_promises(session: Session, now: datetime, rules: Rules) -> list[dict[str, str]]:
    """Supervisor and leader are told, once, of what was promised until a day that has passed, and is open.

    -> `case`, `until`, the longest first.
    """
    today = load_calendar(session, rules).day_of(now)
    broken = (ReceptionItem.outcome == PROMISED, ReceptionItem.promised_until < today)
    rows = select(ReceptionItem, Case).join(Case, ReceptionItem.case_id == Case.id).where(*broken)
    told = []
    for item, case in session.execute(rows.order_by(ReceptionItem.promised_until, ReceptionItem.id)):
        if case.state in OPEN and insert_once(session, Escalation, _broken(item, now, rules)):
            until = str(item.promised_until)
            said = {"until": until, "leader": item.leader}
            tell(session, notices(now, _PROMISE, _TOLD, case.id, None, said))
            told.append({"case": case.number, "until": until})
    return told


def _broken(item: ReceptionItem, now: datetime, rules: Rules) -> dict[str, Any]:
    """The step's row: its key says that this promise was told of."""
    assert item.promised_until is not None  # noqa: S101 - it was asked for
    key = {"case_id": item.case_id, "assignment_id": 0, "round": 0, "step": _PROMISE, "times": item.id}
    ended = datetime.combine(item.promised_until + timedelta(days=1), time(), rules.zone)
    return {
        **key,
        "ladder": "reception",
        "planned_at": ended,
        "at": now,
        "move": None,
        "told": [str(each) for each in _TOLD],
    }


# ---------------------------------------------------------------- 专报件


def write_report(
    session: Session,
    number: str,
    difficulty: str,
    request: str,
    actor: Actor,
    now: datetime,
    rules: Rules,
    item_id: int | None = None,
) -> SpecialReport:
    """What cannot be solved goes up (M23), under the year's next serial. Raises NotFound, MoveRefused."""
    year = load_calendar(session, rules).day_of(now).year
    # The move comes first: it locks the case, and refuses.
    asked = Asked(reason=difficulty, detail={REQUEST: request})
    case = make_move(session, number, Move.SPECIAL_REPORT, actor, now, rules, asked)
    report = SpecialReport(
        year=year,
        serial=_next_serial(session, year),
        case_id=case.id,
        item_id=item_id,
        made_at=now,
        made_by=actor.who,
        difficulty=clean.text(difficulty).strip(),
        request=clean.text(request).strip(),
    )
    session.add(report)
    session.flush()
    return report


def _next_serial(session: Session, year: int) -> int:
    """One after the other, without a gap that a commit would leave: the row is locked till then."""
    name = f"special_report_{year}"
    insert_once(session, Counter, {"name": name, "next_value": 1})
    taken = update(Counter).where(Counter.name == name).values(next_value=Counter.next_value + 1)
    return (
        session.scalars(
            taken.returning(Counter.next_value), execution_options={"synchronize_session": False}
        ).one()
        - 1
    )


def instruct(
    session: Session, report_id: int, text: str, actor: Actor, now: datetime, rules: Rules
) -> SpecialReport:
    """批示: a leader answers a special report. Raises NotFound, MoveRefused, Conflict."""
    report = session.get(SpecialReport, report_id, with_for_update=True, populate_existing=True)
    if report is None:
        raise NotFound("there is no such special report")
    if actor.role is not Role.LEADER:
        raise refusal("M23.2", "only a leader instructs")
    if not text.strip():
        raise refusal("M23.3", "an instruction says something")
    if report.instruction:
        raise Conflict("this special report was instructed on already")
    report.instruction, report.instructed_by, report.instructed_at = clean.text(text).strip(), actor.who, now
    case = session.get_one(Case, report.case_id)
    try:
        move(case.state, Move.SUPERVISE, actor.role)
    except MoveRefused:
        # It has been closed meanwhile: the instruction stands, nobody is to be urged.
        said = {"reason": report.instruction[:200]}
        tell(session, notices(now, "instruction", (Audience.SUPERVISOR,), case.id, None, said))
    else:
        asked = Asked(reason=report.instruction, detail={"instruction": report.id})
        make_move(session, case.number, Move.SUPERVISE, actor, now, rules, asked)
    return report
