"""A city with units and a firm, and people who move its cases, for the tests of a case's life."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sorting_scene import load, sorted_case
from sqlalchemy import Engine, select

from cases.handling import Actor, Asked, make_move
from cases.model import Assignment, Case, CaseEvent, Unit
from cases.rules import Rules
from cases.states import CaseState, Move, Role
from cases.unit_of_work import UnitOfWork, reading
from cases.worktime import Calendar

MONDAY = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
"""15:00 in the city, on a Monday before six weeks without a holiday."""
RULES = Rules()
DAYS = Calendar()
WATER, LAMPS = "zilaishui", "shizheng"
"""The two departments' codes."""


def days(count: float) -> timedelta:
    return timedelta(days=count)


class City:
    """One city in one database; each person moves cases by role."""

    def __init__(self, engine: Engine, *firms: str, rules: Rules = RULES) -> None:
        self.engine, self.rules, self.now = engine, rules, MONDAY
        load(engine, *firms)
        with reading(engine) as work:
            self.units = {unit.code: unit.id for unit in work.session.scalars(select(Unit))}

    def case(self, **values: Any) -> str:
        """A sorted case whose matter's unit is the lamps' department."""
        values.setdefault("deadline_class", "complaint")
        return sorted_case(self.engine, **values)

    def actor(self, role: Role | str, unit: str = LAMPS) -> Actor:
        role = Role(role)
        desk = "desk1" if role == Role.DESK else None
        return Actor(f"{role}1", role, self.units[unit] if role == Role.UNIT else None, desk)

    def move(
        self,
        number: str,
        what: Move | str,
        role: Role | str,
        *,
        unit_of: str = LAMPS,
        version: int | None = None,
        **asked: Any,
    ) -> Case:
        """Now, as somebody of this role. `unit_of`: whose person it is."""
        with UnitOfWork(self.engine) as work:
            actor = self.actor(role, unit_of)
            make_move(work.session, number, what, actor, self.now, self.rules, Asked(**asked), version)
            work.commit()
        return self.look(number)

    def later(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now

    def with_rules(self, **values: Any) -> None:
        self.rules = replace(self.rules, **values)

    # ------------------------------------------------------------ on the way
    def dispatched(self, unit: str | None = None, **values: Any) -> str:
        number = self.case(**values)
        self.move(number, "dispatch", "dispatcher", unit=unit)
        return number

    def signed(self, **values: Any) -> str:
        number = self.dispatched(**values)
        self.move(number, "sign", "unit")
        return number

    def reported(self, **values: Any) -> str:
        number = self.signed(**values)
        self.move(number, "report", "unit", answer="路灯修好了")
        return number

    def completed(self, **values: Any) -> str:
        number = self.reported(**values)
        self.move(number, "complete", "visitor")
        return number

    def at(self, state: CaseState) -> str:
        """A case that came to this state."""
        number = self.case()
        for what, role, asked in _WAYS[state]:
            if what == "merge":
                asked = {"into": self.case(caller="13800000099")}
            self.move(number, what, role, **asked)
        return number

    # ------------------------------------------------------------ looking
    def look(self, number: str) -> Case:
        with reading(self.engine) as work:
            found = work.session.scalars(select(Case).where(Case.number == number)).one()
            _ = [each.detail for each in found.events], found.unit and found.unit.name
            return found

    def assignments(self, number: str) -> list[Assignment]:
        with reading(self.engine) as work:
            wanted = select(Assignment).join(Case, Assignment.case_id == Case.id)
            rows = work.session.scalars(wanted.where(Case.number == number).order_by(Assignment.id)).all()
            _ = [row.unit.code for row in rows]
            return list(rows)

    def events(self, number: str) -> list[CaseEvent]:
        return self.look(number).events

    def everything(self) -> dict[str, list[Any]]:
        """Every row that a move may touch, as plain values."""
        found: dict[str, list[Any]] = {}
        with reading(self.engine) as work:
            for kind in (Case, CaseEvent, Assignment):
                table = kind.__table__
                rows = work.session.execute(select(table).order_by(*table.primary_key))
                found[table.name] = [tuple(row) for row in rows]
        return found


_GIVEN = [("dispatch", "dispatcher", {})]
_SIGNED = [*_GIVEN, ("sign", "unit", {})]
_REPORTED = [*_SIGNED, ("report", "unit", {"answer": "好了"})]
_DONE = [*_REPORTED, ("complete", "visitor", {})]
_WAYS: dict[CaseState, list[tuple[str, str, dict[str, Any]]]] = {
    CaseState.SORTED: [],
    CaseState.DISPATCHED: _GIVEN,
    CaseState.SIGNED: _SIGNED,
    CaseState.IN_PROGRESS: [*_SIGNED, ("note", "unit", {"reason": "派人去看"})],
    CaseState.REPORTED: _REPORTED,
    CaseState.CALLING_BACK: [*_REPORTED, ("call-back", "visitor", {})],
    CaseState.COMPLETED: _DONE,
    CaseState.ARCHIVED: [*_DONE, ("archive", "supervisor", {})],
    CaseState.RETURNED: [*_GIVEN, ("return", "unit", {"reason": "不归我们管"})],
    CaseState.SUSPENDED: [*_SIGNED, ("suspend", "supervisor", {"reason": "等雨季过去"})],
    CaseState.MERGED: [("merge", "dispatcher", {})],
    CaseState.HANDED_BACK: [("to-110", "agent", {"reason": "有人受伤"})],
}
