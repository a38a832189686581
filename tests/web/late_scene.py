"""A city that is late: cases over their deadline, a reception day, one case that goes to and fro."""

from __future__ import annotations

from datetime import datetime, timedelta

from scene import SAID, Scene
from sqlalchemy import select

from cases.handling import make_move
from cases.model import Unit
from cases.moving import Actor, Asked
from cases.reception import make_list
from cases.states import Move, Role
from hotline.supervising import supervise
from hotline.wiring import Wiring

DISPATCHER, AGENT = Actor("dispatcher9", Role.DISPATCHER), Actor("agent9", Role.AGENT)
CITIZEN = Actor("citizen", Role.CITIZEN)


class LateCity:
    """Told 40 days ago, looked at now."""

    def __init__(self, wiring: Wiring) -> None:
        self.wiring, self.now = wiring, wiring.now()
        self.then = self.now - timedelta(days=40)
        self.scene = Scene(wiring, self.then)

    def unit(self, name: str, head: str) -> None:
        self.scene.unit(name)
        with self.wiring.unit_of_work() as work:
            row = work.session.scalars(select(Unit).where(Unit.name == name)).one()
            row.detail = {"head": head}
            work.commit()

    def dispatched(self, place: int = 0, after: float = 60, **fields: str) -> str:
        """A case given to its unit 40 days ago; -> its number."""
        number = self.scene.case(600 - place, SAID[place], caller=f"1380000{2000 + place}", **fields)
        self.move(number, Move.DISPATCH, DISPATCHER, after)
        return number

    def move(self, number: str, what: Move, actor: Actor, after: float, **asked: str) -> None:
        at = self.then + timedelta(seconds=after)
        with self.wiring.unit_of_work() as work:
            make_move(work.session, number, what, actor, at, self.wiring.rules, Asked(**asked))
            work.commit()

    def goes_round(self, number: str) -> None:
        """Four more told it, it was returned twice and ruled on twice, and citizens urged it three times."""
        for n in range(4):
            other = self.scene.case(500 - n, SAID[0], caller=f"1390000{3000 + n}")
            self.move(other, Move.MERGE, AGENT, 100 + n, into=number, reason="同一件事")
        unit_id = self.scene.unit(SAID[0].unit)
        for n in range(2):
            reason = "不属于我单位职责范围"
            self.move(number, Move.RETURN, Actor("u", Role.UNIT, unit_id), 200 + 20 * n, reason=reason)
            named = {"unit": SAID[0].unit, "reason": "按三定方案由市政管理处牵头"}
            self.move(number, Move.RULE, DISPATCHER, 210 + 20 * n, **named)
        for n in range(3):
            self.move(number, Move.URGE, CITIZEN, 86400 * (n + 1), reason="还没有人来看")

    def supervised(self, at: datetime | None = None) -> None:
        supervise(self.wiring, at or self.now)

    def reception_day(self) -> str:
        """The list of this month, as if it were the 20th, unless it stands; -> its month."""
        day = self.now.replace(day=20)
        with self.wiring.unit_of_work() as work:
            make_list(work.session, day, self.wiring.rules)
            work.commit()
        return f"{day.astimezone(self.wiring.settings.zone):%Y-%m}"


def late_city(wiring: Wiring) -> LateCity:
    """Two late cases, one of which goes to and fro."""
    city = LateCity(wiring)
    city.unit("市政管理处", "王处长")
    city.unit("城监大队", "李大队长")
    city.goes_round(city.dispatched(0))
    city.dispatched(4)
    return city
