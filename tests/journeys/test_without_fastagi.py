"""The dialplan alone: what a caller says while no server is there, whatever the caller does."""

import pytest
from town import wait_for

COMPLAINT = "昭阳街道五四路的下水道堵了,请派人来看一看。"


@pytest.fixture
def nobody_decides(town):
    town.supervisor.kill("fastagi", hold=True)
    yield
    town.supervisor.restart("fastagi")


def test_a_caller_who_hangs_up_in_mid_message_leaves_a_case_without_any_server(town, nobody_decides):
    citizen, desk = town.citizen(), town.desk(2)
    call = town.passed_on(citizen, desk).hears("apology").hears_the_beep(within=20)
    call.says(town.voice.says(COMPLAINT)).hangs_up()
    case = town.case_of(citizen, within=20)
    spoken = len(town.voice.says(COMPLAINT)) / 8000
    assert case["recording"]["seconds"] == pytest.approx(spoken, abs=1.0)
    recording = town.settings.recordings / case["recording"]["path"]
    assert recording.stat().st_mode & 0o077 == 0
    row = town.ended_call(citizen)
    assert (row["way_in"], row["desk"], row["case"]) == ("key", "desk2", case["number"])
    wait_for("the files to be taken in", lambda: not list(town.settings.fallback_dir.iterdir()))


def test_a_caller_who_hangs_up_in_the_apology_is_called_back(town, nobody_decides):
    citizen = town.citizen()
    town.dials_the_hotline(citizen).hears("apology").hangs_up()
    assert town.ended_call(citizen, within=20)["case"] is None
    assert town.call_back_of(citizen) is not None


def test_a_caller_without_a_server_hears_thanks_and_then_the_end(town, nobody_decides):
    citizen = town.citizen()
    call = town.dials_the_hotline(citizen).hears("apology").hears_the_beep(within=20)
    call.says(town.voice.says(COMPLAINT)).presses("#").hears_all_of("thanks").is_over()
    assert len(town.cases_of(citizen)) == 1


def test_an_agent_in_mid_talk_does_not_need_the_server(town):
    citizen, agent = town.citizen(), town.agent(1)
    call = town.dials_the_hotline(citizen).hears("greeting").presses("0")
    at_agent = agent.answers()
    at_agent.is_silent_for(0.5)
    town.supervisor.kill("fastagi", hold=True)
    try:
        call.says(town.tone(700), wait=False)
        at_agent.hears_tone(700)
        at_agent.hangs_up()
        call.is_over()
    finally:
        town.supervisor.restart("fastagi")
    row = town.ended_call(citizen, within=60)
    assert (row["agent"], row["outcome"]) == ("agent1", "agent")
