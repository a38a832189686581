"""The survey's call as a table: one question, an answer that is kept at once, a reason, and an end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.city_flow import ANYTHING, OVER
from ivr.flow import State, advance
from ivr.prompts import prompts
from ivr.steps import (
    Ask,
    Event,
    Fault,
    HangUp,
    HungUp,
    KeepAnswer,
    KeepReason,
    NothingPressed,
    Pressed,
    Reached,
    Record,
    Recorded,
    Say,
    Step,
)
from ivr.survey_flow import RINGING, ROWS, SURVEY

ABOUT = ("survey_request",)


def asked() -> State:
    state, _ = advance(State(RINGING), Reached(ABOUT), ROWS)
    return state


def asked_twice() -> State:
    state, _ = advance(asked(), NothingPressed(), ROWS)
    return state


def answers(step: Step) -> st.SearchStrategy[Event]:
    always = st.sampled_from([HungUp(), Fault()])
    if isinstance(step, Ask):
        return st.one_of(always, st.just(NothingPressed()), st.sampled_from(step.keys).map(Pressed))
    endings = st.sampled_from(["key", "silence", "limit", "hangup", "fault"])
    return st.one_of(always, st.builds(Recorded, endings, st.sampled_from(["", "#"]), st.booleans()))


@given(st.data())
def test_every_way_through_a_survey_ends_soon_with_a_word_and_at_most_one_answer(data: st.DataObject) -> None:
    state, event, kept = State(RINGING), Reached(ABOUT), []
    for _turn in range(20):
        state, steps = advance(state, event, ROWS)
        kept += [step.answer for step in steps if isinstance(step, KeepAnswer)]
        gone = isinstance(event, HungUp) or (isinstance(event, Recorded) and event.ended_by == "hangup")
        waits = [step for step in steps if isinstance(step, Ask | Record)]
        if gone or not waits:
            assert gone or isinstance(steps[-1], HangUp)
            assert gone or isinstance(event, Fault) or isinstance(steps[-2], Say)
            break
        event = data.draw(answers(waits[-1]))
    else:
        pytest.fail("the survey goes round and round")
    assert len(kept) <= 1


def test_the_question_says_what_it_is_about_and_has_four_keys() -> None:
    _, steps = advance(State(RINGING), Reached(("phrases/abc",)), ROWS)
    assert steps == (Ask(("survey_hello", "phrases/abc", "survey_question"), "1234", seconds=5),)


@pytest.mark.parametrize("state", [asked(), asked_twice()], ids=["at once", "asked again"])
@pytest.mark.parametrize("key", "1234")
def test_an_answer_is_kept_before_anything_else_is_said(state: State, key: str) -> None:
    after, steps = advance(state, Pressed(key), ROWS)
    assert steps[0] == KeepAnswer(int(key))
    assert (after.node, isinstance(steps[-1], Record)) == (("why", True) if key in "34" else (OVER, False))


def test_who_presses_nothing_is_asked_once_more_and_then_left_in_peace() -> None:
    state, steps = advance(asked(), NothingPressed(), ROWS)
    assert [step.prompts for step in steps if isinstance(step, Ask)] == [("survey_question",)]
    _, steps = advance(state, NothingPressed(), ROWS)
    assert steps == (Say(("survey_no_choice",)), HangUp())


def test_the_reason_is_kept_also_when_the_citizen_hangs_up_after_it() -> None:
    for ending in ("key", "silence", "limit"):
        _, steps = advance(State("why"), Recorded(ending, "", spoken=True), ROWS)
        assert steps == (KeepReason(), Say(("survey_kept",)), HangUp())
    _, steps = advance(State("why"), Recorded("hangup", "", spoken=True), ROWS)
    assert steps == (KeepReason(),)
    _, steps = advance(State("why"), Recorded("hangup", "", spoken=False), ROWS)
    assert steps == ()


def test_the_table_is_whole() -> None:
    assert len(ROWS) == len(SURVEY)
    nodes = {row.at for row in SURVEY} - {ANYTHING}
    assert {row.to for row in SURVEY} <= nodes
    named = {name for row in SURVEY for step in row.steps for name in getattr(step, "prompts", ())}
    assert named - {"{matter}"} <= set(prompts())
