"""`minsheng110 users`: the people who use the console, from the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from runs import make_settings

from cases.errors import CaseError, NotFound
from cases.model import User
from cases.people import PersonRefused
from cases.states import Role
from cases.unit_of_work import UnitOfWork, make_engine
from cases.users import authenticate
from hotline import settings as settings_module
from hotline.cli.users import command


@pytest.fixture
def database(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    settings = make_settings(tmp_path, sqlite_url, "unix:///nowhere.sock")
    monkeypatch.setattr(settings_module, "load", lambda: settings)
    return sqlite_url


def run(*words: str) -> str:
    return CliRunner().invoke(command, words, catch_exceptions=False).output


def may_log_in(url: str, username: str, password: str) -> bool:
    engine = make_engine(url)
    with UnitOfWork(engine) as work:
        answer = authenticate(work.session, username, password, datetime.now(UTC))
    engine.dispose()
    return isinstance(answer, User)


def test_a_user_is_added_listed_and_logs_in_with_the_printed_password(database: str) -> None:
    password = run("add", "wang.wu", "--role", "dispatcher", "--name", "王五").strip()
    assert may_log_in(database, "wang.wu", password)
    [listed] = json.loads(run("list", "--json"))
    assert (listed["username"], listed["role"], listed["name"]) == ("wang.wu", Role.DISPATCHER, "王五")
    assert "password" not in " ".join(listed.keys() - {"must_change_password"})
    assert "王五" in run("list")


def test_a_reset_password_replaces_the_old_one(database: str) -> None:
    old = run("add", "wang.wu", "--role", "agent").strip()
    new = run("reset-password", "wang.wu").strip()
    assert not may_log_in(database, "wang.wu", old)
    assert may_log_in(database, "wang.wu", new)


def test_what_cannot_be_is_one_clear_error(database: str) -> None:
    run("add", "wang.wu", "--role", "agent")
    with pytest.raises(CaseError, match="already"):
        run("add", "wang.wu", "--role", "agent")
    with pytest.raises(NotFound, match="users list"):
        run("reset-password", "nobody")
    with pytest.raises(NotFound, match="no unit"):
        run("add", "li.si", "--role", "unit", "--unit", "nowhere")


def test_a_user_is_disabled_and_enabled_and_never_the_last_administrator(database: str) -> None:
    run("add", "boss", "--role", "admin")
    password = run("add", "li", "--role", "agent").strip()
    assert run("disable", "li") == "li is disabled\n"
    assert run("disable", "li") == "li was disabled already\n"
    assert not may_log_in(database, "li", password)
    assert run("enable", "li") == "li is in use\n"
    assert may_log_in(database, "li", password)
    with pytest.raises(PersonRefused, match="last administrator"):
        run("disable", "boss")
    with pytest.raises(NotFound):
        run("disable", "nobody")
