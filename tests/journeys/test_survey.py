"""The survey on the real exchange: a citizen is rung and asked, and what is said has its consequence."""

import pytest
from sqlalchemy import select, update
from town import wait_for

from cases import intake
from cases.citizen_states import SurveyState
from cases.facts import CallEnded, CallStarted, CaseOpened, new_id
from cases.handling import Actor, Asked, make_move
from cases.model import Case, Survey, Unit
from cases.states import CaseState, Role
from cases.survey import OPEN
from cases.survey_list import survey_line
from hotline.phone.scripted_call import CallFailed
from hotline.phone.scripted_citizen import Answering, ScriptedCitizen
from hotline.surveys import Surveys

UNIT, MATTER, RESULT = "市政管理处", "路灯照明", "路灯修好了"
REASON = "路灯还是不亮。"


@pytest.fixture(autouse=True)
def _nobody_of_an_earlier_journey_is_rung(town):
    with town.wiring.unit_of_work() as unit:
        unit.session.execute(
            update(Survey).where(Survey.state.in_(OPEN)).values(state=SurveyState.CLOSED, next_at=None)
        )
        unit.commit()


@pytest.fixture
def citizen(town):
    """A telephone that the police exchange can ring for us."""
    return town.citizen().registers()


def reported(town, citizen):
    """A case of this citizen at the stage at which he is asked; -> its number."""
    wiring, call_id = town.wiring, new_id()
    with wiring.unit_of_work() as unit:
        now = wiring.now()
        (number,) = intake.reserve_numbers(unit.session, 1)
        decision = {"matter": MATTER, "unit": UNIT, "unsure": False, "kind": "求助", "deadline_class": "help"}
        for fact in (
            CallStarted(
                call_id=call_id, at=now, linked_id=call_id, channel="c", caller=citizen.user, way_in="direct"
            ),
            CaseOpened(
                call_id=call_id,
                at=now,
                number=number,
                tracking_code="ABC234",
                text="路灯坏了",
                decision=decision,
            ),
            CallEnded(call_id=call_id, at=now, outcome="message"),
        ):
            intake.record(unit.session, fact)
        at_unit = Actor("shizheng", Role.UNIT, unit.session.scalar(select(Unit.id).where(Unit.name == UNIT)))
        for what, who, asked in (
            ("dispatch", Actor("paidan", Role.DISPATCHER), {}),
            ("sign", at_unit, {}),
            ("report", at_unit, {"answer": RESULT}),
        ):
            make_move(unit.session, number, what, who, now, wiring.rules, Asked(**asked))
        unit.commit()
    return number


def survey(town, number):
    with town.wiring.reading() as unit:
        row = unit.session.scalars(select(Survey).join(Case).where(Case.number == number)).one()
        return survey_line(unit.session, row.id)


def rings(town, number):
    """The survey's hour has come."""
    report = Surveys(town.wiring).run(survey(town, number)["next"])
    assert (report["placed"], report["why"]) == ([number], None)


def asked(town, citizen, number):
    """-> the citizen's call, in which he has heard the question."""
    rings(town, number)
    return citizen.answers().hears("survey_hello").hears("survey_question")


def settled(town, number):
    return wait_for(
        f"the answer of {number}", lambda: survey(town, number)["settled"] and survey(town, number)
    )


def planned_again(town, number):
    return wait_for(
        f"the next try of {number}",
        lambda: survey(town, number)["state"] == "planned" and survey(town, number),
        within=15,
    )


def state(town, number):
    return town.case_numbered(number)["state"]


def test_a_content_citizen_presses_1_and_the_case_is_completed(town, citizen):
    number = reported(town, citizen)
    call = asked(town, citizen, number)
    assert call.caller_number == town.settings.hotline_did
    assert state(town, number) == CaseState.CALLING_BACK
    call.presses("1").hears("survey_thanks").is_over()
    said = settled(town, number)
    assert (said["answer"], said["way"], said["answered_by"]) == (1, "call", "citizen")
    assert state(town, number) == CaseState.COMPLETED
    rung = town.ended_call(citizen)
    assert (rung["way_in"], rung["outcome"], rung["case"]) == ("survey", "survey", number)
    assert town.call_back_of(citizen) is None


def test_not_solved_and_why_has_it_done_again_with_the_recording_on_the_case(town, citizen):
    number = reported(town, citizen)
    call = asked(town, citizen, number)
    call.presses("4").hears("survey_why").hears_the_beep()
    call.says(town.voice.says(REASON)).presses("#").hears("survey_kept").is_over()
    said = settled(town, number)
    case = town.case_numbered(number)
    assert (said["answer"], case["state"]) == (4, CaseState.DISPATCHED)
    assert said["recording"] in [each["id"] for each in case["recordings"]]
    redone = next(each for each in case["events"] if each["rule"] == "M19")
    assert (redone["who"], redone["detail"]["recording"]) == ("citizen", said["recording"])
    wait_for("the words of the reason", lambda: survey(town, number)["words"], within=60)


def test_nobody_answers_and_the_next_try_is_planned(town, citizen):
    number = reported(town, citizen)
    first = survey(town, number)["next"]
    rings(town, number)
    citizen.is_rung()
    tried = planned_again(town, number)
    assert (tried["tries"], tried["last_result"]) == (1, "no_answer")
    assert tried["next"] > first
    assert state(town, number) == CaseState.CALLING_BACK


def test_a_citizen_who_refuses_the_call_is_tried_again(town, citizen):
    number = reported(town, citizen)
    citizen.declines = True
    rings(town, number)
    # An order by AMI hears no more of a refusal than that nobody answered.
    assert planned_again(town, number)["last_result"] in ("busy", "failed")


def test_a_hang_up_before_any_key_is_no_answer(town, citizen):
    number = reported(town, citizen)
    rings(town, number)
    citizen.answers().hears("survey_hello").hangs_up()
    tried = planned_again(town, number)
    assert (tried["last_result"], tried["answer"]) == ("hung_up", None)


def test_a_hang_up_while_saying_why_keeps_answer_and_words(town, citizen):
    number = reported(town, citizen)
    call = asked(town, citizen, number)
    call.presses("3").hears("survey_why").hears_the_beep()
    call.says(town.voice.says(REASON)).hangs_up()
    said = settled(town, number)
    assert (said["answer"], state(town, number)) == (3, CaseState.DISPATCHED)
    assert said["recording"]


def test_who_presses_nothing_is_asked_once_more_and_tried_another_day(town, citizen):
    number = reported(town, citizen)
    call = asked(town, citizen, number)
    call.hears("survey_question", within=15).hears("survey_no_choice", within=15).is_over()
    assert planned_again(town, number)["last_result"] == "no_choice"


def test_three_calls_in_vain_and_the_visitor_caller_is_asked_to_ask(town, citizen):
    number = reported(town, citizen)
    citizen.declines = True
    for _ in range(2):
        rings(town, number)
        planned_again(town, number)
    rings(town, number)
    given_up = wait_for(
        "the visitor caller's turn",
        lambda: survey(town, number)["state"] == "visitor" and survey(town, number),
    )
    assert (given_up["tries"], given_up["next"]) == (3, None)


def test_a_citizen_is_rung_once_however_often_the_pass_runs(town, citizen):
    number = reported(town, citizen)
    when = survey(town, number)["next"]
    passes = [Surveys(town.wiring).run(when)["placed"] for _ in range(3)]
    assert passes == [[number], [], []]
    citizen.answers().hears("survey_hello").presses("2").hears("survey_thanks").is_over()
    assert settled(town, number)["answer"] == 2
    assert citizen.was_rung == 1


def test_while_the_police_exchange_takes_no_calls_nobody_loses_a_try(town):
    citizen = town.citizen()
    number = reported(town, citizen)
    report = Surveys(town.wiring).run(survey(town, number)["next"])
    assert report["placed"] == []
    assert "has not registered" in report["why"]
    assert (survey(town, number)["tries"], survey(town, number)["state"]) == (0, "planned")


def test_a_developer_tries_it_with_a_scripted_citizen(town):
    citizen = town.citizen()
    number = reported(town, citizen)
    told = ScriptedCitizen(town.settings, town.wiring, town.voice).run(number, Answering("4", REASON))
    assert (told["case"], told["answer"], told["case_state"]) == (number, 4, CaseState.DISPATCHED)
    heard = [step["detail"] for step in told["steps"] if step["what"] == "heard"]
    assert heard == ["survey_hello", "survey_question", "survey_why", "survey_kept"]
    with pytest.raises(CallFailed, match="no survey that waits"):
        ScriptedCitizen(town.settings, town.wiring, town.voice).run(number, Answering())


def test_no_number_and_no_word_of_it_is_in_a_log(town, citizen):
    number = reported(town, citizen)
    call = asked(town, citizen, number)
    call.presses("3").hears("survey_why").hears_the_beep()
    call.says(town.voice.says(REASON)).presses("#").hears("survey_kept").is_over()
    settled(town, number)
    assert town.logs_hold(citizen.user, "路灯", RESULT) == []
