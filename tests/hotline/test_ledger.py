"""Facts of a call are kept, whatever is away, and no caller waits long for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from runs import make_settings
from servers import PostgresServer
from sqlalchemy import Engine
from told import a_call, applied, history, noted, started, until

from cases import intake
from cases.facts import Fact, new_id
from cases.unit_of_work import UnitOfWork
from hotline.journal import journal_files
from hotline.ledger import PATIENCE_SECONDS, Ledger
from hotline.replay import Replay
from hotline.wiring import Wiring, build

SLACK = 0.7
"""What a busy machine may add to a caller's wait."""


@pytest.fixture
def wiring(wiring_on_each: Wiring) -> Wiring:
    return wiring_on_each


def replay(wiring: Wiring) -> None:
    Replay(wiring.settings.journal_dir, wiring.unit_of_work, intake.record).run()


def journalled(wiring: Wiring) -> str:
    return "".join(path.read_text() for path in journal_files(wiring.settings.journal_dir))


def seconds_for(ledger: Ledger, *facts: Fact) -> float:
    begun = time.monotonic()
    ledger.record(*facts)
    return time.monotonic() - begun


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


# ---------------------------------------------------------------- the database is away


def test_a_call_whose_database_goes_away_in_the_middle_is_replayed_in_order_once(database: Any) -> None:
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


def test_after_the_replay_a_call_tells_the_database_again(database: Any) -> None:
    wiring, call = database.wiring, a_call(4)
    database.is_noticed()
    wiring.ledger.record(call[0])
    database.comes_back()
    until(lambda: not wiring.ledger.away)
    replay(wiring)
    for fact in call[1:]:
        wiring.ledger.record(fact)
    assert journalled(wiring) == ""
    assert history(wiring.engine, call[0].call_id)[-1] == "ended"


def test_a_new_call_goes_to_the_database_while_an_older_one_waits_in_the_journal(database: Any) -> None:
    wiring, older, newer = database.wiring, a_call(), a_call()
    database.is_noticed()
    wiring.ledger.record(older[0])
    database.comes_back()
    until(lambda: not wiring.ledger.away)
    for fact in newer:
        wiring.ledger.record(fact)
    assert history(wiring.engine, newer[0].call_id)[-1] == "ended"
    assert history(wiring.engine, older[0].call_id) == []


def test_only_the_first_caller_waits_for_a_database_that_is_away(database: Any) -> None:
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


def test_a_started_again_process_knows_which_calls_wait_in_the_journal(database: Any) -> None:
    wiring, call = database.wiring, a_call(2)
    database.is_noticed()
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


def test_facts_that_not_even_the_disk_takes_wait_in_memory_for_it(database: Any) -> None:
    wiring, call = database.wiring, a_call(2)
    database.is_noticed()
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


def test_what_record_has_taken_survives_a_kill(wiring: Wiring, database: Any) -> None:
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
