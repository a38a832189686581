"""How the two databases are opened."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy import exc as sa_exc

WRITES = "minsheng110_writes"
"""Execution option: this connection's transaction will write (the default)."""
LOCK = "minsheng110_writer_lock"
"""Execution option: the lock at which the writers of this process queue; SQLite only."""

_BUSY_SECONDS = 5
_POSTGRES_ARGS = {
    "connect_timeout": 3,
    # A server that vanished without a word is noticed while the caller still waits.
    "tcp_user_timeout": 5000,
    "options": "-c lock_timeout=5s -c statement_timeout=30s -c timezone=UTC",
}


def make_engine(url: str | URL, *, create: bool = False) -> Engine:
    """The engine for `sqlite:///FILE`, `sqlite://` (memory, tests) or a PostgreSQL URL.

    Nothing is opened yet. An SQLite file must exist (cases.migrate.upgrade makes it) unless `create`: a file
    that somebody moved away is never silently replaced by an empty one.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, create)
    if parsed.get_backend_name() == "postgresql":
        return _postgres(parsed)
    raise ValueError(f"database {parsed.get_backend_name()}: use sqlite:///FILE or postgresql://…")


def _postgres(url: URL) -> Engine:
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    engine = create_engine(
        url,
        connect_args=_POSTGRES_ARGS,
        pool_size=8,
        max_overflow=16,
        pool_timeout=10,
        # A connection from before the server's restart is found here and not in the middle of a call.
        pool_pre_ping=True,
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().get(WRITES, True):
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")

    return engine


def _sqlite(url: URL, create: bool) -> Engine:
    path = Path(url.database).absolute() if url.database and url.database != ":memory:" else None
    args: dict[str, Any] = {"check_same_thread": False}
    if "timeout" not in url.query:
        args["timeout"] = _BUSY_SECONDS
    pool: dict[str, Any] = {}
    if path is not None:
        mode = "rwc" if create else "rw"
        url = url.set(database=f"file:{_escaped(path)}", query={**url.query, "mode": mode, "uri": "true"})
        pool = {"pool_size": 8, "max_overflow": 56, "pool_timeout": 10}
    engine = create_engine(url, connect_args=args, execution_options={LOCK: Lock()}, **pool)

    @event.listens_for(engine, "connect")
    def connect(dbapi: Any, record: Any) -> None:
        # SQLAlchemy says BEGIN, the driver does not.
        dbapi.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            dbapi.execute(f"PRAGMA {pragma}")
        record.info["file"] = _identity(path)

    @event.listens_for(engine, "checkout")
    def checkout(_dbapi: Any, record: Any, _proxy: Any) -> None:
        if record.info.get("file") != _identity(path):
            raise sa_exc.DisconnectionError("the database file was moved or replaced")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _escaped(path: Path) -> str:
    """The path as it stands in an SQLite URI."""
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _identity(path: Path | None) -> tuple[int, int] | None:
    try:
        found = os.stat(path) if path else None
    except FileNotFoundError:
        return None
    return (found.st_dev, found.st_ino) if found else None
