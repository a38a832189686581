"""The survey's script at the real server, with a small exchange: what no real telephone does, and faults."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from exchange import Line, recorded, server
from sounds import murmur, write_wav
from sqlalchemy import select, text

from cases import intake, survey_calls
from cases.citizen_states import SurveyState, TryResult
from cases.facts import CallEnded, CallStarted, CaseOpened, new_id
from cases.handling import Actor, Asked, make_move
from cases.model import Case, Survey, Unit
from cases.states import CaseState, Role, Sector, UnitType
from hotline.wiring import Wiring
from ivr import phrases

CALLER = "13800110110"


def rung(wiring: Wiring) -> int:
    """A case that was reported and whose citizen is being rung now; -> the survey's id."""
    call_id, now = new_id(), wiring.now()
    with wiring.unit_of_work() as unit:
        row = Unit(code="x", name="市政管理处", type=UnitType.DEPARTMENT, sector=Sector.GOVERNMENT)
        unit.session.add(row)
        (number,) = intake.reserve_numbers(unit.session, 1)
        for fact in (
            CallStarted(call_id=call_id, at=now, linked_id="0.1", channel="c", caller=CALLER, way_in="key"),
            CaseOpened(call_id=call_id, at=now, number=number, tracking_code="ABC234", text="路灯坏了"),
            CallEnded(call_id=call_id, at=now, outcome="message"),
        ):
            intake.record(unit.session, fact)
        at_unit = Actor("li", Role.UNIT, row.id)
        for what, who, asked in (
            ("dispatch", Actor("paidan", Role.DISPATCHER), {"unit": "x"}),
            ("sign", at_unit, {}),
            ("report", at_unit, {"answer": "修好了"}),
        ):
            make_move(unit.session, number, what, who, now, wiring.rules, Asked(**asked))
        survey = unit.session.scalars(select(Survey)).one()
        assert survey.next_at is not None
        survey_calls.claim(unit.session, survey.id, survey.next_at, timedelta(minutes=5), wiring.rules)
        unit.commit()
    return survey.id


def row(wiring: Wiring) -> Survey:
    with wiring.reading() as unit:
        return unit.session.scalars(select(Survey)).one()


def state(wiring: Wiring) -> CaseState:
    with wiring.reading() as unit:
        return unit.session.scalars(select(Case.state)).one()


def keys(*pressed: str):  # type: ignore[no-untyped-def]
    """An exchange whose citizen presses these, one at each prompt's end; then nothing more."""
    left = list(pressed)
    plain = recorded(lambda path: write_wav(path, murmur(3)), "200 result=35 (dtmf) endpos=24000")

    def answer(line: Line, command: str) -> str | None:
        if command.startswith("WAIT FOR DIGIT"):
            return f"200 result={ord(left.pop(0)) if left else 0}"
        return plain(line, command)

    return answer


def call(wiring: Wiring, survey: object, answer, **variables: str) -> Line:  # type: ignore[no-untyped-def]
    with server(wiring) as running:
        line = Line(running, "survey_call", MS_SURVEY=str(survey), MS_WAY_IN="survey", **variables).asks()
        line.serves(answer)
        running.finish_calls(5)
    return line


def test_a_content_citizen_hears_thanks_and_the_case_is_completed(wiring: Wiring) -> None:
    line = call(wiring, rung(wiring), keys("1"))
    assert line.played == ["survey_hello", "survey_request", "survey_question", "survey_thanks"]
    assert (row(wiring).answer, state(wiring)) == (1, CaseState.COMPLETED)


def test_the_matter_is_said_when_its_sound_is_there(wiring: Wiring) -> None:
    survey = rung(wiring)
    with wiring.unit_of_work() as unit:
        unit.session.scalars(select(Case)).one().matter = "路灯照明"
        unit.commit()
    sound = wiring.settings.prompt_sounds / f"{phrases.name_of('路灯照明')}.alaw"
    sound.parent.mkdir(parents=True)
    sound.write_bytes(bytes(800))
    assert call(wiring, survey, keys("2")).played[1] == sound.stem


def test_a_reason_is_recorded_and_belongs_to_the_case(wiring: Wiring) -> None:
    line = call(wiring, rung(wiring), keys("4"))
    assert line.played[-2:] == ["survey_why", "survey_kept"]
    asked = row(wiring)
    assert (asked.answer, state(wiring)) == (4, CaseState.DISPATCHED)
    with wiring.reading() as unit:
        held = unit.session.execute(text("SELECT count(*) FROM recording JOIN call ON call.id = call_id"))
        assert held.scalar() == 1
    assert asked.recording_id is not None


@pytest.mark.parametrize(
    ("reason", "result"),
    [
        ("3", TryResult.NO_ANSWER),
        ("5", TryResult.BUSY),
        ("0", TryResult.FAILED),
        ("x", TryResult.FAILED),
    ],
)
def test_a_call_that_was_not_answered_is_a_try_and_nothing_is_played(
    wiring: Wiring, reason: str, result: TryResult
) -> None:
    line = call(wiring, rung(wiring), keys(), MS_SURVEY_STATUS=reason)
    assert line.played == []
    tried = row(wiring)
    assert (tried.state, tried.last_result) == (SurveyState.PLANNED, result)


@pytest.mark.parametrize("survey", ["", "0", "999999", "-1", "1; DROP TABLE survey", "9" * 40, "²"])
@pytest.mark.parametrize("reason", ["", "3"])
def test_a_survey_that_is_none_breaks_nothing(
    wiring: Wiring, survey: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rung(wiring)
    call(wiring, survey, keys("1"), MS_SURVEY_STATUS=reason)
    assert row(wiring).state == SurveyState.CALLING
    assert "Traceback" not in capsys.readouterr().err


def test_a_second_call_of_the_same_survey_asks_nothing(wiring: Wiring) -> None:
    survey = rung(wiring)
    call(wiring, survey, keys("1"))
    line = call(wiring, survey, keys("4"))
    assert line.played == ["survey_fault"]
    assert row(wiring).answer == 1


def test_an_exchange_that_dies_in_mid_question_leaves_a_next_try(wiring: Wiring) -> None:
    call(wiring, rung(wiring), lambda _line, _command: None)
    tried = row(wiring)
    assert (tried.state, tried.last_result) == (SurveyState.PLANNED, TryResult.HUNG_UP)


def test_while_the_database_is_away_the_citizen_hears_an_apology_and_is_not_lost(wiring: Wiring) -> None:
    survey = rung(wiring)
    database = Path(wiring.settings.database.removeprefix("sqlite:///"))
    away = database.with_suffix(".away")
    database.rename(away)
    try:
        line = call(wiring, survey, keys("1"))
    finally:
        away.rename(database)
    assert line.played == ["survey_fault"]
    assert row(wiring).state == SurveyState.CALLING


def test_nothing_of_the_citizen_is_in_a_log(wiring: Wiring, capsys: pytest.CaptureFixture[str]) -> None:
    call(wiring, rung(wiring), keys("3"))
    said = capsys.readouterr()
    assert not [word for word in (CALLER, "路灯", "修好") if word in said.out + said.err]
    assert row(wiring).answer == 3
