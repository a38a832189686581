"""`seed history`: the past is written in one transaction, a day after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from time import perf_counter
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.orm import Session

from cases.calendar import load_calendar
from cases.errors import CaseError
from cases.model import Call, Case
from cases.opening import reserve_numbers
from cases.rules import Rules
from hotline.history import chances
from hotline.history.bulk import Bulk, careful, hurried, lean
from hotline.history.case_rows import Frame, Numbers
from hotline.history.city import due_by_day, read_city
from hotline.history.rows import TABLES, Rows

_OPTIONS = "SET LOCAL statement_timeout = 0"
_NEXT_ID = """SELECT setval(pg_get_serial_sequence('"case"', 'id'), (SELECT max(id) FROM "case"))"""
_SAYS_EVERY_SECONDS = 2.0


class HistoryRefused(CaseError):
    """Nothing was written."""


@dataclass(frozen=True)
class Wanted:
    """`last`: the city's last day of the past."""

    calls: int
    days: int
    seed: int
    last: date


@dataclass(frozen=True)
class Written:
    calls: int
    cases: int
    rows: int
    first: date
    last: date
    seconds: float


def seed_history(
    engine: Engine,
    rules: Rules,
    desks: Sequence[str],
    wanted: Wanted,
    progress: Callable[[str], None],
    *,
    anyway: bool = False,
) -> Written:
    """Raises HistoryRefused where calls are already there (unless `anyway`) or no city file was loaded."""
    begun = perf_counter()
    sqlite = engine.dialect.name == "sqlite"
    if sqlite:
        engine.dispose()
    with engine.connect() as connection:
        dbapi: Any = connection.connection.dbapi_connection
        if sqlite:
            connection.rollback()
            hurried(dbapi)
        try:
            with connection.begin():
                counts = _write(connection, rules, desks, wanted, progress, anyway=anyway)
        finally:
            if sqlite:
                careful(dbapi)
    if not sqlite:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as tidy:
            tidy.exec_driver_sql("SET statement_timeout = 0")
            tidy.exec_driver_sql("ANALYZE")
    first = wanted.last - timedelta(days=wanted.days - 1)
    return Written(*counts, first, wanted.last, round(perf_counter() - begun, 2))


def _write(
    connection: Connection,
    rules: Rules,
    desks: Sequence[str],
    wanted: Wanted,
    progress: Callable[[str], None],
    *,
    anyway: bool,
) -> tuple[int, int, int]:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_OPTIONS)
    session = Session(connection, join_transaction_mode="rollback_only")
    _check(session, wanted, anyway=anyway)
    empty = (
        session.scalar(select(Call.id).limit(1)) is None and session.scalar(select(Case.id).limit(1)) is None
    )
    frame, weights = _frame(session, rules, desks, wanted)
    rows = Rows(Bulk(connection), frame)
    with lean(connection, TABLES, empty=empty):
        cases = _days(session, rows, frame, weights, wanted, progress)
        progress("the indexes are made" if empty else "the last rows are written")
    if connection.dialect.name == "postgresql":
        connection.execute(text(_NEXT_ID))
    return wanted.calls, cases, rows.written


def _check(session: Session, wanted: Wanted, *, anyway: bool) -> None:
    first = session.scalar(select(Call.id).limit(1))
    if first is not None and not anyway:
        raise HistoryRefused("the database holds calls already: --yes adds an invented past to them")
    prefix = f"{wanted.seed & 0xFFFFFFFF:08x}-0000-4000-8000-000000000000"
    if session.get(Call, prefix) is not None:
        raise HistoryRefused(f"the past of seed {wanted.seed} is there already: take another seed")


def _frame(session: Session, rules: Rules, desks: Sequence[str], wanted: Wanted) -> tuple[Frame, Any]:
    city = read_city(session)
    if not city.matters or not city.units:
        raise HistoryRefused("no city file is loaded: minsheng110 city load")
    calendar = load_calendar(session, rules)
    first = wanted.last - timedelta(days=wanted.days - 1)
    days = [first + timedelta(days=day) for day in range(wanted.days)]
    weights = np.array(
        [chances.WEEKDAYS[day.weekday()] if calendar.is_working_day(day) else chances.DAY_OFF for day in days]
    )
    due, yellow = due_by_day(calendar, rules, city.classes, first, wanted.days)
    begins = int(calendar.at(first, 0).timestamp())
    return Frame(city, due, yellow, begins, begins + wanted.days * 86_400, list(desks), wanted.seed), weights


def _days(
    session: Session,
    rows: Rows,
    frame: Frame,
    weights: Any,
    wanted: Wanted,
    progress: Callable[[str], None],
) -> int:
    chance = np.random.default_rng(wanted.seed)
    per_day = chances.per_day(chance, wanted.calls, weights).tolist()
    next_id = (session.scalar(select(func.max(Case.id))) or 0) + 1
    people = max(10, wanted.calls // 3)
    done = cases = 0
    said = perf_counter()
    for day, count in enumerate(per_day):
        if count:
            calls = chances.calls_of_day(chance, count, frame.first + day * 86_400, len(frame.desks), people)
            opened = int(calls.has_case.sum())
            named = reserve_numbers(session, opened) if opened else []
            rows.day(chance, calls, Numbers(next_id, named))
            next_id, cases, done = next_id + opened, cases + opened, done + count
        if perf_counter() - said > _SAYS_EVERY_SECONDS:
            said = perf_counter()
            progress(f"{done:,} of {wanted.calls:,} calls, {rows.written:,} rows")
    return cases
