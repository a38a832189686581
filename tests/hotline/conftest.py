"""A whole wiring on each kind of database, and databases that can be taken away."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from runs import make_settings
from servers import PostgresServer, RedisServer
from told import started

from cases.facts import new_id
from hotline.wiring import Wiring, build


@pytest.fixture
def wiring_on_each(database_url: str, tmp_path: Path, redis_server: RedisServer) -> Iterator[Wiring]:
    """On each kind of database."""
    yield from wired(tmp_path / "run", database_url, redis_server.url)


@pytest.fixture
def on_postgres(postgres_url: str, tmp_path: Path, redis_server: RedisServer) -> Iterator[Wiring]:
    yield from wired(tmp_path / "run", postgres_url, redis_server.url)


@pytest.fixture
def on_sqlite(sqlite_url: str, tmp_path: Path, redis_server: RedisServer) -> Iterator[Wiring]:
    yield from wired(tmp_path / "run", sqlite_url, redis_server.url)


def wired(run_dir: Path, database: str, redis: str) -> Iterator[Wiring]:
    built = build(make_settings(run_dir, database, redis))
    yield built
    built.close()


@dataclass
class Away:
    """A database that can be taken away and brought back."""

    wiring: Wiring
    server: PostgresServer | None

    def goes(self) -> None:
        if self.server:
            self.server.stop()
        else:
            self._file.rename(self._file.with_suffix(".hidden"))

    def comes_back(self) -> None:
        if self.server:
            self.server.start()
        else:
            self._file.with_suffix(".hidden").rename(self._file)

    def is_noticed(self) -> None:
        """It goes, and the first caller has met it."""
        self.goes()
        self.wiring.ledger.record(started(new_id()))
        assert self.wiring.ledger.away

    @property
    def _file(self) -> Path:
        return Path(self.wiring.settings.database.removeprefix("sqlite:///"))


@pytest.fixture
def database(wiring_on_each: Wiring, request: pytest.FixtureRequest) -> Iterator[Away]:
    on_postgres = wiring_on_each.settings.database.startswith("postgres")
    server = request.getfixturevalue("postgres_server") if on_postgres else None
    away = Away(wiring_on_each, server)
    yield away
    try:
        away.comes_back()
    except (subprocess.CalledProcessError, FileNotFoundError):
        return  # it was back already
