"""A system with a backlog, for `bench speech`: its own database, recordings in rows, nobody at work yet."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

from cases.facts import CallStarted, RecordingEnded, RecordingStarted, new_id
from cases.migrate import upgrade
from hotline.jobs import Transcriber
from hotline.spoken_names import names
from hotline.temporary import temporary_settings
from hotline.wiring import build
from transcribe.audio import look
from transcribe.engine import Engine


class Backlog:
    """The worker's own way through recordings: claim, write down, put names right, keep."""

    def __init__(self, run_dir: Path, files: Sequence[Path]) -> None:
        run_dir.mkdir()
        self._settings = temporary_settings(run_dir)
        upgrade(self._settings.database)
        self._wiring = build(self._settings)
        self._recordings = [self._told(path) for path in files]

    def __enter__(self) -> Backlog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wiring.close()

    def write_down(self, engine: Engine) -> None:
        """All of it. Raises RuntimeError when something was left."""
        from cases.backlog import backlog

        hands = len(os.sched_getaffinity(0))
        worker = Transcriber(self._wiring, engine, None, names(self._settings), hands)
        while True:
            worker.work(self._recordings[0])
            with self._wiring.reading() as unit:
                left = backlog(unit.session)
            if left.left == 0:
                break
        if left.set_aside:
            raise RuntimeError(f"{left.set_aside} recordings could not be written down")

    def _told(self, path: Path) -> str:
        call_id, recording_id, now = new_id(), new_id(), datetime.now(UTC)
        name = f"{recording_id}.wav"
        self._settings.recordings.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, self._settings.recordings / name)
        seconds = look(path).seconds
        end = now + timedelta(seconds=seconds)
        self._wiring.ledger.record(
            CallStarted(
                call_id=call_id,
                at=now,
                linked_id=call_id,
                channel="bench",
                caller="13800000001",
                way_in="key",
            ),
            RecordingStarted(call_id=call_id, at=now, recording_id=recording_id, path=name),
            RecordingEnded(
                call_id=call_id,
                at=end,
                recording_id=recording_id,
                ended_by="key",
                seconds=seconds,
                spoken_seconds=seconds,
            ),
        )
        return recording_id
