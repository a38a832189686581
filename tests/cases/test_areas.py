"""The townships' table: every case in one line, in few queries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from handling_scene import City
from sqlalchemy import Engine, event

from cases.areas import FIGURES, by_area
from cases.model import Unit
from cases.states import Sector, UnitType
from cases.unit_of_work import UnitOfWork, reading

NORTH, SOUTH = "昭阳街道", "水北镇"


@pytest.fixture
def city(engine: Engine) -> City:
    found = City(engine)
    with UnitOfWork(engine) as work:
        for code, name in (("350781001", NORTH), ("350781100", SOUTH)):
            work.session.add(Unit(code=code, name=name, type=UnitType.TOWNSHIP, sector=Sector.GOVERNMENT))
        work.commit()
    return found


def areas(city: City, days: float = 60) -> dict[str | None, dict[str, Any]]:
    with reading(city.engine) as work:
        return {
            line["name"]: line for line in by_area(work.session, city.now - timedelta(days=days), city.now)
        }


def place(township: str | None) -> dict[str, Any]:
    return {"place": {"township": township}}


def test_each_case_counts_in_its_township_and_what_has_none_apart(city: City) -> None:
    city.case(**place(NORTH))
    city.reported(caller="13800000021", **place(NORTH))
    city.completed(caller="13800000022", **place(SOUTH))
    city.case(caller="13800000023", **place("不认识的地方"))
    city.case(caller="13800000024", **place(None))
    city.dispatched(caller="13800000025", **place(SOUTH))
    found = areas(city)
    assert list(found) == [NORTH, SOUTH, None]
    assert [(found[name]["opened"], found[name]["done"], found[name]["open"]) for name in found] == [
        (2, 0, 2), (2, 1, 1), (2, 0, 2),
    ]  # fmt: skip
    assert [line["late"] for line in found.values()] == [0, 0, 0]
    city.later(days=30)
    assert [line["late"] for line in areas(city).values()] == [0, 1, 0]
    assert [line["opened"] for line in areas(city, days=1).values()] == [0, 0, 0]


def test_a_long_table_asks_no_more_than_a_short_one(city: City) -> None:
    seen: list[str] = []
    city.case(**place(NORTH))
    event.listen(city.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    areas(city)
    few = sum(each.lstrip().startswith("SELECT") for each in seen)
    assert few == 4
    for number in range(8):
        city.case(caller=f"1380000003{number}", **place(SOUTH))
    seen.clear()
    areas(city)
    assert sum(each.lstrip().startswith("SELECT") for each in seen) == 4
    assert all(set(FIGURES) <= line.keys() for line in areas(city).values())
