"""The city's figures for everybody: counts of a year, with what could name a person withheld.

Nothing of a single case is in them: no place below the township, no words, no caller. A count below LEAST is
withheld, and with it as many others of its table as it takes that nobody can work it out from the total.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from cases.model import Assignment, Case, Survey, Unit
from cases.states import Kind, Sector, UnitType

LEAST = 5
"""A smaller count might name a person."""
_ENOUGH = 20
"""Of so many a share is told."""
_MONTHS = 12
OTHER = "other"
"""What has no value, or one that the city does not know."""

Counts = dict[str, int]
Shown = dict[str, int | None]


# ---------------------------------------------------------------- pure


def withheld(counts: Mapping[str, int]) -> Shown:
    """The counts that can be told; None: withheld. Nought tells of nobody.

    One withheld count, or several that are few together, would follow from the table's total: the next
    smallest go with them until they hide each other; where there are none, nothing of the table is told.
    """
    hidden = {name for name, count in counts.items() if 0 < count < LEAST}
    rest = sorted((count, name) for name, count in counts.items() if count >= LEAST)
    while hidden and (len(hidden) < 2 or sum(counts[name] for name in hidden) < 2 * LEAST):
        if not rest:
            return dict.fromkeys(counts)
        hidden.add(rest.pop(0)[1])
    return {name: None if name in hidden else count for name, count in counts.items()}


def total_of(counts: Mapping[str, int]) -> int | None:
    """The total of everything, unless it is so small itself."""
    total = sum(counts.values())
    return None if 0 < total < LEAST else total


def months_until(until: date) -> list[date]:
    """First days of twelve months; the last one holds the day before `until`."""
    last = (until - timedelta(days=1)).replace(day=1)
    return [_months_before(last, count) for count in reversed(range(_MONTHS))]


def _months_before(first: date, count: int) -> date:
    months = first.year * 12 + first.month - 1 - count
    return date(months // 12, months % 12 + 1, 1)


def share(part: int, whole: int) -> float | None:
    """In percent, one decimal; None of too few."""
    return round(100 * part / whole, 1) if whole >= _ENOUGH else None


# ---------------------------------------------------------------- counted


def open_figures(session: Session, until: date, zone: ZoneInfo) -> dict[str, Any]:
    """Everything of the last twelve months until the end of the day before `until`, as JSON knows it.

    `total`; `tables`: {month | sector | kind | township: {name: count or None}}; `rates`: `in_time` of what
    units reported, `satisfied` of those who answered, in percent or None. Eighteen queries.
    """
    months = months_until(until)
    begin, end = _moment(months[0], zone), _moment(until, zone)
    span = (Case.opened_at >= begin, Case.opened_at < end)
    counted: dict[str, Counts] = {
        "month": _by_month(session, months, end, zone),
        "sector": _by(session, Case.sector, [each.value for each in Sector], span),
        "kind": _by(session, Case.kind, [each.value for each in Kind], span),
        "township": _by(session, Case.place["township"].as_string(), _townships(session), span),
    }
    return {
        "since": months[0].isoformat(),
        "until": (until - timedelta(days=1)).isoformat(),
        "withheld_below": LEAST,
        "total": total_of(counted["month"]),
        "tables": {name: _told(counts, counted["month"]) for name, counts in counted.items()},
        "rates": {"in_time": _in_time(session, begin, end), "satisfied": _satisfied(session, begin, end)},
    }


def _told(counts: Counts, all_of_them: Counts) -> Shown:
    """A table of a city with too few cases tells nothing at all."""
    if total_of(all_of_them) is None:
        return dict.fromkeys(counts)
    return withheld(counts)


def _moment(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _by_month(session: Session, months: Sequence[date], end: datetime, zone: ZoneInfo) -> Counts:
    """By the index of opened_at, month by month; the databases group by different words."""
    ends = [*(_moment(each, zone) for each in months[1:]), end]
    found = {}
    for month, until in zip(months, ends, strict=True):
        wanted = select(func.count()).select_from(Case)
        span = wanted.where(Case.opened_at >= _moment(month, zone), Case.opened_at < until)
        found[f"{month:%Y-%m}"] = session.scalar(span) or 0
    return found


def _by(session: Session, column: Any, known: Sequence[str], span: tuple[Any, ...]) -> Counts:
    found = {**dict.fromkeys(known, 0), OTHER: 0}
    for value, count in session.execute(select(column, func.count()).where(*span).group_by(column)):
        found[value if value in found else OTHER] += count
    return found


def _townships(session: Session) -> list[str]:
    wanted = select(Unit.name).where(Unit.type == UnitType.TOWNSHIP, Unit.active).order_by(Unit.id)
    return list(session.scalars(wanted))


def _in_time(session: Session, begin: datetime, end: datetime) -> float | None:
    good = func.sum(case((Assignment.reported_at <= Assignment.due_at, 1), else_=0))
    span = (Assignment.reported_at >= begin, Assignment.reported_at < end)
    count, in_time = session.execute(select(func.count(), good).where(*span)).one()
    return share(int(in_time or 0), count)


def _satisfied(session: Session, begin: datetime, end: datetime) -> float | None:
    good = func.sum(case((Survey.answer <= 2, 1), else_=0))
    span = (Survey.answered_at >= begin, Survey.answered_at < end, Survey.answer.is_not(None))
    count, satisfied = session.execute(select(func.count(), good).where(*span)).one()
    return share(int(satisfied or 0), count)


# ---------------------------------------------------------------- as rows


def rows(figures: Mapping[str, Any], word: Callable[[str, str], str]) -> Iterator[tuple[str, str, str]]:
    """(table, name in the reader's words, count) for a CSV; a withheld count is empty."""
    yield "total", "", _cell(figures["total"])
    for table, counts in figures["tables"].items():
        for name, count in counts.items():
            yield table, word(name, table), _cell(count)
    for name, value in figures["rates"].items():
        yield f"{name}_percent", "", _cell(value)


def _cell(value: float | None) -> str:
    return "" if value is None else str(value)
