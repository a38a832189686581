"""Facts on disk: in order, exactly once, whatever is killed or cut."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from told import NOON, a_call, applied, history, noted, started

from cases import intake
from cases.errors import DatabaseAway
from cases.facts import Fact, new_id
from cases.unit_of_work import UnitOfWork
from hotline.files import Busy, only_one
from hotline.journal import Journal, calls_of, journal_files
from hotline.replay import Replay, Replayed, set_aside


def replayed(directory: Path, engine: Engine, apply: Callable[..., object] = intake.record) -> Replayed:
    return Replay(directory, partial(UnitOfWork, engine), apply).run()


def written(directory: Path, *calls: list[Fact], one_by_one: bool = True) -> Path:
    journal = Journal(directory, NOON)
    for call in calls:
        for facts in [[fact] for fact in call] if one_by_one else [call]:
            path = journal.append(facts)
    journal.close()
    return path


# ---------------------------------------------------------------- the journal


def test_nothing_is_made_on_disk_before_there_is_a_fact(tmp_path: Path) -> None:
    Journal(tmp_path / "journal", NOON).close()
    assert not (tmp_path / "journal").exists()


def test_what_callers_said_is_for_this_systems_user_only(tmp_path: Path) -> None:
    path = written(tmp_path / "journal", a_call())
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_the_calls_of_a_file_are_known_even_when_a_line_is_torn(tmp_path: Path) -> None:
    call = a_call()
    path = written(tmp_path, call)
    path.write_bytes(path.read_bytes() + b'{"facts": [{"call_')
    assert calls_of(path) == {call[0].call_id}


def test_many_threads_write_whole_lines_and_each_call_in_its_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path, NOON)
    calls = [a_call(20) for _ in range(16)]

    def tell(call: list[Fact]) -> None:
        for fact in call:
            journal.append([fact])

    threads = [Thread(target=tell, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close()
    (path,) = journal_files(tmp_path)
    facts = [fact for line in path.read_text().splitlines() for fact in json.loads(line)["facts"]]
    for call in calls:
        mine = [fact["fact_id"] for fact in facts if fact["call_id"] == call[0].call_id]
        assert mine == [fact.fact_id for fact in call]


def test_two_journals_begun_at_one_moment_have_a_file_each(tmp_path: Path) -> None:
    one, other = Journal(tmp_path, NOON), Journal(tmp_path, NOON)
    assert one.append(a_call()) != other.append(a_call())
    one.close()
    other.close()


def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    """A limit on the file's size is how a full disk looks to a process."""
    code = f"""
import resource, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from hotline.journal import Journal
from told import NOON, a_call, noted
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = Journal(Path({str(tmp_path)!r}), NOON)
path = journal.append(a_call(1))
before = path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (before + 100, before + 100))
try:
    journal.append(a_call(50))
except OSError as error:
    print("refused", path.stat().st_size == before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "refused True"


# ---------------------------------------------------------------- the replay


def test_a_journal_is_replayed_in_order_and_removed(tmp_path: Path, engine: Engine) -> None:
    call = a_call(5)
    written(tmp_path, call)
    done = replayed(tmp_path, engine)
    assert (done.facts, done.files, done.torn, done.set_aside) == (len(call), 1, 0, 0)
    assert journal_files(tmp_path) == []
    assert history(engine, call[0].call_id) == ["started", *(f"note-{n}" for n in range(5)), "ended"]


def test_files_are_replayed_in_the_order_of_their_processes(tmp_path: Path, engine: Engine) -> None:
    call = a_call(2)
    for hour, fact in enumerate(call):
        journal = Journal(tmp_path, NOON + timedelta(hours=hour))
        journal.append([fact])
        journal.close()
    assert len(journal_files(tmp_path)) == len(call)
    replayed(tmp_path, engine)
    assert history(engine, call[0].call_id) == ["started", "note-0", "note-1", "ended"]


def test_a_fact_that_was_written_before_is_not_written_again(tmp_path: Path, engine: Engine) -> None:
    call = a_call()
    with UnitOfWork(engine) as unit:
        for fact in call[:2]:
            intake.record(unit.session, fact)
        unit.commit()
    written(tmp_path, call)
    replayed(tmp_path, engine)
    assert applied(engine) == len(call)
    assert history(engine, call[0].call_id).count("started") == 1


def test_a_line_cut_in_half_by_a_power_cut_is_put_beside_and_told(tmp_path: Path, engine: Engine) -> None:
    call = a_call()
    path = written(tmp_path, call)
    whole = path.read_bytes()
    path.write_bytes(whole[:-25])
    done = replayed(tmp_path, engine)
    assert done.torn == 1
    assert done.facts == len(call) - 1
    assert journal_files(tmp_path) == []
    (beside,) = set_aside(tmp_path)
    assert beside.read_bytes().strip() == whole.splitlines()[-1][:-24]


@pytest.mark.parametrize("rubbish", [b"\0" * 100, b"{}", b'{"facts": [{"fact": "Nonsense"}]}', b"\xff\xfe"])
def test_a_line_that_is_no_fact_is_set_aside_and_the_others_go_on(
    tmp_path: Path, engine: Engine, rubbish: bytes
) -> None:
    call = a_call()
    path = written(tmp_path, call)
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([*lines[:2], rubbish, *lines[2:]]) + b"\n")
    done = replayed(tmp_path, engine)
    assert (done.facts, done.set_aside) == (len(call), 1)
    assert set_aside(tmp_path)[0].read_bytes() == rubbish + b"\n"
    assert journal_files(tmp_path) == []


def test_a_fact_that_the_database_refuses_is_set_aside_and_shown(tmp_path: Path, engine: Engine) -> None:
    call = a_call()

    def apply(session: Session, fact: Fact) -> None:
        intake.record(session, fact)
        if fact is not None and getattr(fact, "what", "") == "note-1":
            raise RuntimeError("poison")

    written(tmp_path, call)
    done = replayed(tmp_path, engine, apply)
    assert (done.facts, done.set_aside) == (len(call) - 1, 1)
    assert history(engine, call[0].call_id) == ["started", "note-0", "note-2", "ended"]
    assert b"note-1" in set_aside(tmp_path)[0].read_bytes()


def test_a_database_that_goes_away_in_mid_replay_costs_nothing(tmp_path: Path, engine: Engine) -> None:
    call = a_call(200)
    written(tmp_path, call)
    told: list[Fact] = []

    def apply(session: Session, fact: Fact) -> None:
        if len(told) == 120:
            raise DatabaseAway("away")
        told.append(fact)
        intake.record(session, fact)

    with pytest.raises(DatabaseAway):
        replayed(tmp_path, engine, apply)
    assert 0 < applied(engine) < len(call)
    assert len(journal_files(tmp_path)) == 1
    replayed(tmp_path, engine)
    assert history(engine, call[0].call_id) == ["started", *(f"note-{n}" for n in range(200)), "ended"]


def test_a_replay_that_is_killed_in_the_middle_is_taken_up_by_the_next(
    tmp_path: Path, engine: Engine, database_url: str
) -> None:
    call = a_call(300)
    written(tmp_path, call)
    code = f"""
import os, signal
from functools import partial
from pathlib import Path
from cases import intake
from cases.engine import make_engine
from cases.unit_of_work import UnitOfWork
from hotline.replay import Replay
count = 0
def apply(session, fact):
    global count
    count += 1
    if count == 170:
        os.kill(os.getpid(), signal.SIGKILL)
    intake.record(session, fact)
Replay(Path({str(tmp_path)!r}), partial(UnitOfWork, make_engine({database_url!r})), apply).run()
"""
    killed = subprocess.run([sys.executable, "-c", code], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert 0 < applied(engine) < len(call)
    replayed(tmp_path, engine)
    assert applied(engine) == len(call)
    assert history(engine, call[0].call_id) == ["started", *(f"note-{n}" for n in range(300)), "ended"]
    assert journal_files(tmp_path) == []


def test_a_journal_that_is_still_being_written_loses_no_line(tmp_path: Path, engine: Engine) -> None:
    journal = Journal(tmp_path, NOON)
    calls = [a_call(10) for _ in range(20)]

    def tell() -> None:
        for facts in zip(*calls, strict=True):
            for fact in facts:
                journal.append([fact])

    writer = Thread(target=tell)
    writer.start()
    while writer.is_alive():
        replayed(tmp_path, engine)
    writer.join()
    journal.close()
    replayed(tmp_path, engine)
    assert applied(engine) == sum(len(call) for call in calls)
    for call in calls:
        assert history(engine, call[0].call_id) == ["started", *(f"note-{n}" for n in range(10)), "ended"]


def test_only_one_replay_at_a_time(tmp_path: Path, sqlite_engine: Engine) -> None:
    written(tmp_path, a_call())
    with only_one(tmp_path / ".replay.lock"), pytest.raises(Busy):
        replayed(tmp_path, sqlite_engine)
    assert replayed(tmp_path, sqlite_engine).files == 1


def test_a_replay_tells_which_recordings_wait_for_a_bell(tmp_path: Path, sqlite_engine: Engine) -> None:
    from told import recorded

    call_id, recording_id = new_id(), new_id()
    written(
        tmp_path, [started(call_id), *recorded(call_id, recording_id), noted(call_id, "x")], one_by_one=False
    )
    assert replayed(tmp_path, sqlite_engine).recordings == [recording_id]


def test_no_journal_is_nothing_to_do(tmp_path: Path, sqlite_engine: Engine) -> None:
    assert replayed(tmp_path / "none", sqlite_engine).files == 0
    assert not (tmp_path / "none").exists()


def test_a_lock_falls_with_its_process(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from hotline.files import only_one
with only_one(Path({str(tmp_path / "lock")!r})):
    print("held", flush=True)
    input()
"""
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(Busy), only_one(tmp_path / "lock"):
        pass
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with only_one(tmp_path / "lock"):
        pass
    for stream in (holder.stdin, holder.stdout):
        assert stream is not None
        stream.close()
