"""Keys that come early, twice, or in the middle of a sentence."""

from __future__ import annotations

from town import COMPLAINT, Town


def leaves_a_message(town: Town, call) -> str:
    call.hears_the_beep(within=20).says(town.voice.says(COMPLAINT)).presses("#").hears("your_number")
    return call.listener.hears_digits("digit_", within=15)


def test_the_end_key_pressed_twice_in_the_greeting_does_no_harm(town):
    citizen = town.citizen()
    call = town.dials_the_hotline(citizen).hears("greeting").presses("##")
    number = leaves_a_message(town, call)
    call.hangs_up()
    assert town.ended_call(citizen)["case"] == number
    assert {"fault", "not_heard"}.isdisjoint(call.listener.prompts())


def test_0_while_the_number_is_told_reaches_an_agent_who_has_the_case(town):
    citizen, agent = town.citizen(), town.agent(1)
    call = town.dials_the_hotline(citizen).hears("greeting").presses("#")
    call.hears_the_beep().says(town.voice.says(COMPLAINT)).presses("#").hears("your_number").presses("0")
    agent.answers().is_silent_for(0.5).hangs_up()
    call.is_over()
    row = town.ended_call(citizen)
    assert (row["outcome"], row["agent"]) == ("agent", "agent1")
    assert len(town.cases_of(citizen)) == 1


def test_a_number_keyed_in_while_the_apology_for_a_wrong_one_is_spoken_counts_whole(town):
    first = town.citizen()
    call = town.dials_the_hotline(first).hears("greeting").presses("#")
    number = leaves_a_message(town, call)
    call.hangs_up()
    town.case_of(first)
    citizen = town.citizen()
    call = town.dials_the_hotline(citizen).hears("greeting").presses("2").hears("enter_number")
    call.presses("12#").hears("wrong_number").presses(number + "#").hears("your_case", within=15).hangs_up()
    town.ended_call(citizen)
    assert call.listener.prompts().count("enter_number") == 1


def test_0_instead_of_a_number_reaches_an_agent_at_once(town):
    citizen, agent = town.citizen(), town.agent(1)
    call = town.dials_the_hotline(citizen).hears("greeting").presses("2").hears("enter_number").presses("0")
    call.hears("to_agent", within=2)
    agent.answers().is_silent_for(0.5).hangs_up()
    call.is_over()
    assert town.ended_call(citizen)["agent"] == "agent1"


def test_9_in_the_apology_of_the_agents_goes_back_to_110(town):
    citizen, desk = town.citizen(), town.desk(1)
    call = town.passed_on(citizen, desk).hears("greeting").presses("0")
    call.hears("no_agent", within=town.settings.agent_wait_seconds + 5).presses("9").hears("to_desk")
    desk.answers().is_silent_for(0.5).hangs_up()
    call.is_over()
    assert town.ended_call(citizen)["outcome"] == "back_to_110"
    assert town.call_back_of(citizen) is None
