"""What a caller can do with the keys, and what happens to one who does nothing."""

import time

import pytest
from town import COMPLAINT, STANDS, Town

from hotline.wiring import build


def leaves_a_message(town, call):
    """From the beep to the number."""
    call.hears_the_beep(within=20).says(town.voice.says(COMPLAINT)).presses("#")
    call.hears("your_number")
    return call.listener.hears_digits("digit_", within=15)


def test_a_message_ends_with_silence_too(town):
    citizen = town.citizen()
    call = town.dials_the_hotline(citizen).hears("greeting").presses("#").hears_the_beep()
    call.says(town.voice.says(COMPLAINT)).hears("your_number", within=15).is_over(within=20)
    assert town.case_of(citizen)["recording"]["ended_by"] == "silence"


def test_a_key_cuts_the_greeting_short(town):
    call = town.dials_the_hotline(town.citizen())
    began = call.listener.hears("greeting", within=5)
    call.presses("#").hears_the_beep(within=3)
    assert time.monotonic() - began < 3
    assert "greeting" in call.listener.prompts()
    call.hangs_up()


def test_a_wrong_key_leads_to_the_message(town):
    citizen = town.citizen()
    call = town.dials_the_hotline(citizen).hears("greeting").presses("7").hears("wrong_key")
    number = leaves_a_message(town, call)
    call.hangs_up()
    assert town.ended_call(citizen)["case"] == number


def test_who_says_nothing_twice_reaches_a_person(town):
    citizen, agent = town.citizen(), town.agent(1)
    call = town.dials_the_hotline(citizen).hears("greeting").presses("#")
    call.hears_the_beep().hears("not_heard").hears_the_beep().hears("to_agent")
    agent.answers().is_silent_for(0.5).hangs_up()
    call.is_over()
    row = town.ended_call(citizen)
    assert (row["outcome"], row["agent"]) == ("agent", "agent1")
    assert row["case"] is not None  # an agent's talk is a request like a message


# ---------------------------------------------------------------- 0


def test_0_reaches_a_free_agent_who_sees_who_calls(town):
    citizen, agent = town.citizen(), town.agent(1)
    call = town.dials_the_hotline(citizen).hears("greeting").presses("0")
    at_agent = agent.answers()
    assert at_agent.caller_number == citizen.user
    call.says(town.tone(500), wait=False)
    at_agent.says(town.tone(900), wait=False)
    at_agent.hears_tone(500)
    call.hears_tone(900)
    call.hangs_up()
    at_agent.is_over()
    row = town.ended_call(citizen)
    assert (row["outcome"], row["agent"]) == ("agent", "agent1")
    assert town.call_back_of(citizen) is None


def test_0_without_a_free_agent_takes_a_message_and_promises_a_call_back(town):
    citizen = town.citizen()
    call = town.dials_the_hotline(citizen).hears("greeting").presses("0").hears("to_agent")
    call.hears("no_agent", within=town.settings.agent_wait_seconds + 5)
    call.hears_the_beep().says(town.voice.says(COMPLAINT)).presses("#")
    call.hears("will_call_back", "your_number")
    number = call.listener.hears_digits("digit_", within=15)
    call.is_over(within=20)
    assert town.ended_call(citizen)["case"] == number
    assert town.call_back_of(citizen) == "no_agent"


def test_an_agent_who_does_not_answer_is_no_free_agent(town):
    citizen, agent = town.citizen(), town.agent(1)
    call = town.dials_the_hotline(citizen).hears("greeting").presses("0")
    agent.is_rung()
    call.hears("no_agent", within=town.settings.agent_wait_seconds + 8).hangs_up()
    town.ended_call(citizen)
    assert town.call_back_of(citizen) is not None


def test_0_in_the_message_keeps_what_was_said(town):
    citizen, agent = town.citizen(), town.agent(1)
    call = town.dials_the_hotline(citizen).hears("greeting").presses("#").hears_the_beep()
    call.says(town.voice.says(COMPLAINT)).presses("0")
    agent.answers().is_silent_for(0.5).hangs_up()
    call.is_over()
    assert town.ended_call(citizen)["outcome"] == "agent"
    assert town.case_of(citizen)["recording"]["ended_by"] == "key"


# ---------------------------------------------------------------- 9


def test_9_takes_the_caller_back_to_a_free_desk_which_sees_the_number(town):
    citizen, desk = town.citizen(), town.desk(1)
    call = town.passed_on(citizen, desk).hears("greeting").presses("9").hears("to_desk")
    at_desk = desk.answers()
    assert at_desk.caller_number == citizen.user
    call.says(town.tone(500), wait=False)
    at_desk.hears_tone(500)
    at_desk.hangs_up()
    call.is_over()
    row = town.ended_call(citizen)
    assert row["outcome"] == "back_to_110"
    note = town.desk_note_of(citizen)
    assert (note.reason, note.answered_by) == ("key", "desk1")


@pytest.mark.parametrize("first", ["talks to somebody", "declines", "does not answer"])
def test_9_rings_the_next_desk_when_the_first_one_fails(town, first):
    citizen, desk, other = town.citizen(), town.desk(1), town.desk(2)
    call = town.passed_on(citizen, desk)
    desk.declines = first == "declines"
    if first == "talks to somebody":
        other.declines = True
        town.dials_110(town.citizen(), desk)
        other.declines = False
    rung_before = other.was_rung
    call.hears("greeting").presses("9")
    at_other = other.answers(within=town.settings.desk_ring_seconds + 8)
    assert other.was_rung == rung_before + 1
    assert at_other.caller_number == citizen.user
    at_other.is_silent_for(0.5).hangs_up()
    call.is_over()
    assert town.ended_call(citizen)["outcome"] == "back_to_110"
    assert town.desk_note_of(citizen).answered_by == "desk2"


def test_9_without_any_desk_goes_to_an_agent(town):
    citizen, agent = town.citizen(), town.agent(1)
    call = town.dials_the_hotline(citizen).hears("greeting").presses("9").hears("to_desk")
    agent.answers(within=3 * town.settings.desk_ring_seconds + 8).is_silent_for(0.5).hangs_up()
    call.is_over()
    assert town.ended_call(citizen)["agent"] == "agent1"


def test_9_without_anybody_still_takes_a_message(town):
    citizen = town.citizen()
    call = town.dials_the_hotline(citizen).hears("greeting").presses("9").hears("to_desk")
    call.listener.hears_any_of(["no_desk", "no_agent"], within=25)
    call.hears_the_beep().says(town.voice.says(COMPLAINT)).presses("#").hears("your_number").hangs_up()
    assert town.case_of(citizen)["number"] == town.ended_call(citizen)["case"]
    assert town.call_back_of(citizen) is not None


# ---------------------------------------------------------------- 2


@pytest.fixture(scope="module")
def known_case(system, voice):
    wiring = build(system.settings)
    town = Town(system, wiring, voice)
    citizen = town.citizen()
    call = town.dials_the_hotline(citizen).hears("greeting").presses("#")
    number = leaves_a_message(town, call)
    town.close()
    town.case_of(citizen)
    wiring.close()
    return number


def test_2_tells_how_far_a_case_is(town, known_case):
    citizen = town.citizen()
    call = town.dials_the_hotline(citizen).hears("greeting").presses("2").hears("enter_number")
    call.presses(known_case + "#").hears("your_case")
    assert call.listener.hears_digits("digit_", within=15) == known_case
    call.hears_any_of(*(f"state_{state}" for state in STANDS))
    call.hears("more", "goodbye").is_over()
    assert town.ended_call(citizen)["outcome"] == "progress_told"


def test_2_with_a_wrong_number_asks_again_and_then_reaches_a_person(town, known_case):
    citizen = town.citizen()
    wrong = str((int(known_case[-1]) + 1) % 10).join([known_case[:-1], ""])
    call = town.dials_the_hotline(citizen).hears("greeting").presses("2").hears("enter_number")
    call.presses(wrong + "#").hears("wrong_number", "enter_number")
    call.presses("1#").hears("cannot_find", "to_agent").hangs_up()
    assert town.ended_call(citizen)["case"] is None


def test_2_with_an_unfinished_number_is_not_waited_for_for_ever(town, known_case):
    citizen = town.citizen()
    call = town.dials_the_hotline(citizen).hears("greeting").presses("2").hears("enter_number")
    call.presses(known_case[:2]).hears("wrong_number", within=12).hears("enter_number")
    call.presses(known_case + "#").hears("your_case").hangs_up()
    town.ended_call(citizen)


def test_2_may_be_pressed_with_the_number_in_one_go(town, known_case):
    citizen = town.citizen()
    call = town.dials_the_hotline(citizen).hears("greeting").presses("2")
    call.presses(known_case + "#").hears("your_case", within=15).hangs_up()
    town.ended_call(citizen)
