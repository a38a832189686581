"""Nothing is lost: the FastAGI server, Redis or a worker goes away while people are on the telephone."""

import pytest
from town import COMPLAINT, wait_for


@pytest.fixture
def without(town):
    """Take a part away; it comes back at the end of the test at the latest."""
    away = set()

    def take(part):
        town.supervisor.kill(part, hold=True)
        away.add(part)

    def bring_back(part):
        town.supervisor.restart(part)
        away.discard(part)

    take.bring_back = bring_back
    yield take
    for part in list(away):
        bring_back(part)


def leaves_a_message(town, citizen):
    call = town.dials_the_hotline(citizen).hears("greeting").presses("#").hears_the_beep()
    return call.says(town.voice.says(COMPLAINT)).presses("#")


def test_without_the_server_the_dialplan_apologises_and_records_and_the_sweep_makes_the_case(town, without):
    without("fastagi")
    citizen, desk = town.citizen(), town.desk(1)
    call = town.passed_on(citizen, desk)
    call.hears_the_beep(within=20).says(town.voice.says(COMPLAINT)).presses("#")
    call.is_over(within=20)
    # The sweep needs no server: it makes the case while that is still away.
    case = town.case_of(citizen, within=20)
    assert case["caller"] == citizen.user
    assert case["recording"]["seconds"] > 2
    assert town.call_row(citizen)["desk"] == "desk1"
    assert len(town.cases_of(citizen)) == 1


def test_a_server_that_dies_in_mid_message_loses_nothing(town):
    citizen = town.citizen()
    call = town.dials_the_hotline(citizen).hears("greeting").presses("#").hears_the_beep()
    call.says(town.voice.says(COMPLAINT))
    town.supervisor.kill("fastagi")
    call.presses("#")
    call.is_silent_for(1.0).hangs_up()
    case = town.case_of(citizen, within=30)
    assert case["recording"]["seconds"] > 2
    assert town.ended_call(citizen, within=30)["case"] == case["number"]
    assert len(town.cases_of(citizen)) == 1


def test_a_caller_whose_server_died_in_the_greeting_still_hears_something(town):
    citizen = town.citizen()
    call = town.dials_the_hotline(citizen).hears("greeting")
    town.supervisor.kill("fastagi")
    call.hears_the_beep(within=20).says(town.voice.says(COMPLAINT)).presses("#")
    call.is_over(within=20)
    assert town.case_of(citizen, within=30)["recording"]["seconds"] > 2


def test_without_redis_the_case_stands_and_the_sweep_rings_the_bell(town, without):
    without("redis")
    without("listener")  # a job has to write it down
    citizen = town.citizen()
    leaves_a_message(town, citizen).hears("your_number").hangs_up()
    case = town.case_of(citizen)
    assert case["transcript"]["state"] == "waiting"
    without.bring_back("redis")
    wait_for("the transcript", lambda: town.case_of(citizen)["transcript"]["state"] != "waiting", within=30)


def test_a_recording_whose_worker_was_killed_is_taken_up_again(town, without):
    without("worker")
    without("listener")  # a job has to write it down
    citizen = town.citizen()
    leaves_a_message(town, citizen).hears("your_number").hangs_up()
    assert town.case_of(citizen)["transcript"]["state"] == "waiting"
    without.bring_back("worker")
    wait_for(
        "the transcript",
        lambda: town.case_of(citizen)["transcript"]["state"] not in ("waiting", "running"),
        within=30,
    )
