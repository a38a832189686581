"""A desk asks an agent first, or all three talk together; whoever leaves, the citizen is not lost."""

import pytest
from town import wait_for

from cases.queries import calls_list

ANY_AGENT_KEYS = "*2"
THREE_WAY_KEYS = "*3"
TALK = 700
"""Hz, by which one hears the other."""


def hear_each_other(town, one, other):
    one.says(town.tone(TALK), wait=False)
    other.hears_tone(TALK)
    other.says(town.tone(TALK + 200), wait=False)
    one.hears_tone(TALK + 200)


def asks_by_key(town, at_desk, number):
    """The exchange's own attended transfer; the citizen hears the sound of waiting."""
    at_desk.presses(ANY_AGENT_KEYS).hears_the_beep()  # it asks for the number
    at_desk.presses(f"{number}#")


def rows(town, citizen=None):
    with town.wiring.reading() as unit:
        found = calls_list(unit.session, limit=1000)
    return [row for row in found if citizen is None or row["caller"] == citizen.user]


def the_row(town, citizen, **expected):
    row = town.ended_call(citizen)
    assert {name: row[name] for name in expected} == expected
    return row


# ---------------------------------------------------------------- attended
def test_a_desk_asks_an_agent_by_its_keys_and_hands_the_citizen_over(town):
    citizen, desk, agent = town.citizen(), town.desk(1), town.agent(1)
    call, at_desk = town.dials_110(citizen, desk)
    asks_by_key(town, at_desk, town.settings.hotline_did)
    call.hears_tone(523)  # never silence
    at_agent = agent.answers()
    assert (at_agent.caller_number, at_agent.caller_name) == (citizen.user, "desk1")
    hear_each_other(town, at_desk, at_agent)
    at_desk.hangs_up()
    hear_each_other(town, call, at_agent)
    call.hangs_up()
    at_agent.is_over()
    row = the_row(town, citizen, way_in="attended", desk="desk1", agent="agent1", outcome="agent")
    assert row["transferred"] is not None


@pytest.mark.parametrize("which", [1, 2])
def test_a_desk_asks_on_its_second_line_and_its_transfer_key_hands_over(town, which):
    citizen, desk, agent = town.citizen(), town.desk(2), town.agent(which)
    call, at_desk = town.dials_110(citizen, desk)
    at_desk.holds()
    asking = desk.dials(f"{town.settings.hotline_did}{which}")
    at_agent = agent.answers()
    assert (at_agent.caller_number, at_agent.caller_name) == (citizen.user, "desk2")
    at_desk.hands_over_to(asking.is_answered())
    hear_each_other(town, call, at_agent)
    at_agent.hangs_up()
    call.is_over()
    the_row(town, citizen, way_in="attended", desk="desk2", agent=f"agent{which}", outcome="agent")


def test_a_desk_that_asked_in_vain_has_its_citizen_back_and_can_pass_on_by_the_key(town):
    citizen, desk = town.citizen(), town.desk(1)
    call, at_desk = town.dials_110(citizen, desk)
    asks_by_key(town, at_desk, town.settings.hotline_did)
    wait_for("the citizen to be back", lambda: _heard(town, at_desk, call), within=15)
    at_desk.presses(town.settings.desk_key).is_over()
    call.hears("greeting").hangs_up()
    the_row(town, citizen, way_in="key", desk="desk1", agent=None)


def _heard(town, one, other):
    """Whether one hears the other now."""
    one.says(town.tone(TALK, 0.5), wait=False)
    try:
        other.hears_tone(TALK, within=1.0)
    except AssertionError:
        return False
    return True


def test_two_of_us_who_talk_are_nobodys_call(town):
    desk, agent = town.desk(1), town.agent(1)
    call = desk.dials(town.settings.hotline_did)
    at_agent = agent.answers()
    hear_each_other(town, call.is_answered(), at_agent)
    before = len(rows(town))
    call.hangs_up()
    at_agent.is_over()
    assert len(rows(town)) == before


# ---------------------------------------------------------------- three-way
def three(town, citizen, desk, agent):
    call, at_desk = town.dials_110(citizen, desk)
    at_desk.presses(THREE_WAY_KEYS)
    at_agent = agent.answers()
    hear_each_other(town, call, at_agent)
    return call, at_desk, at_agent


def test_citizen_desk_and_agent_talk_and_the_talk_goes_on_without_the_desk(town):
    citizen, desk, agent = town.citizen(), town.desk(1), town.agent(1)
    call, at_desk, at_agent = three(town, citizen, desk, agent)
    assert (at_agent.caller_number, at_agent.caller_name) == (citizen.user, "desk1")
    hear_each_other(town, at_desk, call)
    at_desk.hangs_up()
    hear_each_other(town, call, at_agent)
    call.hangs_up()
    at_agent.is_over()
    the_row(town, citizen, way_in="conference", desk="desk1", agent="agent1", outcome="agent")


def test_the_talk_of_three_ends_when_the_citizen_leaves(town):
    citizen, desk, agent = town.citizen(), town.desk(1), town.agent(1)
    call, at_desk, at_agent = three(town, citizen, desk, agent)
    call.hangs_up()
    at_desk.is_over()
    at_agent.is_over()


def test_the_desk_goes_on_with_the_citizen_when_the_agent_leaves(town):
    citizen, desk, agent = town.citizen(), town.desk(1), town.agent(1)
    call, at_desk, at_agent = three(town, citizen, desk, agent)
    at_agent.hangs_up()
    the_row(town, citizen, way_in="conference", agent="agent1", outcome="agent")
    hear_each_other(town, call, at_desk)
    at_desk.hangs_up()
    call.is_over()


def test_without_an_agent_desk_and_citizen_go_on_and_the_key_works_in_the_room(town):
    citizen, desk = town.citizen(), town.desk(1)
    call, at_desk = town.dials_110(citizen, desk)
    at_desk.presses(THREE_WAY_KEYS)
    wait_for("the room", lambda: _heard(town, at_desk, call))
    at_desk.presses(town.settings.desk_key)
    call.hears("greeting")
    at_desk.is_over()
    call.hangs_up()
    the_row(town, citizen, way_in="key", desk="desk1", agent=None)


@pytest.mark.parametrize("answers", [True, False], ids=["and comes", "and does not come"])
def test_a_citizen_alone_waits_for_the_agent_who_is_rung(town, answers):
    citizen, desk, agent = town.citizen(), town.desk(1), town.agent(1)
    call, at_desk = town.dials_110(citizen, desk)
    at_desk.presses(THREE_WAY_KEYS)
    agent.is_rung()
    wait_for("the room", lambda: _heard(town, at_desk, call))
    at_desk.hangs_up()
    if answers:
        at_agent = agent.answers()
        hear_each_other(town, call, at_agent)
        at_agent.hangs_up()
        call.is_over()
    else:
        call.hears("greeting", within=20).hangs_up()
    the_row(town, citizen, way_in="conference", desk="desk1", agent="agent1" if answers else None)


# ---------------------------------------------------------------- back, and on again
def test_a_citizen_who_went_back_to_110_can_be_passed_on_again(town):
    citizen, desk = town.citizen(), town.desk(1)
    call = town.passed_on(citizen, desk).hears("greeting").presses("9").hears("to_desk")
    at_desk = desk.answers()
    assert at_desk.caller_name.startswith("民生110回转")
    assert at_desk.invite.get("x-minsheng110-note") == at_desk.caller_name
    hear_each_other(town, at_desk, call)
    at_desk.presses(town.settings.desk_key).is_over()
    call.hears("greeting").hangs_up()
    the_row(town, citizen, way_in="key", desk="desk1", outcome="hung_up")
    first, second = sorted(rows(town, citizen), key=lambda row: row["started"])
    assert first["outcome"] == "back_to_110"
    assert first["ended"] <= second["started"]


def test_an_agent_gives_a_caller_to_110(town):
    citizen, desk, agent = town.citizen(), town.desk(1), town.agent(1)
    call = town.dials_the_hotline(citizen).hears("greeting").presses("0")
    at_agent = agent.answers()
    hear_each_other(town, call, at_agent)
    at_agent.transfers_to(town.settings.police_did)
    at_desk = desk.answers()
    hear_each_other(town, call, at_desk)
    at_desk.hangs_up()
    call.is_over()
    the_row(town, citizen, agent="agent1", outcome="back_to_110")


def test_a_desk_transfers_to_the_hotline_and_nowhere_else(town):
    citizen, desk = town.citizen(), town.desk(1)
    call, at_desk = town.dials_110(citizen, desk)
    for elsewhere in ("13900139000", "agent1", "s", "110"):
        with pytest.raises(AssertionError, match="404"):
            at_desk.transfers_to(elsewhere)
    hear_each_other(town, call, at_desk)
