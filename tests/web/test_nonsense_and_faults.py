"""What the console makes of nonsense and of faults, and what it tells the machines that watch it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from console import Console
from scene import morning

from cases.errors import DatabaseAway
from cases.states import CallOutcome, Role

# ---------------------------------------------------------------- nonsense

NONSENSE = [
    "\x00",
    "a" * 7000,
    "'; DROP TABLE call; --",
    "😀" * 40,
    "\u202e110",
    "../../etc/passwd",
    "-1",
    "１００００５",
]


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_nonsense_in_an_address_is_never_our_fault(console: Console, nonsense: str) -> None:
    browser = console.somebody(Role.ADMIN)
    for path in ("/cases/{}", "/recordings/{}", "/language/{}", "/calls/{}/caller", "/call-backs/{}/open"):
        for method in (browser.get, browser.post):
            assert method(path.format(nonsense.replace("/", "%2f"))).status_code < 500
    for path, name in (
        ("/cases", "family"), ("/cases", "before"), ("/calls", "before"), ("/cases/find", "number"),
        ("/events", "x"), ("/queue", "wall"), ("/login", "next"),
    ):  # fmt: skip
        answer = browser.get(path, query_string={name: nonsense})
        assert answer.status_code < 500, (path, name)
        answer.close()


@pytest.mark.parametrize("nonsense", [*NONSENSE, "x" * 100_000])
def test_nonsense_in_a_form_is_never_our_fault(console: Console, nonsense: str) -> None:
    console.scene.gives_up(600)
    browser = console.somebody(Role.AGENT)
    found = re.search(r"/call-backs/(\d+)/open", browser.get("/queue").text)
    assert found
    assert browser.post(f"/call-backs/{found[1]}", {"reached": nonsense, "note": nonsense}).status_code < 500
    assert browser.post("/password", {"old": nonsense, "new": nonsense, "again": nonsense}).status_code < 500
    assert browser.post("/language/en", {"back": nonsense}).status_code < 500
    stranger = console.browser()
    assert stranger.login(nonsense, nonsense).status_code < 500
    assert stranger.client.post("/login", data={"csrf_token": nonsense}).status_code == 400


def test_a_form_without_end_is_refused(sqlite_console: Console) -> None:
    browser = sqlite_console.browser()
    answer = browser.client.post("/login", data={"username": "x" * 2_000_000})
    assert answer.status_code == 413
    assert "内容太大" in answer.text


def test_huge_ids_and_broken_cookies_are_nothing(console: Console) -> None:
    browser = console.somebody(Role.AGENT)
    for path in (f"/call-backs/{2**53}", f"/call-backs/{2**70}/open", "/call-backs/9007199254740991/open"):
        assert browser.post(path).status_code == 404
    browser.client.set_cookie("minsheng110", "eyJ.broken.cookie")
    assert browser.get("/queue").headers["Location"].startswith("/login")


# ---------------------------------------------------------------- faults


def test_a_database_that_is_away_is_said_so(sqlite_console: Console) -> None:
    browser = sqlite_console.somebody(Role.AGENT)
    path = sqlite_console.wiring.settings.run_dir / "minsheng110.db"
    sqlite_console.wiring.engine.dispose()
    path.rename(path.with_suffix(".away"))
    for address in ("/queue", "/cases", "/cases/100005", "/calls"):
        answer = browser.get(address)
        assert answer.status_code == 503, address
        assert "数据库暂时连不上" in answer.text
    assert sqlite_console.browser().get("/login").status_code == 200
    health = browser.get("/health")
    assert (health.status_code, health.get_json()["ok"]) == (503, False)
    assert "minsheng110_database_up 0.0" in browser.get("/metrics").text
    path.with_suffix(".away").rename(path)
    assert browser.get("/queue").status_code == 200


def test_a_fault_of_ours_says_so_and_the_log_holds_nothing_personal(
    sqlite_console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = sqlite_console.somebody(Role.AGENT)

    def breaks(*_: Any, **__: Any) -> None:
        raise ValueError("boom")

    monkeypatch.setattr("cases.queries.calls_list", breaks)
    answer = browser.get("/calls")
    assert answer.status_code == 500
    assert "系统出了问题" in answer.text
    assert "boom" not in answer.text
    part = browser.part("/calls")
    assert part.status_code == 500
    assert "<html" not in part.text


def test_the_database_refusing_in_a_form_is_503(
    sqlite_console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = sqlite_console.somebody(Role.AGENT)

    def away(*_: Any, **__: Any) -> None:
        raise DatabaseAway("gone")

    monkeypatch.setattr("web.queue.complete_call_back", away)
    assert browser.post("/call-backs/1", {"reached": "yes"}).status_code == 503


def test_figures_for_prometheus(console: Console) -> None:
    morning(console.scene)
    text = console.browser().get("/metrics").text
    for outcome in CallOutcome:
        assert f'minsheng110_calls_last_day{{outcome="{outcome}"}}' in text
    for name in (
        "calls_in_progress 4.0", "call_backs_open", "transcripts_waiting 1.0", "oldest_untranscribed_seconds",
        "bell_lag_seconds", "journal_files 0.0", "journal_bytes 0.0", "database_up 1.0",
    ):  # fmt: skip
        assert f"minsheng110_{name}" in text, name
    assert 'minsheng110_cases{state="sorted"}' in text


def test_figures_are_not_for_strangers(sqlite_console: Console) -> None:
    far = {"REMOTE_ADDR": "192.0.2.7"}
    assert sqlite_console.browser().get("/metrics", environ_overrides=far).status_code == 403
    assert sqlite_console.browser().get("/health", environ_overrides=far).status_code == 200
