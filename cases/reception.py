"""信访接待日: on the 15th leaders receive the hard cases. Its list is made once, by stated criteria."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from cases.calendar import load_calendar
from cases.citizen_states import SurveyState
from cases.history import event
from cases.ladders import SUSPENDED, Audience, working_days_on
from cases.model import Case, CaseEvent, ReceptionDay, ReceptionItem, Survey, Watch
from cases.model.cases import TRANSFERS
from cases.once import append, insert_once
from cases.opening import SYSTEM
from cases.rules import Rules
from cases.staff_notices import notices, tell
from cases.states import RULES, CaseState, Move, Role, move
from cases.worktime import Calendar

PROMISED = "promised"
OPEN = next(row.sources for row in RULES if row.move == Move.RECEPTION_DAY)
_AT_UNIT = (CaseState.DISPATCHED, CaseState.SIGNED, CaseState.IN_PROGRESS)
_UNSATISFIED = 3
Why = dict[str, Any]


def day_of_month(today: date, calendar: Calendar, rules: Rules) -> date:
    """The reception day of this month."""
    return calendar.working_day_from(today.replace(day=rules.reception.day))


def make_list(session: Session, now: datetime, rules: Rules) -> dict[str, Any] | None:
    """The list of this month, once, on its day or (when nobody was there to make it) as soon as possible.

    -> `month`, `held_on`, `cases`: [{"case", "why"}]; None: it is not the day, or the list stands.
    """
    calendar = load_calendar(session, rules)
    today = calendar.day_of(now)
    held_on = day_of_month(today, calendar, rules)
    month = f"{today:%Y-%m}"
    if today < held_on or session.scalar(select(exists().where(ReceptionDay.month == month))):
        return None
    chosen, late = choose(session, now, rules, calendar), today > held_on
    if late and not chosen:
        # A system that begins after the day has nothing to make up for.
        return None
    held_on = calendar.working_day_from(today) if late else held_on
    criteria = rules.reception.as_dict()
    values = {"month": month, "held_on": held_on, "made_at": now, "criteria": criteria}
    if not insert_once(session, ReceptionDay, values):
        return None
    day = session.scalars(select(ReceptionDay).where(ReceptionDay.month == month)).one()
    _put_on(session, day, chosen, now)
    cases = [{"case": case.number, "why": why} for case, why in chosen]
    return {"month": month, "held_on": held_on.isoformat(), "cases": cases}


def _put_on(session: Session, day: ReceptionDay, chosen: list[tuple[Case, list[Why]]], now: datetime) -> None:
    told = []
    for case, why in chosen:
        session.add(ReceptionItem(day_id=day.id, case_id=case.id, why=why))
        made = move(case.state, Move.RECEPTION_DAY, Role.SYSTEM)
        detail = {"month": day.month, "held_on": day.held_on.isoformat(), "why": why}
        values = {"case_id": case.id, "version": case.version}
        append(session, CaseEvent, {**values, **event(now, SYSTEM, made, detail)})
        said = {"month": day.month, "held_on": day.held_on.isoformat()}
        told += notices(now, Move.RECEPTION_DAY, (Audience.UNIT, Audience.HEAD), case.id, case.unit_id, said)
    whole = {"month": day.month, "held_on": day.held_on.isoformat(), "cases": len(chosen)}
    told += notices(now, "reception-list", (Audience.LEADER, Audience.SUPERVISOR), None, None, whole)
    tell(session, told)


# ---------------------------------------------------------------- who comes


def choose(session: Session, now: datetime, rules: Rules, calendar: Calendar) -> list[tuple[Case, list[Why]]]:
    """The cases that meet a criterion, with all they meet: most criteria first, then the longest open."""
    found: dict[int, tuple[Case, list[Why]]] = {}
    for case, why in _all(session, now, rules, calendar):
        found.setdefault(case.id, (case, []))[1].append(why)
    in_order = sorted(found.values(), key=lambda each: (-len(each[1]), each[0].opened_at, each[0].id))
    return in_order[: rules.reception.at_most]


def _all(session: Session, now: datetime, rules: Rules, calendar: Calendar) -> Iterable[tuple[Case, Why]]:
    yield from _overdue(session, now, rules, calendar)
    yield from _suspended(session, now, rules)
    yield from _sent_back(session, rules)
    yield from _redone(session, rules)
    yield from _promises_broken(session, calendar.day_of(now), rules)


def _overdue(session: Session, now: datetime, rules: Rules, calendar: Calendar) -> Iterable[tuple[Case, Why]]:
    limit = rules.reception.overdue_working_days
    latest = working_days_on(now, -limit, calendar, rules.zone)
    late = (Case.due_at <= latest, Case.state.in_(_AT_UNIT), Case.clock_stopped_at.is_(None))
    for case in _cases(session, and_(*late), rules, Case.due_at):
        assert case.due_at is not None  # noqa: S101 - it was asked for
        days = calendar.working_days_between(calendar.day_of(case.due_at), calendar.day_of(now))
        yield case, _why("overdue", days, limit)


def _suspended(session: Session, now: datetime, rules: Rules) -> Iterable[tuple[Case, Why]]:
    limit = rules.reception.suspended_calendar_days
    since = select(Watch.since).where(Watch.case_id == Case.id, Watch.assignment_id == 0).scalar_subquery()
    long_ago = and_(Case.state == CaseState.SUSPENDED, since <= now - timedelta(days=limit))
    wanted = select(Case, since).where(long_ago).order_by(Case.opened_at, Case.id)
    for case, at in session.execute(wanted.limit(rules.reception.at_most)):
        yield case, _why(SUSPENDED, (now - at).days, limit)


def _sent_back(session: Session, rules: Rules) -> Iterable[tuple[Case, Why]]:
    limit = rules.reception.returns
    often = and_(_went_round(Move.RETURN), Case.return_count >= limit)
    for case in _cases(session, often, rules):
        yield case, _why("returned", case.return_count, limit)


def _redone(session: Session, rules: Rules) -> Iterable[tuple[Case, Why]]:
    """Done again, and the citizen says again that it is not good; or supervision has it for that."""
    limit = rules.reception.redos
    said = select(Survey.answer).where(Survey.case_id == Case.id, Survey.state == SurveyState.ANSWERED)
    last = said.order_by(Survey.round.desc()).limit(1).scalar_subquery()
    unhappy = or_(last >= _UNSATISFIED, Case.supervised_at.is_not(None))
    again = and_(_went_round(Move.REDO), Case.redo_count >= limit, unhappy)
    for case in _cases(session, again, rules):
        yield case, _why("redone", case.redo_count, limit)


def _promises_broken(session: Session, today: date, rules: Rules) -> Iterable[tuple[Case, Why]]:
    promise = (ReceptionItem.outcome == PROMISED, ReceptionItem.promised_until < today)
    wanted = select(Case, ReceptionItem.promised_until).join(ReceptionItem, ReceptionItem.case_id == Case.id)
    ordered = wanted.where(*promise, Case.state.in_(OPEN)).order_by(ReceptionItem.promised_until)
    for case, until in session.execute(ordered.limit(rules.reception.at_most)):
        yield case, {"criterion": "promise", "value": str(until), "limit": str(today)}


def _went_round(what: Move) -> ColumnElement[bool]:
    """Only cases with such an event: few, by their small index."""
    among = select(CaseEvent.case_id).where(TRANSFERS, CaseEvent.move == what)
    return Case.id.in_(among)


def _cases(session: Session, which: ColumnElement[bool], rules: Rules, order: Any = None) -> list[Case]:
    by = Case.opened_at if order is None else order
    wanted = select(Case).where(which, Case.state.in_(OPEN)).order_by(by, Case.id)
    return list(session.scalars(wanted.limit(rules.reception.at_most)))


def _why(criterion: str, value: int, limit: int) -> Why:
    return {"criterion": criterion, "value": value, "limit": limit}
