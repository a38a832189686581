"""The row is the work, the queue only the bell: claims, leases, retries, lost bells."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from threading import Thread

import pytest
from sqlalchemy import Engine
from telling import Telling, at, call_of, write

from cases import intake
from cases.model import Transcript
from cases.states import TranscriptState
from cases.unit_of_work import UnitOfWork, reading

LEASE = timedelta(seconds=60)


def recorded(engine: Engine, **opened: str) -> Telling:
    told = Telling().starts().speaks().hears_number("", **opened).ends("message")
    write(engine, *told.facts)
    return told


def claim(
    engine: Engine, worker: str = "w1", now: datetime | None = None, of: str | None = None
) -> Transcript | None:
    with UnitOfWork(engine) as work:
        claimed = intake.claim_transcript(work.session, worker, now or at(30), LEASE, of)
        work.commit()
    return claimed


def claim_surely(engine: Engine, worker: str = "w1", now: datetime | None = None) -> Transcript:
    claimed = claim(engine, worker, now)
    assert claimed is not None
    return claimed


def finish(engine: Engine, transcript: Transcript, worker: str = "w1", text: str = "路灯坏了") -> bool:
    with UnitOfWork(engine) as work:
        done = intake.finish_transcript(
            work.session, transcript.id, worker, at(40), text=text, words=[{"word": text}], model="m"
        )
        work.commit()
    return done


def fail(engine: Engine, transcript: Transcript, worker: str, now: datetime) -> bool:
    with UnitOfWork(engine) as work:
        counted = intake.fail_transcript(work.session, transcript.id, worker, now, "no model")
        work.commit()
    return counted


def state_of(engine: Engine, told: Telling) -> tuple[TranscriptState, int]:
    transcript = call_of(engine, told).recordings[0].transcript
    assert transcript is not None
    return transcript.state, transcript.tries


def lost(engine: Engine, now: datetime) -> list[str]:
    with reading(engine) as work:
        return intake.lost_bells(work.session, now)


def test_a_finished_transcript_is_on_the_case(engine: Engine) -> None:
    told = recorded(engine)
    assert finish(engine, claim_surely(engine))
    assert state_of(engine, told) == (TranscriptState.DONE, 1)
    case = call_of(engine, told).case
    assert case is not None
    assert case.text == "路灯坏了"
    assert claim(engine) is None


def test_a_transcript_does_not_write_over_words_that_stand_on_the_case(engine: Engine) -> None:
    told = recorded(engine, text="话务员改过的话")
    finish(engine, claim_surely(engine))
    case = call_of(engine, told).case
    assert case is not None
    assert case.text == "话务员改过的话"


def test_a_message_said_again_is_the_one_that_counts(engine: Engine) -> None:
    """By key 3 the caller speaks a second time; the case was opened with the second message."""
    told = Telling().starts().speaks(second=3)
    first, told.recording_id = told.recording_id, f"second-{told.recording_id[:20]}"
    write(engine, *told.speaks(second=10).hears_number("", 16).ends("message").facts)
    second = claim(engine, of=told.recording_id)
    other = claim(engine, of=first)
    assert second is not None
    assert other is not None
    finish(engine, other, text="喂喂")
    finish(engine, second, text="路灯坏了")
    case = call_of(engine, told).case
    assert case is not None
    assert case.text == "路灯坏了"


def test_a_transcript_done_before_its_case_was_told_is_on_the_case_too(engine: Engine) -> None:
    told = Telling().starts().speaks()
    write(engine, *told.facts)
    finish(engine, claim_surely(engine))
    write(engine, *told.hears_number("").ends("message").facts)
    case = call_of(engine, told).case
    assert case is not None
    assert case.text == "路灯坏了"


def test_a_transcript_without_a_word_says_so(engine: Engine) -> None:
    told = recorded(engine)
    finish(engine, claim_surely(engine), text="  ")
    assert state_of(engine, told)[0] == TranscriptState.NOTHING_SAID


def test_many_workers_never_hold_the_same_row(engine: Engine) -> None:
    for _ in range(12):
        recorded(engine)
    held: Counter[int] = Counter()

    def work(name: str) -> None:
        while (claimed := claim(engine, name)) is not None:
            held[claimed.id] += 1

    threads = [Thread(target=work, args=(f"w{place}",)) for place in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(held) == 12
    assert set(held.values()) == {1}


def test_the_oldest_is_taken_first(engine: Engine) -> None:
    later = Telling().starts().speaks(second=50).ends("message", 90)
    sooner = Telling().starts().speaks(second=5).ends("message", 90)
    write(engine, *later.facts, *sooner.facts)
    assert claim_surely(engine).recording_id == sooner.recording_id


def test_a_worker_that_lost_its_claim_changes_nothing(engine: Engine) -> None:
    told = recorded(engine)
    claimed = claim_surely(engine, "slow")
    again = claim_surely(engine, "quick", at(200))
    assert again.id == claimed.id
    assert not finish(engine, claimed, "slow", "too late")
    assert not fail(engine, claimed, "slow", at(201))
    assert finish(engine, again, "quick")
    assert state_of(engine, told) == (TranscriptState.DONE, 2)


def test_a_failure_is_tried_again_after_growing_pauses_and_set_aside_after_the_third(engine: Engine) -> None:
    told = recorded(engine)
    now = at(30)
    for pause in (30, 120):
        assert fail(engine, claim_surely(engine, now=now), "w1", now)
        assert claim(engine, now=now + timedelta(seconds=pause - 1)) is None
        assert lost(engine, now) == []
        now += timedelta(seconds=pause)
        assert lost(engine, now) == [told.recording_id]
    fail(engine, claim_surely(engine, now=now), "w1", now)
    assert state_of(engine, told) == (TranscriptState.SET_ASIDE, 3)
    assert claim(engine, now=at(100_000)) is None
    assert lost(engine, at(100_000)) == []


def test_a_recording_that_kills_its_workers_is_set_aside_after_the_third(engine: Engine) -> None:
    told = recorded(engine)
    now = at(30)
    for tries in (1, 2, 3):
        claim_surely(engine, f"w{tries}", now)
        assert state_of(engine, told) == (TranscriptState.RUNNING, tries)
        now += timedelta(seconds=61)
        with UnitOfWork(engine) as work:
            assert intake.expired_claims(work.session, now) == [told.recording_id]
            work.commit()
    assert state_of(engine, told) == (TranscriptState.SET_ASIDE, 3)
    assert lost(engine, now) == []


def test_a_claim_that_runs_is_not_taken_away(engine: Engine) -> None:
    recorded(engine)
    claim_surely(engine)
    with UnitOfWork(engine) as work:
        assert intake.expired_claims(work.session, at(89)) == []
    assert claim(engine, "w2", at(89)) is None


def test_a_bell_that_never_rang_or_was_not_heard_is_lost(engine: Engine) -> None:
    told = recorded(engine)
    assert lost(engine, at(30)) == [told.recording_id]
    with UnitOfWork(engine) as work:
        intake.mark_bell_rung(work.session, [told.recording_id], at(30))
        work.commit()
    assert lost(engine, at(60)) == []
    assert lost(engine, at(200)) == [told.recording_id]


def test_silence_is_nobodys_work(engine: Engine) -> None:
    write(engine, *Telling().starts().speaks(0.0).ends("hung_up").facts)
    assert claim(engine) is None
    assert lost(engine, at(9999)) == []


@pytest.mark.parametrize("words", [float("nan"), {"a": b"bytes"}, "x\x00y"])
def test_strange_words_of_a_recogniser_do_not_lose_the_text(engine: Engine, words: object) -> None:
    recorded(engine)
    claimed = claim_surely(engine)
    with UnitOfWork(engine) as work:
        assert intake.finish_transcript(
            work.session, claimed.id, "w1", at(40), text="路灯\x00坏了", words=[{"word": words}], model="m"
        )
        work.commit()
