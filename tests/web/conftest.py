"""The console on each kind of database; and a whole served one, for a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from console import Console
from runs import make_settings
from servers import RedisServer
from serving import Served

from hotline.wiring import build


@pytest.fixture
def console(tmp_path: Path, database_url: str, redis_server: RedisServer) -> Iterator[Console]:
    """On SQLite and on PostgreSQL."""
    yield from _console(tmp_path, database_url, redis_server.url)


@pytest.fixture
def sqlite_console(tmp_path: Path, sqlite_url: str, redis_server: RedisServer) -> Iterator[Console]:
    yield from _console(tmp_path, sqlite_url, redis_server.url)


def _console(run_dir: Path, database_url: str, redis_url: str) -> Iterator[Console]:
    wiring = build(make_settings(run_dir, database_url, redis_url))
    console = Console(wiring)
    yield console
    console.app.extensions["feed"].close()
    wiring.close()


@pytest.fixture(scope="session")
def process(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, redis_process: RedisServer
) -> Iterator[Served]:
    run_dir = tmp_path_factory.mktemp("served")
    path = shutil.copy(sqlite_template, run_dir / "minsheng110.db")
    console = Served(run_dir, f"sqlite:///{path}", redis_process.url)
    yield console
    console.close()


@pytest.fixture
def served(process: Served, redis_server: RedisServer) -> Iterator[Served]:
    """Running, and nothing in it yet."""
    process.begin_anew()
    yield process
    assert '"level": "error"' not in process.log, process.log


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The packaged browser, without a screen and without a word to anybody outside."""
    from playwright.sync_api import sync_playwright

    from hotline.host.tools import chromium as packaged

    path = packaged()
    assert path, "Chromium is missing: apt-get install chromium"
    quiet = (
        "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
        "disable-component-update", "disable-sync", "autoplay-policy=no-user-gesture-required", "mute-audio",
    )  # fmt: skip
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[f"--{flag}" for flag in quiet])
        yield browser
        browser.close()
