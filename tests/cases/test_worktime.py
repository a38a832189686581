"""The working-day clock against dates worked out by hand, and what must hold for every date."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.deadlines import Colour, colour, deadline
from cases.worktime import OFFICE_HOURS, Calendar, Hours

CALENDAR = Calendar()
HALF_HOUR = 1800


def city_time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CALENDAR.zone)


def due(dispatched: str, days: int, calendar: Calendar = CALENDAR) -> str:
    return f"{calendar.due(city_time(dispatched), days).astimezone(calendar.zone):%a %Y-%m-%d %H:%M}"


# ---------------------------------------------------------------- worked out by hand
SPRING_FESTIVAL_2026 = [
    # Sat 14 and Sat 28 February are worked; Sun 15 to Mon 23 are off.
    ("2026-02-13 10:00", 3, "Wed 2026-02-25 17:30"),  # Sat 14, Tue 24, Wed 25
    ("2026-02-13 10:00", 5, "Fri 2026-02-27 17:30"),  # … Thu 26, Fri 27
    ("2026-02-13 10:00", 15, "Thu 2026-03-12 17:30"),  # … Sat 28, 2 3 4 5 6, 9 10 11 12 March
    ("2026-02-12 18:00", 3, "Tue 2026-02-24 17:30"),  # Fri 13, Sat 14, Tue 24
    ("2026-02-14 09:00", 1, "Tue 2026-02-24 17:30"),  # dispatched on the make-up day itself
    ("2026-02-17 09:00", 3, "Thu 2026-02-26 17:30"),  # on New Year's Day: Tue 24, Wed 25, Thu 26
    ("2026-02-17 09:00", 5, "Sat 2026-02-28 17:30"),  # ends on the make-up Saturday
    ("2026-02-27 17:31", 1, "Sat 2026-02-28 17:30"),
    ("2026-02-28 08:00", 1, "Mon 2026-03-02 17:30"),
]
REST_OF_2026 = [
    ("2025-12-31 10:00", 3, "Tue 2026-01-06 17:30"),  # Thu 1 to Sat 3 off; Sun 4 worked, Mon 5, Tue 6
    ("2026-04-03 10:00", 3, "Thu 2026-04-09 17:30"),  # 清明 Sat 4 to Mon 6; Tue 7, Wed 8, Thu 9
    ("2026-04-30 10:00", 5, "Mon 2026-05-11 17:30"),  # 1 to 5 May off; 6 7 8, Sat 9 worked, Mon 11
    ("2026-09-18 10:00", 3, "Tue 2026-09-22 17:30"),  # Sun 20 worked, Mon 21, Tue 22
    ("2026-09-30 10:00", 5, "Tue 2026-10-13 17:30"),  # 1 to 7 October off; 8 9, Sat 10 worked, 12, 13
    ("2026-03-02 23:59", 3, "Thu 2026-03-05 17:30"),
    ("2026-03-07 12:00", 3, "Wed 2026-03-11 17:30"),  # on a Saturday
]
INTO_2027 = [
    # Nothing is published of 2027: Monday to Friday, Friday 1 January, too, until somebody says otherwise.
    ("2026-12-28 10:00", 3, "Thu 2026-12-31 17:30"),
    ("2026-12-28 10:00", 5, "Mon 2027-01-04 17:30"),  # 29 30 31, Fri 1, Mon 4
    ("2026-12-28 10:00", 15, "Mon 2027-01-18 17:30"),  # … 5 6 7 8, 11 12 13 14 15, 18
]


@pytest.mark.parametrize(("dispatched", "days", "expected"), SPRING_FESTIVAL_2026 + REST_OF_2026 + INTO_2027)
def test_a_deadline_is_the_one_worked_out_by_hand(dispatched: str, days: int, expected: str) -> None:
    assert due(dispatched, days) == expected


@pytest.mark.parametrize("dispatched", ["2026-02-16 09:00", "2026-03-02 23:59", "2026-02-14 00:00"])
def test_an_emergency_is_due_on_its_own_day_holiday_or_not(dispatched: str) -> None:
    assert due(dispatched, 0)[4:] == f"{dispatched[:10]} 23:59"


def test_an_emergency_in_the_last_second_is_not_due_before_it_was_dispatched() -> None:
    at = city_time("2026-03-02 23:59:59.500")
    assert CALENDAR.due(at, 0) == at


def test_the_administrators_word_goes_before_the_countrys() -> None:
    own = Calendar(own={date(2027, 1, 1): False, date(2026, 2, 25): False, date(2026, 3, 1): True})
    assert due("2026-12-28 10:00", 15, own) == "Tue 2027-01-19 17:30"
    assert due("2026-02-13 10:00", 3, own) == "Thu 2026-02-26 17:30"
    assert due("2026-02-28 10:00", 1, own) == "Sun 2026-03-01 17:30"


# ---------------------------------------------------------------- what is not known is said
def test_a_year_that_nobody_knows_is_told_of_once() -> None:
    assert CALENDAR.warnings(date(2026, 12, 1), date(2026, 12, 31)) == []
    (said,) = CALENDAR.warnings(date(2026, 12, 20), date(2027, 1, 20))
    assert "2027" in said
    assert "Monday to Friday" in said
    assert CALENDAR.warning(date(2027, 1, 4)) == said


def test_a_day_that_the_administrator_entered_brings_no_warning_and_a_whole_year_none_at_all() -> None:
    new_year = date(2027, 1, 1)
    one = Calendar(own={new_year: False})
    assert one.warning(new_year) is None
    assert one.warning(new_year + timedelta(days=30)) is not None
    whole = Calendar(own={new_year + timedelta(days=n): False for n in range(11)})
    assert whole.warning(date(2027, 10, 8)) is None


# ---------------------------------------------------------------- colours
def test_yellow_begins_on_the_morning_of_the_working_day_before_and_red_after_the_deadline() -> None:
    sent = city_time("2026-02-12 18:00")
    found = deadline(CALENDAR, sent, 3)
    assert found.yellow_at == city_time("2026-02-14 08:30")  # the make-up Saturday before the long holiday

    def at(text: str) -> Colour:
        return colour(found.due_at, found.yellow_at, None, city_time(text))

    assert at("2026-02-14 08:29") == "green"
    assert at("2026-02-14 08:30") == at("2026-02-24 17:30") == "yellow"
    assert at("2026-02-24 17:31") == at("2026-02-25 09:00") == "red"
    assert colour(found.due_at, found.yellow_at, sent, city_time("2026-03-01 09:00")) == "stopped"
    assert colour(None, None, None, sent) == "none"


def test_an_emergency_is_yellow_from_its_dispatch() -> None:
    sent = city_time("2026-03-04 10:00")
    assert deadline(CALENDAR, sent, 0).yellow_at == sent


# ---------------------------------------------------------------- extensions and stops
def test_an_extension_adds_working_days_across_the_holiday() -> None:
    found = deadline(CALENDAR, city_time("2026-02-12 18:00"), 3, extended_days=2)
    assert found.due_at == city_time("2026-02-26 17:30")


def test_a_clock_that_stood_still_leaves_as_much_office_time_as_there_was() -> None:
    sent, stop = city_time("2026-03-02 10:00"), city_time("2026-03-04 15:30")  # due Thu 5 at 17:30
    again = city_time("2026-03-16 09:00")  # 2 h on Wednesday and 6.5 h of Thursday were left: 8.5 h
    found = deadline(CALENDAR, sent, 3, stops=[(stop, again)])
    assert found.due_at == city_time("2026-03-17 11:00")  # Mon 9:00 to 17:30 is 6 h, then 2.5 h


def test_a_stop_after_the_deadline_and_one_in_the_night_change_nothing() -> None:
    sent = city_time("2026-03-02 10:00")
    plain = deadline(CALENDAR, sent, 3)
    late = (city_time("2026-03-06 09:00"), city_time("2026-04-01 09:00"))
    night = (city_time("2026-03-03 18:00"), city_time("2026-03-04 08:00"))
    assert deadline(CALENDAR, sent, 3, stops=[late]) == plain
    assert deadline(CALENDAR, sent, 3, stops=[night]) == plain


def test_an_emergencys_clock_stands_still_by_the_hour() -> None:
    sent = city_time("2026-03-02 10:00")
    stops = [(city_time("2026-03-02 12:00"), city_time("2026-03-09 12:00"))]
    assert deadline(CALENDAR, sent, 0, stops=stops).due_at == city_time("2026-03-09 23:59:59")


# ---------------------------------------------------------------- office hours
def test_a_unit_with_other_hours_has_another_end_of_the_day() -> None:
    early = CALENDAR.with_hours(Hours.parse("07:00-11:00"))
    assert due("2026-03-02 10:00", 3, early) == "Thu 2026-03-05 11:00"
    whole = CALENDAR.with_hours(Hours.parse("00:00-24:00"))
    assert due("2026-03-02 10:00", 3, whole) == "Thu 2026-03-05 23:59"


@pytest.mark.parametrize(
    "wrong", ["", "8:30-12:00", "12:00-08:30", "08:30-12:00,11:00-17:30", "08:30-25:00", "08:30-12:00;13:00-"]
)
def test_hours_that_make_no_sense_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="office hours"):
        Hours.parse(wrong)


# ---------------------------------------------------------------- what holds for every date
moments = st.floats(0, 1_000 * 86_400).map(
    lambda seconds: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
working_days = st.integers(1, 30)
spans = st.lists(st.tuples(moments, st.floats(0, 40)), max_size=4)


@given(moments, working_days)
def test_so_many_working_days_lie_between_a_dispatch_and_its_deadline(at: datetime, count: int) -> None:
    until = CALENDAR.due(at, count)
    assert CALENDAR.working_days_between(CALENDAR.day_of(at), CALENDAR.day_of(until)) == count
    assert CALENDAR.is_working_day(CALENDAR.day_of(until))
    assert at < CALENDAR.yellow(until, at) + timedelta(seconds=1) <= until


@given(moments, st.floats(1, 300 * 3600))
def test_office_time_that_passes_is_office_time_that_was_worked(at: datetime, seconds: float) -> None:
    assert CALENDAR.worked(at, CALENDAR.after(at, seconds)) == pytest.approx(seconds, abs=0.01)


@given(moments, moments, moments)
def test_office_time_adds_up(one: datetime, two: datetime, three: datetime) -> None:
    first, middle, last = sorted((one, two, three))
    whole = CALENDAR.worked(first, middle) + CALENDAR.worked(middle, last)
    assert CALENDAR.worked(first, last) == pytest.approx(whole, abs=0.01)


@given(moments, working_days, st.integers(0, 10), spans)
def test_every_clock_sums(
    sent: datetime, count: int, extended: int, stood: list[tuple[datetime, float]]
) -> None:
    """Office time to the deadline: what the class gives, what was added, what passed while it stood."""
    stops: list[tuple[datetime, datetime]] = []
    for since, length in sorted(stood):
        begin = max(since, stops[-1][1] if stops else sent)
        stops.append((begin, begin + timedelta(days=length)))
    until = deadline(CALENDAR, sent, count, extended, stops).due_at
    given_ = CALENDAR.worked(sent, CALENDAR.due(sent, count)) + extended * OFFICE_HOURS.seconds
    counted, reached = 0.0, CALENDAR.after(CALENDAR.due(sent, count), extended * OFFICE_HOURS.seconds)
    for begin, again in stops:
        if begin < reached:
            counted += CALENDAR.worked(begin, again)
            reached = CALENDAR.after(again, CALENDAR.worked(begin, reached))
    assert until >= sent
    assert CALENDAR.worked(sent, until) == pytest.approx(given_ + counted, abs=0.01)
