"""Is the citizen satisfied? Planned, rung, answered once, and what follows from the answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from handling_scene import LAMPS, City
from sqlalchemy import Engine, delete, select

from cases import survey, survey_calls, survey_settling
from cases.citizen_states import SurveyState, SurveyWay, TryResult
from cases.errors import MoveRefused, NotFound
from cases.facts import CallStarted, new_id
from cases.model import Call, Case, Survey
from cases.moving import Actor
from cases.queries import today
from cases.states import CaseState, Role, WayIn
from cases.unit_of_work import UnitOfWork, reading

LEASE = timedelta(minutes=5)
VISITOR = Actor("hui", Role.VISITOR)
SUPERVISOR = Actor("du", Role.SUPERVISOR)
CALLER = "13800000001"


@pytest.fixture
def city(engine: Engine) -> City:
    return City(engine)


def survey_of(city: City, number: str) -> Survey:
    with reading(city.engine) as work:
        wanted = select(Survey).join(Case).where(Case.number == number).order_by(Survey.round.desc())
        return work.session.scalars(wanted).first()  # type: ignore[return-value]


def do(city: City, what: Any, *args: Any, **values: Any) -> Any:
    """One use case, one transaction."""
    with UnitOfWork(city.engine) as work:
        done = what(work.session, *args, **values)
        work.commit()
        return done


def due(city: City) -> list[int]:
    with reading(city.engine) as work:
        return list(survey_calls.due(work.session, city.now, 10))


def local(city: City, at: datetime | None) -> str:
    assert at is not None
    return f"{at.astimezone(city.rules.zone):%m-%d %H:%M}"


def morning(city: City, day: str) -> None:
    """The clock stands at 09:30 of this day of 2026, city time."""
    city.now = datetime.fromisoformat(f"2026-{day} 09:30").replace(tzinfo=city.rules.zone)


def rung(city: City, number: str) -> survey_calls.ToRing | None:
    return do(city, survey_calls.claim, survey_of(city, number).id, city.now, LEASE, city.rules)  # type: ignore[no-any-return]


def lifted(city: City, number: str) -> str:
    """The citizen answers the call; -> the call's id."""
    call = CallStarted(
        call_id=new_id(), at=city.now, linked_id=new_id(), channel="PJSIP/x", caller="", way_in="survey"
    )
    assert do(city, survey_calls.begins, survey_of(city, number).id, call) is not None
    return call.call_id


def presses(city: City, number: str, key: int) -> None:
    """Rung, lifted, one key, hung up."""
    assert rung(city, number)
    call_id = lifted(city, number)
    row = survey_of(city, number)
    do(city, survey_calls.answered, row.id, call_id, key, city.now)
    do(city, survey_settling.settle, row.id, survey_settling.CITIZEN, city.now, city.rules)


# ---------------------------------------------------------------- planned
def test_a_report_plans_a_call_on_the_next_working_days_morning(city: City) -> None:
    number = city.reported()
    row = survey_of(city, number)
    assert (row.state, row.round, row.tries, row.unit_id) == (SurveyState.PLANNED, 1, 0, city.units[LAMPS])
    assert local(city, row.next_at) == "03-03 09:00"


def test_the_completion_of_what_was_reported_plans_no_second_one(city: City) -> None:
    number = city.completed()
    row = survey_of(city, number)
    assert (row.round, row.state) == (1, SurveyState.PLANNED)


def test_a_question_answered_at_once_is_asked_about_too(city: City) -> None:
    number = city.case()
    city.move(number, "complete", "agent", answer="路灯周三修")
    assert survey_of(city, number).state == SurveyState.PLANNED


def test_an_anonymous_citizen_cannot_be_rung_and_is_the_visitor_callers(city: City) -> None:
    row = survey_of(city, city.reported(caller=""))
    assert (row.state, row.next_at) == (SurveyState.VISITOR, None)


@pytest.mark.parametrize(("move", "role"), [("redo", "supervisor"), ("redo", "citizen")])
def test_a_case_that_goes_on_lets_go_of_its_survey_and_the_next_report_plans_another(
    city: City, move: str, role: str
) -> None:
    number = city.reported()
    city.move(number, move, role, reason="还是不亮")
    assert survey_of(city, number).state == SurveyState.CLOSED
    city.move(number, "sign", "unit")
    city.move(number, "report", "unit", answer="换了灯泡")
    row = survey_of(city, number)
    assert (row.round, row.state) == (2, SurveyState.PLANNED)


def test_what_was_reported_before_there_were_surveys_is_planned_once(city: City) -> None:
    number, signed = city.reported(), city.signed()
    with UnitOfWork(city.engine) as work:
        work.session.execute(delete(Survey))
        work.commit()
    assert do(city, survey.plan_missing, city.now, city.rules) == [number]
    assert do(city, survey.plan_missing, city.now, city.rules) == []
    assert survey_of(city, number).state == SurveyState.PLANNED
    assert survey_of(city, signed) is None


# ---------------------------------------------------------------- rung
def test_nobody_is_rung_before_the_planned_hour_and_each_only_once(city: City) -> None:
    number = city.reported()
    assert due(city) == []
    assert rung(city, number) is None
    morning(city, "03-03")
    assert due(city) == [survey_of(city, number).id]
    to_ring = rung(city, number)
    assert to_ring is not None
    assert (to_ring.number, to_ring.caller, to_ring.matter) == (number, CALLER, "路灯照明")
    assert rung(city, number) is None
    assert due(city) == []
    assert city.look(number).state == CaseState.CALLING_BACK


def test_a_citizen_with_several_cases_is_not_rung_twice_at_once(city: City) -> None:
    first, second, third = city.reported(), city.reported(), city.reported(caller="13800000002")
    morning(city, "03-03")
    assert due(city) == [survey_of(city, first).id, survey_of(city, third).id]
    assert rung(city, first)
    assert due(city) == [survey_of(city, third).id]
    presses_without_ringing(city, first, 1)
    assert survey_of(city, second).id in due(city)


def presses_without_ringing(city: City, number: str, key: int) -> None:
    call_id, row = lifted(city, number), survey_of(city, number)
    do(city, survey_calls.answered, row.id, call_id, key, city.now)


def test_of_a_confidential_case_nothing_may_be_said(city: City) -> None:
    number = city.reported()
    with UnitOfWork(city.engine) as work:
        work.session.scalars(select(Case).where(Case.number == number)).one().confidential = True
        work.commit()
    morning(city, "03-03")
    to_ring = rung(city, number)
    assert to_ring is not None
    assert to_ring.matter is None


def test_three_calls_in_vain_at_other_hours_and_then_the_visitor_caller_asks(city: City) -> None:
    number = city.reported()
    tried = []
    for result in (TryResult.NO_ANSWER, TryResult.BUSY, TryResult.HUNG_UP):
        city.now = survey_of(city, number).next_at or city.now
        assert rung(city, number)
        assert do(city, survey_calls.in_vain, survey_of(city, number).id, result, city.now, city.rules)
        tried.append(local(city, city.now))
    row = survey_of(city, number)
    assert tried == ["03-03 09:00", "03-03 14:30", "03-04 09:00"]
    assert (row.state, row.tries, row.next_at) == (SurveyState.VISITOR, 3, None)
    told = [each.detail for each in city.events(number) if each.move == survey.SURVEYED]
    assert [each["result"] for each in told] == ["no_answer", "busy", "hung_up"]


def test_a_call_whose_end_is_never_told_runs_out(city: City) -> None:
    number = city.reported()
    morning(city, "03-03")
    rung(city, number)
    with reading(city.engine) as work:
        assert survey_calls.lost_calls(work.session, city.now) == []
        assert survey_calls.lost_calls(work.session, city.now + 2 * LEASE) == [survey_of(city, number).id]


def test_an_order_that_the_exchange_did_not_take_is_no_try(city: City) -> None:
    number = city.reported()
    morning(city, "03-03")
    rung(city, number)
    do(city, survey_calls.not_placed, survey_of(city, number).id, city.now)
    row = survey_of(city, number)
    assert (row.state, row.tries) == (SurveyState.PLANNED, 0)
    assert due(city) == []
    city.later(minutes=6)
    assert due(city) == [row.id]


# ---------------------------------------------------------------- answered
@pytest.mark.parametrize("key", [1, 2])
def test_who_is_content_completes_the_case(city: City, key: int) -> None:
    number = city.reported()
    morning(city, "03-03")
    presses(city, number, key)
    row = survey_of(city, number)
    assert (row.state, row.answer, row.way, row.answered_by) == (
        SurveyState.ANSWERED,
        key,
        SurveyWay.CALL,
        "citizen",
    )
    assert row.settled_at is not None
    assert city.look(number).state == CaseState.COMPLETED
    completed = city.events(number)[-1]
    assert (completed.rule, completed.who, completed.detail["answer"]) == ("M17", "system", key)


@pytest.mark.parametrize("key", [3, 4])
def test_who_is_not_content_has_it_done_again_by_the_same_unit(city: City, key: int) -> None:
    number = city.reported()
    morning(city, "03-03")
    presses(city, number, key)
    case = city.look(number)
    assert (case.state, case.unit_id, case.redo_count) == (CaseState.DISPATCHED, city.units[LAMPS], 1)
    redone = next(each for each in city.events(number) if each.rule == "M19")
    assert (redone.who, redone.detail["answer"]) == ("citizen", key)
    assert survey.ANSWERS[key] in redone.reason


def test_not_content_once_more_goes_to_supervision_and_is_not_done_again(city: City) -> None:
    number = city.reported()
    morning(city, "03-03")
    presses(city, number, 4)
    city.move(number, "sign", "unit")
    city.move(number, "report", "unit", answer="又修了")
    morning(city, "03-04")
    presses(city, number, 4)
    case = city.look(number)
    assert (case.state, case.redo_count) == (CaseState.CALLING_BACK, 1)
    assert city.events(number)[-1].rule == "M14"
    assert case.supervised_at is not None


def test_not_content_after_the_completion_by_a_unit_that_never_was_opens_the_case_again(city: City) -> None:
    number = city.case()
    city.move(number, "complete", "agent", answer="明天就好")
    morning(city, "03-03")
    presses(city, number, 4)
    assert city.look(number).state == CaseState.SORTED


def test_the_call_of_a_survey_is_on_the_case_and_is_owed_nothing(city: City) -> None:
    number = city.reported()
    morning(city, "03-03")
    rung(city, number)
    call_id = lifted(city, number)
    with reading(city.engine) as work:
        call = work.session.get_one(Call, call_id)
        assert (call.way_in, call.case_id, call.caller) == (WayIn.SURVEY, city.look(number).id, CALLER)
        assert today(work.session, city.now - timedelta(minutes=1))["calls"] == 0


def test_an_answer_is_given_once(city: City) -> None:
    number = city.reported()
    morning(city, "03-03")
    presses(city, number, 1)
    row = survey_of(city, number)
    with pytest.raises(MoveRefused, match="S02"):
        do(city, survey_settling.answer_by_citizen, row.id, 4, SurveyWay.PAGE, "", city.now, city.rules)
    assert survey_of(city, number).answer == 1
    assert not do(city, survey_settling.settle, row.id, survey_settling.CITIZEN, city.now, city.rules)


def test_an_answer_to_a_survey_that_the_case_went_past_is_refused(city: City) -> None:
    number = city.reported()
    city.move(number, "redo", "supervisor", reason="没修")
    row = survey_of(city, number)
    with pytest.raises(MoveRefused, match="S03"):
        do(city, survey_settling.answer_by_citizen, row.id, 1, SurveyWay.PAGE, "", city.now, city.rules)


@pytest.mark.parametrize("value", [0, 5, -1])
def test_an_answer_that_is_none_is_refused(city: City, value: int) -> None:
    row = survey_of(city, city.reported())
    with pytest.raises(MoveRefused, match="S04"):
        do(city, survey_settling.answer_by_citizen, row.id, value, SurveyWay.PAGE, "", city.now, city.rules)
    with pytest.raises(NotFound):
        do(city, survey.locked, 999_999)


def test_words_of_the_citizen_go_with_the_answer_and_into_the_reason(city: City) -> None:
    number = city.reported()
    row = survey_of(city, number)
    words = "灯还是一闪一闪的"
    do(city, survey_settling.answer_by_citizen, row.id, 3, SurveyWay.SMS, words, city.now, city.rules)
    assert survey_of(city, number).words == words
    redone = next(each for each in city.events(number) if each.rule == "M19")
    assert redone.reason == f"回访：不满意。{words}"


def test_an_answer_whose_call_died_is_settled_later(city: City) -> None:
    number = city.reported()
    morning(city, "03-03")
    rung(city, number)
    presses_without_ringing(city, number, 2)
    with reading(city.engine) as work:
        assert survey_settling.unsettled(work.session, city.now) == []
    city.later(minutes=10)
    with reading(city.engine) as work:
        (left,) = survey_settling.unsettled(work.session, city.now)
    assert do(city, survey_settling.settle, left, survey_settling.CITIZEN, city.now, city.rules)
    assert city.look(number).state == CaseState.COMPLETED
