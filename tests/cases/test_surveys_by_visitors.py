"""Who asks the citizen in person, who may not, and what a supervisor makes of a complaint."""

from __future__ import annotations

import pytest
from handling_scene import LAMPS, WATER, City
from sqlalchemy import Engine
from test_surveys import SUPERVISOR, VISITOR, do, morning, rung, survey_of

from cases import survey, survey_settling
from cases.citizen_states import SurveyState, SurveyWay
from cases.errors import MoveRefused
from cases.handling import make_move
from cases.moving import Actor
from cases.states import CaseState, Role


@pytest.fixture
def city(engine: Engine) -> City:
    return City(engine)


def test_the_visitor_caller_asks_and_the_case_follows(city: City) -> None:
    content, not_so = city.reported(), city.reported()
    row = survey_of(city, content)
    do(city, survey_settling.answer_by_visitor, row.id, 1, VISITOR, "说修得快", city.now, city.rules)
    assert city.look(content).state == CaseState.COMPLETED
    asked = survey_of(city, content)
    assert (asked.way, asked.answered_by, asked.words) == (SurveyWay.VISITOR, "hui", "说修得快")
    row = survey_of(city, not_so)
    do(city, survey_settling.answer_by_visitor, row.id, 4, VISITOR, "还不亮", city.now, city.rules)
    assert city.look(not_so).state == CaseState.DISPATCHED
    assert next(each.who for each in city.events(not_so) if each.rule == "M19") == "hui"


def test_who_handled_the_case_does_not_ask_its_citizen(city: City) -> None:
    number = city.reported()
    row = survey_of(city, number)
    for handler in (
        Actor("dispatcher1", Role.VISITOR),
        Actor("unit1", Role.VISITOR),
        Actor("hui", Role.VISITOR, unit_id=city.units[LAMPS]),
    ):
        with pytest.raises(MoveRefused, match="S01"):
            do(city, survey_settling.answer_by_visitor, row.id, 1, handler, "", city.now, city.rules)
    assert survey_of(city, number).state == SurveyState.PLANNED
    elsewhere = Actor("hui", Role.VISITOR, unit_id=city.units[WATER])
    do(city, survey_settling.answer_by_visitor, row.id, 1, elsewhere, "", city.now, city.rules)


@pytest.mark.parametrize("what", ["call-back", "complete", "redo"])
def test_nor_does_that_person_close_it_by_a_move(city: City, what: str) -> None:
    number = city.reported()
    with pytest.raises(MoveRefused, match="S01"):
        do(city, make_move, number, what, Actor("dispatcher1", Role.VISITOR), city.now, city.rules)
    assert city.look(number).state == CaseState.REPORTED
    do(city, make_move, number, what, VISITOR, city.now, city.rules)


def test_a_visitor_caller_who_reaches_nobody_may_try_again_or_close_without_an_answer(city: City) -> None:
    number = city.reported()
    row = survey_of(city, number)
    do(city, survey_settling.not_reached_by_visitor, row.id, VISITOR, city.now, city.rules)
    assert survey_of(city, number).state == SurveyState.VISITOR
    do(city, survey_settling.close_unanswered, row.id, VISITOR, "三天打不通", city.now, city.rules)
    asked = survey_of(city, number)
    assert (asked.state, asked.answer, asked.round) == (SurveyState.CLOSED, None, 1)
    case = city.look(number)
    assert (case.state, city.events(number)[-1].detail["answer"]) == (CaseState.COMPLETED, None)


def test_while_the_citizen_is_being_rung_nobody_else_asks(city: City) -> None:
    number = city.reported()
    morning(city, "03-03")
    rung(city, number)
    with pytest.raises(MoveRefused, match="S06"):
        do(
            city,
            survey_settling.answer_by_visitor,
            survey_of(city, number).id,
            1,
            VISITOR,
            "",
            city.now,
            city.rules,
        )


def test_a_supervisor_judges_a_complaint_and_nothing_else(city: City) -> None:
    number, content = city.reported(), city.reported()
    for each, value in ((number, 4), (content, 1)):
        row = survey_of(city, each)
        do(city, survey_settling.answer_by_citizen, row.id, value, SurveyWay.PAGE, "", city.now, city.rules)
    row = survey_of(city, number)
    do(city, survey.judge, row.id, True, SUPERVISOR, city.now)
    judged = survey_of(city, number)
    assert (judged.founded, judged.judged_by) == (True, "du")
    for survey_id, by in ((row.id, VISITOR), (survey_of(city, content).id, SUPERVISOR)):
        with pytest.raises(MoveRefused, match="S05"):
            do(city, survey.judge, survey_id, True, by, city.now)
