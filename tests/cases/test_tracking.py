"""What a citizen sees by number and tracking code, and what nobody ever sees there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from handling_scene import City
from sqlalchemy import Engine, select

from cases import tracking
from cases.errors import MoveRefused, NotFound
from cases.model import Case
from cases.showing import json_ready
from cases.states import CaseState
from cases.unit_of_work import UnitOfWork, reading

CODE = "ABC234"


@pytest.fixture
def city(engine: Engine) -> City:
    return City(engine)


def page(city: City, number: str, code: str = CODE) -> dict[str, Any]:
    with reading(city.engine) as work:
        return tracking.tracked(work.session, number, code, city.now, city.rules)


def reopen(city: City, number: str, words: str = "又坏了") -> None:
    with UnitOfWork(city.engine) as work:
        tracking.reopen(work.session, number, CODE, words, city.now, city.rules)
        work.commit()


def test_the_page_tells_the_state_the_steps_the_unit_and_the_result(city: City) -> None:
    number = city.reported()
    shown = page(city, number)
    assert (shown["state"], shown["unit"], shown["result"]) == (
        CaseState.REPORTED,
        "市政管理处",
        "路灯修好了",
    )
    assert [each["what"] for each in shown["steps"]] == ["accepted", "dispatched", "signed", "reported"]
    assert (shown["asks"], shown["answer"], shown["may_reopen"]) == (True, None, False)


def test_before_it_is_dispatched_no_unit_is_named(city: City) -> None:
    assert page(city, city.case())["unit"] is None


@pytest.mark.parametrize("code", ["ABC235", "", "abc234 "[:5], "------", "ÄBC234", "A" * 40])
def test_a_wrong_code_and_a_wrong_number_are_the_same_answer(city: City, code: str) -> None:
    number = city.case()
    answers = set()
    for which, said in ((number, code), ("100005", CODE), ("110", CODE), ("", ""), ("100013", "------")):
        with pytest.raises(NotFound) as refused:
            page(city, which, said)
        answers.add(str(refused.value))
    assert len(answers) == 1


def test_what_people_type_is_tidied() -> None:
    assert tracking.tidy_number(" 100 005-") == "100005"
    assert tracking.tidy_code("abc-234 ") == CODE
    assert tracking.tidy_code("\u0000é中") == ""


def test_nothing_personal_is_on_it(city: City) -> None:
    number = city.case(caller="13800000077")
    city.move(number, "dispatch", "dispatcher")
    city.move(number, "note", "agent", reason="王先生 13900000000 又来电催问")
    city.move(number, "sign", "unit")
    city.move(number, "report", "unit", answer="已修好")
    shown = json.dumps(json_ready(page(city, number)), ensure_ascii=False)
    for word in ("13800000077", "13900000000", "王先生", "解放路", "路灯", "dispatcher1", "unit1", CODE):
        assert word not in shown


def test_a_confidential_case_shows_its_state_and_no_more(city: City) -> None:
    number = city.reported()
    with UnitOfWork(city.engine) as work:
        work.session.scalars(select(Case).where(Case.number == number)).one().confidential = True
        work.commit()
    shown = page(city, number)
    assert (shown["state"], shown["unit"], shown["result"]) == (CaseState.REPORTED, None, "")
    assert shown["steps"]


def test_a_closed_case_is_opened_again_within_thirty_days(city: City) -> None:
    number = city.completed()
    assert page(city, number)["may_reopen"]
    city.later(days=30)
    reopen(city, number)
    case = city.look(number)
    assert (case.state, case.reopen_count) == (CaseState.SORTED, 1)
    shown = page(city, number)
    assert shown["steps"][-1]["what"] == "reopened"
    assert (shown["result"], shown["asks"], shown["may_reopen"]) == ("", False, False)


def test_after_thirty_days_it_is_not_offered_and_refused(city: City) -> None:
    number = city.completed()
    city.later(days=30, minutes=1)
    assert not page(city, number)["may_reopen"]
    with pytest.raises(MoveRefused, match=r"M25\.1"):
        reopen(city, number)


@pytest.mark.parametrize("at", [CaseState.DISPATCHED, CaseState.REPORTED, CaseState.MERGED])
def test_what_is_not_closed_is_not_opened_again(city: City, at: CaseState) -> None:
    number = city.at(at)
    assert not page(city, number)["may_reopen"]
    with pytest.raises(MoveRefused):
        reopen(city, number)


def test_a_merged_case_says_how_far_the_other_is_and_no_more_of_it(city: City) -> None:
    number, main = city.case(), city.signed(caller="13800000022")
    city.move(number, "merge", "dispatcher", into=main)
    city.move(main, "report", "unit", answer="修好了")
    shown = page(city, number)
    assert (shown["state"], shown["together"]) == (CaseState.MERGED, CaseState.REPORTED)
    assert main not in json.dumps(json_ready(shown))
    assert page(city, main)["together"] is None


def test_what_was_done_again_says_so(city: City) -> None:
    number = city.reported()
    city.move(number, "redo", "citizen", reason="没修好")
    assert [each["what"] for each in page(city, number)["steps"]][-2:] == ["reported", "redone"]
