"""Cases that a unit has reported, for the pages of the citizen and of the visitor caller."""

from __future__ import annotations

from typing import Any

from console import Console
from scene import Said
from sqlalchemy import select

from cases.handling import Actor, Asked, make_move
from cases.model import Case, Survey
from cases.states import Role
from hotline.wiring import Wiring

RESULT = "下水道已经疏通，路面也冲洗干净了。"


def move(wiring: Wiring, number: str, what: str, who: Actor, **asked: Any) -> None:
    with wiring.unit_of_work() as unit:
        make_move(unit.session, number, what, who, wiring.now(), wiring.rules, Asked(**asked))
        unit.commit()


def reported(console: Console, ago: float = 300, said: Said | None = None) -> str:
    """A case at the stage at which the citizen is asked; -> its number."""
    number = console.scene.case(ago, said) if said else console.scene.case(ago)
    with console.wiring.reading() as unit:
        case = unit.session.scalars(select(Case).where(Case.number == number)).one()
    at_unit = Actor("chengguan", Role.UNIT, case.unit_id)
    move(console.wiring, number, "dispatch", Actor("paidan", Role.DISPATCHER))
    move(console.wiring, number, "sign", at_unit)
    move(console.wiring, number, "report", at_unit, answer=RESULT)
    return number


def completed(console: Console, ago: float = 300) -> str:
    number = reported(console, ago)
    move(console.wiring, number, "complete", Actor("duban", Role.SUPERVISOR))
    return number


def case(wiring: Wiring, number: str) -> Case:
    with wiring.reading() as unit:
        return unit.session.scalars(select(Case).where(Case.number == number)).one()


def survey(wiring: Wiring, number: str) -> Survey:
    with wiring.reading() as unit:
        wanted = select(Survey).join(Case).where(Case.number == number).order_by(Survey.round.desc())
        return unit.session.scalars(wanted).first()  # type: ignore[return-value]
