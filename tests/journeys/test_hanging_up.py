"""A hang-up at any point leaves a call; after the first spoken second a case; before it, a call-back."""

import pytest

SENTENCE = "你好,昭阳街道五四路的下水道堵了,请派人来看一看,已经三天没有人管了。"


def speaks_after_the_beep(town, citizen, seconds):
    """Speak for so long in the message and hang up in the middle of it."""
    call = town.dials_the_hotline(citizen).hears("greeting").presses("#").hears_the_beep()
    call.says(town.voice.says(SENTENCE)[: int(seconds * 8000)])
    return call.hangs_up()


def test_a_caller_who_hangs_up_before_the_prompt_is_called_back(town):
    citizen, desk = town.citizen(), town.desk(1)
    call, at_desk = town.dials_110(citizen, desk)
    at_desk.presses(town.settings.desk_key, wait=False).is_over()
    call.hangs_up()
    row = town.ended_call(citizen)
    assert (row["outcome"], row["case"]) == ("hung_up", None)
    assert town.call_back_of(citizen) == "hung_up_early"


def test_a_caller_who_hangs_up_in_the_prompt_is_called_back(town):
    citizen = town.citizen()
    town.dials_the_hotline(citizen).hears("greeting").is_silent_for(1.0).hangs_up()
    row = town.ended_call(citizen)
    assert (row["outcome"], row["case"]) == ("hung_up", None)
    assert town.call_back_of(citizen) == "hung_up_early"


def test_a_caller_who_hangs_up_after_half_a_second_of_message_is_called_back(town):
    citizen = town.citizen()
    speaks_after_the_beep(town, citizen, 0.5)
    row = town.ended_call(citizen)
    assert (row["outcome"], row["case"]) == ("hung_up", None)
    assert town.call_back_of(citizen) == "hung_up_early"
    assert len(town.recordings_of(citizen)) == 1


@pytest.mark.parametrize("seconds", [2.0, 5.0])
def test_a_caller_who_hangs_up_in_mid_message_leaves_a_case(town, seconds):
    citizen = town.citizen()
    speaks_after_the_beep(town, citizen, seconds)
    assert town.ended_call(citizen)["outcome"] == "message"
    case = town.case_of(citizen)
    assert case["recording"]["seconds"] == pytest.approx(seconds, abs=0.6)
    assert case["recording"]["ended_by"] == "hangup"
    assert town.call_back_of(citizen) is None


def test_a_caller_who_hangs_up_while_the_number_is_told_keeps_the_case(town):
    citizen = town.citizen()
    call = town.dials_the_hotline(citizen).hears("greeting").presses("#").hears_the_beep()
    call.says(town.voice.says(SENTENCE)[:16000]).presses("#").hears("your_number").hangs_up()
    row = town.ended_call(citizen)
    assert row["outcome"] == "message"
    assert row["case"] == town.case_of(citizen)["number"]
