"""The clock of the edges. In a sandbox it may be set ahead, for tests and demonstrations.

How far ahead stands in a file of the run folder; every process that was built on that folder sees a change at
once. While there is no such file, asking costs one look for it.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cases.moving import refusal
from hotline.files import write_json
from hotline.settings import Settings

AHEAD_FILE = "sandbox_clock.json"
_FORWARD_ONLY = "M00.5"


class Clock:
    """`now()` is aware and in UTC. `ahead_file`: None where the clock is nobody's to set."""

    def __init__(self, ahead_file: Path | None = None) -> None:
        self._file = str(ahead_file) if ahead_file is not None else None
        self._seen: tuple[int, int] | None = None
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset() if self._file is not None else datetime.now(UTC)

    def _offset(self) -> timedelta:
        assert self._file is not None  # noqa: S101 - now() asks only then
        try:
            found = os.stat(self._file)
        except FileNotFoundError:
            return timedelta()
        if (seen := (found.st_mtime_ns, found.st_ino)) != self._seen:
            kept = json.loads(Path(self._file).read_text("utf-8"))
            self._ahead, self._seen = timedelta(seconds=kept["ahead_seconds"]), seen
        return self._ahead


def clock_of(settings: Settings) -> Clock:
    """The clock of this run folder."""
    sandbox = settings.profile != "production"
    return Clock(settings.run_dir / AHEAD_FILE if sandbox else None)


def advance(settings: Settings, to: datetime) -> datetime:
    """Set the sandbox's clock ahead to this moment; time goes on from there. -> the new time.

    Raises MoveRefused in production, and for a moment that has passed: then nothing changes.
    """
    if settings.profile == "production":
        raise refusal(_FORWARD_ONLY, "only a sandbox's clock is set ahead, and this is production")
    clock = clock_of(settings)
    now = clock.now()
    if to <= now:
        raise refusal(_FORWARD_ONLY, f"the clock goes forward only, and it is {now.isoformat()} already")
    ahead = (to - datetime.now(UTC)).total_seconds()
    write_json(settings.run_dir / AHEAD_FILE, {"ahead_seconds": ahead})
    return clock.now()
