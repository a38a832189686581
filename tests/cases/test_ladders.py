"""The steps of escalation: when they come, in which order, and what a moved deadline does to them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cases.ladders import (
    DEFAULT,
    NEW,
    Clock,
    LadderError,
    Place,
    When,
    after,
    begin,
    ladder,
    shift,
    step,
    working_days_on,
)

CITY = ZoneInfo("Asia/Shanghai")


class MondayToFriday:
    """A calendar with these days off."""

    def __init__(self, *off: date) -> None:
        self.off = off

    def is_working_day(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.off


DAYS = MondayToFriday()


def city(day: int, hour: int = 9, minute: int = 0) -> datetime:
    """A moment of March 2026 (the 2nd is a Monday), in UTC."""
    return datetime(2026, 3, day, hour, minute, tzinfo=CITY).astimezone(UTC)


HELP = Clock("help", since=city(2), yellow_at=city(4, 17, 30), due_at=city(5, 17, 30))


def taken(clock: Clock, until: datetime, name: str = "help") -> list[tuple[str, int, datetime]]:
    """(step, times, moment) of every step up to then, each taken at its own moment."""
    steps, at = DEFAULT[name], begin(DEFAULT[name], clock, DAYS, CITY)
    found = []
    while at.next_at is not None and at.next_at <= until:
        found.append((steps[at.step].name, at.times, at.next_at))
        at = after(steps, at, at.next_at, clock, DAYS, CITY)
    return found


def test_the_unit_then_its_head_then_supervision_then_the_leader() -> None:
    assert taken(HELP, city(17)) == [
        ("unsigned", 0, city(3)),
        ("yellow", 0, city(4, 17, 30)),
        ("red", 0, city(5, 17, 30)),
        ("supervision", 0, city(6, 17, 30)),
        ("leader", 0, city(10, 17, 30)),
        ("again", 0, city(12, 17, 30)),
        ("again", 1, city(16, 17, 30)),
    ]


def test_working_days_leave_out_weekends_and_days_off() -> None:
    assert working_days_on(city(6, 10), 1, DAYS, CITY) == city(9, 10)
    assert working_days_on(city(7, 10), 1, DAYS, CITY) == city(9, 10)
    assert working_days_on(city(6, 10), 1, MondayToFriday(date(2026, 3, 9)), CITY) == city(10, 10)
    assert working_days_on(city(9, 10), -1, DAYS, CITY) == city(6, 10)
    assert working_days_on(city(7, 10), 0, DAYS, CITY) == city(7, 10)


def test_the_day_is_the_citys_and_not_greenwichs() -> None:
    early = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
    assert early.astimezone(CITY).date() == date(2026, 3, 2)
    assert working_days_on(early, 1, DAYS, CITY) == early + timedelta(days=1)


def test_steps_without_their_anchor_are_left_out() -> None:
    stopped = Clock("help", since=city(2))
    assert taken(stopped, city(31)) == [("unsigned", 0, city(3))]


def test_repetitions_that_were_missed_come_once() -> None:
    steps = DEFAULT["help"]
    at = after(steps, Place(5, 0, city(12, 17, 30)), city(27), HELP, DAYS, CITY)
    assert (at.step, at.next_at) == (5, city(30, 17, 30))


def test_an_extension_brings_back_what_lies_in_the_future_again() -> None:
    later = Clock("help", since=city(2), yellow_at=city(11, 17, 30), due_at=city(12, 17, 30))
    reminded = Place(2, 0, city(5, 17, 30))
    assert shift(DEFAULT["help"], reminded, later, city(5), DAYS, CITY) == Place(1, 0, city(11, 17, 30))


def test_a_deadline_moved_forward_loses_no_step() -> None:
    sooner = Clock("help", since=city(2), yellow_at=city(3, 17, 30), due_at=city(4, 17, 30))
    waits = Place(1, 0, city(4, 17, 30))
    assert shift(DEFAULT["help"], waits, sooner, city(4, 12), DAYS, CITY) == Place(1, 0, city(3, 17, 30))


def test_a_ladder_that_had_ended_goes_on_when_its_clock_runs_again() -> None:
    stopped = Clock("help", since=city(2))
    steps = DEFAULT["help"]
    ended = after(steps, begin(steps, stopped, DAYS, CITY), city(3), stopped, DAYS, CITY)
    assert ended.next_at is None
    assert shift(steps, ended, HELP, city(4), DAYS, CITY) == Place(1, 0, city(4, 17, 30))


@given(
    some.integers(0, 365 * 24 * 60).map(lambda minutes: city(1) + timedelta(minutes=minutes)),
    some.integers(0, 10),
    some.sampled_from(sorted(DEFAULT)),
)
def test_the_moments_of_every_default_ladder_go_forward(since: datetime, more: int, name: str) -> None:
    length = {"help": 3, "complaint": 5, "complex": 15}.get(name, 1) + more
    due = working_days_on(since, length, DAYS, CITY)
    clock = Clock(name, since, max(since, working_days_on(due, -1, DAYS, CITY)), due)
    moments = [moment for _, _, moment in taken(clock, due + timedelta(days=60), name)]
    assert moments == sorted(moments)
    late = [moment for moment in moments if moment > due]
    assert len(set(late)) == len(late)


@given(some.integers(0, 8), some.integers(0, 3), some.integers(1, 28), some.integers(1, 28))
def test_a_shift_never_goes_on_past_a_step_that_was_not_taken(
    at: int, times: int, due: int, now: int
) -> None:
    steps = DEFAULT["help"]
    place = Place(min(at, len(steps)), times if at == len(steps) - 1 else 0, city(28))
    clock = Clock("help", city(1), city(due, 8), city(due, 17))
    moved = shift(steps, place, clock, city(now), DAYS, CITY)
    assert moved.step <= place.step


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("due", When("due")),
        ("since+4h", When("since", span=timedelta(hours=4))),
        ("since+30d", When("since", span=timedelta(days=30))),
        ("yellow-1wd", When("yellow", working_days=-1)),
        (" due+2wd ", When("due", working_days=2)),
    ],
)
def test_a_moment_is_read_as_it_is_written(text: str, when: When) -> None:
    assert When.of(text) == when


@pytest.mark.parametrize("text", ["", "due+", "due+2", "opened+1h", "due+2wd+3h", "due + 1 h", "due+99999h"])
def test_a_moment_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(LadderError, match="is no moment"):
        When.of(text)


def test_a_step_makes_no_move_that_is_for_people() -> None:
    with pytest.raises(LadderError, match="'x': complete is for people"):
        step("x", "due", ["unit"], "complete")
    with pytest.raises(LadderError, match="'x'"):
        step("x", "due", ["the mayor"])


def test_only_the_last_step_repeats_and_names_differ() -> None:
    again, once = step("again", "due", every=1), step("once", "due")
    with pytest.raises(LadderError, match="only its last step"):
        ladder("mine", [again, once])
    with pytest.raises(LadderError, match="one name"):
        ladder("mine", [once, once])
    assert ladder("mine", [once, again]) == (once, again)


def test_every_default_ladder_could_stand_in_the_settings() -> None:
    for name, steps in DEFAULT.items():
        assert ladder(name, steps) == steps
    assert DEFAULT[NEW][-1].every == 1
