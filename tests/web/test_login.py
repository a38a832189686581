"""Who gets in, for how long, and who is turned away."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from console import Browser, Console
from scene import PASSWORD
from servers import RedisServer
from werkzeug.test import TestResponse

from cases.states import Role
from cases.users import find_user
from web.auth import ABSOLUTE_END, IDLE_END

OWN = "another, my own 5"


def goes_to(answer: TestResponse) -> str:
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def is_out(browser: Browser) -> bool:
    return goes_to(browser.get("/cases")).startswith("/login")


def test_an_agent_logs_in_and_begins_with_the_queue(console: Console) -> None:
    browser = console.browser()
    assert goes_to(browser.login(console.scene.person(Role.AGENT))) == "/queue"
    assert browser.get("/queue").status_code == 200
    assert [(row.who, row.target) for row in console.audit("login")] == [("agent1", "agent1")]


@pytest.mark.parametrize(
    ("role", "home"),
    [
        (Role.DESK, "/desk"),
        (Role.UNIT, "/work"),
        (Role.LEADER, "/overview"),
        (Role.SUPERVISOR, "/supervision"),
        (Role.VISITOR, "/surveys"),
        (Role.ADMIN, "/admin"),
        (Role.DISPATCHER, "/dispatch"),
    ],
)
def test_everybody_begins_with_the_own_page(sqlite_console: Console, role: Role, home: str) -> None:
    browser = sqlite_console.browser()
    assert goes_to(browser.login(sqlite_console.scene.person(role))) == home
    assert goes_to(browser.get("/")) == home


def test_the_page_that_was_wanted_comes_after_the_login(sqlite_console: Console) -> None:
    sqlite_console.scene.person(Role.AGENT)
    browser = sqlite_console.browser()
    assert goes_to(browser.get("/cases?family=waiting")) == "/login?next=/cases?family%3Dwaiting"
    data = {"username": "agent1", "password": PASSWORD}
    assert goes_to(browser.post("/login?next=/cases?family%3Dwaiting", data)) == "/cases?family=waiting"


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "evil", ""]
)
def test_a_login_leads_nowhere_else(sqlite_console: Console, elsewhere: str) -> None:
    sqlite_console.scene.person(Role.AGENT)
    browser = sqlite_console.browser()
    data = {"username": "agent1", "password": PASSWORD}
    browser.get("/login")
    answer = browser.post("/login", data, query_string={"next": elsewhere})
    assert goes_to(answer) == "/queue"


def test_a_generated_password_must_be_changed_before_anything_else(console: Console) -> None:
    console.scene.person(Role.ADMIN, "admin", must_change_password=True)
    browser = console.browser()
    assert goes_to(browser.login("admin")) == "/password"
    assert goes_to(browser.get("/queue")) == "/password"
    assert browser.part("/queue").headers["HX-Redirect"] == "/password"
    wrong = browser.post("/password", {"old": "not it at all", "new": OWN, "again": OWN})
    short = browser.post("/password", {"old": PASSWORD, "new": "short", "again": "short"})
    different = browser.post("/password", {"old": PASSWORD, "new": OWN, "again": OWN + "!"})
    same = browser.post("/password", {"old": PASSWORD, "new": PASSWORD, "again": PASSWORD})
    assert [each.status_code for each in (wrong, short, different, same)] == [400] * 4
    assert goes_to(browser.post("/password", {"old": PASSWORD, "new": OWN, "again": OWN})) == "/admin"
    assert browser.get("/queue").status_code == 200
    assert console.browser().login("admin").status_code == 401
    assert goes_to(console.browser().login("admin", OWN)) == "/admin"


def test_wrong_and_unknown_are_told_alike(sqlite_console: Console) -> None:
    sqlite_console.scene.person(Role.AGENT)
    wrong = sqlite_console.browser().login("agent1", "not the password")
    unknown = sqlite_console.browser().login("nobody", "not the password")
    assert wrong.status_code == unknown.status_code == 401
    assert "用户名或密码不对" in wrong.text
    assert "用户名或密码不对" in unknown.text


def test_five_wrong_passwords_lock_the_account_and_the_page_says_for_how_long(console: Console) -> None:
    console.scene.person(Role.AGENT)
    answers = [console.browser().login("agent1", f"wrong {turn}") for turn in range(5)]
    assert "15 分钟后" in answers[-1].text
    with time_machine.travel(console.wiring.now() + timedelta(minutes=10)):
        locked = console.browser().login("agent1")
        assert locked.status_code == 401
        assert "5 分钟后" in locked.text
    with time_machine.travel(console.wiring.now() + timedelta(minutes=16)):
        assert goes_to(console.browser().login("agent1")) == "/queue"


def test_many_wrong_passwords_from_one_address_have_to_wait(sqlite_console: Console) -> None:
    answers = [sqlite_console.browser().login(f"nobody{turn}", "wrong") for turn in range(21)]
    assert [each.status_code for each in answers[:20]] == [401] * 20
    assert answers[20].status_code == 429
    assert "请等一分钟再试" in answers[20].text


def test_many_people_of_one_office_log_in_in_one_minute(sqlite_console: Console) -> None:
    for turn in range(25):
        sqlite_console.somebody(Role.AGENT, f"agent{turn}")


def test_redis_away_changes_nothing_about_a_login(sqlite_console: Console, redis_server: RedisServer) -> None:
    sqlite_console.scene.person(Role.AGENT)
    with redis_server.away():
        browser = sqlite_console.browser()
        assert goes_to(browser.login("agent1")) == "/queue"
        assert browser.get("/queue").status_code == 200


def test_a_session_ends_after_an_idle_hour(sqlite_console: Console) -> None:
    browser = sqlite_console.somebody(Role.AGENT)
    now = sqlite_console.wiring.now()
    with time_machine.travel(now + IDLE_END - timedelta(minutes=1)):
        assert browser.get("/cases").status_code == 200
    with time_machine.travel(now + 2 * IDLE_END - timedelta(minutes=2)):
        assert browser.get("/cases").status_code == 200
    with time_machine.travel(now + 3 * IDLE_END):
        assert is_out(browser)


def test_a_page_that_refreshes_itself_keeps_nobody_logged_in(sqlite_console: Console) -> None:
    browser = sqlite_console.somebody(Role.AGENT)
    now = sqlite_console.wiring.now()
    for minutes in range(5, 60, 5):
        with time_machine.travel(now + timedelta(minutes=minutes)):
            assert browser.part("/queue").status_code == 200
    with time_machine.travel(now + timedelta(minutes=61)):
        answer = browser.part("/queue")
        assert answer.status_code == 401
        assert answer.headers["HX-Redirect"] == "/login"
        assert browser.get("/events").status_code == 401


def test_a_session_ends_with_the_shift_however_busy_it_was(sqlite_console: Console) -> None:
    browser = sqlite_console.somebody(Role.AGENT)
    now = sqlite_console.wiring.now()
    for half_hours in range(1, 24):
        with time_machine.travel(now + timedelta(minutes=30 * half_hours)):
            assert browser.get("/cases").status_code == 200
    with time_machine.travel(now + ABSOLUTE_END + timedelta(minutes=1)):
        assert is_out(browser)


def test_a_log_out_ends_this_session_and_no_other(console: Console) -> None:
    here, there = console.somebody(Role.AGENT), console.browser()
    there.login("agent1")
    assert goes_to(here.post("/logout")) == "/login"
    assert is_out(here)
    assert there.get("/cases").status_code == 200
    assert [row.who for row in console.audit("logout")] == ["agent1"]


def test_a_log_out_everywhere_ends_every_session(console: Console) -> None:
    here, there = console.somebody(Role.AGENT), console.browser()
    there.login("agent1")
    here.post("/logout", {"everywhere": "1"})
    assert is_out(here)
    assert is_out(there)


def test_a_changed_password_ends_the_other_sessions(console: Console) -> None:
    here, there = console.somebody(Role.AGENT), console.browser()
    there.login("agent1")
    here.post("/password", {"old": PASSWORD, "new": OWN, "again": OWN})
    assert here.get("/cases").status_code == 200
    assert is_out(there)


def test_somebody_who_was_put_out_of_service_is_out_at_once(console: Console) -> None:
    browser = console.somebody(Role.AGENT)
    with console.wiring.unit_of_work() as unit:
        find_user(unit.session, "agent1").active = False
        unit.commit()
    assert is_out(browser)


def test_a_role_that_was_taken_away_is_away_at_once(console: Console) -> None:
    browser = console.somebody(Role.AGENT)
    with console.wiring.unit_of_work() as unit:
        find_user(unit.session, "agent1").role = Role.UNIT
        unit.commit()
    assert browser.get("/queue").status_code == 403


def test_the_cookie_is_hidden_from_scripts_and_strangers(sqlite_console: Console) -> None:
    sqlite_console.scene.person(Role.AGENT)
    cookie = sqlite_console.browser().login("agent1").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_planted_session_is_worth_nothing_after_the_login(sqlite_console: Console) -> None:
    sqlite_console.scene.person(Role.AGENT)
    browser = sqlite_console.browser()
    with browser.client.session_transaction() as session:
        session["planted"] = "here"
    browser.login("agent1")
    with browser.client.session_transaction() as session:
        assert "planted" not in session


@pytest.mark.parametrize("path", ["/login", "/logout", "/password", "/language/en", "/call-backs/1"])
def test_a_form_without_its_token_is_refused(sqlite_console: Console, path: str) -> None:
    browser = sqlite_console.somebody(Role.AGENT)
    answer = browser.client.post(path, data={"username": "agent1", "password": PASSWORD})
    assert answer.status_code == 400
    assert "这个页面已经过期" in answer.text


def test_the_language_is_kept_with_the_person(console: Console) -> None:
    browser = console.somebody(Role.AGENT)
    assert goes_to(browser.post("/language/en", {"back": "/cases"})) == "/cases"
    assert "All cases" in browser.get("/cases").text
    again = console.browser()
    again.login("agent1")
    assert '<html lang="en">' in again.get("/cases").text
    assert goes_to(browser.post("/language/xx", {"back": "//evil.example"})) == "/"
