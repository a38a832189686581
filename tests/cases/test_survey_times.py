"""When a citizen may be rung, by the working days of the city."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cases.survey_times import first_call, is_decent, next_call
from cases.worktime import Calendar, Hours

HOURS = Hours.parse("09:00-12:00,14:30-18:00")
CALENDAR = Calendar()
moments = st.timedeltas(timedelta(), timedelta(days=350)).map(datetime(2026, 1, 1, tzinfo=UTC).__add__)
"""Within the days whose holidays the country has published."""


def city(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CALENDAR.zone)


def test_the_first_call_is_on_the_next_working_days_morning() -> None:
    assert first_call(CALENDAR, HOURS, city("2026-11-25 16:10")) == city("2026-11-26 09:00")
    assert first_call(CALENDAR, HOURS, city("2026-11-27 08:00")) == city("2026-11-30 09:00")


def test_nobody_is_rung_in_the_spring_festival_and_a_make_up_day_is_a_working_day() -> None:
    # 2026: days off from 15 to 23 February, make-up days on Saturday the 14th and the 28th.
    assert first_call(CALENDAR, HOURS, city("2026-02-13 10:00")) == city("2026-02-14 09:00")
    assert first_call(CALENDAR, HOURS, city("2026-02-14 17:00")) == city("2026-02-24 09:00")
    assert first_call(CALENDAR, HOURS, city("2026-02-27 17:00")) == city("2026-02-28 09:00")


def test_the_administrators_own_day_off_counts() -> None:
    calendar = Calendar(own={date(2026, 11, 26): False})
    assert first_call(calendar, HOURS, city("2026-11-25 10:00")) == city("2026-11-27 09:00")
    assert not is_decent(calendar, HOURS, city("2026-11-26 10:00"))


def test_after_a_call_in_vain_another_half_of_the_day_is_tried() -> None:
    assert next_call(CALENDAR, HOURS, city("2026-11-26 09:05")) == city("2026-11-26 14:30")
    assert next_call(CALENDAR, HOURS, city("2026-11-26 14:31")) == city("2026-11-27 09:00")
    assert next_call(CALENDAR, HOURS, city("2026-11-27 17:59")) == city("2026-11-30 09:00")


def test_noon_night_and_weekends_are_not_decent() -> None:
    for text in ("2026-11-26 08:59", "2026-11-26 12:00", "2026-11-26 18:00", "2026-11-28 10:00"):
        assert not is_decent(CALENDAR, HOURS, city(text))
    for text in ("2026-11-26 09:00", "2026-11-26 11:59", "2026-11-26 14:30", "2026-02-28 10:00"):
        assert is_decent(CALENDAR, HOURS, city(text))


@given(moments)
def test_every_planned_call_is_decent_later_and_not_long_after(since: datetime) -> None:
    first = first_call(CALENDAR, HOURS, since)
    again = next_call(CALENDAR, HOURS, since)
    for planned in (first, again):
        assert planned > since
        assert is_decent(CALENDAR, HOURS, planned)
        assert planned - since < timedelta(days=12)
    assert CALENDAR.day_of(first) > CALENDAR.day_of(since)
    assert next_call(CALENDAR, HOURS, again) - again >= timedelta(hours=5)
