"""A city with firms, and cases as the router leaves them, for the tests of what follows sorting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, select
from telling import Telling, at, numbers_for, write

from cases import sorting
from cases.city import CityRows, MatterRow, UnitRow, load_city
from cases.firm_turns import Turn, firm_turns
from cases.model import Case
from cases.states import Sector, UnitType
from cases.unit_of_work import UnitOfWork, reading

GOVERNMENT, MARKET = Sector.GOVERNMENT, Sector.MARKET
WATER, LAMP, LOCKS = "停水与水压", "路灯照明", "开锁换锁"


def city(*firms: str) -> CityRows:
    """Two departments and these firms, which all open locks."""
    return CityRows(
        "小城",
        f"digest of {firms}",
        [
            UnitRow("zilaishui", "自来水公司", UnitType.DEPARTMENT, GOVERNMENT),
            UnitRow("shizheng", "市政管理处", UnitType.DEPARTMENT, GOVERNMENT),
            *(UnitRow(each, f"{each}锁店", UnitType.FIRM, MARKET, {"trades": ["开锁"]}) for each in firms),
        ],
        [
            MatterRow("water", "供水排水", None, "zilaishui", GOVERNMENT, "help"),
            MatterRow("water.off", WATER, "water", "zilaishui", GOVERNMENT, "help"),
            MatterRow("road", "道路交通", None, "shizheng", GOVERNMENT, "complaint"),
            MatterRow("road.lamp", LAMP, "road", "shizheng", GOVERNMENT, "complaint"),
            MatterRow("home", "家政与维修服务", None, None, MARKET, "help"),
            MatterRow("home.lock", LOCKS, "home", None, MARKET, "help"),
        ],
    )


def load(engine: Engine, *firms: str) -> None:
    with UnitOfWork(engine) as work:
        load_city(work.session, city(*firms), at(-100))
        work.commit()


def decision(matter: str = LAMP, unit: str | None = "市政管理处", **values: Any) -> dict[str, Any]:
    """What the router says, under the names of its interface."""
    first = {WATER: "供水排水", LAMP: "道路交通", LOCKS: "家政与维修服务"}.get(matter, "其他")
    return {
        "matter": matter,
        "matter_path": [first, matter],
        "probability": 0.9,
        "kind": "求助",
        "sector": "government",
        "unit": unit,
        "place": {"township": "昭阳街道", "road": "解放路", "number": "12号"},
        "priority": "normal",
        "deadline_class": "help",
        "unsure": False,
        "guesses": [],
        "reasons": [],
        **values,
    }


def accepted(engine: Engine, text: str = "解放路的路灯坏了", second: float = 9, **started: Any) -> str:
    """A message that waits for the router; -> its case number."""
    number = numbers_for(engine, 1)[0]
    told = Telling(**started).starts().speaks().hears_number(number, second=second, text=text).ends("message")
    write(engine, *told.facts)
    return number


def sort(
    engine: Engine,
    number: str,
    said: Mapping[str, Any] | None = None,
    seen: Mapping[str, Turn] | None = None,
) -> bool:
    with UnitOfWork(engine) as work:
        kept = sorting.sort_case(work.session, number, said or decision(), at(60), seen)
        work.commit()
    return kept


def sorted_case(engine: Engine, text: str = "解放路的路灯坏了", second: float = 9, **values: Any) -> str:
    """A case that the router has sorted; `caller` is the call's, the rest the decision's."""
    started = {"caller": values.pop("caller")} if "caller" in values else {}
    number = accepted(engine, text, second, **started)
    assert sort(engine, number, decision(**values))
    return number


def case(engine: Engine, number: str) -> Case:
    """The row with its events and unit, readable after the session."""
    with reading(engine) as work:
        found = work.session.scalars(select(Case).where(Case.number == number)).one()
        _ = [each.detail for each in found.events], found.unit and found.unit.name
        return found


def turns(engine: Engine) -> dict[str, Turn]:
    with reading(engine) as work:
        return firm_turns(work.session)


def jobs(engine: Engine) -> dict[str, int]:
    return {code: turn.jobs for code, turn in turns(engine).items()}
