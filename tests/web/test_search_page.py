"""The list of cases as somebody looks through it: words, filters in the address, the header's field."""

from __future__ import annotations

import re

import pytest
from console import Console
from scene import SAID, Scene

from cases.indexing import index_waiting
from cases.states import CaseState, Role

NASTY = (
    "'",
    '"路灯',
    "路\0灯",
    "😀" * 50,
    "<b>x</b>",
    "x" * 8000,
    "路灯 OR 1=1;--",
    "%",
    "\u202e路灯",
    "100006",
)


def _rows(page: str) -> list[str]:
    return re.findall(r'data-row="(\d+)"', page)


def _indexed(scene: Scene) -> None:
    with scene.wiring.unit_of_work() as unit:
        index_waiting(unit.session)
        unit.commit()


def test_an_agent_finds_by_words_place_and_a_part_of_the_callers_number(console: Console) -> None:
    lamp = console.scene.case(600, SAID[1], caller="13812345678")
    water = console.scene.case(300, SAID[2], caller="13900001111")
    browser = console.somebody(Role.AGENT)
    for _ in range(2):
        for words, found in (
            ("路灯", [lamp]),
            ("熙春路 漏水", [water]),
            ("5678", [lamp]),
            ("路灯坏了好几个晚上，黑漆漆的", [lamp]),
            ("没有这回事", []),
        ):
            page = browser.get("/cases", query_string={"q": words}).text
            assert _rows(page) == found, words
            assert ("没有找到" in page) is not found
        _indexed(console.scene)
    assert "<mark>路灯</mark>" in browser.get("/cases?q=路灯").text


def test_the_headers_field_takes_anything(console: Console) -> None:
    number = console.scene.case(300, SAID[1])
    browser = console.somebody(Role.AGENT)
    for words, target in (
        (f" {number[:3]} {number[3:]} ", f"/cases/{number}"),
        ("路灯", "/cases?q=%E8%B7%AF%E7%81%AF"),
        ("13800", "/cases?q=13800"),
        # A number that can be one, and that no case has, is a part of a telephone number.
        ("100014" if number != "100014" else "100023", None),
        ("", "/cases"),
    ):
        answer = browser.get("/cases/find", query_string={"q": words})
        assert answer.status_code == 302
        assert answer.headers["Location"] == (target or f"/cases?q={words}")


def test_filters_stand_in_the_address_and_go_on_to_other_tabs_and_pages(console: Console) -> None:
    scene = console.scene
    lamps = [scene.case(20_000 - turn * 60, SAID[1], state=CaseState.DISPATCHED) for turn in range(52)]
    scene.case(300, SAID[2])
    browser = console.somebody(Role.DISPATCHER)
    page = browser.get("/cases?q=路灯&family=working&township=水北&kind=求助&sector=government").text
    assert _rows(page) == lamps[::-1][:50]
    older = re.search(r'href="(/cases\?[^"]*before=[^"]+)"', page)
    assert older
    address = older[1].replace("&amp;", "&")
    assert {"family=working", "sector=government"} < set(re.split("[?&]", address))
    assert _rows(browser.get(address).text) == lamps[1::-1]
    tab = re.search(r'href="(/cases\?[^"]*family=closed[^"]*)"', page)
    assert tab
    assert _rows(browser.get(tab[1].replace("&amp;", "&")).text) == []
    assert "sector=government" in tab[1]
    for narrower in (
        "unit=nobody",
        "danger=1",
        "to=2020-01-01",
        "from=2999-01-01",
        "colour=red",
        "kind=感谢",
    ):
        assert _rows(browser.get(f"/cases?q=路灯&{narrower}").text) == [], narrower


@pytest.mark.parametrize("name", ["family", "state", "kind", "sector", "colour", "from", "to"])
def test_a_value_that_there_is_not_is_no_page(sqlite_console: Console, name: str) -> None:
    browser = sqlite_console.somebody(Role.AGENT)
    for value in ("nonsense", "9999-99-99", "' OR 1", "\0"):
        assert browser.get("/cases", query_string={name: value}).status_code == 404
    assert browser.get("/cases", query_string={name: ""}).status_code == 200


def test_nonsense_is_looked_for_and_not_found(console: Console) -> None:
    console.scene.case(300, SAID[2])
    browser = console.somebody(Role.AGENT)
    for nasty in NASTY:
        for name in ("q", "unit", "matter", "township"):
            assert browser.get("/cases", query_string={name: nasty}).status_code == 200, nasty
        assert browser.get("/cases/find", query_string={"q": nasty}).status_code == 302


def test_a_unit_finds_its_own_cases_and_no_callers(console: Console) -> None:
    scene = console.scene
    own = scene.case(600, SAID[0], caller="13812345678", state=CaseState.DISPATCHED)
    other = scene.case(300, SAID[4], caller="13812345679", state=CaseState.DISPATCHED)
    clerk = console.somebody(Role.UNIT, unit_id=scene.unit(SAID[0].unit))
    for _ in range(2):
        assert _rows(clerk.get("/cases").text) == [own]
        assert _rows(clerk.get("/cases?q=下水道").text) == [own]
        for words in ("烧烤", "5678", "13812345678", other):
            assert _rows(clerk.get("/cases", query_string={"q": words}).text) == [], words
        assert clerk.get(f"/cases/find?q={other}").headers["Location"] == f"/cases?q={other}"
        _indexed(scene)
    assert "来电号码" not in clerk.get("/cases").text


def test_a_desk_finds_what_it_passed_on(console: Console) -> None:
    own = console.scene.case(600, SAID[0], desk="desk1")
    console.scene.case(300, SAID[0], desk="desk2")
    desk = console.somebody(Role.DESK, desk="desk1")
    assert _rows(desk.get("/cases?q=下水道").text) == [own]
