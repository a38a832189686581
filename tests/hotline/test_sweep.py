"""What was left lying is picked up; each step on its own, each thing once."""

from __future__ import annotations

import os
import signal
import socketserver
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from runs import make_settings
from servers import RedisServer
from sounds import murmur, silence, with_promised_bytes, write_wav
from sqlalchemy import func, select
from told import NOON, a_call, applied, ended, history, noted, recorded, started, until

from cases.facts import CaseOpened, RecordingStarted, new_id
from cases.model import Call, CallBack, Case, Recording, Transcript
from cases.states import CallOutcome, CaseState, RecordingState
from hotline import heartbeat
from hotline.bell import job_id, work_queue
from hotline.files import Busy, only_one
from hotline.journal import Journal, journal_files
from hotline.sweep import Sweep
from hotline.wiring import Wiring, build


class Ami(socketserver.BaseRequestHandler):
    """Asterisk's side of the one question; the calls that live are on the server object."""

    def handle(self) -> None:
        lines = self.request.makefile("rwb")
        lines.write(b"Asterisk Call Manager/9.0.0\r\n")
        lines.flush()
        actions = 0
        for line in lines:
            if line.strip():
                continue
            actions += 1
            if actions == 1:
                lines.write(b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n")
            else:
                lines.write(b"Response: Success\r\nEventList: start\r\n\r\n")
                for live in self.server.live:  # type: ignore[attr-defined]
                    lines.write(
                        f"Event: CoreShowChannel\r\nLinkedid: {live}\r\nUniqueid: 1.1\r\n\r\n".encode()
                    )
                lines.write(b"Event: CoreShowChannelsComplete\r\nEventList: Complete\r\nListItems: 1\r\n\r\n")
            lines.flush()


class Asterisk(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Ami)
        self.live: set[str] = set()
        Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture
def asterisk() -> Iterator[Asterisk]:
    server = Asterisk()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def wiring(
    tmp_path: Path, database_url: str, redis_server: RedisServer, asterisk: Asterisk
) -> Iterator[Wiring]:
    port = asterisk.server_address[1]
    built = build(
        make_settings(tmp_path / "run", database_url, redis_server.url, ami_port=port, ami_password="x")
    )
    yield built
    built.close()


@pytest.fixture
def sweep(wiring: Wiring) -> Sweep:
    """It does not pause between its two looks: nothing is on its way in a test."""
    return Sweep(wiring, lambda seconds: None)


def row(wiring: Wiring, kind: type, **where: object) -> object:
    with wiring.reading() as unit:
        return unit.session.scalars(select(kind).filter_by(**where)).one()


def count(wiring: Wiring, kind: type) -> int:
    with wiring.reading() as unit:
        return unit.session.scalar(select(func.count()).select_from(kind)) or 0


def a_call_in_mid_message(wiring: Wiring, asterisk: Asterisk, seconds: float) -> tuple[str, str]:
    """Asterisk has its channel, its message is being recorded; then nobody tells anything any more."""
    call_id, recording_id = new_id(), new_id()
    path = f"2026/03/02/{recording_id}.wav"
    asterisk.live.add(f"l-{call_id}")
    wiring.ledger.record(
        started(call_id), RecordingStarted(call_id=call_id, at=NOON, recording_id=recording_id, path=path)
    )
    with_promised_bytes(write_wav(wiring.settings.recordings / path, murmur(seconds)), 0)
    return call_id, recording_id


# ---------------------------------------------------------------- a pass


def test_a_pass_with_nothing_to_do_finds_no_problem_and_shows_itself(sweep: Sweep, wiring: Wiring) -> None:
    report = sweep.run()
    assert report["problems"] == {}
    sign = heartbeat.last(wiring.settings, "sweep")
    assert sign is not None
    assert sign.fresh(wiring.now(), timedelta(seconds=30))


def test_two_sweeps_never_overlap(sweep: Sweep, wiring: Wiring) -> None:
    with only_one(wiring.settings.run_dir / "sweep.lock"), pytest.raises(Busy):
        sweep.run()
    assert sweep.run()["problems"] == {}


def test_a_step_that_fails_does_not_stop_the_others(sweep: Sweep, wiring: Wiring) -> None:
    wiring.settings.run_dir.mkdir(exist_ok=True)
    (wiring.settings.journal_dir).mkdir()
    (wiring.settings.journal_dir / ".replay.lock").mkdir()
    call_id, recording_id = new_id(), new_id()
    wiring.ledger.record(started(call_id), *recorded(call_id, recording_id))
    report = sweep.run()
    assert list(report["problems"]) == ["journal"]
    assert report["bells"] == [recording_id]


def test_the_journal_is_replayed(sweep: Sweep, wiring: Wiring) -> None:
    call, recording_id = a_call(), new_id()
    call[2:2] = recorded(call[0].call_id, recording_id)
    journal = Journal(wiring.settings.journal_dir, NOON)
    for fact in call:
        journal.append([fact])
    journal.close()
    report = sweep.run()
    assert report["journal"]["facts"] == len(call)
    assert report["bells"] == [recording_id], "its bell never rang"
    assert journal_files(wiring.settings.journal_dir) == []
    assert history(wiring.engine, call[0].call_id)[0] == "started"


# ---------------------------------------------------------------- what died


def test_a_call_that_died_in_mid_message_becomes_a_case(
    sweep: Sweep, wiring: Wiring, asterisk: Asterisk
) -> None:
    call_id, recording_id = a_call_in_mid_message(wiring, asterisk, 4)
    asterisk.live.clear()
    assert sweep.run()["ended"] == {"recordings": [recording_id], "calls": [call_id]}
    recording = row(wiring, Recording, id=recording_id)
    assert isinstance(recording, Recording)
    assert (recording.state, recording.problem, recording.seconds) == (
        RecordingState.DAMAGED,
        "unfinished",
        4.0,
    )
    assert recording.spoken_seconds is not None
    assert recording.spoken_seconds > 3
    call = row(wiring, Call, id=call_id)
    assert isinstance(call, Call)
    assert (call.outcome, call.case_id is not None) == (CallOutcome.MESSAGE, True)
    assert work_queue(wiring.redis).get_job_ids() == [job_id(recording_id)]


def test_a_call_that_died_before_a_word_leaves_a_call_back(
    sweep: Sweep, wiring: Wiring, asterisk: Asterisk
) -> None:
    call_id = new_id()
    wiring.ledger.record(started(call_id))
    sweep.run()
    call = row(wiring, Call, id=call_id)
    assert isinstance(call, Call)
    assert call.outcome == CallOutcome.FAILED
    assert count(wiring, CallBack) == 1
    assert count(wiring, Case) == 0


def test_a_call_that_lives_is_left_alone(sweep: Sweep, wiring: Wiring, asterisk: Asterisk) -> None:
    call_id, recording_id = a_call_in_mid_message(wiring, asterisk, 2)
    assert sweep.run()["ended"] == {"recordings": [], "calls": []}
    recording = row(wiring, Recording, id=recording_id)
    assert isinstance(recording, Recording)
    assert recording.state == RecordingState.RECORDING
    assert history(wiring.engine, call_id)[-1] == "recording_started"


def test_an_end_that_is_on_its_way_wins_over_the_sweep(wiring: Wiring, asterisk: Asterisk) -> None:
    call_id = new_id()
    wiring.ledger.record(started(call_id))

    def meanwhile(seconds: float) -> None:
        wiring.ledger.record(ended(call_id, "progress_told"))

    assert Sweep(wiring, meanwhile).run()["ended"] == {"recordings": [], "calls": []}
    call = row(wiring, Call, id=call_id)
    assert isinstance(call, Call)
    assert call.outcome == CallOutcome.PROGRESS_TOLD


def test_a_call_that_began_just_now_may_not_be_known_to_asterisk_yet(sweep: Sweep, wiring: Wiring) -> None:
    call_id = new_id()
    fresh = started(call_id)
    wiring.ledger.record(type(fresh)(**{**vars(fresh), "at": wiring.now()}))
    assert sweep.run()["ended"] == {"recordings": [], "calls": []}


def test_a_call_by_another_door_is_not_asterisks(sweep: Sweep, wiring: Wiring) -> None:
    wiring.ledger.record(started(new_id(), door="twilio"))
    assert sweep.run()["ended"] == {"recordings": [], "calls": []}


def test_while_asterisk_is_away_no_call_is_declared_dead_but_old_recordings_are_ended(
    sweep: Sweep, wiring: Wiring, asterisk: Asterisk
) -> None:
    call_id, recording_id = a_call_in_mid_message(wiring, asterisk, 3)
    asterisk.shutdown()
    asterisk.server_close()
    assert sweep.run()["problems"] == {"ended": "AmiError"}
    recording = row(wiring, Recording, id=recording_id)
    assert isinstance(recording, Recording)
    assert recording.state == RecordingState.DAMAGED, "no message is that long"
    call = row(wiring, Call, id=call_id)
    assert isinstance(call, Call)
    assert call.ended_at is None


def test_a_recording_whose_file_never_came_is_missing(
    sweep: Sweep, wiring: Wiring, asterisk: Asterisk
) -> None:
    _, recording_id = a_call_in_mid_message(wiring, asterisk, 1)
    (wiring.settings.recordings / f"2026/03/02/{recording_id}.wav").unlink()
    asterisk.live.clear()
    sweep.run()
    recording = row(wiring, Recording, id=recording_id)
    assert isinstance(recording, Recording)
    assert recording.state == RecordingState.MISSING
    assert count(wiring, Transcript) == 0
    assert count(wiring, CallBack) == 1


# ---------------------------------------------------------------- bells and sorting


def test_lost_bells_are_rung_when_redis_is_back(
    sweep: Sweep, wiring: Wiring, redis_server: RedisServer
) -> None:
    call_id, recording_id = new_id(), new_id()
    with redis_server.away():
        wiring.ledger.record(started(call_id), *recorded(call_id, recording_id), ended(call_id))
        assert sweep.run()["bells"] == []
        assert history(wiring.engine, call_id)[-1] == "ended"
    until(lambda: sweep.run()["bells"] == [recording_id])
    assert work_queue(wiring.redis).get_job_ids() == [job_id(recording_id)]
    assert sweep.run()["bells"] == [], "a bell that rang is not lost"


def test_a_case_whose_words_came_first_is_sorted(sweep: Sweep, wiring: Wiring) -> None:
    wiring.__dict__["decide"] = lambda text, caller, **_: {"matter": "供水排水", "unsure": False}
    call_id = new_id()
    told = CaseOpened(call_id=call_id, at=NOON, number="100009", tracking_code="ABC234", text="没有水")
    wiring.ledger.record(started(call_id), told)
    assert sweep.run()["sorted"] == ["100009"]
    case = row(wiring, Case, number="100009")
    assert isinstance(case, Case)
    assert (case.state, case.matter) == (CaseState.SORTED, "供水排水")
    assert sweep.run()["sorted"] == []


# ---------------------------------------------------------------- the process


def test_the_process_sweeps_again_and_again_and_ends_when_told(wiring: Wiring, asterisk: Asterisk) -> None:
    env = {
        **os.environ,
        "MINSHENG110_RUN_DIR": str(wiring.settings.run_dir),
        "MINSHENG110_DATABASE_URL": wiring.settings.database,
        "MINSHENG110_REDIS_URL": wiring.settings.redis,
        "MINSHENG110_AMI_PORT": str(asterisk.server_address[1]),
        "MINSHENG110_SWEEP_SECONDS": "0.1",
    }
    process = subprocess.Popen([sys.executable, "-m", "hotline.sweep"], env=env)
    try:
        until(lambda: heartbeat.last(wiring.settings, "sweep") is not None)
        call = a_call()
        journal = Journal(wiring.settings.journal_dir, NOON)
        journal.append([*call[:1], noted(call[0].call_id, "x"), *call[1:]])
        journal.close()
        until(lambda: applied(wiring.engine) == len(call) + 1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()


def test_silence_in_a_dead_call_is_no_case(sweep: Sweep, wiring: Wiring, asterisk: Asterisk) -> None:
    _, recording_id = a_call_in_mid_message(wiring, asterisk, 1)
    write_wav(wiring.settings.recordings / f"2026/03/02/{recording_id}.wav", silence(5))
    asterisk.live.clear()
    sweep.run()
    assert count(wiring, Case) == 0
    assert count(wiring, CallBack) == 1
