"""A database full of open cases, made by SQL, for `bench supervise`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Connection, Engine, insert, text
from sqlalchemy.schema import Column

from cases.migrate import upgrade
from cases.model import Case, Unit, Watch
from cases.once import table
from cases.states import CaseState, Sector, UnitType

NOW = datetime(2026, 3, 20, 1, 0, tzinfo=UTC)
"""Friday, 9 o'clock in the city."""
UNITS = 20
_FIRST_NUMBER = 10_000_000
_PATIENCE = "SET statement_timeout = 0"
_AHEAD = timedelta(days=30)
_LISTS = frozenset({"matter_path", "guesses", "reasons", "stops"})


def fill(engine: Engine, url: str, count: int) -> None:
    """`count` cases with a unit, none of them due before `NOW`; their clocks are placed."""
    upgrade(url)
    with patient(engine) as connection:
        for unit in range(1, UNITS + 1):
            values = {"code": f"u{unit}", "name": f"单位{unit}", "type": UnitType.DEPARTMENT}
            row = {**values, "id": unit, "sector": Sector.GOVERNMENT, "active": True, "detail": {}}
            connection.execute(insert(table(Unit)), row)
        for statement in (_cases(engine, count), _watches(engine, count)):
            connection.execute(text(statement))
    tidy(engine)


def make_due(engine: Engine, count: int, of: int) -> None:
    """Let `count` of the `of` cases be due, spread over all of them, each for the step of its deadline."""
    every = of // count
    due = f"id % {every} = 0 AND id <= {every * count}"
    with patient(engine) as connection:
        for name, of_case in (("watch", "case_id"), ('"case"', "id")):
            value = moment(engine, NOW, f"({of_case} / {every}) % 3600", sign="-")
            # A clock of its own each time: the same step of the same clock is taken once only.
            again = f", next_at = {value}, step = 2, times = 0, round = round + 1"
            more = again if name == "watch" else ""
            where = due.replace("id", of_case) if name == "watch" else due
            connection.execute(text(f"UPDATE {name} SET due_at = {value}{more} WHERE {where}"))  # noqa: S608
    tidy(engine)


def tidy(engine: Engine) -> None:
    """As a database that has run for a while keeps itself."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        words = [_PATIENCE, "VACUUM (ANALYZE)", "CHECKPOINT"] if is_postgres(engine) else ["ANALYZE"]
        for each in words:
            connection.exec_driver_sql(each)


@contextmanager
def patient(engine: Engine) -> Iterator[Connection]:
    """A transaction whose statements may take long: the product's own are cut off."""
    with engine.begin() as connection:
        if is_postgres(engine):
            connection.exec_driver_sql(_PATIENCE.replace("SET", "SET LOCAL"))
        yield connection


def is_postgres(engine: Engine) -> bool:
    return engine.dialect.name == "postgresql"


def _series(engine: Engine, count: int) -> str:
    if is_postgres(engine):
        return f"FROM generate_series(1, {count}) AS s(n)"
    more = f"SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count}"  # noqa: S608
    return f"FROM (WITH RECURSIVE c(n) AS ({more}) SELECT n FROM c) AS s"  # noqa: S608


def moment(engine: Engine, at: datetime, seconds: str, sign: str = "+") -> str:
    """The SQL of a moment so many seconds (an expression) from `at`."""
    if is_postgres(engine):
        return f"TIMESTAMPTZ '{at.isoformat()}' {sign} ({seconds}) * INTERVAL '1 second'"
    plain = at.strftime("%Y-%m-%d %H:%M:%S")
    # As the program writes it: with its microseconds.
    return f"strftime('%Y-%m-%d %H:%M:%S', '{plain}', '{sign}' || ({seconds}) || ' seconds') || '.000000'"


def _cases(engine: Engine, count: int) -> str:
    opened = NOW - timedelta(days=4)
    ahead = f"1 + n % {int(_AHEAD.total_seconds())}"
    given = {
        "id": "n",
        "number": f"CAST({_FIRST_NUMBER} + n AS VARCHAR(12))",
        "state": f"'{CaseState.SIGNED}'",
        "opened_at": moment(engine, opened, "n % 3600"),
        "changed_at": moment(engine, opened, "n % 3600"),
        "dispatched_at": moment(engine, opened, "n % 3600"),
        "due_at": moment(engine, NOW, ahead),
        "unit_id": f"1 + n % {UNITS}",
        "matter": "'路灯照明'",
        "text": "'解放路的路灯坏了好几个晚上,老人都不敢出门'",
        "deadline_class": "'help'",
        "version": "3",
        "way_in": "'key'",
        "priority": "'normal'",
    }
    return fill_table(engine, table(Case).columns, given, "case", count)


def _watches(engine: Engine, count: int) -> str:
    ahead = f"1 + n % {int(_AHEAD.total_seconds())}"
    given = {
        "case_id": "n",
        "ladder": "'help'",
        "since": moment(engine, NOW - timedelta(days=4), "n % 3600"),
        "due_at": moment(engine, NOW, ahead),
        "next_at": moment(engine, NOW, ahead),
        "step": "2",
        "round": "1",
    }
    return fill_table(engine, table(Watch).columns, given, "watch", count)


def fill_table(engine: Engine, columns: Any, given: Mapping[str, str], name: str, count: int) -> str:
    """Columns that are not given get the plainest value of their type."""
    values = {column.name: given.get(column.name) or _plain(engine, column) for column in columns}
    names = ", ".join(f'"{each}"' for each in values)
    return f'INSERT INTO "{name}" ({names}) SELECT {", ".join(values.values())} {_series(engine, count)}'


def _plain(engine: Engine, column: Column[Any]) -> str:
    if column.nullable:
        return "NULL"
    if isinstance(column.type, JSON):
        return "'[]'" if column.name in _LISTS else "'{}'"
    kind = column.type.python_type
    if kind is bool:
        return "FALSE" if is_postgres(engine) else "0"
    return "0" if kind in (int, float) else "''"
