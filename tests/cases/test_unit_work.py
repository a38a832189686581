"""A unit's own list: by the clock, the nearest first, and counted as it is shown."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from handling_scene import LAMPS, WATER, City
from sqlalchemy import Engine, event

from cases.deadlines import Colour
from cases.states import CaseState
from cases.unit_of_work import reading
from cases.unit_work import count_work, unit_work


@pytest.fixture
def city(engine: Engine) -> City:
    return City(engine)


def work_of(city: City, unit: str = LAMPS) -> list[dict[str, Any]]:
    with reading(city.engine) as work:
        return unit_work(work.session, city.units[unit], city.now, city.rules)


def counted(city: City, unit: str = LAMPS) -> dict[str, int]:
    with reading(city.engine) as work:
        return count_work(work.session, city.units[unit], city.now)


def some_of_each(city: City) -> list[str]:
    """-> red, yellow, green, one that stands still."""
    red = city.dispatched(caller="13800000031")
    city.later(days=7)
    yellow = city.signed(caller="13800000032")
    waiting = city.signed(caller="13800000033")
    city.move(waiting, "note", "unit", reason="等市民回话", waiting=True)
    city.later(days=6, hours=20)
    green = city.dispatched(caller="13800000034")
    return [red, yellow, green, waiting]


def test_each_case_has_its_colour_and_what_stands_still_comes_last(city: City) -> None:
    red, yellow, green, waiting = some_of_each(city)
    found = work_of(city)
    assert [each["number"] for each in found] == [red, yellow, green, waiting]
    assert found[0]["colour"] == Colour.RED
    assert found[-1]["colour"] == Colour.STOPPED
    assert found[2]["colour"] == Colour.GREEN


def test_what_is_counted_is_what_is_shown_at_any_time(city: City) -> None:
    some_of_each(city)
    for _day in range(12):
        found = Counter(each["colour"].value for each in work_of(city))
        told = counted(city)
        assert {name: told[name] for name in ("red", "yellow", "green", "stopped")} == {
            name: found[name] for name in ("red", "yellow", "green", "stopped")
        }
        assert told["new"] == sum(each["state"] == CaseState.DISPATCHED for each in work_of(city))
        city.now += timedelta(hours=17)


def test_a_co_unit_has_its_part_and_the_main_units_end_leaves_it(city: City) -> None:
    number = city.signed()
    city.move(number, "add-unit", "dispatcher", units=(WATER,), part="关水")
    (own,) = work_of(city, WATER)
    assert (own["number"], own["main"], own["part"]) == (number, False, "关水")
    city.move(number, "report", "unit", answer="路灯修好了")
    assert work_of(city) == []


def test_what_is_returned_is_gone_and_what_cannot_be_returned_says_so(city: City) -> None:
    number = city.dispatched()
    assert work_of(city)[0]["may_return"]
    city.move(number, "return", "unit", reason="不归我们")
    assert work_of(city) == []
    city.move(number, "rule", "supervisor", unit=LAMPS)
    assert not work_of(city)[0]["may_return"]
    late = city.dispatched(caller="13800000035")
    city.later(days=10)
    assert not next(each for each in work_of(city) if each["number"] == late)["may_return"]


def test_a_long_list_asks_no_more_than_a_short_one(city: City) -> None:
    seen: list[str] = []
    city.dispatched()
    event.listen(city.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    work_of(city)
    assert sum(each.lstrip().startswith("SELECT") for each in seen) == 3
    for number in range(6):
        city.dispatched(caller=f"1380000004{number}")
    seen.clear()
    work_of(city)
    assert sum(each.lstrip().startswith("SELECT") for each in seen) == 3
