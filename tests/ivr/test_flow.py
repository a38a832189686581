"""The call script as a table: rules that hold whatever a caller does."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.numbers import FIRST_SEQUENCE, make
from cases.states import CallBackReason, CaseState
from ivr import flow_table
from ivr.city_flow import ANYTHING, EVERYWHERE, OVER, TABLE
from ivr.flow import STATE_PROMPT, State, advance, spoken_number
from ivr.prompts import prompts
from ivr.steps import (
    Ask,
    CaseStands,
    ClaimFree,
    Entered,
    Event,
    Fault,
    HangUp,
    HungUp,
    LookUp,
    NothingPressed,
    OpenCase,
    Pressed,
    Progress,
    PromiseCallBack,
    Record,
    Recorded,
    Reword,
    Say,
    Step,
    Transfer,
)

NUMBER = make(FIRST_SEQUENCE)
KEYS = "0123456789*#"
READ_BACK = ("you_said", "read_back_keys")
ANSWERING = (Ask, Record, OpenCase, Reword, LookUp)


def answers(step: Step) -> st.SearchStrategy[Event]:
    """Everything that a channel or a port can answer to this step; a fault and a hang-up come any time."""
    always = st.sampled_from([HungUp(), Fault()])
    if isinstance(step, Ask):
        one = st.sampled_from(step.keys).map(Pressed)
        several = st.text(KEYS, min_size=1, max_size=12).map(Pressed) | st.just(Pressed(NUMBER))
        return st.one_of(always, st.just(NothingPressed()), several if step.max_digits > 1 else one)
    if isinstance(step, Record):
        flags = (st.booleans(), st.booleans())
        key = st.builds(Recorded, st.just("key"), st.sampled_from(step.keys), *flags)
        endings = st.sampled_from(["silence", "limit", "hangup", "fault"])
        other = st.builds(Recorded, endings, st.just(""), *flags)
        return st.one_of(always, key, other)
    if isinstance(step, OpenCase | Reword):
        back = st.sampled_from([(), READ_BACK])
        stands = st.builds(CaseStands, st.sampled_from([NUMBER, None]), back, st.booleans())
        return st.one_of(stands, st.just(Fault()))
    return st.sampled_from(
        [Progress(None), Progress(None, away=True), Fault(), *(Progress(state.value) for state in CaseState)]
    )


entries = st.builds(
    Entered, st.sampled_from(["start", "no_agent", "no_desk"]), st.sampled_from([None, NUMBER])
)


def answer(steps: tuple[Step, ...], data: st.DataObject) -> Event | None:
    """What the steps come to: the first answer, or None when they end the conversation."""
    for step in steps:
        if isinstance(step, Say):
            cut = data.draw(st.sampled_from([None, HungUp(), *(Pressed(key) for key in step.keys)]))
            if cut is not None:
                return cut
        elif isinstance(step, ANSWERING):
            return data.draw(answers(step))
    return None


@given(entries, st.data())
def test_every_way_through_the_call_ends_soon_and_never_in_silence(
    entry: Entered, data: st.DataObject
) -> None:
    state, event = State(), entry
    for _turn in range(60):
        state, steps = advance(state, event)
        if isinstance(event, HungUp) or (isinstance(event, Recorded) and event.ended_by == "hangup"):
            assert not any(isinstance(step, Say | Ask | Record | Transfer) for step in steps)
            return
        assert steps
        if not any(isinstance(step, ANSWERING) for step in steps):
            # Nothing more is asked: a person takes the caller, or the call ends with a word.
            assert isinstance(steps[-1], Transfer | HangUp)
            assert isinstance(steps[-2], Say)
        following = answer(steps, data)
        if following is None:
            return
        event = following
    pytest.fail("the call goes round and round")


@given(entries, st.data())
def test_0_reaches_a_person_or_a_promise_wherever_it_may_be_pressed(
    entry: Entered, data: st.DataObject
) -> None:
    state, event = State(), entry
    promised = False
    for _turn in range(8):
        state, steps = advance(state, event)
        promised = promised or any(isinstance(step, PromiseCallBack) for step in steps)
        for step in steps:
            if "0" in getattr(step, "keys", ""):
                pressed = Recorded("key", "0", False) if isinstance(step, Record) else Pressed("0")
                _, after = advance(state, pressed)
                assert Transfer("agent", "key") in after or promised
        following = answer(steps, data)
        if following is None or isinstance(following, HungUp):
            return
        event = following


def test_9_is_the_way_back_to_110_wherever_the_caller_listens_or_speaks() -> None:
    for row in TABLE:
        for step in row.steps:
            keys = getattr(step, "keys", "")
            if not keys or getattr(step, "max_digits", 1) > 1:
                continue
            pressed = Recorded("key", "9", False) if isinstance(step, Record) else Pressed("9")
            _, after = advance(State(row.to), pressed)
            assert after[-1] == Transfer("desk", "danger" if "danger" in row.to else "key"), (row.at, row.on)


events = st.one_of(
    entries,
    st.text(KEYS, max_size=15).map(Pressed),
    st.builds(
        Recorded,
        st.sampled_from(["key", "silence", "limit", "hangup", "fault"]),
        st.sampled_from(["", *KEYS]),
        st.booleans(),
    ),
    st.sampled_from([NothingPressed(), Fault(), HungUp(), CaseStands(NUMBER), CaseStands(None)]),
    st.builds(Progress, st.sampled_from([None, "accepted"]), st.booleans()),
)


@given(st.sampled_from(sorted({row.to for row in TABLE} | {"entry"})), events)
def test_every_node_has_an_answer_to_every_event(node: str, event: Event) -> None:
    after, steps = advance(State(node), event)
    assert after.node in {row.at for row in TABLE} | {OVER}
    gone = isinstance(event, HungUp) or (isinstance(event, Recorded) and event.ended_by == "hangup")
    assert steps or gone or node == OVER


def test_at_most_three_sentences_are_heard_before_the_caller_may_answer() -> None:
    for row in TABLE:
        sentences = 0
        for step in row.steps:
            names = getattr(step, "prompts", ())
            sentences += len([name for name in names if name not in ("{number}", "once_more")])
        assert sentences <= 3, (row.at, row.on)


def test_the_caller_may_speak_after_one_prompt() -> None:
    state, steps = advance(State(), Entered("start"))
    assert [type(step) for step in steps] == [Ask]
    _, steps = advance(state, NothingPressed())
    assert [type(step) for step in steps] == [Record]


def test_a_wrong_key_is_a_short_word_and_then_the_message() -> None:
    state, _ = advance(State(), Entered("start"))
    for key in "1345678*":
        after, steps = advance(state, Pressed(key))
        assert (steps[0], type(steps[1]), after.node) == (Say(("wrong_key",), "#09"), Record, "message")


def test_who_says_nothing_twice_gets_a_person() -> None:
    state = State("message")
    state, steps = advance(state, Recorded("silence", "", False))
    assert steps[0] == Say(("not_heard",), "#09")
    _, steps = advance(state, Recorded("silence", "", False))
    assert steps[-1] == Transfer("agent", "silence")


def test_what_was_spoken_before_0_becomes_a_case_and_then_a_person_comes() -> None:
    state, steps = advance(State("message"), Recorded("key", "0", True))
    assert steps == (OpenCase(),)
    _, steps = advance(state, CaseStands(NUMBER))
    assert steps[-1] == Transfer("agent", "key")


def test_a_hang_up_after_speech_opens_a_case_and_says_nothing() -> None:
    for node in ("message", "promised", "no desk"):
        _, steps = advance(State(node), Recorded("hangup", "", True))
        assert steps == (OpenCase(),)
        _, steps = advance(State(node), Recorded("hangup", "", False))
        assert steps == ()


def test_a_case_that_stands_is_told_again_when_nobody_could_be_reached() -> None:
    for entry, reason in (("no_agent", "no_agent"), ("no_desk", "no_desk")):
        _, steps = advance(State(), Entered(entry, NUMBER))
        assert steps[0] == PromiseCallBack(reason)
        assert not any(isinstance(step, Record | OpenCase) for step in steps)
        assert all(digit in steps[1].prompts for digit in spoken_number(NUMBER))


def test_a_wrong_number_may_be_tried_once_more_and_then_a_person_helps() -> None:
    wrong = NUMBER[:-1] + str((int(NUMBER[-1]) + 1) % 10)
    for first in (Pressed(wrong), Pressed("12"), NothingPressed()):
        state, steps = advance(State("number"), first)
        assert steps[0].prompts == ("wrong_number", "enter_number")
        _, steps = advance(state, first)
        assert steps[-1] == Transfer("agent", "key")


def test_the_number_is_told_twice_in_groups() -> None:
    _, steps = advance(State("request"), CaseStands("1000090"))
    digits = ["digit_1", "digit_0", "digit_0", "pause", "digit_0", "digit_0", "digit_9", "digit_0"]
    assert steps[0].prompts == ("your_number", *digits, "once_more", *digits)


def test_what_a_prompt_promises_is_promised_before_it_is_heard() -> None:
    for entry, reason in (("no_agent", "no_agent"), ("no_desk", "no_desk")):
        for case in (None, NUMBER):
            _, steps = advance(State(), Entered(entry, case))
            assert steps[0] == PromiseCallBack(reason)


# ---------------------------------------------------------------- the table itself


def rows() -> list:
    return [*TABLE, *EVERYWHERE]


def test_every_prompt_of_the_table_exists() -> None:
    known = prompts()
    for row in rows():
        for step in row.steps:
            for name in getattr(step, "prompts", ()):
                assert name in known or name in ("{number}", "{state}", "{read back}"), (
                    f"{row.at}, {row.on}: {name}"
                )
    for state in CaseState:
        assert STATE_PROMPT + state.value in known
    assert all(f"digit_{digit}" in known for digit in "0123456789")


def test_every_node_is_reached_and_every_counter_is_one() -> None:
    nodes = {row.at for row in TABLE}
    assert {row.to for row in TABLE} - {OVER} <= nodes
    assert nodes - {row.to for row in rows()} == {"entry"}
    counters = {each.name for each in fields(State)}
    assert {row.counts for row in rows()} - {""} <= counters


def test_no_two_rows_answer_the_same() -> None:
    keys = [(row.at, row.on) for row in rows()]
    assert len(keys) == len(set(keys))


def test_every_promise_names_a_reason_of_the_core() -> None:
    for row in rows():
        for step in row.steps:
            if isinstance(step, PromiseCallBack):
                assert step.reason in set(CallBackReason)


def test_only_the_last_step_of_a_row_answers() -> None:
    for row in rows():
        assert not any(isinstance(step, ANSWERING) for step in row.steps[:-1]), (row.at, row.on)
    assert ANYTHING not in {row.at for row in TABLE}


def test_the_page_of_the_call_script_is_the_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "call-flow.md"
    assert page.read_text("utf-8") == flow_table.page(), "run: python -m ivr.flow_table > docs/call-flow.md"


# ---------------------------------------------------------------- what was understood, read back


def understood(*, charged: bool = False) -> tuple[State, tuple[Step, ...]]:
    return advance(State("request"), CaseStands(NUMBER, READ_BACK, charged))


def told(steps: tuple[Step, ...]) -> bool:
    return any(isinstance(step, Say) and "your_number" in step.prompts for step in steps)


def test_what_was_understood_is_read_back_before_the_number() -> None:
    _, steps = understood()
    assert [step.prompts for step in steps if isinstance(step, Ask)] == [READ_BACK]


@pytest.mark.parametrize("event", [NothingPressed(), Pressed("1"), Pressed("#")])
def test_no_key_accepts_what_was_read_back(event: Event) -> None:
    state, _ = understood()
    after, steps = advance(state, event)
    assert told(steps)
    assert after.node == "told"


def test_a_caller_who_was_misunderstood_says_it_again_and_the_new_words_count() -> None:
    state, _ = understood()
    state, steps = advance(state, Pressed("3"))
    assert isinstance(steps[-1], Record)
    state, steps = advance(state, Recorded("silence", "", spoken=True))
    assert steps == (Reword(),)
    _, steps = advance(state, CaseStands(NUMBER, READ_BACK))
    assert [step.prompts for step in steps if isinstance(step, Ask)] == [READ_BACK]


def test_a_caller_who_is_misunderstood_three_times_talks_to_a_person() -> None:
    state, _ = understood()
    for _ in range(2):
        state, _ = advance(state, Pressed("3"))
        state, _ = advance(state, Recorded("silence", "", spoken=True))
        state, _ = advance(state, CaseStands(NUMBER, READ_BACK))
    _, steps = advance(state, Pressed("3"))
    assert Transfer("agent", "key") in steps


def test_a_caller_who_says_nothing_the_second_time_keeps_the_first() -> None:
    state, _ = understood()
    state, _ = advance(state, Pressed("3"))
    _, steps = advance(state, Recorded("silence", "", spoken=False))
    assert told(steps)


@pytest.mark.parametrize("node", sorted({row.to for row in TABLE if {OpenCase(), Reword()} & {*row.steps}}))
@pytest.mark.parametrize("charged", [False, True])
def test_a_case_that_stands_is_never_a_fault(node: str, charged: bool) -> None:
    state, _ = advance(State(node), CaseStands(NUMBER, READ_BACK, charged))
    assert state.faults == 0


def test_nothing_is_read_back_that_was_not_ready() -> None:
    _, steps = advance(State("request"), CaseStands(NUMBER))
    assert told(steps)


def test_what_costs_money_is_said_and_a_claim_to_have_it_free_is_noted() -> None:
    state, _ = understood(charged=True)
    state, steps = advance(state, NothingPressed())
    assert [step.prompts for step in steps if isinstance(step, Ask)] == [("market_service",)]
    _, steps = advance(state, Pressed("5"))
    assert ClaimFree() in steps
    assert told(steps)


# ---------------------------------------------------------------- danger


def in_danger() -> tuple[State, tuple[Step, ...]]:
    state, steps = advance(State("message"), Recorded("key", "A", spoken=True, danger=True))
    assert steps == (OpenCase(),)
    return advance(state, CaseStands(NUMBER))


@pytest.mark.parametrize("event", [Pressed("9"), NothingPressed()])
def test_danger_goes_back_to_110_also_when_nobody_answers_the_question(event: Event) -> None:
    state, steps = in_danger()
    assert [(step.prompts, step.seconds) for step in steps if isinstance(step, Ask)] == [
        (("danger_offer",), 3)
    ]
    _, steps = advance(state, event)
    assert steps[-1] == Transfer("desk", "danger")


def test_who_says_that_there_is_no_danger_hears_the_number() -> None:
    state, _ = in_danger()
    _, steps = advance(state, Pressed("1"))
    assert told(steps)


def test_danger_without_a_number_goes_back_to_110_all_the_same() -> None:
    state, _ = advance(State("message"), Recorded("silence", "", spoken=True, danger=True))
    state, _ = advance(state, CaseStands(None))
    _, steps = advance(state, NothingPressed())
    assert steps[-1] == Transfer("desk", "danger")
