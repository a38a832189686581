"""The same journey on PostgreSQL, and what happens when it goes away in the middle."""

import pytest
from servers import PostgresServer
from town import COMPLAINT, SHORT, wait_for

from hotline.temporary import temporary_system


@pytest.fixture(scope="module")
def postgres():
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def postgres_system(postgres):
    with temporary_system(**SHORT, database_url=postgres.url(postgres.make())) as supervisor:
        yield supervisor


@pytest.fixture
def town(postgres_system, make_town):
    return make_town(postgres_system)


def leaves_a_message(town, call):
    call.says(town.voice.says(COMPLAINT)).presses("#").hears("your_number")
    number = call.listener.hears_digits("digit_", within=15)
    call.hangs_up()
    return number


def test_a_complaint_is_a_case_on_postgresql(town):
    citizen, desk = town.citizen(), town.desk(1)
    call = town.passed_on(citizen, desk).hears("greeting").presses("#").hears_the_beep()
    number = leaves_a_message(town, call)
    assert town.ended_call(citizen)["case"] == number
    assert town.case_of(citizen)["desk"] == "desk1"
    told = wait_for("the words", lambda: town.case_of(citizen)["transcript"]["text"], within=20)
    assert "下水道" in told


def test_a_database_that_goes_away_in_mid_call_takes_nothing_with_it(town, postgres):
    citizen = town.citizen()
    call = town.dials_the_hotline(citizen).hears("greeting").presses("#").hears_the_beep()
    postgres.stop()
    number = leaves_a_message(town, call)
    assert list(town.settings.journal_dir.rglob("*")), "nothing was journalled"
    postgres.start()
    wait_for("the replay", lambda: town.call_row(citizen) and town.call_row(citizen)["ended"], within=30)
    assert town.case_of(citizen, within=20)["number"] == number
    assert len(town.cases_of(citizen)) == 1
    assert len(town.recordings_of(citizen)) == 1


def test_a_call_that_comes_while_the_database_is_away_is_replayed_exactly_once(town, postgres):
    citizen, desk = town.citizen(), town.desk(1)
    postgres.stop()
    call = town.passed_on(citizen, desk).hears("greeting", within=15).presses("#").hears_the_beep()
    number = leaves_a_message(town, call)
    postgres.start()
    case = wait_for("the case", lambda: town.cases_of(citizen), within=30)
    assert [each["number"] for each in case] == [number]
    # A restarted server replays again what it finds; nothing of it is written twice.
    town.supervisor.restart("sweep")
    town.supervisor.restart("fastagi")
    again = town.citizen()
    town.dials_the_hotline(again).hears("greeting").hangs_up()
    town.ended_call(again)
    assert len(town.cases_of(citizen)) == 1
    assert town.call_row(citizen)["desk"] == "desk1"


def test_the_progress_of_a_case_cannot_be_told_while_the_database_is_away(town, postgres):
    citizen = town.citizen()
    call = town.dials_the_hotline(citizen).hears("greeting").presses("#").hears_the_beep()
    number = leaves_a_message(town, call)
    town.case_of(citizen)
    postgres.stop()
    asking = town.citizen()
    call = town.dials_the_hotline(asking).hears("greeting").presses("2").hears("enter_number")
    call.presses(number + "#").hears("cannot_look_up", "to_agent", within=15).hangs_up()
    postgres.start()
    town.ended_call(asking, within=30)
