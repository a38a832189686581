"""Facts of a call are kept, whatever is away, and no caller waits long for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Thread

import pytest
from conftest import make_settings
from servers import PostgresServer, RedisServer
from sqlalchemy import Engine
from told import a_call, applied, ended, history, noted, opened, recorded, started, until

from cases import intake, numbers
from cases.errors import DatabaseAway
from cases.facts import Fact, new_id
from cases.model import Transcript
from cases.states import TranscriptState
from cases.unit_of_work import UnitOfWork, reading
from hotline.bell import CHANGES_CHANNEL, job_id, work_queue
from hotline.journal import journal_files
from hotline.ledger import PATIENCE_SECONDS, Ledger
from hotline.replay import Replay
from hotline.wiring import Wiring, build

SLACK = 0.7
"""What a busy machine may add to a caller's wait."""


@pytest.fixture
def wiring(database_url: str, tmp_path: Path, redis_server: RedisServer) -> Iterator[Wiring]:
    """On each kind of database."""
    yield from wired(tmp_path / "run", database_url, redis_server.url)


@pytest.fixture
def on_postgres(postgres_url: str, tmp_path: Path, redis_server: RedisServer) -> Iterator[Wiring]:
    yield from wired(tmp_path / "run", postgres_url, redis_server.url)


@pytest.fixture
def on_sqlite(sqlite_url: str, tmp_path: Path, redis_server: RedisServer) -> Iterator[Wiring]:
    yield from wired(tmp_path / "run", sqlite_url, redis_server.url)


def wired(run_dir: Path, database: str, redis: str) -> Iterator[Wiring]:
    built = build(make_settings(run_dir, database, redis))
    yield built
    built.close()


@dataclass
class Away:
    """A database that can be taken away and brought back."""

    wiring: Wiring
    server: PostgresServer | None

    def goes(self) -> None:
        if self.server:
            self.server.stop()
        else:
            self._file.rename(self._file.with_suffix(".hidden"))

    def comes_back(self) -> None:
        if self.server:
            self.server.start()
        else:
            self._file.with_suffix(".hidden").rename(self._file)

    @property
    def _file(self) -> Path:
        return Path(self.wiring.settings.database.removeprefix("sqlite:///"))


@pytest.fixture
def database(wiring: Wiring, request: pytest.FixtureRequest) -> Iterator[Away]:
    on_postgres = wiring.settings.database.startswith("postgres")
    server = request.getfixturevalue("postgres_server") if on_postgres else None
    away = Away(wiring, server)
    yield away
    try:
        away.comes_back()
    except (subprocess.CalledProcessError, FileNotFoundError):
        return  # it was back already


def replay(wiring: Wiring) -> None:
    Replay(wiring.settings.journal_dir, wiring.unit_of_work, intake.record).run()


def journalled(wiring: Wiring) -> str:
    return "".join(path.read_text() for path in journal_files(wiring.settings.journal_dir))


def seconds_for(ledger: Ledger, *facts: Fact) -> float:
    begun = time.monotonic()
    ledger.record(*facts)
    return time.monotonic() - begun


def take_away(database: Away) -> None:
    """Away, and noticed."""
    database.goes()
    database.wiring.ledger.record(started(new_id()))
    assert database.wiring.ledger.away


# ---------------------------------------------------------------- all is well


def test_a_call_is_in_the_database_when_record_returns(wiring: Wiring) -> None:
    call = a_call()
    for fact in call:
        wiring.ledger.record(fact)
    assert history(wiring.engine, call[0].call_id) == ["started", "note-0", "note-1", "note-2", "ended"]
    assert journalled(wiring) == ""


def test_a_fact_told_twice_is_written_once(wiring: Wiring) -> None:
    fact = started(new_id())
    wiring.ledger.record(fact, fact)
    wiring.ledger.record(fact)
    assert applied(wiring.engine) == 1


def test_many_calls_at_once_are_all_kept(wiring: Wiring) -> None:
    calls = [a_call(4) for _ in range(40)]

    def tell(call: list[Fact]) -> None:
        for fact in call:
            wiring.ledger.record(fact)

    threads = [Thread(target=tell, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    replay(wiring)  # a busy machine may have sent some to the journal
    for call in calls:
        assert history(wiring.engine, call[0].call_id) == [
            "started", *(f"note-{n}" for n in range(4)), "ended",
        ]  # fmt: skip


def test_nothing_is_opened_before_the_first_fact(tmp_path: Path) -> None:
    built = build(make_settings(tmp_path, "postgresql://nobody@203.0.113.1/none", "redis://203.0.113.1"))
    assert built.ledger.away is False
    built.close()
    assert not built.settings.journal_dir.exists()


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


def test_a_caller_hears_a_number_while_the_database_is_away(database: Away) -> None:
    ledger = database.wiring.ledger
    assert ledger.reserve_number()
    take_away(database)
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


def test_how_far_is_a_case_cannot_be_told_while_the_database_is_away(database: Away) -> None:
    database.goes()
    begun = time.monotonic()
    with pytest.raises(DatabaseAway):
        database.wiring.ledger.progress("100009")
    assert time.monotonic() - begun < PATIENCE_SECONDS + SLACK


# ---------------------------------------------------------------- the database is away


def test_a_call_whose_database_goes_away_in_the_middle_is_replayed_in_order_once(database: Away) -> None:
    wiring, call = database.wiring, a_call(6)
    for fact in call[:3]:
        wiring.ledger.record(fact)
    database.goes()
    for fact in call[3:6]:
        wiring.ledger.record(fact)
    database.comes_back()
    until(lambda: not wiring.ledger.away)
    # Its later facts follow the earlier ones into the journal, or the order would be lost.
    for fact in call[6:]:
        wiring.ledger.record(fact)
    assert "note-2" in journalled(wiring)
    assert history(wiring.engine, call[0].call_id) == ["started", "note-0", "note-1"]
    replay(wiring)
    assert history(wiring.engine, call[0].call_id) == ["started", *(f"note-{n}" for n in range(6)), "ended"]
    assert journal_files(wiring.settings.journal_dir) == []


def test_after_the_replay_a_call_tells_the_database_again(database: Away) -> None:
    wiring, call = database.wiring, a_call(4)
    take_away(database)
    wiring.ledger.record(call[0])
    database.comes_back()
    until(lambda: not wiring.ledger.away)
    replay(wiring)
    for fact in call[1:]:
        wiring.ledger.record(fact)
    assert journalled(wiring) == ""
    assert history(wiring.engine, call[0].call_id)[-1] == "ended"


def test_a_new_call_goes_to_the_database_while_an_older_one_waits_in_the_journal(database: Away) -> None:
    wiring, older, newer = database.wiring, a_call(), a_call()
    take_away(database)
    wiring.ledger.record(older[0])
    database.comes_back()
    until(lambda: not wiring.ledger.away)
    for fact in newer:
        wiring.ledger.record(fact)
    assert history(wiring.engine, newer[0].call_id)[-1] == "ended"
    assert history(wiring.engine, older[0].call_id) == []


def test_only_the_first_caller_waits_for_a_database_that_is_away(database: Away) -> None:
    ledger = database.wiring.ledger
    ledger.record(started(new_id()))
    database.goes()
    assert seconds_for(ledger, started(new_id())) < PATIENCE_SECONDS + SLACK
    assert max(seconds_for(ledger, started(new_id())) for _ in range(20)) < SLACK


def test_a_database_that_stands_still_holds_nobody(
    on_postgres: Wiring, postgres_server: PostgresServer
) -> None:
    ledger, call = on_postgres.ledger, a_call(3)
    ledger.record(call[0])
    postgres_server.freeze()
    try:
        assert seconds_for(ledger, call[1]) < PATIENCE_SECONDS + SLACK
        assert ledger.away
        assert max(seconds_for(ledger, fact) for fact in call[2:]) < SLACK
    finally:
        postgres_server.thaw()
    until(lambda: not ledger.away)
    replay(on_postgres)
    assert history(on_postgres.engine, call[0].call_id) == ["started", "note-0", "note-1", "note-2", "ended"]


def test_a_locked_sqlite_file_holds_nobody(on_sqlite: Wiring, sqlite_engine: Engine) -> None:
    ledger, call = on_sqlite.ledger, a_call(2)
    ledger.record(call[0])
    with UnitOfWork(sqlite_engine):  # somebody else holds the write lock
        assert seconds_for(ledger, call[1]) < PATIENCE_SECONDS + SLACK
        assert max(seconds_for(ledger, fact) for fact in call[2:]) < SLACK
    until(lambda: not ledger.away)
    replay(on_sqlite)
    assert history(on_sqlite.engine, call[0].call_id) == ["started", "note-0", "note-1", "ended"]


def test_a_started_again_process_knows_which_calls_wait_in_the_journal(database: Away) -> None:
    wiring, call = database.wiring, a_call(2)
    take_away(database)
    wiring.ledger.record(call[0], call[1])
    database.comes_back()
    successor = build(wiring.settings)
    for fact in call[2:]:
        successor.ledger.record(fact)
    successor.close()
    assert history(wiring.engine, call[0].call_id) == []
    replay(wiring)
    assert history(wiring.engine, call[0].call_id) == ["started", "note-0", "note-1", "ended"]


@dataclass(frozen=True, kw_only=True)
class Strange(Fact):
    """A fact for which the core has no rule."""


def test_a_fact_that_is_refused_stands_in_the_journal_and_takes_nobody_along(on_sqlite: Wiring) -> None:
    ledger, call = on_sqlite.ledger, a_call()
    threads = [Thread(target=ledger.record, args=(Strange(call_id=new_id(), at=fact.at),)) for fact in call]
    for thread in threads:
        thread.start()
    for fact in call:
        ledger.record(fact)
    for thread in threads:
        thread.join()
    assert not ledger.away
    assert history(on_sqlite.engine, call[0].call_id)[-1] == "ended"
    assert journalled(on_sqlite).count("Strange") == len(call)


def test_facts_that_not_even_the_disk_takes_wait_in_memory_for_it(database: Away) -> None:
    wiring, call = database.wiring, a_call(2)
    take_away(database)
    replayable = wiring.settings.journal_dir
    for path in journal_files(replayable):
        path.unlink()
    replayable.rename(replayable.with_suffix(".before"))
    replayable.write_text("a file where the folder should be")
    for fact in call:
        wiring.ledger.record(fact)
    replayable.unlink()
    until(lambda: "CallEnded" in journalled(wiring))
    database.comes_back()
    replay(wiring)
    assert history(wiring.engine, call[0].call_id) == ["started", "note-0", "note-1", "ended"]


def test_what_record_has_taken_survives_a_kill(wiring: Wiring, database: Away) -> None:
    """A process tells facts, the database goes away in the middle, the process is killed in mid-fact."""
    code = f"""
import sys
sys.path[:0] = {[str(Path(__file__).parent), str(Path(__file__).parent.parent)]!r}
from told import noted, started
from hotline.settings import load
from hotline.wiring import build
ledger = build(load()).ledger
ledger.record(started("a-call"))
n = 0
while True:
    ledger.record(noted("a-call", f"n{{n}}"))
    print(n, flush=True)
    n += 1
"""
    env = {
        **os.environ,
        "MINSHENG110_RUN_DIR": str(wiring.settings.run_dir),
        "MINSHENG110_DATABASE_URL": wiring.settings.database,
        "MINSHENG110_REDIS_URL": wiring.settings.redis,
    }
    teller = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=env)
    assert teller.stdout is not None
    for line in teller.stdout:
        taken = int(line)
        if taken == 10:
            database.goes()
        if taken == 40:
            teller.send_signal(signal.SIGKILL)
            break
    rest = [int(line) for line in teller.stdout.read().split()]
    teller.wait()
    teller.stdout.close()
    database.comes_back()
    replay(wiring)
    told = history(wiring.engine, "a-call")
    kept = [int(what[1:]) for what in told[1:]]
    assert kept == list(range(len(kept)))
    assert len(kept) > max([40, *rest])


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
        assert seconds_for(wiring.ledger, started(call_id)) < SLACK
        assert seconds_for(wiring.ledger, *recorded(call_id, recording_id)) < SLACK
        assert seconds_for(wiring.ledger, ended(call_id)) < SLACK
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


def test_closing_writes_what_is_under_way(wiring: Wiring) -> None:
    call_id = new_id()
    tellers = [Thread(target=partial(wiring.ledger.record, noted(call_id, f"n{n}"))) for n in range(20)]
    for teller in tellers:
        teller.start()
    for teller in tellers:
        teller.join()
    engine = wiring.engine
    wiring.ledger.close()
    assert len(history(engine, call_id)) == 20
