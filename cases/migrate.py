"""Bring a database to the shape this version needs. Works from an installed package, in any folder."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text
from sqlalchemy import exc as sa_exc

from cases.engine import make_engine
from cases.errors import DatabaseAway
from cases.model import Base
from cases.unit_of_work import is_away

_FOLDER = Path(__file__).parent / "migrations"
_LOCK_KEY = 110_110_111


def head() -> str:
    """The newest step of this version."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    if newest is None:
        raise RuntimeError(f"no migrations in {_FOLDER}")
    return newest


def current(url: str) -> str | None:
    """The step the database stands at; None when it is empty. Raises DatabaseAway."""
    with _connection(url, create=False) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(url: str) -> bool:
    """Run the missing steps in one transaction; an SQLite file and its folder are made when missing.

    False: nothing was missing. Two at once wait for each other. Raises DatabaseAway.
    """
    _make_folder(url)
    with _connection(url, create=True) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
        before = MigrationContext.configure(connection).get_current_revision()
        if before == head():
            return False
        command.upgrade(_config(connection), "head")
        connection.commit()
        return True


def differences(url: str) -> list[object]:
    """What the database has otherwise than the rows say; empty when they agree."""
    with _connection(url, create=False) as connection:
        compared = {"compare_type": True, "include_name": _is_a_row}
        context = MigrationContext.configure(connection, opts=compared)
        with warnings.catch_warnings():
            # SQLite's index over expressions (migration 0010) is no row's; a test looks at its use.
            warnings.filterwarnings("ignore", message=".*expression-based index ix_call_report")
            return list(compare_metadata(context, Base.metadata))


def _is_a_row(name: str | None, _kind: str, _parents: object) -> bool:
    """The search's own: a table of FTS5 with its shadows on SQLite, a GIN index on PostgreSQL."""
    return name is None or not name.startswith(("case_words", "ix_case_search_words"))


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _make_folder(url: str) -> None:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).absolute().parent.mkdir(parents=True, exist_ok=True)


@contextmanager
def _connection(url: str, *, create: bool) -> Iterator[Connection]:
    engine = make_engine(url, create=create)
    try:
        with engine.connect() as connection:
            yield connection
    except sa_exc.SQLAlchemyError as error:
        if is_away(error):
            raise DatabaseAway(
                "the database does not answer; start it, or make its folder writable"
            ) from error
        raise
    finally:
        engine.dispose()
