"""What every move of a case has in common: who makes it, what is given, and the rows it works on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import clean
from cases.calendar import calendar_of, load_calendar
from cases.conditions import CONDITIONS
from cases.errors import CaseError, MoveRefused, NotFound
from cases.history import event
from cases.model import Assignment, Case, Unit, User
from cases.opening import unit_named
from cases.rules import Rules
from cases.states import CaseState, Move, Role, Transition, move
from cases.worktime import Calendar


@dataclass(frozen=True)
class Actor:
    """Who makes a move. A unit's person moves only what was given to `unit_id`."""

    who: str
    role: Role
    unit_id: int | None = None
    desk: str | None = None


SYSTEM = Actor("system", Role.SYSTEM)


@dataclass(frozen=True)
class KeptPhoto:
    """A photo that the edge has made anew and stored (hotline/photos.py)."""

    id: str
    path: str
    width: int
    height: int
    size: int


@dataclass(frozen=True)
class Asked:
    """What a move is given beside its name; each move takes what it needs.

    `unit`, `units`: codes or names; `days`: working days; `into`: a case's number; `waiting`: the unit waits
    for the citizen, so its clock stands still; `confidential`: units see neither name nor number; `detail`:
    goes into the event as it is.
    """

    reason: str | None = None
    unit: str | None = None
    units: Sequence[str] = ()
    days: int | None = None
    until: date | None = None
    answer: str | None = None
    part: str | None = None
    into: str | None = None
    deadline_class: str | None = None
    waiting: bool | None = None
    confidential: bool | None = None
    photos: Sequence[KeptPhoto] = ()
    to_state: CaseState | None = None
    detail: Mapping[str, Any] | None = None


@dataclass
class Scene:
    """One move while it is made: the locked case, the table's answer, and what follows from it."""

    session: Session
    case: Case
    made: Transition
    actor: Actor
    now: datetime
    rules: Rules
    asked: Asked
    own: Assignment | None = None
    """The unit's own assignment, when a unit moves."""
    history: list[dict[str, Any]] = field(default_factory=list)
    """Events beside the move's own, in their order after it."""

    @property
    def rule(self) -> str:
        return self.made.rule

    @property
    def mine(self) -> Assignment:
        """The unit's own assignment, of a move that the table lets only a unit make: it has one."""
        if self.own is None:
            raise refusal("M00.3", f"case {self.case.number} is not with this unit")
        return self.own

    @cached_property
    def reason(self) -> str:
        return clean.text(self.asked.reason or "").strip()

    @cached_property
    def answer(self) -> str:
        return clean.text(self.asked.answer or "").strip()

    @cached_property
    def days(self) -> Calendar:
        """The city's calendar, read once."""
        return load_calendar(self.session, self.rules)

    def calendar(self, unit: Unit) -> Calendar:
        return calendar_of(self.days, unit)

    def refuse(self, condition: int, why: str) -> MoveRefused:
        """The refusal by a condition of this move's rule (docs/case-life.md): M05.2."""
        return refusal(f"{self.rule}.{condition}", why)

    def needs_reason(self, condition: int, what: str = "a reason") -> str:
        if not self.reason:
            raise self.refuse(condition, f"{self.made.move} needs {what}")
        return self.reason

    def unit(self, named: str | None, condition: int) -> Unit:
        """The unit in use with this code or name."""
        found = unit_named(self.session, named)
        if found is None:
            raise self.refuse(condition, f"there is no unit {clean.line(named or '', 64)!r} in use")
        return self.session.get_one(Unit, found)

    def also(self, what: Move, detail: dict[str, Any], state: CaseState, actor: Actor = SYSTEM) -> None:
        """A move that this one brings with it, after it, when the case is in `state`."""
        made = move(state, what, actor.role)
        self.history.append(event(self.now, actor.who, made, detail))


def refusal(condition: str, why: str) -> MoveRefused:
    """A refusal by a condition that is written down."""
    if condition not in CONDITIONS:
        raise KeyError(f"{condition} is not in cases/conditions.py")
    return MoveRefused(condition, why)


# ---------------------------------------------------------------- assignments


def open_assignments(session: Session, case: Case) -> list[Assignment]:
    """Who has the case now, the main unit first."""
    wanted = select(Assignment).where(Assignment.case_id == case.id, Assignment.ended_at.is_(None))
    return list(session.scalars(wanted.order_by(Assignment.main.desc(), Assignment.id)))


def main_assignment(session: Session, case: Case) -> Assignment | None:
    """The main unit's; None while the case is with nobody."""
    return next((each for each in open_assignments(session, case) if each.main), None)


def assignment_of(session: Session, case: Case, unit_id: int | None) -> Assignment | None:
    """What this unit has of the case now."""
    mine = (each for each in open_assignments(session, case) if each.unit_id == unit_id)
    return next(mine, None)


def found_case(session: Session, number: str) -> Case:
    """The case of this number. Raises NotFound."""
    return _one(session.scalars(select(Case).where(Case.number == number)).first(), number)


def locked_case(session: Session, number: str) -> Case:
    """The case of this number, locked until the transaction ends. Raises NotFound."""
    wanted = select(Case).where(Case.number == number).with_for_update()
    return _one(session.scalars(wanted, execution_options={"populate_existing": True}).first(), number)


def _one(case: Case | None, number: str) -> Case:
    if case is None:
        raise NotFound(f"there is no case {clean.line(number, 20)}")
    return case


# ---------------------------------------------------------------- people


def actor_named(session: Session, username: str) -> Actor:
    """The person with this username. Raises NotFound; CaseError for one who is not active."""
    name = clean.line(username, 64).lower()
    user = session.scalars(select(User).where(User.username == name)).first()
    if user is None:
        raise NotFound(f"there is no user {name!r}; `minsheng110 users list` shows them")
    if not user.active:
        raise CaseError(f"the user {name} is not active")
    return Actor(user.username, user.role, user.unit_id, user.desk)
