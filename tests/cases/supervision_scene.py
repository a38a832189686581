"""Cases in the hands of units, and runs of the supervision over them, for the tests of what is late."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sorting_scene import load, sorted_case
from sqlalchemy import Engine, select

from cases.handling import Actor, Asked, make_move
from cases.model import Case, CaseEvent, Escalation, StaffNotice, Unit, Watch
from cases.rules import Rules
from cases.states import Move, Role
from cases.supervision import supervise_part
from cases.unit_of_work import UnitOfWork, reading

CITY = ZoneInfo("Asia/Shanghai")
RULES = Rules()
UNIT_NAME = "市政管理处"
AGENT, DISPATCHER = Actor("agent1", Role.AGENT), Actor("dispatcher1", Role.DISPATCHER)
SUPERVISOR, VISITOR = Actor("supervisor1", Role.SUPERVISOR), Actor("visitor1", Role.VISITOR)
LEADER = Actor("leader1", Role.LEADER)


def city(day: int, hour: int = 9, minute: int = 0, month: int = 3) -> datetime:
    """A moment of 2026 in city time; the 2nd of March is a Monday. Cases are told on it at noon."""
    return datetime(2026, month, day, hour, minute, tzinfo=CITY).astimezone(UTC)


DISPATCHED = city(2, 13)


def unit_id(engine: Engine, name: str = UNIT_NAME) -> int:
    with reading(engine) as work:
        return work.session.scalars(select(Unit.id).where(Unit.name == name)).one()


def worker(engine: Engine, name: str = UNIT_NAME) -> Actor:
    return Actor("unit1", Role.UNIT, unit_id(engine, name))


def make(engine: Engine, number: str, what: Move, actor: Actor, now: datetime, **asked: Any) -> Case:
    """One move in a transaction of its own."""
    with UnitOfWork(engine) as work:
        case = make_move(work.session, number, what, actor, now, RULES, Asked(**asked))
        work.commit()
    return case


def sorted_only(engine: Engine, **values: Any) -> str:
    """A case that nobody has dispatched; -> its number."""
    load(engine)
    return sorted_case(engine, **values)


def dispatched(engine: Engine, now: datetime = DISPATCHED, **values: Any) -> str:
    """A case in the hands of a unit since then; -> its number."""
    number = sorted_only(engine, **values)
    make(engine, number, Move.DISPATCH, DISPATCHER, now)
    return number


def run(engine: Engine, now: datetime, limit: int = 100, rules: Rules = RULES) -> list[dict[str, Any]]:
    """A whole run; -> the steps it took."""
    steps: list[dict[str, Any]] = []
    last = None
    while True:
        with UnitOfWork(engine) as work:
            done = supervise_part(work.session, now, rules, last, limit)
            work.commit()
        assert done.refused == []
        steps += done.steps
        if done.last is None:
            return steps
        last = done.last


def names(steps: list[dict[str, Any]]) -> list[str]:
    return [each["step"] for each in steps]


def events(engine: Engine, number: str) -> list[CaseEvent]:
    with reading(engine) as work:
        wanted = select(CaseEvent).join(Case).where(Case.number == number).order_by(CaseEvent.id)
        return list(work.session.scalars(wanted))


def notices(engine: Engine, number: str) -> list[tuple[str, str]]:
    """(what, audience) of what the staff was told, in order."""
    with reading(engine) as work:
        wanted = select(StaffNotice).join(Case, Case.id == StaffNotice.case_id).where(Case.number == number)
        return [(row.what, row.audience) for row in work.session.scalars(wanted.order_by(StaffNotice.id))]


def taken(engine: Engine) -> list[tuple[int, int, int, str, int]]:
    """The keys of all steps that were ever taken."""
    with reading(engine) as work:
        rows = work.session.scalars(select(Escalation).order_by(Escalation.id))
        return [(row.case_id, row.assignment_id, row.round, row.step, row.times) for row in rows]


def watches(engine: Engine) -> list[Watch]:
    with reading(engine) as work:
        return list(work.session.scalars(select(Watch).order_by(Watch.case_id, Watch.assignment_id)))
