"""The administrator's users on the pages: told once, asked again for the password, never the last one."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from console import Browser, Console

from cases.model import User
from cases.states import Role

PASSWORD_TOLD = re.compile(r'<p class="key big">([a-z0-9-]+)</p>')


def user(console: Console, name: str) -> User:
    with console.wiring.reading() as work:
        return work.session.query(User).filter_by(username=name).one()


def test_an_administrator_begins_with_everything_that_is_set_by_hand(console: Console) -> None:
    browser = console.somebody(Role.ADMIN)
    assert browser.get("/").headers["Location"].endswith("/admin")
    page = browser.get("/admin").text
    for address in ("/people", "/days", "/money/prices", "/audit"):
        assert f'href="{address}"' in page, address


def test_a_new_user_logs_in_with_the_password_told_once(console: Console) -> None:
    admin = console.somebody(Role.ADMIN)
    unit = console.scene.unit("自来水公司")
    told = {"username": "Wang.li", "name": "王丽", "role": "unit", "unit": "自来水公司"}
    page = admin.post("/people", told).text
    password = PASSWORD_TOLD.search(page)
    assert password, page
    made = user(console, "wang.li")
    assert (made.role, made.unit_id, made.must_change_password) == (Role.UNIT, unit, True)
    answer = console.browser().login("wang.li", password[1])
    assert answer.headers["Location"].endswith("/password")
    assert "王丽" in admin.get("/people").text
    assert password[1] not in admin.get("/people").text
    assert [each.target for each in console.audit("user_added")][-1] == "wang.li"


def test_what_is_wrong_stays_in_the_form_with_the_reason(sqlite_console: Console) -> None:
    admin = sqlite_console.somebody(Role.ADMIN)
    answer = admin.post("/people", {"username": "li", "name": "<b>李", "role": "desk"})
    assert answer.status_code == 422
    assert "要写台席" in answer.text
    assert 'value="&lt;b&gt;李"' in answer.text
    assert "请先设另一个" in admin.post("/people/admin1", {"role": "agent"}).text
    assert "请先设另一个" in admin.post("/people/admin1/active", {"to": "no"}).text
    assert user(sqlite_console, "admin1").active


def test_who_is_disabled_is_out_at_once(console: Console) -> None:
    agent, admin = console.somebody(Role.AGENT), console.somebody(Role.ADMIN)
    assert agent.get("/queue").status_code == 200
    admin.post("/people/agent1/active", {"to": "no"})
    assert agent.get("/queue").status_code == 302
    assert console.browser().login("agent1").status_code == 401
    assert "已停用" in admin.get("/people").text
    admin.post("/people/agent1/active", {"to": "yes"})
    assert console.browser().login("agent1").status_code == 302


def test_passwords_and_second_factors_are_reset_with_a_line_in_the_audit(console: Console) -> None:
    agent, admin = console.somebody(Role.AGENT), console.somebody(Role.ADMIN)
    password = PASSWORD_TOLD.search(admin.post("/people/agent1/password").text)
    assert password
    assert agent.get("/queue").status_code == 302
    assert console.browser().login("agent1", password[1]).headers["Location"].endswith("/password")
    admin.post("/people/agent1/second-factor")
    for what in ("password_reset", "second_factor_reset"):
        assert [(each.who, each.target) for each in console.audit(what)] == [("admin1", "agent1")]


def old_login(console: Console, browser: Browser) -> None:
    then = console.wiring.now() - timedelta(minutes=16)
    with browser.client.session_transaction() as session:
        session["sure"] = then.isoformat()


@pytest.mark.parametrize("what", ["", "/active", "/password", "/second-factor"])
def test_after_a_quarter_of_an_hour_the_password_is_asked_again(sqlite_console: Console, what: str) -> None:
    sqlite_console.scene.person(Role.AGENT)
    admin = sqlite_console.somebody(Role.ADMIN)
    old_login(sqlite_console, admin)
    before = user(sqlite_console, "agent1").session_version
    values: dict[str, Any] = {"to": "no", "role": "leader"}
    assert "/again" in admin.post(f"/people/agent1{what}", values).headers["Location"]
    assert "/again" in admin.get("/people/agent1").headers["Location"]
    kept = user(sqlite_console, "agent1")
    assert (kept.role, kept.active, kept.session_version) == (Role.AGENT, True, before)
