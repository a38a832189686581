"""The city's open figures: right, and with nobody in them."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from handling_scene import City
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from cases.model import Unit
from cases.open_figures import LEAST, OTHER, months_until, open_figures, rows, share, total_of, withheld
from cases.states import Sector, UnitType
from cases.unit_of_work import UnitOfWork, reading

ZONE = ZoneInfo("Asia/Shanghai")
COUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 40), min_size=1)


@given(counts=COUNTS)
def test_no_small_count_is_told_or_follows_from_the_total(counts: dict[str, int]) -> None:
    told = withheld(counts)
    assert told.keys() == counts.keys()
    hidden = [name for name in told if told[name] is None]
    assert all(told[name] == counts[name] for name in told if name not in hidden)
    assert all(counts[name] == 0 or counts[name] >= LEAST for name in told if name not in hidden)
    if hidden and len(hidden) < len(told):
        assert len(hidden) >= 2
        assert sum(counts[name] for name in hidden) >= 2 * LEAST


@given(counts=COUNTS)
def test_nothing_is_withheld_without_a_need(counts: dict[str, int]) -> None:
    if all(count == 0 or count >= LEAST for count in counts.values()):
        assert withheld(counts) == counts
    assert total_of(counts) in (sum(counts.values()), None)


@given(until=st.dates(date(2001, 1, 1), date(2999, 1, 1)))
def test_twelve_months_end_with_the_day_before(until: date) -> None:
    months = months_until(until)
    assert len(months) == 12
    assert all(each.day == 1 for each in months)
    assert months[-1] == (until - timedelta(days=1)).replace(day=1)
    assert all((b.year - a.year) * 12 + b.month - a.month == 1 for a, b in pairwise(months))


@pytest.mark.parametrize(
    ("part", "whole", "told"), [(19, 19, None), (19, 20, 95.0), (0, 0, None), (1, 30, 3.3)]
)
def test_a_share_is_told_of_enough(part: int, whole: int, told: float | None) -> None:
    assert share(part, whole) == told


# ---------------------------------------------------------------- counted


@pytest.fixture
def city(engine: Engine) -> City:
    found = City(engine)
    with UnitOfWork(engine) as work:
        for code, name in (("350781001", "昭阳街道"), ("350781100", "水北镇")):
            work.session.add(Unit(code=code, name=name, type=UnitType.TOWNSHIP, sector=Sector.GOVERNMENT))
        work.commit()
    return found


def figures(city: City, days: float = 1) -> dict[str, Any]:
    with reading(city.engine) as work:
        until = (city.now + timedelta(days=days)).astimezone(ZONE).date()
        return open_figures(work.session, until, ZONE)


def many(city: City, count: int, township: str) -> None:
    for number in range(count):
        city.case(caller=f"139{township.encode().hex()[:4]}{number:04d}", place={"township": township})


def test_cases_are_counted_by_month_and_by_township(city: City) -> None:
    many(city, 7, "昭阳街道")
    many(city, 6, "水北镇")
    found = figures(city)
    assert found["total"] == 13
    assert found["tables"]["township"] == {"昭阳街道": 7, "水北镇": 6, OTHER: 0}
    assert list(found["tables"]["month"].values()) == [0] * 11 + [13]
    assert found["tables"]["sector"]["government"] == 13
    assert found["rates"] == {"in_time": None, "satisfied": None}
    assert figures(city, days=-1)["total"] == 0, "today is not told today"


def test_who_is_alone_in_a_township_is_in_no_figure_of_it(city: City) -> None:
    many(city, 8, "昭阳街道")
    many(city, 1, "水北镇")
    found = figures(city)
    assert found["total"] == 9
    assert set(found["tables"]["township"].values()) == {None}
    few = [row for row in rows(found, lambda name, _table: name) if row[0] == "township"]
    assert [count for _table, _name, count in few] == ["", "", ""]


def test_a_city_with_three_cases_tells_nothing(city: City) -> None:
    many(city, 3, "昭阳街道")
    found = figures(city)
    assert found["total"] is None
    assert all(count is None for table in found["tables"].values() for count in table.values())


def test_the_figures_are_counted_in_a_fixed_number_of_queries(city: City) -> None:
    many(city, 6, "水北镇")
    seen: list[str] = []
    event.listen(city.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    figures(city)
    assert sum(each.lstrip().startswith("SELECT") for each in seen) == 18
