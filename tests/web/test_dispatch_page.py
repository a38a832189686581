"""The dispatcher's page: what is unsure or came back, with guesses; one click dispatches."""

from __future__ import annotations

import re
from typing import Any

from console import Browser, Console
from scene import SAID
from sqlalchemy import event
from test_sorting import load, row

from cases.states import CaseState, Role

GUESSES = [
    {"matter": name, "matter_path": [first, name], "probability": share}
    for first, name, share in (
        ("供水排水", "下水道堵塞", 0.47), ("道路交通", "路灯照明", 0.31), ("供水排水", "停水与水压", 0.1),
    )
]  # fmt: skip


def unsure(console: Console, ago: float = 300, place: int = 0, **fields: Any) -> str:
    return console.scene.case(ago, SAID[place], guesses=GUESSES, unsure=True, **fields)


def follow(browser: Browser, answer: Any) -> str:
    return browser.get(answer.headers["Location"]).text


def test_a_dispatcher_begins_where_the_unsure_cases_are(console: Console) -> None:
    load(console)
    newer, older = unsure(console, 300), unsure(console, 900)
    sure = console.scene.case(1200, SAID[4])
    browser = console.somebody(Role.DISPATCHER)
    assert browser.get("/").headers["Location"].endswith("/dispatch")
    page = browser.get("/dispatch").text
    assert re.findall(r'data-row="(\d+)"', page) == [older, newer]
    assert sure not in page
    assert "47%" in page
    assert "路灯照明" in page
    assert "<mark>下水道堵了</mark>" in page
    assert "138****" in page


def test_one_click_takes_a_guess_and_dispatches(console: Console) -> None:
    load(console)
    number = unsure(console)
    browser = console.somebody(Role.DISPATCHER)
    taken = {"matter": "road.lamp", "version": row(console, number).version}
    answer = browser.post(f"/cases/{number}/guess", taken)
    assert "已派单：路灯照明 → 自来水公司" in follow(browser, answer)
    kept = row(console, number)
    assert (kept.state, kept.matter, kept.unit and kept.unit.name) == (
        CaseState.DISPATCHED, "路灯照明", "自来水公司",
    )  # fmt: skip
    assert kept.events[-1].who == "dispatcher1"
    assert "都定好了" in browser.get("/dispatch").text


def test_a_click_on_what_somebody_else_changed_dispatches_nothing(sqlite_console: Console) -> None:
    load(sqlite_console)
    number = unsure(sqlite_console)
    browser = sqlite_console.somebody(Role.DISPATCHER)
    old = row(sqlite_console, number).version - 1
    answer = browser.post(f"/cases/{number}/guess", {"matter": "road.lamp", "version": old})
    assert "请看过再定" in follow(browser, answer)
    answer = browser.post(f"/cases/{number}/guess", {"matter": "road.hole"})
    assert "已经不在了" in follow(browser, answer)
    assert browser.post("/cases/999998/guess", {"matter": "\x00"}).status_code < 500
    assert row(sqlite_console, number).state == CaseState.SORTED


def test_the_page_asks_the_database_no_more_for_many_cases(sqlite_console: Console) -> None:
    load(sqlite_console)
    browser, asked = sqlite_console.somebody(Role.DISPATCHER), []
    unsure(sqlite_console)
    event.listen(sqlite_console.wiring.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    browser.part("/dispatch")
    few = len(asked)
    for place in range(20):
        unsure(sqlite_console, 400 + place)
    asked.clear()
    browser.part("/dispatch")
    assert len(asked) <= few <= 8, asked


def test_the_page_speaks_english(sqlite_console: Console) -> None:
    load(sqlite_console)
    unsure(sqlite_console)
    browser = sqlite_console.somebody(Role.DISPATCHER)
    browser.post("/language/en", {"back": "/dispatch"})
    assert "The longest waiting first" in browser.get("/dispatch").text
