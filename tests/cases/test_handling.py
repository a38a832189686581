"""The life of a case, move by move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from handling_scene import DAYS, LAMPS, MONDAY, WATER, City
from sorting_scene import LOCKS, jobs
from sqlalchemy import Engine

from cases import queries
from cases.errors import MoveRefused
from cases.model import Unit
from cases.states import CaseState
from cases.unit_of_work import UnitOfWork, reading


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


def test_a_dispatch_starts_the_clock_and_says_so(city: City) -> None:
    number = city.dispatched(WATER)
    (row,) = city.assignments(number)
    case = city.look(number)
    assert (row.unit.code, row.main, row.working_days, row.by) == (WATER, True, 5, "dispatcher1")
    assert row.due_at == DAYS.due(city.now, 5)
    assert (case.due_at, case.yellow_at, case.dispatched_at) == (row.due_at, row.yellow_at, city.now)
    told = case.events[-1].detail
    assert (told["unit"], told["class"], told["due"]) == ("自来水公司", "complaint", row.due_at.isoformat())
    assert "warnings" not in told


def test_a_deadline_that_reaches_into_an_unknown_year_carries_its_warning(city: City) -> None:
    city.now = datetime(2026, 12, 28, 2, 0, tzinfo=UTC)
    number = city.dispatched()
    (warning,) = city.events(number)[-1].detail["warnings"]
    assert "2027" in warning


def test_the_class_may_be_chosen_and_is_the_default_when_nobody_told_it(city: City) -> None:
    chosen, untold = city.case(), city.case(deadline_class=None)
    city.move(chosen, "dispatch", "dispatcher", deadline_class="complex")
    city.move(untold, "dispatch", "dispatcher")
    assert [city.assignments(each)[0].working_days for each in (chosen, untold)] == [15, 3]
    assert city.look(untold).deadline_class == "help"


def test_a_unit_keeps_its_own_office_hours(city: City) -> None:
    with UnitOfWork(city.engine) as work:
        work.session.get_one(Unit, city.units[LAMPS]).detail = {"office_hours": "08:00-12:00"}
        work.commit()
    number = city.dispatched()
    due = city.assignments(number)[0].due_at.astimezone(DAYS.zone)
    assert f"{due:%a %H:%M}" == "Mon 12:00"


def test_a_question_is_answered_at_once_without_any_unit(city: City) -> None:
    number = city.case()
    case = city.move(number, "complete", "agent", answer="带身份证到社区办理")
    assert (case.state, case.answer, case.completed_at) == ("completed", "带身份证到社区办理", city.now)
    assert (case.events[-1].rule, city.assignments(number)) == ("M18", [])


def test_the_handling_stands_on_the_cases_page(city: City) -> None:
    number = city.signed()
    city.move(number, "ask-extension", "unit", reason="等材料", days=4)
    with reading(city.engine) as work:
        shown = queries.case_detail(work.session, number, city.now)
    assert shown is not None
    assert (shown["colour"], shown["deadline_class"]) == ("green", "complaint")
    assert (shown["extension"]["state"], shown["extension"]["days"]) == ("asked", 4)
    (row,) = shown["assignments"]
    assert (row["unit"], row["state"], row["colour"], row["in_time"]) == (
        "市政管理处",
        "signed",
        "green",
        None,
    )


# ---------------------------------------------------------------- returns


def test_a_return_within_two_working_days_is_ruled_on(city: City) -> None:
    number = city.dispatched()
    city.later(days=1)
    city.move(number, "return", "unit", reason="这是自来水公司的")
    city.later(hours=2)
    case = city.move(number, "rule", "dispatcher", unit=WATER)
    assert (case.state, case.unit and case.unit.code) == ("dispatched", WATER)
    first, second = city.assignments(number)
    assert (first.unit.code, first.return_upheld, first.ended_by) == (LAMPS, True, "return")
    assert (second.unit.code, second.dispatched_at, second.ended_at) == (WATER, city.now, None)
    assert (case.due_at, case.return_count) == (DAYS.due(city.now, 5), 1)


def test_a_return_that_was_wrong_gives_no_time(city: City) -> None:
    number = city.dispatched()
    due = city.look(number).due_at
    city.later(days=1)
    city.move(number, "return", "unit", reason="不归我们管")
    city.later(days=1)
    case = city.move(number, "rule", "dispatcher", unit=LAMPS, reason="职责清单第三条")
    first, second = city.assignments(number)
    assert (case.state, case.due_at, second.due_at) == ("dispatched", due, due)
    assert (first.return_upheld, second.dispatched_at) == (False, first.dispatched_at)
    assert city.move(number, "sign", "unit").state == "signed"


def test_a_ruling_may_send_it_back_to_be_sorted(city: City) -> None:
    number = city.at(CaseState.RETURNED)
    case = city.move(number, "rule", "dispatcher")
    assert (case.state, case.unit_id, case.due_at) == ("sorted", None, None)
    assert city.move(number, "dispatch", "dispatcher", unit=WATER).state == "dispatched"


def test_the_third_return_goes_to_supervision_and_a_supervisors_ruling_is_final(city: City) -> None:
    number = city.dispatched()
    for whose, to in ((LAMPS, WATER), (WATER, LAMPS)):
        city.move(number, "return", "unit", unit_of=whose, reason="不归我们管")
        city.move(number, "rule", "dispatcher", unit=to)
    assert city.look(number).supervised_at is None
    case = city.move(number, "return", "unit", reason="真不归我们管")
    assert (case.return_count, case.supervised_at) == (3, city.now)
    last = case.events[-1]
    assert (last.move, last.rule, last.who) == ("supervise", "M14", "system")
    assert last.detail == {"because": "returns", "count": 3}
    with pytest.raises(MoveRefused, match=r"M06\.1"):
        city.move(number, "rule", "dispatcher", unit=WATER)
    city.move(number, "rule", "supervisor", unit=LAMPS)
    with pytest.raises(MoveRefused, match=r"M05\.3"):
        city.move(number, "return", "unit", reason="还是不归我们管")


def test_a_return_after_two_working_days_is_refused(city: City) -> None:
    number = city.signed()
    city.now = DAYS.due(city.now, 2) + timedelta(seconds=1)
    with pytest.raises(MoveRefused, match=r"M05\.2"):
        city.move(number, "return", "unit", reason="不归我们管")
    city.now = DAYS.due(MONDAY, 2)
    assert city.move(number, "return", "unit", reason="不归我们管").state == "returned"


# ---------------------------------------------------------------- firms' turns


def test_a_firm_that_is_dispatched_a_case_has_its_turn_counted_once(engine: Engine) -> None:
    city = City(engine, "a", "b")
    number = city.case(matter=LOCKS, unit="a锁店", sector="market")
    assert jobs(engine) == {"a": 1, "b": 0}
    city.move(number, "dispatch", "dispatcher")
    assert jobs(engine) == {"a": 1, "b": 0}
    other = city.case(matter=LOCKS, unit="a锁店", sector="market")
    city.move(other, "dispatch", "dispatcher", unit="b")
    assert jobs(engine) == {"a": 1, "b": 1}


def test_a_firm_whose_case_was_taken_before_it_began_keeps_its_turn(engine: Engine) -> None:
    city = City(engine, "a", "b")
    number = city.case(matter=LOCKS, unit="a锁店", sector="market")
    city.move(number, "dispatch", "dispatcher")
    city.move(number, "return", "unit", unit_of="a", reason="师傅都在外地")
    city.move(number, "rule", "dispatcher", unit="b")
    assert jobs(engine) == {"a": 0, "b": 1}
    city.move(number, "to-110", "dispatcher", reason="有人被困")
    assert jobs(engine) == {"a": 0, "b": 0}
    city.move(number, "reopen", "agent")
    assert jobs(engine) == {"a": 0, "b": 1}


def test_a_firm_that_signed_has_had_its_turn(engine: Engine) -> None:
    city = City(engine, "a", "b")
    number = city.case(matter=LOCKS, unit="a锁店", sector="market")
    city.move(number, "dispatch", "dispatcher")
    city.move(number, "sign", "unit", unit_of="a")
    city.move(number, "return", "unit", unit_of="a", reason="打不开")
    city.move(number, "rule", "dispatcher", unit="b")
    assert jobs(engine) == {"a": 1, "b": 1}
