"""Extensions, co-units, clocks that stand still."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from handling_scene import DAYS, LAMPS, WATER, City
from sqlalchemy import Engine

from cases.errors import MoveRefused
from cases.model import Assignment
from cases.states import CaseState


@pytest.fixture
def city(engine: Engine) -> City:
    return City(engine)


def refused(city: City, rule: str, number: str, what: str, role: str, **asked: Any) -> None:
    with pytest.raises(MoveRefused) as error:
        city.move(number, what, role, **asked)
    assert error.value.rule == rule


def part_of(city: City, number: str) -> Assignment:
    return next(row for row in city.assignments(number) if not row.main)


# ---------------------------------------------------------------- extensions


def test_an_extension_that_is_granted_moves_the_deadline_by_its_working_days(city: City) -> None:
    number = city.signed()
    city.later(days=2)
    city.move(number, "ask-extension", "unit", reason="等灯具到货", days=4)
    case = city.move(number, "grant-extension", "dispatcher")
    (row,) = city.assignments(number)
    assert row.extended_days == 4
    assert case.due_at == row.due_at == DAYS.due(row.dispatched_at, 9)
    told = case.events[-1]
    assert (told.rule, told.detail["days"], told.detail["due"]) == ("M08", 4, row.due_at.isoformat())


def test_an_extension_that_is_refused_moves_nothing_and_is_not_asked_for_again(city: City) -> None:
    number = city.signed()
    due = city.look(number).due_at
    city.move(number, "ask-extension", "unit", reason="等灯具到货")
    case = city.move(number, "refuse-extension", "supervisor", reason="有库存")
    assert (case.due_at, case.events[-1].rule) == (due, "M09")
    refused(city, "M07.3", number, "ask-extension", "unit", reason="再等等")


def test_fewer_days_than_asked_for_may_be_granted_and_no_more(city: City) -> None:
    number = city.signed()
    city.move(number, "ask-extension", "unit", reason="等灯具到货", days=4)
    refused(city, "M08.2", number, "grant-extension", "dispatcher", days=5)
    city.move(number, "grant-extension", "dispatcher", days=1)
    (row,) = city.assignments(number)
    assert row.due_at == DAYS.due(row.dispatched_at, 6)


def test_more_time_is_asked_for_before_the_deadline_and_within_ten_days(city: City) -> None:
    number = city.signed()
    for days in (0, 11, -1):
        refused(city, "M07.4", number, "ask-extension", "unit", reason="等灯具", days=days)
    refused(city, "M07.1", number, "ask-extension", "unit", reason="  ")
    due = city.look(number).due_at
    assert due is not None
    city.now = due + timedelta(seconds=1)
    refused(city, "M07.2", number, "ask-extension", "unit", reason="等灯具")
    city.now = due
    city.move(number, "ask-extension", "unit", reason="等灯具")


def test_nothing_is_granted_or_refused_that_nobody_asked_for(city: City) -> None:
    number = city.signed()
    refused(city, "M08.1", number, "grant-extension", "dispatcher")
    refused(city, "M09.1", number, "refuse-extension", "dispatcher")
    city.move(number, "ask-extension", "unit", reason="等灯具")
    city.move(number, "grant-extension", "dispatcher")
    refused(city, "M08.1", number, "grant-extension", "dispatcher")


def test_a_return_does_not_bring_a_second_extension(city: City) -> None:
    number = city.signed()
    city.move(number, "ask-extension", "unit", reason="等灯具")
    city.move(number, "return", "unit", reason="不归我们管")
    city.move(number, "rule", "dispatcher", unit=LAMPS)
    city.move(number, "sign", "unit")
    refused(city, "M08.1", number, "grant-extension", "dispatcher")
    refused(city, "M07.3", number, "ask-extension", "unit", reason="再等等")


# ---------------------------------------------------------------- co-units


def test_a_co_unit_has_a_part_a_clock_and_a_state_of_its_own(city: City) -> None:
    number = city.signed()
    city.later(days=1)
    case = city.move(number, "add-unit", "dispatcher", unit=WATER, part="停水两小时", days=2)
    assert (case.state, case.unit and case.unit.code) == ("signed", LAMPS)
    part = part_of(city, number)
    assert (part.part, part.working_days, part.due_at) == ("停水两小时", 2, DAYS.due(city.now, 2))
    city.move(number, "sign", "unit", unit_of=WATER)
    case = city.move(number, "report", "unit", unit_of=WATER, answer="已停水")
    assert (case.state, case.answer) == ("signed", "")
    told = case.events[-1]
    assert (told.rule, told.from_state, told.to_state) == ("M15", "signed", "signed")
    assert told.detail["part"] == ["signed", "reported"]
    assert (part_of(city, number).state, part_of(city, number).answer) == ("reported", "已停水")


def test_a_co_unit_goes_through_the_table_by_its_own_state(city: City) -> None:
    number = city.signed()
    city.move(number, "add-unit", "dispatcher", unit=WATER)
    refused(city, "M15", number, "report", "unit", unit_of=WATER, answer="已停水")
    city.move(number, "sign", "unit", unit_of=WATER)
    refused(city, "M04", number, "sign", "unit", unit_of=WATER)
    refused(city, "M10.2", number, "add-unit", "dispatcher", unit=WATER)
    refused(city, "M10.2", number, "add-unit", "dispatcher", unit=LAMPS)
    refused(city, "M10.1", number, "add-unit", "dispatcher", unit="nobody")


def test_a_part_that_is_returned_ends_and_the_case_goes_on(city: City) -> None:
    number = city.signed()
    city.move(number, "add-unit", "dispatcher", unit=WATER)
    case = city.move(number, "return", "unit", unit_of=WATER, reason="不用停水")
    assert (case.state, case.return_count) == ("signed", 0)
    assert part_of(city, number).ended_by == "return"
    refused(city, "M00.3", number, "note", "unit", unit_of=WATER, reason="补充")


def test_parts_stay_while_a_return_is_ruled_on_and_end_when_it_is_sorted_anew(city: City) -> None:
    number = city.signed()
    city.move(number, "add-unit", "dispatcher", unit=WATER)
    city.move(number, "return", "unit", reason="不归我们管")
    assert part_of(city, number).ended_at is None
    city.move(number, "rule", "dispatcher")
    assert part_of(city, number).ended_by == "rule"


def test_a_co_units_extension_moves_its_part_alone(city: City) -> None:
    number = city.signed()
    due = city.look(number).due_at
    city.move(number, "add-unit", "dispatcher", unit=WATER)
    city.move(number, "sign", "unit", unit_of=WATER)
    city.move(number, "ask-extension", "unit", unit_of=WATER, reason="等阀门", days=3)
    case = city.move(number, "grant-extension", "dispatcher", unit=WATER)
    assert case.due_at == due
    assert part_of(city, number).due_at == DAYS.due(city.now, 8)


def test_completion_ends_open_parts_and_names_them(city: City) -> None:
    number = city.signed()
    city.move(number, "add-unit", "dispatcher", unit=WATER)
    case = city.move(number, "report", "unit", answer="修好了")
    assert case.events[-1].detail["open_parts"] == ["自来水公司"]
    case = city.move(number, "complete", "visitor")
    assert case.events[-1].detail["open_parts"] == ["自来水公司"]
    assert {row.ended_by for row in city.assignments(number)} == {"complete"}


def test_several_co_units_come_with_the_dispatch(city: City) -> None:
    number = city.case()
    city.move(number, "dispatch", "dispatcher", units=(WATER,))
    assert [(row.unit.code, row.main) for row in city.assignments(number)] == [(LAMPS, True), (WATER, False)]


# ---------------------------------------------------------------- clocks that stand still


def test_a_suspended_case_has_as_much_time_left_when_it_is_taken_up_again(city: City) -> None:
    number = city.signed()
    due = city.look(number).due_at
    assert due is not None
    city.later(days=1)
    left = DAYS.worked(city.now, due)
    case = city.move(number, "suspend", "supervisor", reason="等雨季过去", until=date(2026, 4, 1))
    assert (case.state, case.clock_stopped_at, case.clock_stopped_for) == ("suspended", city.now, "suspended")
    assert case.review_at == DAYS.opening(date(2026, 4, 1))
    city.later(days=23.3)
    case = city.move(number, "resume", "supervisor")
    assert (case.state, case.clock_stopped_at, case.review_at) == ("in_progress", None, None)
    assert case.due_at == DAYS.after(city.now, left)


def test_the_review_of_a_suspended_case_lies_ahead_and_not_too_far(city: City) -> None:
    number = city.signed()
    today = DAYS.day_of(city.now)
    for until in (today, today - timedelta(days=1), today + timedelta(days=181)):
        refused(city, "M20.2", number, "suspend", "supervisor", reason="等雨季过去", until=until)
    refused(city, "M20.1", number, "suspend", "supervisor")
    case = city.move(number, "suspend", "supervisor", reason="等雨季过去")
    assert case.review_at == DAYS.opening(today + timedelta(days=30))


def test_a_unit_that_waits_for_the_citizen_has_its_clock_stopped_until_the_answer(city: City) -> None:
    number = city.signed()
    due = city.look(number).due_at
    assert due is not None
    case = city.move(number, "note", "unit", reason="等市民提供身份证", waiting=True)
    assert (case.state, case.clock_stopped_for) == ("in_progress", "citizen")
    left, _ = DAYS.worked(city.now, due), city.later(days=4)
    refused(city, "M11.2", number, "note", "unit", reason="再等", waiting=True)
    case = city.move(number, "note", "agent", reason="市民来电补充", waiting=False)
    assert (case.clock_stopped_at, case.due_at) == (None, DAYS.after(city.now, left))
    refused(city, "M12.2", number, "note", "agent", reason="代他等", waiting=True)


def test_a_unit_does_not_wait_when_its_deadline_has_passed(city: City) -> None:
    number = city.signed()
    city.later(days=30)
    refused(city, "M11.2", number, "note", "unit", reason="等市民", waiting=True)


def test_a_report_ends_the_clock_and_waits_for_the_citizen(city: City) -> None:
    number = city.signed()
    city.move(number, "note", "unit", reason="等市民", waiting=True)
    city.later(days=40)
    case = city.move(number, "report", "unit", answer="修好了")
    assert (case.clock_stopped_for, case.events[-1].detail["in_time"]) == ("citizen", True)
    assert case.due_at is not None
    assert case.due_at > city.now


def test_every_part_of_a_suspended_case_stands_still(city: City) -> None:
    number = city.signed()
    city.move(number, "add-unit", "dispatcher", unit=WATER)
    city.move(number, "suspend", "supervisor", reason="等雨季过去")
    assert all(row.stopped_at == city.now for row in city.assignments(number))
    city.later(days=10)
    city.move(number, "resume", "supervisor")
    assert [len(row.stops) for row in city.assignments(number)] == [1, 1]
    assert city.look(number).state == CaseState.IN_PROGRESS
