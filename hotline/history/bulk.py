"""Many rows at once: COPY on PostgreSQL, executemany on SQLite. Columns in, no row objects.

A column is a list, or one value for every row. Moments are whole seconds since 1970 (UTC), -1 for none;
JSON is given as its text. Columns that are not given get the plainest value of their type.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from sqlalchemy import JSON, Connection, Integer, Table
from sqlalchemy.schema import AddConstraint, CreateIndex, DropConstraint, DropIndex, ForeignKeyConstraint

from cases.model.base import Moment

_DAY = 86_400
_LISTS = frozenset({"matter_path", "guesses", "reasons", "stops", "words"})
_FAST = ("foreign_keys=OFF", "synchronous=OFF", "cache_size=-200000", "temp_store=MEMORY", "threads=2")
_SAFE = ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", "cache_size=-2000", "temp_store=DEFAULT")
_BATCH = 20_000

Columns = Mapping[str, Any]


class Bulk:
    """Writes within the connection's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._postgres = connection.dialect.name == "postgresql"
        self._seconds = _seconds_of_a_day(self._postgres)
        self._days: dict[int, str] = {}

    def put(self, table: Table, count: int, columns: Columns) -> int:
        """`count` rows; -> count."""
        if not count:
            return 0
        names, varying, fixed = [], [], []
        for column in table.columns:
            if column.name not in columns and column.primary_key and isinstance(column.type, Integer):
                continue  # the database gives it
            value = columns.get(column.name, _plain(column))
            many = isinstance(value, list | np.ndarray)
            names.append(column.name)
            fixed.append(None if many else self._one(column, value))
            if many:
                varying.append(self._many(column, value))
        self._write(table, names, fixed, list(zip(*varying, strict=True)))
        return count

    def _write(
        self, table: Table, names: Sequence[str], fixed: Sequence[str | None], rows: list[tuple[Any, ...]]
    ) -> None:
        listed = ", ".join(f'"{name}"' for name in names)
        cursor: Any = self._connection.connection.cursor()
        if not self._postgres:
            values = ", ".join("?" if each is None else each for each in fixed)
            cursor.executemany(f'INSERT INTO "{table.name}" ({listed}) VALUES ({values})', rows)  # noqa: S608
            return
        line = "\t".join("%s" if each is None else each.replace("%", "%%") for each in fixed) + "\n"
        with cursor.copy(f'COPY "{table.name}" ({listed}) FROM STDIN') as copy:
            for at in range(0, len(rows), _BATCH):
                copy.write("".join([line % row for row in rows[at : at + _BATCH]]))

    # ------------------------------------------------------------ values
    def _many(self, column: Any, values: Any) -> list[Any]:
        if isinstance(column.type, Moment):
            return self._moments(values)
        listed = values.tolist() if isinstance(values, np.ndarray) else values
        if self._postgres and column.nullable:
            return ["\\N" if each is None else each for each in listed]
        return listed

    def _one(self, column: Any, value: Any) -> str:
        if value is None:
            return "\\N" if self._postgres else "NULL"
        if isinstance(column.type, Moment):
            value = self._moments(np.array([value]))[0]
        if isinstance(value, bool):
            return ("t" if value else "f") if self._postgres else str(int(value))
        if isinstance(value, int | float):
            return str(value)
        return str(value) if self._postgres else "'" + str(value).replace("'", "''") + "'"

    def _moments(self, seconds: np.ndarray[Any, Any]) -> list[Any]:
        """As the driver writes them: a day's text and a second's text are made once."""
        seconds = np.asarray(seconds, dtype=np.int64)
        days, rest = np.divmod(seconds, _DAY)
        for day in np.unique(days).tolist():
            self._days.setdefault(day, str(np.datetime64(day, "D")))
        of_day, of_second, none = self._days, self._seconds, "\\N" if self._postgres else None
        return [
            none if at < 0 else of_day[day] + of_second[second]
            for at, day, second in zip(seconds.tolist(), days.tolist(), rest.tolist(), strict=True)
        ]


def _seconds_of_a_day(postgres: bool) -> list[str]:
    zone = "+00" if postgres else ".000000"
    return [f" {at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}{zone}" for at in range(_DAY)]


def _plain(column: Any) -> Any:
    if column.nullable:
        return None
    if isinstance(column.type, JSON):
        return "[]" if column.name in _LISTS else "{}"
    kind = column.type.python_type
    if kind is bool:
        return False
    return 0 if kind in (int, float) else ""


@contextmanager
def lean(connection: Connection, tables: Sequence[Table], *, empty: bool) -> Iterator[None]:
    """While empty tables are filled, their indexes and foreign keys are away: a whole one is built faster.

    All in the connection's transaction: what fails leaves everything as it was.
    """
    if not empty:
        yield
        return
    indexes = [index for table in tables for index in table.indexes if not index.unique]
    limits = [each for table in tables for each in table.constraints]
    # On SQLite a key cannot be taken away; there it is asked for nothing (`hurried`).
    postgres = connection.dialect.name == "postgresql"
    keys = [each for each in limits if postgres and isinstance(each, ForeignKeyConstraint)]
    for index in indexes:
        connection.execute(DropIndex(index))
    for key in keys:
        connection.execute(DropConstraint(key))
    yield
    for index in indexes:
        connection.execute(CreateIndex(index))
    for key in keys:
        connection.execute(AddConstraint(key))


def hurried(dbapi: Any) -> None:
    """SQLite: no waiting for the disk while the past is written; its rows refer to each other."""
    for pragma in _FAST:
        dbapi.execute(f"PRAGMA {pragma}")
    # In the write-ahead log every page would be written twice. Others who have the file open keep the log.
    with suppress(sqlite3.OperationalError):
        dbapi.execute("PRAGMA journal_mode=TRUNCATE")


def careful(dbapi: Any) -> None:
    """As cases/engine.py opens a connection."""
    for pragma in _SAFE:
        dbapi.execute(f"PRAGMA {pragma}")
