"""How a citizen comes to 民生110, and what is on record of it."""

from datetime import UTC, datetime, timedelta

import pytest
from town import COMPLAINT, STANDS


@pytest.fixture
def pass_on(town):
    """How a desk passes on whom it is talking to, by the name of the way."""
    ways = {
        "key": lambda at_desk: at_desk.presses(town.settings.desk_key).is_over(),
        "refer": lambda at_desk: at_desk.transfers_to(town.settings.hotline_did),
        "redirect": lambda at_desk: (town.redirects(at_desk.phone), at_desk.is_over()),
    }
    return lambda way, at_desk: ways[way](at_desk)


def tells_a_complaint(town, call):
    """Hear the greeting, speak after the beep, end with the key; the number that is told."""
    call.hears("greeting").hears_the_beep(within=20)
    call.says(town.voice.says(COMPLAINT)).presses("#")
    call.hears("your_number")
    return call.listener.hears_digits("digit_", within=15)


@pytest.mark.parametrize("way", ["key", "refer", "redirect"])
def test_a_desk_passes_a_citizen_on_and_the_complaint_is_a_case(town, pass_on, way):
    citizen, desk = town.citizen(), town.desk(1)
    call, at_desk = town.dials_110(citizen, desk)
    assert at_desk.caller_number == citizen.user
    before = datetime.now(UTC)
    pass_on(way, at_desk)
    assert datetime.now(UTC) - before < timedelta(seconds=5)
    number = tells_a_complaint(town, call)
    call.hangs_up()

    row = town.ended_call(citizen)
    assert (row["way_in"], row["desk"], row["outcome"]) == (way, "desk1", "message")
    assert abs(row["transferred"] - before) < timedelta(seconds=3)
    case = town.case_of(citizen)
    assert (case["number"], case["desk"]) == (number, "desk1")
    assert case["state"] in STANDS
    spoken = len(town.voice.says(COMPLAINT)) / 8000
    assert case["recording"]["seconds"] == pytest.approx(spoken, abs=1.0)
    assert (town.settings.recordings / case["recording"]["path"]).exists()


def test_a_citizen_dials_the_hotline_itself(town):
    citizen = town.citizen()
    call = town.dials_the_hotline(citizen)
    number = tells_a_complaint(town, call)
    call.hears("once_more", "goodbye").is_over()
    row = town.ended_call(citizen)
    assert (row["way_in"], row["desk"], row["outcome"], row["case"]) == ("direct", None, "message", number)


def test_the_second_desk_is_recorded_when_it_is_the_second_desk_that_passes_on(town):
    citizen, desk = town.citizen(), town.desk(2)
    call = town.passed_on(citizen, desk)
    call.hears("greeting").hangs_up()
    assert town.ended_call(citizen)["desk"] == "desk2"


def test_the_desk_is_free_for_the_next_caller_as_soon_as_it_has_passed_one_on(town):
    first, second, desk = town.citizen(), town.citizen(), town.desk(1)
    one = town.passed_on(first, desk)
    two, at_desk = town.dials_110(second, desk)
    one.hears("greeting")
    at_desk.presses(town.settings.desk_key).is_over()
    two.hears("greeting")
    for call in (one, two):
        call.hangs_up()
    assert {town.ended_call(each)["way_in"] for each in (first, second)} == {"key"}


def test_a_citizen_who_hangs_up_at_the_desk_was_never_at_the_hotline(town):
    citizen, desk = town.citizen(), town.desk(1)
    call, at_desk = town.dials_110(citizen, desk)
    call.hangs_up()
    at_desk.is_over()
    assert town.call_row(citizen) is None
