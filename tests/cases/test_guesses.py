"""What the dispatcher decides: unsure and returned cases, oldest first, and a guess that is taken."""

from __future__ import annotations

from typing import Any

import pytest
from handling_scene import LAMPS, City
from query_plans import plans
from sorting_scene import LAMP, WATER
from sqlalchemy import Engine, event

from cases.errors import Conflict, MoveRefused, NotFound
from cases.guesses import count_to_decide, take_guess, to_decide
from cases.states import CaseState, Role
from cases.unit_of_work import UnitOfWork, reading

GUESSES = [
    {"matter": name, "matter_path": [first, name], "probability": share}
    for first, name, share in (
        ("道路交通", LAMP, 0.41), ("没有", "这个诉求", 0.3), ("供水排水", WATER, 0.2),
        ("家政与维修服务", "开锁换锁", 0.1),
    )
]  # fmt: skip
CODES = {LAMP: "road.lamp", WATER: "water.off"}


@pytest.fixture
def city(engine: Engine) -> City:
    return City(engine, "a")


def unsure(city: City, **values: Any) -> str:
    return city.case(unsure=True, guesses=GUESSES, reasons=[{"text": "路灯", "why": "说了"}], **values)


def decided(city: City) -> list[dict[str, Any]]:
    with reading(city.engine) as work:
        return to_decide(work.session)


def take(
    city: City, number: str, matter: str, role: Role = Role.DISPATCHER, version: int | None = None
) -> None:
    with UnitOfWork(city.engine) as work:
        actor = city.actor(role)
        take_guess(work.session, number, CODES[matter], actor, city.now, city.rules, version)
        work.commit()


def test_unsure_and_returned_cases_stand_there_oldest_first_and_no_others(city: City) -> None:
    city.case(second=8)
    newer, older = unsure(city, second=40), unsure(city, second=10, caller="13800000021")
    back = city.dispatched(second=20, caller="13800000022")
    city.move(back, "return", "unit", reason="不是我们的路灯")
    assert [each["number"] for each in decided(city)] == [older, back, newer]
    with reading(city.engine) as work:
        assert count_to_decide(work.session) == {"unsure": 2, "returned": 1}
    returned = decided(city)[1]["returned"]
    assert (returned["unit"], returned["reason"]) == ("市政管理处", "不是我们的路灯")


def test_the_guesses_that_one_can_take_come_with_their_unit(city: City) -> None:
    unsure(city)
    guesses = decided(city)[0]["guesses"]
    assert [(each.place, each.name, each.unit) for each in guesses] == [
        (1, LAMP, "市政管理处"), (2, WATER, "自来水公司"), (3, "开锁换锁", "市政管理处"),
    ]  # fmt: skip
    assert guesses[0].probability == 0.41
    assert decided(city)[0]["reasons"] == [{"text": "路灯", "why": "说了"}]


@pytest.mark.parametrize(("matter", "unit"), [(LAMP, LAMPS), (WATER, "zilaishui")])
def test_a_guess_taken_dispatches_to_its_unit_and_says_who_chose(city: City, matter: str, unit: str) -> None:
    number = unsure(city)
    take(city, number, matter, version=city.look(number).version)
    kept = city.look(number)
    assert (kept.state, kept.matter, kept.unsure) == (CaseState.DISPATCHED, matter, False)
    assert [each.unit.code for each in city.assignments(number)] == [unit]
    assert [each.move for each in kept.events[-2:]] == ["corrected", "dispatch"]
    assert decided(city) == []


def test_a_guess_rules_on_a_returned_case(city: City) -> None:
    other, same = unsure(city), unsure(city, caller="13800000021")
    for number in (other, same):
        city.move(number, "dispatch", "dispatcher")
        city.move(number, "return", "unit", reason="不归我们")
    take(city, other, WATER)
    take(city, same, LAMP)
    assert city.look(other).matter == WATER
    assert city.assignments(other)[-1].unit.code == "zilaishui"
    assert [each.move for each in city.events(other)[-3:]] == ["rule", "corrected", "dispatch"]
    assert [each.unit.code for each in city.assignments(same)] == [LAMPS, LAMPS]
    assert city.look(same).state == CaseState.DISPATCHED


def test_whoever_saw_an_older_case_dispatches_nothing(city: City) -> None:
    number = unsure(city)
    seen = city.look(number).version
    city.move(number, "note", "agent", reason="市民又打来")
    with pytest.raises(Conflict):
        take(city, number, LAMP, version=seen)
    assert city.look(number).state == CaseState.SORTED


def test_what_the_sorter_did_not_think_of_is_no_guess(city: City) -> None:
    number = city.case(unsure=True, guesses=GUESSES[:1])
    for nonsense in (number, "999999"):
        with pytest.raises(NotFound):
            take(city, nonsense, WATER)


@pytest.mark.parametrize("role", [Role.UNIT, Role.LEADER, Role.VISITOR])
def test_nobody_else_takes_a_guess(city: City, role: Role) -> None:
    number = unsure(city)
    with pytest.raises(MoveRefused):
        take(city, number, LAMP, role)
    assert city.look(number).state == CaseState.SORTED


def test_the_third_return_is_a_supervisors_also_by_a_guess(city: City) -> None:
    number = unsure(city)
    city.move(number, "dispatch", "dispatcher")
    for _turn in range(2):
        city.move(number, "return", "unit", reason="不归我们")
        city.move(number, "rule", "dispatcher", unit=LAMPS)
    city.move(number, "return", "unit", reason="不归我们")
    with pytest.raises(MoveRefused) as refused:
        take(city, number, WATER)
    assert refused.value.rule == "M06.1"
    assert city.look(number).state == CaseState.RETURNED


def test_a_long_list_asks_no_more_than_a_short_one(city: City) -> None:
    def asked() -> int:
        seen: list[str] = []
        event.listen(city.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
        decided(city)
        return sum(each.lstrip().startswith("SELECT") for each in seen)

    unsure(city)
    few = asked()
    for place in range(6):
        unsure(city, caller=f"1380000003{place}")
        back = city.dispatched(caller=f"1380000004{place}")
        city.move(back, "return", "unit", reason="不归我们")
    assert few == 2
    assert asked() == 3


def test_the_list_is_found_by_the_index_of_states(city: City) -> None:
    """With many cases a walk through all of them would take a second."""
    unsure(city)
    with reading(city.engine) as work:
        found = plans(work.session, lambda: to_decide(work.session))
    assert found[0].count("ix_case_state_opened_at") == 2
