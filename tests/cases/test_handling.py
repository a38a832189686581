"""The life of a case, move by move."""

from __future__ import annotations

import pytest
from handling_scene import LAMPS, WATER, City
from sqlalchemy import Engine

from cases.states import CaseState


@pytest.fixture
def city(engine: Engine) -> City:
    return City(engine)


def test_a_case_is_dispatched_signed_handled_reported_asked_about_completed_and_archived(city: City) -> None:
    number = city.case()
    case = city.move(number, "dispatch", "dispatcher")
    assert (case.state, case.dispatched_at, case.deadline_class) == ("dispatched", city.now, "complaint")
    assert city.move(number, "sign", "unit").state == "signed"
    assert city.move(number, "note", "unit", reason="已派人到现场").state == "in_progress"
    case = city.move(number, "report", "unit", answer="路灯已经修好")
    assert (case.state, case.answer) == ("reported", "路灯已经修好")
    assert city.move(number, "call-back", "visitor").state == "calling_back"
    case = city.move(number, "complete", "visitor")
    assert (case.state, case.completed_at, case.closed_at) == ("completed", city.now, city.now)
    assert city.move(number, "archive", "supervisor").state == "archived"
    told = [(each.rule, each.move, each.to_state, each.who) for each in city.events(number)[2:]]
    assert told == [
        ("M03", "dispatch", "dispatched", "dispatcher1"),
        ("M04", "sign", "signed", "unit1"),
        ("M11", "note", "in_progress", "unit1"),
        ("M15", "report", "reported", "unit1"),
        ("M16", "call-back", "calling_back", "visitor1"),
        ("M17", "complete", "completed", "visitor1"),
        ("M29", "archive", "archived", "supervisor1"),
    ]


@pytest.mark.parametrize("state", [state for state in CaseState if state != CaseState.ACCEPTED])
def test_a_case_comes_to_every_state(city: City, state: CaseState) -> None:
    assert city.look(city.at(state)).state == state


def test_a_return_within_two_working_days_is_ruled_on(city: City) -> None:
    number = city.dispatched()
    city.move(number, "return", "unit", reason="这是自来水公司的")
    case = city.move(number, "rule", "dispatcher", unit=WATER)
    assert (case.state, case.unit and case.unit.code) == ("dispatched", WATER)
    first, second = city.assignments(number)
    assert (first.unit.code, first.return_upheld, first.ended_by) == (LAMPS, True, "return")
    assert (second.unit.code, second.dispatched_at, second.ended_at) == (WATER, city.now, None)
