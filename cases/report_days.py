"""Which stretch of time a report tells of, and when it is due. Pure; in the city's time.

A city's day begins when the night shift says so (midnight, if nobody does): the report of a day tells of the
stretch from its beginning to the next day's, and is due at the first `report_at` after that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class ReportKind(StrEnum):
    NIGHTLY = "nightly"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"


@dataclass(frozen=True)
class ReportRules:
    """What a city sets about its reports. Times are the city's."""

    day_starts: time = time(0, 0)
    report_at: time = time(0, 10)
    late_after: timedelta = timedelta(hours=1)
    """A report that is made so long after it was due is marked late."""
    catch_up_days: int = 31
    """What was missed is made up for at most so many days back."""


@dataclass(frozen=True)
class Period:
    """From `begins` to before `ends`, UTC; `first` and `last` are the city's days in it."""

    kind: ReportKind
    first: date
    last: date
    begins: datetime
    ends: datetime
    due_at: datetime


def period_of(kind: ReportKind, day: date, zone: ZoneInfo, rules: ReportRules) -> Period:
    """The day, or the week (from Monday), month or year that the day belongs to."""
    first = first_of(kind, day)
    last = _after(kind, first) - timedelta(days=1)
    begins = _moment(first, rules.day_starts, zone)
    ends = _moment(last + timedelta(days=1), rules.day_starts, zone)
    return Period(kind, first, last, begins, ends, _due(ends, zone, rules))


def first_of(kind: ReportKind, day: date) -> date:
    if kind == ReportKind.WEEKLY:
        return day - timedelta(days=day.weekday())
    if kind == ReportKind.MONTHLY:
        return day.replace(day=1)
    return day.replace(month=1, day=1) if kind == ReportKind.YEARLY else day


def _after(kind: ReportKind, first: date) -> date:
    if kind == ReportKind.NIGHTLY:
        return first + timedelta(days=1)
    if kind == ReportKind.WEEKLY:
        return first + timedelta(days=7)
    # 32 and 366 days on is always within the next one.
    return first_of(kind, first + timedelta(days=32 if kind == ReportKind.MONTHLY else 366))


def today(now: datetime, zone: ZoneInfo, rules: ReportRules) -> date:
    """The city's day that runs now."""
    local = now.astimezone(zone)
    return local.date() if local.time() >= rules.day_starts else local.date() - timedelta(days=1)


def due_days(
    kind: ReportKind, since: date, now: datetime, zone: ZoneInfo, rules: ReportRules
) -> Iterator[Period]:
    """What is due by now and not older than what is made up for, in order."""
    oldest = today(now, zone, rules) - timedelta(days=rules.catch_up_days)
    day = first_of(kind, max(since, oldest))
    while (period := period_of(kind, day, zone, rules)).due_at <= now:
        yield period
        day = _after(kind, day)


def earlier(kind: ReportKind, first: date) -> list[date]:
    """What it is compared with: the same weekday of the last four weeks; of the rest the last four."""
    if kind == ReportKind.NIGHTLY:
        return [first - timedelta(days=7 * back) for back in range(1, 5)]
    found = [first]
    for _ in range(4):
        found.append(first_of(kind, found[-1] - timedelta(days=1)))
    return found[1:]


def is_late(period: Period, now: datetime, rules: ReportRules) -> bool:
    return now - period.due_at > rules.late_after


def hours_of(period: Period, zone: ZoneInfo) -> Iterator[tuple[int, datetime]]:
    """The city's hours, each with its beginning (UTC): 24 a day, 23 or 25 where the clocks are changed."""
    moment = period.begins
    while moment < period.ends:
        yield moment.astimezone(zone).hour, moment
        moment += timedelta(hours=1)


def _moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)


def _due(ends: datetime, zone: ZoneInfo, rules: ReportRules) -> datetime:
    day = ends.astimezone(zone).date()
    due = _moment(day, rules.report_at, zone)
    return due if due >= ends else _moment(day + timedelta(days=1), rules.report_at, zone)
