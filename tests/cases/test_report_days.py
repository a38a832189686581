"""Which stretch a report tells of, and when it is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cases.report_days import (
    ReportKind,
    ReportRules,
    due_days,
    earlier,
    hours_of,
    is_late,
    period_of,
    today,
)

CITY = ZoneInfo("Asia/Shanghai")
MIDNIGHT, NIGHT_SHIFT = ReportRules(), ReportRules(day_starts=time(8, 0), report_at=time(8, 10))


def utc(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[misc, arg-type]


def test_a_day_of_the_city_begins_at_its_own_midnight() -> None:
    period = period_of(ReportKind.NIGHTLY, date(2026, 3, 2), CITY, MIDNIGHT)
    assert (period.begins, period.ends) == (utc(2026, 3, 1, 16), utc(2026, 3, 2, 16))
    assert period.due_at == utc(2026, 3, 2, 16, 10)


def test_a_night_shift_belongs_to_the_day_on_which_it_began() -> None:
    period = period_of(ReportKind.NIGHTLY, date(2026, 3, 2), CITY, NIGHT_SHIFT)
    assert (period.begins, period.ends) == (utc(2026, 3, 2, 0), utc(2026, 3, 3, 0))
    assert period.due_at == utc(2026, 3, 3, 0, 10)
    assert today(utc(2026, 3, 2, 23, 59), CITY, NIGHT_SHIFT) == date(2026, 3, 2)


def test_a_report_before_the_day_is_over_waits_for_the_next_such_hour() -> None:
    rules = ReportRules(day_starts=time(8, 0))
    assert period_of(ReportKind.NIGHTLY, date(2026, 3, 2), CITY, rules).due_at == utc(2026, 3, 3, 16, 10)


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [
        (ReportKind.WEEKLY, date(2026, 2, 23), date(2026, 3, 1)),
        (ReportKind.MONTHLY, date(2026, 3, 1), date(2026, 3, 31)),
        (ReportKind.YEARLY, date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_longer_report_holds_whole_days(kind: ReportKind, first: date, last: date) -> None:
    period = period_of(kind, date(2026, 3, 1), CITY, MIDNIGHT)
    assert (period.first, period.last) == (first, last)
    assert period.ends - period.begins == timedelta(days=(last - first).days + 1)


@given(
    some.sampled_from(ReportKind),
    some.dates(date(2000, 1, 1), date(2060, 1, 1)),
    some.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York"]),
    some.sampled_from([MIDNIGHT, NIGHT_SHIFT]),
)
def test_the_next_one_begins_where_this_one_ends(
    kind: ReportKind, day: date, zone: str, rules: ReportRules
) -> None:
    period = period_of(kind, day, ZoneInfo(zone), rules)
    following = period_of(kind, period.last + timedelta(days=1), ZoneInfo(zone), rules)
    assert following.begins == period.ends
    assert period.first <= day <= period.last
    assert period.due_at >= period.ends


@given(some.dates(date(2000, 1, 1), date(2060, 1, 1)))
def test_the_hours_of_a_day_cover_it_where_clocks_are_changed_too(day: date) -> None:
    zone = ZoneInfo("Europe/Berlin")
    period = period_of(ReportKind.NIGHTLY, day, zone, MIDNIGHT)
    moments = [begins for _, begins in hours_of(period, zone)]
    assert moments[0] == period.begins
    assert moments[-1] + timedelta(hours=1) == period.ends
    assert all(later - sooner == timedelta(hours=1) for sooner, later in pairwise(moments))


def test_what_was_missed_is_due_in_order() -> None:
    now = utc(2026, 3, 5, 16, 11)
    due = list(due_days(ReportKind.NIGHTLY, date(2026, 3, 3), now, CITY, MIDNIGHT))
    assert [each.first.day for each in due] == [3, 4, 5]
    assert [is_late(each, now, MIDNIGHT) for each in due] == [True, True, False]


def test_nothing_is_due_before_its_time() -> None:
    now = utc(2026, 3, 2, 16, 9)
    assert list(due_days(ReportKind.NIGHTLY, date(2026, 3, 2), now, CITY, MIDNIGHT)) == []


def test_it_is_compared_with_the_same_weekday_and_the_periods_before() -> None:
    assert earlier(ReportKind.NIGHTLY, date(2026, 3, 2))[0] == date(2026, 2, 23)
    assert len({day.weekday() for day in earlier(ReportKind.NIGHTLY, date(2026, 3, 2))}) == 1
    assert earlier(ReportKind.MONTHLY, date(2026, 3, 1)) == [
        date(2026, 2, 1),
        date(2026, 1, 1),
        date(2025, 12, 1),
        date(2025, 11, 1),
    ]
