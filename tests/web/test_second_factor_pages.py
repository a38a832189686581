"""The second factor at the door: who must, the code, setting up, losing the device."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner
from console import Browser, Console
from runs import make_settings
from scene import PASSWORD
from servers import RedisServer
from werkzeug.test import TestResponse

from cases.second_factor import code_at, step_at
from cases.states import Role
from hotline import settings as settings_module
from hotline.cli import users
from hotline.wiring import build

OWN = "another, my own 5"
SECRET = re.compile(r'<code class="key">((?:[A-Z2-7]{4} ?)+)</code>')
RECOVERY = re.compile(r"<code class=\"key\">((?:[a-z2-9]{4}-?){4})</code>")


@pytest.fixture
def strict(tmp_path: Path, sqlite_url: str, redis_server: RedisServer) -> Iterator[Console]:
    """A console whose administrators need a second factor."""
    made = make_settings(
        tmp_path, sqlite_url, redis_server.url, second_factor_roles=["admin"], second_factor_key="k" * 40
    )
    wiring = build(made)
    console = Console(wiring)
    yield console
    console.app.extensions["feed"].close()
    wiring.close()


class Device:
    """A telephone with a codes' app."""

    def __init__(self, page: str) -> None:
        import base64

        found = SECRET.search(page)
        assert found, page
        told = found[1].replace(" ", "")
        self.secret = base64.b32decode(told + "=" * (-len(told) % 8))

    def code(self, console: Console, later: int = 0) -> str:
        return code_at(self.secret, step_at(console.wiring.now() + timedelta(seconds=later)))


def goes_to(answer: TestResponse) -> str:
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def sets_up(console: Console, browser: Browser) -> tuple[Device, list[str]]:
    device = Device(browser.post("/second-factor/new").text)
    answer = browser.post("/second-factor/confirm", {"code": device.code(console)})
    assert answer.status_code == 200, answer.text
    return device, RECOVERY.findall(answer.text)


def test_an_administrator_sets_it_up_after_the_password_and_before_anything_else(strict: Console) -> None:
    strict.scene.person(Role.ADMIN, "admin", must_change_password=True)
    browser = strict.browser()
    assert goes_to(browser.login("admin")) == "/password"
    assert goes_to(browser.get("/second-factor")) == "/password"
    assert goes_to(browser.post("/second-factor/new")) == "/password"
    browser.post("/password", {"old": PASSWORD, "new": OWN, "again": OWN})
    assert goes_to(browser.get("/queue")) == "/second-factor"
    assert browser.part("/queue").headers["HX-Redirect"] == "/second-factor"
    assert "必须使用二次验证" in browser.get("/second-factor").text
    shown = browser.post("/second-factor/new").text
    device = Device(shown)
    assert 'href="otpauth://totp/' in shown
    wrong = browser.post("/second-factor/confirm", {"code": "000000"})
    assert wrong.status_code == 401
    assert Device(wrong.text).secret == device.secret
    assert goes_to(browser.get("/queue")) == "/second-factor"
    answer = browser.post("/second-factor/confirm", {"code": device.code(strict)})
    assert len(RECOVERY.findall(answer.text)) == 10
    assert browser.get("/queue").status_code == 200
    again = browser.get("/second-factor").text
    assert not RECOVERY.findall(again)
    assert not SECRET.findall(again)
    assert "10 个备用码" in again


def test_nobody_else_is_asked_and_anybody_may(strict: Console) -> None:
    agent = strict.somebody(Role.AGENT)
    assert agent.get("/queue").status_code == 200
    device, _codes = sets_up(strict, agent)
    again = strict.browser()
    assert goes_to(again.login("agent1")) == "/login/code"
    assert goes_to(again.get("/queue")).startswith("/login")
    assert goes_to(again.post("/login/code", {"code": device.code(strict, 30)})) == "/queue"
    assert again.get("/queue").status_code == 200
    assert [row.what for row in strict.audit("login")] == ["login", "login"]
    assert agent.post("/second-factor/off", {"code": "000000"}).status_code == 401


def test_a_person_who_needs_none_turns_it_off_with_a_code(strict: Console) -> None:
    agent = strict.somebody(Role.AGENT)
    _device, codes = sets_up(strict, agent)
    assert goes_to(agent.post("/second-factor/off", {"code": codes[0]})) == "/second-factor"
    assert agent.get("/queue").status_code == 200
    assert goes_to(strict.browser().login("agent1")) == "/queue"


def test_an_administrator_does_not_turn_it_off(strict: Console) -> None:
    admin = strict.somebody(Role.ADMIN)
    _device, codes = sets_up(strict, admin)
    admin.post("/second-factor/off", {"code": codes[0]})
    assert goes_to(strict.browser().login("admin1")) == "/login/code"


def test_new_recovery_codes_take_the_place_of_the_old(strict: Console) -> None:
    admin = strict.somebody(Role.ADMIN)
    _device, codes = sets_up(strict, admin)
    fresh = RECOVERY.findall(admin.post("/second-factor/codes", {"code": codes[0]}).text)
    assert len(fresh) == 10
    again = strict.browser()
    again.login("admin1")
    assert again.post("/login/code", {"code": codes[1]}).status_code == 401
    assert goes_to(again.post("/login/code", {"code": fresh[0]})) == "/admin"


def test_a_code_is_good_once_and_wrong_ones_lock(strict: Console) -> None:
    device, _codes = sets_up(strict, strict.somebody(Role.ADMIN))
    browser = strict.browser()
    browser.login("admin1")
    used = browser.post("/login/code", {"code": device.code(strict)})
    assert used.status_code == 401
    assert "已经用过" in used.text
    for _turn in range(3):
        browser.post("/login/code", {"code": "000000"})
    assert "15 分钟后" in browser.post("/login/code", {"code": "000000"}).text
    assert "15 分钟后" in strict.browser().login("admin1").text


def test_a_code_without_its_password_is_worth_nothing(strict: Console) -> None:
    device, _codes = sets_up(strict, strict.somebody(Role.ADMIN))
    browser = strict.browser()
    assert goes_to(browser.get("/login/code")) == "/login"
    assert goes_to(browser.post("/login/code", {"code": device.code(strict, 30)})) == "/login"
    browser.login("admin1")
    with time_machine.travel(strict.wiring.now() + timedelta(minutes=6)):
        assert goes_to(browser.post("/login/code", {"code": device.code(strict)})) == "/login"


def test_a_half_login_ends_with_a_new_password(strict: Console) -> None:
    admin = strict.somebody(Role.ADMIN)
    device, _codes = sets_up(strict, admin)
    half = strict.browser()
    half.login("admin1")
    assert goes_to(admin.post("/password", {"old": PASSWORD, "new": OWN, "again": OWN})) == "/admin"
    assert goes_to(half.post("/login/code", {"code": device.code(strict, 30)})) == "/login"


def test_the_wanted_page_comes_after_the_code(strict: Console) -> None:
    device, _codes = sets_up(strict, strict.somebody(Role.ADMIN))
    browser = strict.browser()
    data = {"username": "admin1", "password": PASSWORD}
    assert goes_to(browser.post("/login?next=/cases", data)) == "/login/code?next=/cases"
    answer = browser.post("/login/code?next=/cases", {"code": device.code(strict, 30)})
    assert goes_to(answer) == "/cases"
    evil = browser.post("/login/code?next=//evil.example", {"code": "1"})
    assert goes_to(evil) == "/admin"


def test_setting_it_up_ends_the_other_sessions(strict: Console) -> None:
    here, there = strict.somebody(Role.ADMIN), strict.browser()
    there.login("admin1")
    sets_up(strict, here)
    assert goes_to(there.get("/cases")).startswith("/login")
    assert here.get("/cases").status_code == 200


def test_the_command_line_lets_somebody_begin_anew(strict: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    sets_up(strict, strict.somebody(Role.ADMIN))
    monkeypatch.setattr(settings_module, "load", lambda: strict.wiring.settings)
    told = CliRunner().invoke(users.command, ["reset-second-factor", "admin1"])
    assert told.exit_code == 0, told.output
    assert "no second factor" in told.output
    browser = strict.browser()
    assert goes_to(browser.login("admin1")) == "/admin"
    assert goes_to(browser.get("/queue")) == "/second-factor"
    assert len(strict.audit("second_factor_reset")) == 1


def test_in_production_administrators_need_it_and_elsewhere_who_the_setting_says(tmp_path: Path) -> None:
    for profile, wanted in (("development", set()), ("test", set()), ("production", {Role.ADMIN})):
        made = settings_module.load(run_dir=tmp_path, profile=profile)
        assert made.second_factor_required == wanted
    more = settings_module.load(run_dir=tmp_path, profile="production", second_factor_roles=["leader"])
    assert more.second_factor_required == {Role.ADMIN, Role.LEADER}
    assert settings_module.load(run_dir=tmp_path, web_secret_key="w").locking_key == "w"
