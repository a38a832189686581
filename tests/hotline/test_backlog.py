"""What waits to be written down is counted, shown, and can be waited for."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner
from sounds import silence, write_wav
from told import recorded, started

from cases.backlog import backlog, written_since
from cases.facts import new_id
from hotline.cli import command
from hotline.jobs import Transcriber
from hotline.settings import Settings
from hotline.wiring import Wiring
from hotline.worker import load_engine


def messages(wiring: Wiring, count: int) -> list[str]:
    """Recordings of three seconds (so the facts say) in which nobody speaks."""
    made = []
    for _ in range(count):
        call_id, recording_id = new_id(), new_id()
        path = f"2026/03/02/{recording_id}.wav"
        write_wav(wiring.settings.recordings / path, silence(1))
        wiring.ledger.record(started(call_id), *recorded(call_id, recording_id, path))
        made.append(recording_id)
    return made


def shown(settings: Settings, monkeypatch: pytest.MonkeyPatch, *words: str) -> Any:
    monkeypatch.setenv("MINSHENG110_RUN_DIR", str(settings.run_dir))
    monkeypatch.setenv("MINSHENG110_DATABASE_URL", settings.database)
    monkeypatch.setenv("MINSHENG110_REDIS_URL", settings.redis)
    done = CliRunner().invoke(command, ["transcribe", "backlog", *words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_what_waits_is_counted_in_recordings_and_seconds(
    on_sqlite: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages(on_sqlite, 2)
    told = shown(on_sqlite.settings, monkeypatch)
    assert (told["waiting"], told["running"], told["set_aside"], told["seconds"]) == (2, 0, 0, 6.0)
    assert told["estimate_seconds"] is None


def test_one_can_wait_until_the_worker_has_done_it_all(
    on_sqlite: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_ = messages(on_sqlite, 3)
    begun = on_sqlite.now()
    engine = load_engine(Settings(run_dir=Path("/nonexistent"), cache_dir=Path("/nonexistent")))
    worker = Thread(target=Transcriber(on_sqlite, engine, None).work, args=(first,))
    worker.start()
    told = shown(on_sqlite.settings, monkeypatch, "--wait")
    worker.join()
    assert (told["waiting"], told["running"], told["estimate_seconds"]) == (0, 0, 0.0)
    with on_sqlite.reading() as unit:
        assert backlog(unit.session).left == 0
        assert written_since(unit.session, begun) == (3, 9.0)
