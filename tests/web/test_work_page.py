"""A unit's page: its own list by the clock, and what is done with it."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from console import Browser, Console
from late_scene import DISPATCHER, LateCity
from PIL import Image
from scene import SAID
from sqlalchemy import event
from test_sorting import row

from cases.handling import make_move
from cases.model import Photo
from cases.moving import Asked
from cases.states import CaseState, Move, Role

OWN, OTHER = SAID[0].unit, SAID[4].unit


@pytest.fixture
def city(sqlite_console: Console) -> LateCity:
    found = LateCity(sqlite_console.wiring)
    found.unit(OWN, "王处长")
    found.unit(OTHER, "李大队长")
    return found


def given(console: Console, place: int = 0, **fields: Any) -> str:
    """A case that its unit was given now; -> its number."""
    number = console.scene.case(300 - place, SAID[place], **fields)
    with console.wiring.unit_of_work() as work:
        now, rules = console.wiring.now(), console.wiring.rules
        make_move(work.session, number, Move.DISPATCH, DISPATCHER, now, rules, Asked())
        work.commit()
    return number


def unit_of(console: Console, name: str = OWN) -> Browser:
    return console.somebody(Role.UNIT, f"of.{name.encode().hex()[:8]}", unit_id=console.scene.unit(name))


def version(console: Console, number: str) -> int:
    return row(console, number).version


def test_a_unit_begins_with_its_own_work_the_latest_first(sqlite_console: Console, city: LateCity) -> None:
    late, fresh, strange = city.dispatched(0), given(sqlite_console), given(sqlite_console, 4)
    browser = unit_of(sqlite_console)
    assert browser.get("/").headers["Location"].endswith("/work")
    page = browser.get("/work").text
    assert re.findall(r'data-row="(\d+)"', page) == [late, fresh]
    assert strange not in page
    assert page.index("card flush clocked bad") < page.index("card flush clocked good")


def test_a_unit_signs_and_reports_and_is_back_on_its_list(sqlite_console: Console, city: LateCity) -> None:
    number = given(sqlite_console)
    browser = unit_of(sqlite_console)
    signed = {"version": version(sqlite_console, number), "back": "/work"}
    answer = browser.post(f"/cases/{number}/moves/sign", signed)
    assert answer.headers["Location"] == "/work"
    form = browser.get(f"/cases/{number}/moves/report?back=/work").text
    assert 'name="back" value="/work"' in form
    assert 'capture="environment"' in form
    photo = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(photo, "JPEG")
    photo.seek(0)
    told = {"version": version(sqlite_console, number), "back": "/work", "answer": "已经疏通"}
    answer = browser.post(f"/cases/{number}/moves/report", {**told, "photos": (photo, "a.jpg")})
    assert answer.headers["Location"] == "/work"
    assert "没有要办的事" in browser.get("/work").text
    assert row(sqlite_console, number).state == CaseState.REPORTED
    with sqlite_console.wiring.reading() as work:
        assert work.session.query(Photo).count() == 1


def test_a_strange_place_to_go_back_to_is_not_gone_to(sqlite_console: Console, city: LateCity) -> None:
    number = given(sqlite_console)
    browser = unit_of(sqlite_console)
    for back in ("https://example.com", "//example.com", "\\\\x", "/\r\nX: 1"):
        there = browser.post(f"/cases/{number}/moves/note", {"back": back, "reason": "x"})
        assert "example" not in there.headers.get("Location", "")
    assert (
        browser.post(f"/cases/{number}/moves/sign", {"back": "//x.y"})
        .headers["Location"]
        .startswith("/cases/")
    )


def test_what_cannot_be_returned_any_more_offers_no_return(sqlite_console: Console, city: LateCity) -> None:
    late, fresh = city.dispatched(0), given(sqlite_console)
    page = unit_of(sqlite_console).get("/work").text
    assert f"/cases/{fresh}/moves/return" in page
    assert f"/cases/{late}/moves/return" not in page


def test_a_confidential_callers_number_is_not_on_the_list(sqlite_console: Console, city: LateCity) -> None:
    given(sqlite_console, confidential=True, caller="13800005678")
    page = unit_of(sqlite_console).get("/work").text
    assert "5678" not in page


def test_a_unit_and_a_person_without_one_see_no_others_work(sqlite_console: Console, city: LateCity) -> None:
    given(sqlite_console)
    assert "没有要办的事" in unit_of(sqlite_console, OTHER).get("/work").text
    assert "没有要办的事" in sqlite_console.somebody(Role.UNIT, "nobodys").get("/work").text


def test_the_list_asks_no_more_for_many_cases(sqlite_console: Console, city: LateCity) -> None:
    browser, asked = unit_of(sqlite_console), []
    given(sqlite_console)
    event.listen(sqlite_console.wiring.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    browser.part("/work")
    few = len(asked)
    for place in range(12):
        given(sqlite_console, 0, caller=f"1380000{4000 + place}")
    asked.clear()
    browser.part("/work")
    assert len(asked) <= few <= 8, asked
