"""Personal data leaves in a file only after a fresh password, and says who took it; the trail's page."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
import time_machine
from console import Console
from docx import Document
from late_scene import LateCity
from scene import PASSWORD
from sqlalchemy import text

import cases
from cases.moving import Actor
from cases.reception_outcomes import write_report
from cases.states import Role
from web.access import SURE_FOR
from web.trail import WORDS

SURE = {
    *("second_factor.new", "money.statement", "money.rewards", "special_reports.docx"),
    *("city.page", "city.check", "city.apply", "units.show", "units.change"),
    *("prompts.replace", "prompts.restore", "people.show", "people.new", "people.add", "people.change"),
    *("people.active", "people.password", "people.second_factor"),
}
"""What takes personal data out of the house, or changes who may do what."""


def report_of(city: LateCity) -> int:
    number = city.dispatched()
    writer, rules = Actor("supervisor9", Role.SUPERVISOR), city.wiring.rules
    with city.wiring.unit_of_work() as work:
        made = write_report(work.session, number, "产权不清", "请明确牵头单位", writer, city.now, rules)
        work.commit()
    return made.id


def test_files_are_given_after_a_fresh_password_only(sqlite_console: Console) -> None:
    views = sqlite_console.app.view_functions
    assert {name for name, view in views.items() if getattr(view, "sure", False)} == SURE


def test_an_old_password_is_asked_for_again_and_then_the_file_comes(console: Console) -> None:
    report = report_of(LateCity(console.wiring))
    browser = console.somebody(Role.SUPERVISOR)
    address = f"/supervision/reports/{report}.docx"
    later = console.wiring.now() + SURE_FOR + timedelta(minutes=1)
    with time_machine.travel(later):
        asked = browser.get(address)
        assert asked.headers["Location"] == f"/again?next={address}"
        assert "什么时候下载的" in browser.get("/again").text
        assert browser.post("/again", {"password": ""}).status_code == 401
        assert "密码不对" in browser.post("/again", {"password": "wrong"}).text
        assert browser.get(address).status_code == 302
        given = browser.post(f"/again?next={address}", {"password": PASSWORD})
        assert given.headers["Location"] == address
        answer = browser.get(address)
    foot = Document(io.BytesIO(answer.data)).sections[0].footer.paragraphs[0].text
    assert "supervisor1" in foot
    assert f"{later.astimezone(console.wiring.settings.zone):%Y-%m-%d %H:%M}" in foot
    assert [row.what for row in console.audit("password_again")] == ["password_again"]
    assert len(console.audit("special_report_taken")) == 1


def test_wrong_passwords_at_the_second_asking_lock_like_those_at_the_login(sqlite_console: Console) -> None:
    browser = sqlite_console.somebody(Role.SUPERVISOR)
    for _turn in range(4):
        browser.post("/again", {"password": "wrong"})
    assert "15 分钟后" in browser.post("/again", {"password": "wrong"}).text
    assert "15 分钟后" in sqlite_console.browser().login("supervisor1").text


def test_a_form_that_downloads_leads_back_to_its_page(sqlite_console: Console) -> None:
    leader = sqlite_console.somebody(Role.LEADER)
    with time_machine.travel(sqlite_console.wiring.now() + timedelta(minutes=20)):
        came_from = {"Referer": "http://localhost/money?month=2026-11"}
        asked = leader.post("/money/statement.xlsx", {"month": "2026-11"}, headers=came_from)
        assert asked.headers["Location"] == "/again?next=/money"
        evil = {"Referer": "http://evil.example//evil.example"}
        assert leader.post("/money/rewards.xlsx", {}, headers=evil).headers["Location"] == "/again"
        assert sqlite_console.audit("statement_made") == []


@pytest.mark.parametrize("path", ["/money/statement.xlsx", "/money/rewards.xlsx"])
def test_workbooks_say_on_every_sheet_who_took_them(sqlite_console: Console, path: str) -> None:
    leader, now = sqlite_console.somebody(Role.LEADER, "li-wang.4"), sqlite_console.wiring.now()
    answer = leader.post(path, {"month": f"{now:%Y-%m}", "year": str(now.year)})
    for sheet in openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets:
        assert "下载: li-wang.4 20" in str(sheet["A2"].value)
        assert "li-wang.4 20" in str(sheet.oddFooter.center.text)


def test_an_administrator_reads_the_trail_and_checks_it(console: Console) -> None:
    console.browser().login("nobody", "wrong")
    admin = console.somebody(Role.ADMIN)
    page = admin.get("/audit").text
    assert "登录失败" in page
    assert "admin1" in page
    only = admin.get("/audit?what=login_failed&who=&target=nobody").text
    assert "<td>admin1</td>" not in only
    assert "没有这样的记录" in admin.get("/audit?who=%00&target=%27%3B--&before=99999999999999999999999").text
    assert "条完好" in admin.post("/audit/verify").text
    with console.wiring.unit_of_work() as unit:
        unit.session.execute(text("UPDATE audit_entry SET target = 'somebody' WHERE target = 'nobody'"))
        unit.commit()
    assert "第 1 条被改过" in admin.post("/audit/verify").text


def test_everything_that_is_written_down_has_a_word_on_the_page() -> None:
    root = Path(cases.__file__).parent.parent
    calls = re.compile(r"(?<!def )\baudit\(\s*(?:unit\.|work\.)?session,[^)]*?\"([a-z_]+)\"", re.DOTALL)
    found = {word for room in ("cases", "web", "hotline") for path in (root / room).rglob("*.py")
             for word in calls.findall(path.read_text("utf-8"))}  # fmt: skip
    assert len(found) > 15
    assert found <= set(WORDS), found - set(WORDS)
