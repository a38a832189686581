"""The console on each kind of database; and a whole served one, for a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

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
