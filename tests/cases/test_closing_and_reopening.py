"""Reports, call-backs, redos, the end of a case, and its beginning again."""

from __future__ import annotations

import pytest
from handling_scene import DAYS, LAMPS, WATER, City
from sqlalchemy import Engine, select

from cases.errors import MoveRefused
from cases.model import DeskNote
from cases.states import CaseState
from cases.unit_of_work import reading


@pytest.fixture
def city(engine: Engine) -> City:
    return City(engine)


# ---------------------------------------------------------------- done again


def test_an_unsatisfied_citizens_case_goes_to_the_same_unit_with_a_new_clock(city: City) -> None:
    number = city.reported()
    city.move(number, "call-back", "visitor")
    city.later(days=2)
    case = city.move(number, "redo", "visitor", reason="还是不亮")
    first, second = city.assignments(number)
    assert (case.state, case.redo_count, case.due_at) == ("dispatched", 1, DAYS.due(city.now, 5))
    assert (first.ended_by, second.redo, second.unit.code) == ("redo", True, LAMPS)
    assert city.move(number, "sign", "unit").state == "signed"


@pytest.mark.parametrize("asks", ["visitor", "citizen", "system"])
def test_whoever_asks_for_a_second_redo_brings_it_to_supervision(city: City, asks: str) -> None:
    number = city.reported()
    city.move(number, "redo", "visitor", reason="还是不亮")
    city.move(number, "sign", "unit")
    city.move(number, "report", "unit", answer="又修了一遍")
    case = city.move(number, "redo", asks, reason="还是不亮")
    assert (case.state, case.redo_count, case.supervised_at) == ("reported", 1, city.now)
    told = case.events[-1]
    assert (told.move, told.rule, told.who, told.reason) == ("supervise", "M14", "system", "还是不亮")
    assert told.detail == {"because": "redo", "count": 1, "asked_by": f"{asks}1"}
    assert city.move(number, "redo", "supervisor", reason="换个师傅").state == "dispatched"


def test_a_second_redo_after_the_completion_is_supervised_too(city: City) -> None:
    number = city.completed()
    city.move(number, "redo", "citizen", reason="还是不亮")
    city.move(number, "sign", "unit")
    city.move(number, "report", "unit", answer="又修了一遍")
    city.move(number, "complete", "visitor")
    case = city.move(number, "redo", "citizen", reason="还是不亮")
    assert (case.state, case.events[-1].move) == ("completed", "supervise")
    city.later(days=31)
    with pytest.raises(MoveRefused, match=r"M19\.2"):
        city.move(number, "redo", "citizen", reason="还是不亮")


def test_a_role_that_may_not_ask_for_a_redo_does_not_bring_supervision(city: City) -> None:
    number = city.reported()
    city.move(number, "redo", "visitor")
    city.move(number, "sign", "unit")
    city.move(number, "report", "unit", answer="又修了一遍")
    with pytest.raises(MoveRefused, match="M19"):
        city.move(number, "redo", "agent")


def test_what_no_unit_had_is_not_done_again(city: City) -> None:
    number = city.case()
    city.move(number, "complete", "agent", answer="请到社区办理")
    with pytest.raises(MoveRefused, match=r"M19\.1"):
        city.move(number, "redo", "citizen")


# ---------------------------------------------------------------- closed, and open again


def test_a_completed_case_may_still_be_asked_about(city: City) -> None:
    number = city.completed()
    completed = city.look(number).completed_at
    city.later(days=1)
    case = city.move(number, "call-back", "visitor")
    assert (case.state, case.closed_at, case.completed_at) == ("calling_back", None, completed)
    case = city.move(number, "complete", "visitor")
    assert (case.completed_at, case.closed_at) == (completed, city.now)


def test_a_citizen_opens_it_again_within_thirty_days_and_it_is_dispatched_anew(city: City) -> None:
    number = city.completed()
    city.later(days=30)
    case = city.move(number, "reopen", "citizen", reason="又坏了")
    assert (case.state, case.reopen_count, case.due_at, case.answer) == ("sorted", 1, None, "")
    assert (case.completed_at, case.closed_at) == (None, None)
    assert case.events[-1].detail["answer_before"] == "路灯修好了"
    case = city.move(number, "dispatch", "dispatcher")
    assert case.due_at == DAYS.due(city.now, 5)


@pytest.mark.parametrize("what", ["reopen", "redo"])
def test_after_thirty_days_only_a_supervisor_opens_it(city: City, what: str) -> None:
    number = city.completed()
    city.later(days=30, seconds=1)
    for role in ("citizen", "visitor"):
        with pytest.raises(MoveRefused, match=r"M(25\.1|19\.2)"):
            city.move(number, what, role)
    city.move(number, what, "supervisor")


def test_an_archived_case_counts_its_thirty_days_from_its_completion(city: City) -> None:
    number = city.completed()
    city.later(days=20)
    city.move(number, "archive", "system")
    city.later(days=11)
    with pytest.raises(MoveRefused, match=r"M25\.1"):
        city.move(number, "reopen", "citizen")


# ---------------------------------------------------------------- merged


def test_a_merged_case_ends_and_both_say_so_and_it_comes_apart_again(city: City) -> None:
    stays, number = city.dispatched(), city.signed()
    case = city.move(number, "merge", "dispatcher", into=stays, reason="同一盏灯")
    assert (case.state, case.merged_into_id, case.closed_at) == ("merged", city.look(stays).id, city.now)
    assert [row.ended_by for row in city.assignments(number)] == ["merge"]
    assert city.events(stays)[-1].detail == {"merged": number}
    assert city.look(stays).state == "dispatched"
    case = city.move(number, "unmerge", "dispatcher", reason="不是同一盏")
    assert (case.state, case.merged_into_id, case.closed_at) == ("sorted", None, None)
    assert city.events(stays)[-1].detail == {"unmerged": number}
    assert city.move(number, "dispatch", "dispatcher").state == "dispatched"


def test_it_is_merged_into_another_case_that_is_not_merged(city: City) -> None:
    number, other, third = city.case(), city.case(), city.case()
    for wrong in (None, number, "100005", "x" * 50):
        with pytest.raises(MoveRefused, match=r"M26\.1"):
            city.move(number, "merge", "agent", into=wrong)
    city.move(other, "merge", "agent", into=third)
    with pytest.raises(MoveRefused, match=r"M26\.2"):
        city.move(number, "merge", "agent", into=other)


def test_what_is_asked_again_is_not_merged_into_what_is_closed(city: City) -> None:
    number, closed = city.case(), city.completed()
    with pytest.raises(MoveRefused, match=r"M26\.3"):
        city.move(number, "merge", "agent", into=closed)


# ---------------------------------------------------------------- back to 110


def test_a_case_for_the_police_goes_back_and_the_desks_are_told(city: City) -> None:
    number = city.dispatched()
    case = city.move(number, "to-110", "agent", reason="有人持刀")
    assert (case.state, case.closed_at, case.due_at) == ("handed_back", city.now, None)
    assert case.events[-1].detail == {"desk_told": True}
    with reading(city.engine) as work:
        (note,) = work.session.scalars(select(DeskNote)).all()
    assert (note.reason, note.heard.splitlines()[0]) == ("to_110", "有人持刀")
    assert city.move(number, "reopen", "desk").state == "sorted"
    assert city.move(number, "dispatch", "dispatcher", unit=WATER).state == CaseState.DISPATCHED
