"""The leader's and the supervisor's first pages: what is late, what waits for them, the townships."""

from __future__ import annotations

import re

import pytest
from console import Console
from late_scene import LateCity, late_city

from cases.model import Unit
from cases.states import Role, Sector, UnitType


@pytest.fixture
def city(console: Console) -> LateCity:
    return late_city(console.wiring)


def test_a_leader_begins_with_the_city_in_figures(console: Console, city: LateCity) -> None:
    with console.wiring.unit_of_work() as work:
        work.session.add(
            Unit(code="350781001", name="昭阳街道", type=UnitType.TOWNSHIP, sector=Sector.GOVERNMENT)
        )
        work.commit()
    city.supervised()
    city.reception_day()
    browser = console.somebody(Role.LEADER)
    assert browser.get("/").headers["Location"].endswith("/overview")
    page = browser.get("/overview").text
    assert 'href="/cases?township=%E6%98%AD%E9%98%B3%E8%A1%97%E9%81%93"' in page
    assert re.search(r"<b>2</b> <a[^>]*>件已超期", page)
    assert re.search(r"<b>[1-9]\d*</b> <a[^>]*>件待接待", page)
    assert "13800" not in page


def test_a_supervisor_begins_with_what_is_late_and_sees_what_waits(console: Console, city: LateCity) -> None:
    city.supervised()
    city.reception_day()
    browser = console.somebody(Role.SUPERVISOR)
    assert browser.get("/").headers["Location"].endswith("/supervision")
    page = browser.get("/supervision").text
    for words in ("件已超期", "件待接待", "件专报待批示", "件待裁定"):
        assert words in page


def test_an_empty_city_says_so(sqlite_console: Console) -> None:
    page = sqlite_console.somebody(Role.LEADER).get("/overview").text
    assert "这段时间还没有事项" in page
