"""What every room's tests may use: both databases, a real Redis, settings in a folder of the test's own.

`engine` and `database_url` run a test on SQLite and on PostgreSQL; `sqlite_url` and `postgres_url` on one.
Every test gets a fresh, migrated database (a copy of one that is made once a session).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from runs import make_settings
from servers import PostgresServer, RedisServer
from sqlalchemy import Engine

from cases.engine import make_engine
from cases.migrate import upgrade
from hotline import settings as settings_module
from hotline.settings import Settings
from hotline.wiring import Wiring, build


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "minsheng110.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    name = postgres_server.make()
    upgrade(postgres_server.url(name))
    return name


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_template: str) -> Iterator[str]:
    name = postgres_server.make(postgres_template)
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database; the test runs once on each kind."""
    fixture = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    url: str = request.getfixturevalue(fixture)
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on each kind of database."""
    yield from _engine(database_url)


@pytest.fixture
def sqlite_engine(sqlite_url: str) -> Iterator[Engine]:
    yield from _engine(sqlite_url)


@pytest.fixture
def postgres_engine(postgres_url: str) -> Iterator[Engine]:
    yield from _engine(postgres_url)


def _engine(url: str) -> Iterator[Engine]:
    engine = make_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def redis_process() -> Iterator[RedisServer]:
    server = RedisServer()
    yield server
    server.close()


@pytest.fixture
def redis_server(redis_process: RedisServer) -> RedisServer:
    """A real Redis, empty. `.away()` kills it for the length of a `with`."""
    redis_process.empty()
    return redis_process


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own environment does not leak into a test."""
    for name in list(os.environ):
        if name.startswith(settings_module.PREFIX) and name != f"{settings_module.PREFIX}CACHE_DIR":
            monkeypatch.delenv(name)


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str, redis_server: RedisServer) -> Settings:
    """Settings of a system in the test's own run folder: SQLite and a real Redis."""
    return make_settings(tmp_path, sqlite_url, redis_server.url)


@pytest.fixture
def wiring(settings: Settings) -> Iterator[Wiring]:
    built = build(settings)
    yield built
    built.close()


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
