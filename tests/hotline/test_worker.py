"""Recordings are written down once, whoever dies. Real Redis, real rq, real libvosk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import time_machine
from servers import RedisServer
from sounds import Samples, murmur, silence, write_wav
from sqlalchemy import select
from told import at, opened, started, until

from cases import intake
from cases.facts import RecordingEnded, RecordingStarted, new_id
from cases.model import Case, Recording, Transcript
from cases.states import CaseState, TranscriptState
from hotline import heartbeat
from hotline.host.tools import espeak
from hotline.jobs import Transcriber, is_dead, worker_name
from hotline.phone import alaw
from hotline.phone.voice import Voice
from hotline.settings import default_cache_dir
from hotline.wiring import Wiring
from hotline.worker import load_engine, workers
from transcribe.engine import Engine


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    voice = Voice(espeak(default_cache_dir()), tmp_path_factory.mktemp("voice"))
    spoken = np.asarray(alaw.decode(voice.says("昭阳街道的下水道堵了")), np.float64)
    return np.concatenate([silence(0.3), spoken, silence(0.5)])


@pytest.fixture(scope="module")
def engine() -> Engine:
    from hotline.settings import Settings

    loaded = load_engine(Settings(run_dir=Path("/nonexistent"), cache_dir=Path("/nonexistent")))
    assert loaded is not None
    return loaded


def a_message(wiring: Wiring, sound: Samples | None, case: bool = True) -> str:
    """A call whose message is recorded; `sound` None: the file got lost. The recording's id."""
    call_id, recording_id = new_id(), new_id()
    path = f"2026/03/02/{recording_id}.wav"
    if sound is not None:
        write_wav(wiring.settings.recordings / path, sound)
    begun = RecordingStarted(call_id=call_id, at=at(2), recording_id=recording_id, path=path)
    over = RecordingEnded(
        call_id=call_id, at=at(9), recording_id=recording_id, ended_by="key", seconds=7, spoken_seconds=5
    )
    wiring.ledger.record(started(call_id), begun, over)
    if case:
        wiring.ledger.record(opened(call_id, wiring.ledger.reserve_number() or "", recording_id))
    return recording_id


def transcript(wiring: Wiring, recording_id: str) -> Transcript:
    with wiring.reading() as unit:
        return unit.session.scalars(select(Transcript).where(Transcript.recording_id == recording_id)).one()


def state(wiring: Wiring, recording_id: str) -> TranscriptState:
    return transcript(wiring, recording_id).state


def the_case(wiring: Wiring, recording_id: str) -> Case:
    with wiring.reading() as unit:
        return unit.session.scalars(select(Case).where(Case.recording_id == recording_id)).one()


@contextmanager
def a_worker(wiring: Wiring) -> Iterator[subprocess.Popen[bytes]]:
    env = {
        **os.environ,
        "MINSHENG110_RUN_DIR": str(wiring.settings.run_dir),
        "MINSHENG110_DATABASE_URL": wiring.settings.database,
        "MINSHENG110_REDIS_URL": wiring.settings.redis,
        "MINSHENG110_CACHE_DIR": "/nonexistent",
    }
    process = subprocess.Popen([sys.executable, "-m", "hotline.worker"], env=env)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


# ---------------------------------------------------------------- one recording


def test_a_message_is_written_down_and_stands_in_the_case(
    wiring: Wiring, engine: Engine, speech: Samples
) -> None:
    recording_id = a_message(wiring, speech)
    Transcriber(wiring, engine, None).work(recording_id)
    done = transcript(wiring, recording_id)
    assert done.state == TranscriptState.DONE
    assert "昭阳街道" in done.text
    assert (done.model, done.tries) == ("embedded", 1)
    assert done.words[0].keys() == {"word", "start", "end", "confidence"}
    assert "下水道" in the_case(wiring, recording_id).text


def test_the_players_waveform_is_drawn(wiring: Wiring, engine: Engine, speech: Samples) -> None:
    recording_id = a_message(wiring, speech)
    Transcriber(wiring, engine, None).work(recording_id)
    with wiring.reading() as unit:
        drawn = unit.session.get_one(Recording, recording_id).peaks
    assert drawn
    assert max(drawn) > 0.05


def test_a_message_without_words_is_nothing_said(wiring: Wiring, engine: Engine) -> None:
    recording_id = a_message(wiring, silence(3))
    Transcriber(wiring, engine, None).work(recording_id)
    assert state(wiring, recording_id) == TranscriptState.NOTHING_SAID


def test_one_job_goes_on_with_everything_that_waits(wiring: Wiring, engine: Engine, speech: Samples) -> None:
    waiting = [a_message(wiring, speech) for _ in range(4)]
    Transcriber(wiring, engine, None).work(waiting[2])
    assert [state(wiring, each) for each in waiting] == [TranscriptState.DONE] * 4


def test_without_a_model_a_recording_waits_and_nothing_is_lost(wiring: Wiring, speech: Samples) -> None:
    recording_id = a_message(wiring, speech)
    Transcriber(wiring, None, None).work(recording_id)
    waits = transcript(wiring, recording_id)
    assert (waits.state, waits.tries) == (TranscriptState.WAITING, 0)
    with wiring.reading() as unit:
        assert unit.session.get_one(Recording, recording_id).peaks


def test_a_job_for_a_recording_nobody_knows_does_nothing(wiring: Wiring, engine: Engine) -> None:
    Transcriber(wiring, engine, None).work(new_id())


def test_two_workers_on_one_recording_write_it_down_once(
    wiring: Wiring, engine: Engine, speech: Samples
) -> None:
    recording_id = a_message(wiring, speech)
    both = [Thread(target=Transcriber(wiring, engine, None).work, args=(recording_id,)) for _ in range(4)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert transcript(wiring, recording_id).tries == 1
    assert state(wiring, recording_id) == TranscriptState.DONE


def test_a_lost_file_is_tried_three_times_with_growing_pauses_and_set_aside(
    wiring: Wiring, engine: Engine
) -> None:
    recording_id = a_message(wiring, None)
    transcriber = Transcriber(wiring, engine, None)
    now = wiring.now()
    pauses = []
    for _ in range(2):
        with time_machine.travel(now, tick=False):
            transcriber.work(recording_id)
            failed = transcript(wiring, recording_id)
        assert failed.state == TranscriptState.WAITING
        assert failed.next_try_at is not None
        pauses.append(failed.next_try_at - now)
        with time_machine.travel(now + pauses[-1] / 2, tick=False):
            transcriber.work(recording_id)
            assert transcript(wiring, recording_id).tries == failed.tries, "too early"
        now = failed.next_try_at
    with time_machine.travel(now, tick=False):
        transcriber.work(recording_id)
    assert pauses[0] < pauses[1]
    assert state(wiring, recording_id) == TranscriptState.SET_ASIDE
    assert transcript(wiring, recording_id).problem == "missing"


@pytest.mark.parametrize(
    ("content", "problem"), [(b"", "empty"), (b"\x89PNG" + b"\0" * 500, "not a recording")]
)
def test_a_file_that_is_no_recording_is_named(
    wiring: Wiring, engine: Engine, content: bytes, problem: str
) -> None:
    recording_id = a_message(wiring, silence(1))
    (wiring.settings.recordings / f"2026/03/02/{recording_id}.wav").write_bytes(content)
    Transcriber(wiring, engine, None).work(recording_id)
    assert transcript(wiring, recording_id).problem == problem


# ---------------------------------------------------------------- sorting


def decided(text: str, caller: str, **firms: object) -> dict[str, object]:
    return {"matter": "供水排水", "kind": "求助", "sector": "government", "unsure": False, "priority": "high"}


def test_a_written_down_message_is_sorted(wiring: Wiring, engine: Engine, speech: Samples) -> None:
    recording_id = a_message(wiring, speech)
    Transcriber(wiring, engine, decided).work(recording_id)
    case = the_case(wiring, recording_id)
    assert (case.state, case.matter, case.priority) == (CaseState.SORTED, "供水排水", "high")


def test_a_router_that_fails_leaves_the_case_with_its_words(
    wiring: Wiring, engine: Engine, speech: Samples
) -> None:
    def fails(text: str, caller: str, **firms: object) -> dict[str, object]:
        raise RuntimeError(text)

    recording_id = a_message(wiring, speech)
    Transcriber(wiring, engine, fails).work(recording_id)
    case = the_case(wiring, recording_id)
    assert case.state == CaseState.ACCEPTED
    assert "下水道" in case.text


# ---------------------------------------------------------------- the real process


def test_a_worker_is_rung_and_writes_down(wiring: Wiring, speech: Samples) -> None:
    with a_worker(wiring):
        until(lambda: workers(wiring.settings, wiring.now()) != [])
        recording_id = a_message(wiring, speech)
        until(lambda: state(wiring, recording_id) == TranscriptState.DONE)


def test_a_worker_ends_within_seconds_of_being_told(wiring: Wiring) -> None:
    with a_worker(wiring) as process:
        until(lambda: workers(wiring.settings, wiring.now()) != [])
        begun = time.monotonic()
        process.terminate()
        assert process.wait(10) == 0
        assert time.monotonic() - begun < 5
    assert workers(wiring.settings, wiring.now()) == []
    with a_worker(wiring) as successor:
        until(lambda: len(workers(wiring.settings, wiring.now())) == 1)
        assert [path.stem for path in heartbeat.folder(wiring.settings).iterdir()] == [
            f"worker-{successor.pid}"
        ]


def test_a_worker_waits_for_a_redis_that_is_away_and_goes_on(
    wiring: Wiring, redis_server: RedisServer, speech: Samples
) -> None:
    with a_worker(wiring) as process:
        until(lambda: workers(wiring.settings, wiring.now()) != [])
        with redis_server.away():
            recording_id = a_message(wiring, speech)
        until(lambda: wiring.bell.ring([recording_id]) == [recording_id])
        until(lambda: state(wiring, recording_id) == TranscriptState.DONE, 30)
        assert process.poll() is None
        # A young Redis knows this worker again: the status asks there.
        until(lambda: wiring.redis.smembers("rq:workers") != set())


def claiming_process(wiring: Wiring, recording_id: str) -> int:
    """The process that has this recording now; waits until there is one."""
    until(lambda: state(wiring, recording_id) == TranscriptState.RUNNING)
    claimed = transcript(wiring, recording_id).claimed_by
    assert claimed
    return int(claimed.split("/")[1])


def take_back(wiring: Wiring) -> list[str]:
    """What the sweep does about dead workers."""
    with wiring.unit_of_work() as unit:
        dead = [name for name in intake.claiming_workers(unit.session) if is_dead(name)]
        back = intake.expired_claims(unit.session, wiring.now(), dead)
        unit.commit()
    return back


def test_a_job_killed_in_the_middle_is_taken_up_again_and_done_once(wiring: Wiring, speech: Samples) -> None:
    long = np.concatenate([speech] * 150)
    with a_worker(wiring) as process:
        recording_id = a_message(wiring, long)
        os.kill(claiming_process(wiring, recording_id), signal.SIGKILL)
        until(lambda: take_back(wiring) == [recording_id])
        assert state(wiring, recording_id) == TranscriptState.WAITING
        until(lambda: wiring.bell.ring([recording_id]) == [recording_id])
        until(lambda: state(wiring, recording_id) == TranscriptState.DONE, 60)
        assert transcript(wiring, recording_id).tries == 2
        assert process.poll() is None, "the worker itself lives on"


def test_a_recording_that_kills_its_worker_three_times_is_set_aside(wiring: Wiring) -> None:
    recording_id = a_message(wiring, murmur(2))
    code = f"""
import os, signal, sys
from hotline.jobs import Transcriber
from hotline.settings import load
from hotline.wiring import build
class Deadly:
    name = "deadly"
    def recogniser(self):
        os.kill(os.getpid(), signal.SIGKILL)
Transcriber(build(load()), Deadly(), None).work({recording_id!r})
"""
    env = {
        **os.environ,
        "MINSHENG110_RUN_DIR": str(wiring.settings.run_dir),
        "MINSHENG110_DATABASE_URL": wiring.settings.database,
        "MINSHENG110_REDIS_URL": wiring.settings.redis,
    }
    for _ in range(3):
        died = subprocess.run([sys.executable, "-c", code], env=env, check=False)
        assert died.returncode == -signal.SIGKILL
        assert take_back(wiring) == [recording_id]
    assert state(wiring, recording_id) == TranscriptState.SET_ASIDE


def test_a_living_process_is_not_dead_and_one_of_another_machine_is_left_alone() -> None:
    me = worker_name()
    assert not is_dead(me)
    host, pid, begun = me.split("/")
    assert is_dead(f"{host}/{pid}/{int(begun) - 1}"), "the number was given to another process"
    assert is_dead(f"{host}/4194304/1")
    assert not is_dead("elsewhere/1/1")


def test_a_claim_that_ran_out_is_taken_up_wherever_its_worker_was(wiring: Wiring) -> None:
    recording_id = a_message(wiring, murmur(1))
    with wiring.unit_of_work() as unit:
        now = wiring.now()
        claimed = intake.claim_transcript(unit.session, "elsewhere/1/1", now, timedelta(seconds=60))
        assert claimed is not None
        unit.commit()
    assert take_back(wiring) == []
    with time_machine.travel(now + timedelta(seconds=61), tick=False):
        assert take_back(wiring) == [recording_id]
