"""The administrator's calendar on its page."""

from __future__ import annotations

from datetime import date, timedelta

from console import Console
from sqlalchemy import select

from cases.handling import Actor, make_move
from cases.model import Case, Holiday
from cases.states import Role


def due_of(console: Console, number: str) -> date:
    with console.wiring.reading() as work:
        due = work.session.scalars(select(Case.due_at).where(Case.number == number)).one()
        assert due is not None
        return due.astimezone(console.wiring.settings.zone).date()


def test_a_day_off_is_set_shown_moves_deadlines_and_is_left_again(console: Console) -> None:
    number = console.scene.case(300)
    wiring = console.wiring
    with wiring.unit_of_work() as work:
        actor = Actor("li", Role.DISPATCHER)
        make_move(work.session, number, "dispatch", actor, wiring.now(), wiring.rules)
        work.commit()
    before = due_of(console, number)
    browser = console.somebody(Role.ADMIN)
    asked = {"since": before.isoformat(), "until": "", "name": "市庆", "as": "off"}
    answer = browser.post("/days", asked, follow_redirects=True)
    for text in ("改了1天，1件的期限重新算过。", "市庆", "admin1", before.isoformat()):
        assert text in answer.text
    assert due_of(console, number) > before
    assert "日历有变，期限重算" in browser.get(f"/cases/{number}").text
    browser.post("/days", {"since": before.isoformat(), "as": "country"})
    assert due_of(console, number) == before


def test_a_year_that_nobody_knows_says_so(sqlite_console: Console) -> None:
    browser = sqlite_console.somebody(Role.ADMIN)
    assert "2050年的节假日还没有录入" in browser.get("/days?year=2050").text
    known = browser.get("/days?year=2026").text
    assert "还没有录入" not in known
    for day in ("02-16", "02-28", "10-10"):
        assert day in known
    assert browser.get("/days?year=1").status_code == 404


def test_nonsense_changes_nothing(sqlite_console: Console) -> None:
    browser = sqlite_console.somebody(Role.ADMIN)
    day = date(2026, 3, 4)
    for wrong in (
        {},
        {"since": "tomorrow", "as": "off"},
        {"since": day.isoformat(), "as": "nothing"},
        {"since": day.isoformat(), "until": (day - timedelta(days=1)).isoformat(), "as": "off"},
        {"since": day.isoformat(), "until": (day + timedelta(days=31)).isoformat(), "as": "off"},
        {"since": "0001-01-01", "as": "off"},
    ):
        assert "请写起止日期" in browser.post("/days", wrong, follow_redirects=True).text
    with sqlite_console.wiring.reading() as work:
        assert work.session.scalars(select(Holiday)).all() == []
