"""Case numbers reserved ahead, questions about a case, and the bell."""

from __future__ import annotations

import time
from threading import Thread
from typing import Any

import pytest
from servers import RedisServer
from told import ended, opened, recorded, started, until

from cases import intake, numbers
from cases.errors import DatabaseAway
from cases.facts import Fact, new_id
from cases.model import Transcript
from cases.states import TranscriptState
from cases.unit_of_work import reading
from hotline.bell import CHANGES_CHANNEL, job_id, work_queue
from hotline.ledger import PATIENCE_SECONDS
from hotline.wiring import Wiring, build

SLACK = 0.7
"""What a busy machine may add to a caller's wait."""


@pytest.fixture
def wiring(wiring_on_each: Wiring) -> Wiring:
    return wiring_on_each


def seconds_for(wiring: Wiring, *facts: Fact) -> float:
    begun = time.monotonic()
    wiring.ledger.record(*facts)
    return time.monotonic() - begun


# ---------------------------------------------------------------- numbers


def test_numbers_come_from_a_block_and_are_nobody_elses(wiring: Wiring) -> None:
    other = build(wiring.settings)
    taken = [ledger.reserve_number() for _ in range(60) for ledger in (wiring.ledger, other.ledger)]
    other.close()
    assert all(number and numbers.check(number) for number in taken)
    assert len(set(taken)) == len(taken)


def test_numbers_taken_by_many_threads_are_all_different(wiring: Wiring) -> None:
    taken: list[str | None] = []
    threads = [
        Thread(target=lambda: taken.extend(wiring.ledger.reserve_number() for _ in range(20)))
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    had = [number for number in taken if number]
    assert len(set(had)) == len(had)
    assert len(had) > 100


def test_a_caller_hears_a_number_while_the_database_is_away(database: Any) -> None:
    ledger = database.wiring.ledger
    assert ledger.reserve_number()
    database.is_noticed()
    had = [ledger.reserve_number() for _ in range(60)]
    assert had[0] is not None
    assert had[-1] is None, "a block has an end"
    assert len({number for number in had if number}) >= 24


def test_how_far_is_a_case(wiring: Wiring) -> None:
    call_id = new_id()
    number = wiring.ledger.reserve_number()
    assert number
    wiring.ledger.record(started(call_id), opened(call_id, number))
    assert wiring.ledger.progress(number) == "accepted"
    assert wiring.ledger.progress("000000") is None


def test_how_far_is_a_case_cannot_be_told_while_the_database_is_away(database: Any) -> None:
    database.goes()
    begun = time.monotonic()
    with pytest.raises(DatabaseAway):
        database.wiring.ledger.progress("100009")
    assert time.monotonic() - begun < PATIENCE_SECONDS + SLACK


# ---------------------------------------------------------------- the bell


def test_a_recordings_end_rings_for_the_worker_and_nudges_the_screens(wiring: Wiring) -> None:
    call_id, recording_id = new_id(), new_id()
    screens = wiring.waiting_redis().pubsub()
    screens.subscribe(CHANGES_CHANNEL)
    assert screens.get_message(timeout=5)
    wiring.ledger.record(started(call_id), *recorded(call_id, recording_id))
    until(lambda: work_queue(wiring.redis).get_job_ids() == [job_id(recording_id)])
    assert screens.get_message(timeout=5)
    screens.close()


def test_redis_away_costs_a_call_nothing_and_the_bell_is_found_again(
    wiring: Wiring, redis_server: RedisServer
) -> None:
    call_id, recording_id = new_id(), new_id()
    with redis_server.away():
        assert seconds_for(wiring, started(call_id)) < SLACK
        assert seconds_for(wiring, *recorded(call_id, recording_id)) < SLACK
        assert seconds_for(wiring, ended(call_id)) < SLACK
        assert wiring.bell.ring([recording_id]) == []
    with reading(wiring.engine) as unit:
        assert intake.lost_bells(unit.session, wiring.now()) == [recording_id]
    until(lambda: wiring.bell.ring([recording_id]) == [recording_id])


def test_a_bell_that_rings_twice_is_one_job(wiring: Wiring) -> None:
    recording_id = new_id()
    for _ in range(3):
        assert wiring.bell.ring([recording_id]) == [recording_id]
    assert work_queue(wiring.redis).get_job_ids() == [job_id(recording_id)]


def test_a_recording_in_which_nothing_was_said_waits_for_nobody(wiring: Wiring) -> None:
    call_id, recording_id = new_id(), new_id()
    wiring.ledger.record(started(call_id), *recorded(call_id, recording_id, spoken=0.0))
    with reading(wiring.engine) as unit:
        assert unit.session.query(Transcript).one().state == TranscriptState.NOTHING_SAID
