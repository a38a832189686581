"""Loading a city: the difference first, then the same again changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Engine, select

from cases.city import CityRows, MatterRow, UnitRow, differences, load_city
from cases.model import Matter, Unit
from cases.states import Sector, UnitType
from cases.unit_of_work import UnitOfWork

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
GOVERNMENT = Sector.GOVERNMENT
CITY = CityRows(
    "小城",
    "digest",
    [UnitRow("huanwei", "环卫处", UnitType.DEPARTMENT, GOVERNMENT, {"aliases": ["环卫"]})],
    [
        MatterRow("sanitation.garbage", "垃圾清运", "sanitation", "huanwei", GOVERNMENT, "complaint"),
        MatterRow("sanitation", "市容环卫", None, "huanwei", GOVERNMENT, "complaint"),
    ],
)


def loaded(engine: Engine, city: CityRows) -> list[str]:
    with UnitOfWork(engine) as unit:
        expected = differences(unit.session, city)
        found = load_city(unit.session, city, NOW)
        unit.commit()
    assert found == expected
    return [f"{each.what} {each.code}" for each in found]


def test_a_city_is_loaded_once_and_a_second_time_changes_nothing(engine: Engine) -> None:
    assert loaded(engine, CITY) == ["added huanwei", "added sanitation.garbage", "added sanitation"]
    assert loaded(engine, CITY) == []
    with UnitOfWork(engine) as unit:
        garbage = unit.session.scalars(select(Matter).where(Matter.code == "sanitation.garbage")).one()
        assert garbage.parent is not None
        assert (garbage.parent.name, garbage.unit.name) == ("市容环卫", "环卫处")


def test_what_a_new_file_changes_is_done_and_what_it_drops_stays_for_old_cases(
    engine: Engine,
) -> None:
    loaded(engine, CITY)
    units = [replace(CITY.units[0], name="环境卫生处")]
    without = replace(CITY, digest="second", units=units, matters=CITY.matters[1:])
    assert loaded(engine, without) == ["changed huanwei", "out of use sanitation.garbage"]
    assert loaded(engine, without) == []
    assert loaded(engine, CITY) == ["changed huanwei", "in use again sanitation.garbage"]
    with UnitOfWork(engine) as unit:
        assert [row.name for row in unit.session.scalars(select(Unit))] == ["环卫处"]
