"""Rows written straight to their tables, past the session's bookkeeping: a call's facts come in bursts.

The statements are built once; only their values differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import CursorResult, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from cases.model import Base


def insert_once(session: Session, row: type[Base], values: Mapping[str, Any]) -> bool:
    """Insert a row unless its key stands already; whether it is new. All columns must be given.

    A second writer of the same key waits for the first and gets False; the transaction does not fail.
    """
    connection = session.connection()
    statement = _once(row, connection.dialect.name)
    # The driver's row count is not to be had here; what came back is.
    return connection.execute(statement, dict(values)).first() is not None


def append(session: Session, row: type[Base], *values: Mapping[str, Any]) -> None:
    """Insert rows whose keys the database gives. All columns without an own default must be given."""
    if values:
        session.connection().execute(_plain(row), _listed(values))


def touched(session: Session, statement: Any) -> int:
    """Run an UPDATE or DELETE past the session's bookkeeping; -> how many rows it met."""
    done = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", done).rowcount


def table(row: type[Base]) -> Any:
    """The bare table of these rows."""
    return row.__table__


def column(attribute: Any) -> Any:
    """The bare column of an attribute: a statement of these is none of the session's."""
    return attribute.property.columns[0]


def look(session: Session, statement: Any, **values: Any) -> Any:
    """Run a statement that was built once, with these values. Nothing pending is flushed for it."""
    return session.connection().execute(statement, values)


@cache
def _once(row: type[Base], dialect: str) -> Any:
    table: Any = row.__table__
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    return statement.on_conflict_do_nothing().returning(*table.primary_key)


@cache
def _plain(row: type[Base]) -> Any:
    table: Any = row.__table__
    return insert(table).inline()


def _listed(values: Sequence[Mapping[str, Any]]) -> Any:
    return dict(values[0]) if len(values) == 1 else [dict(each) for each in values]
