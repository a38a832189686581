"""One part's process over time: started, dead, due again, ended."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hotline import processes
from hotline.services import Service

WAITS = (0.1, 0.3, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before the first, second, … start after deaths in a row."""
STEADY_SECONDS = 60.0
"""A part that lived this long is forgiven its earlier deaths."""


@dataclass
class Child:
    """All times are monotonic seconds."""

    service: Service
    process: subprocess.Popen[bytes] | None = None
    since: float = 0.0
    restarts: int = 0
    deaths: int = 0
    """In a row, each soon after the last start."""
    due: float | None = None
    """When to start it, or None: it runs, or is held down."""
    held: bool = False

    @property
    def name(self) -> str:
        return self.service.name

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process is not None and self.runs else None

    @property
    def unburied(self) -> bool:
        """Whether it died and nobody has decided yet what follows."""
        return self.process is not None and not self.runs and self.due is None and not self.held

    def launch(self, env: Mapping[str, str], log: Path, cwd: Path, now: float) -> None:
        """Start it, from the thread that will live as long as it does."""
        self.process = processes.spawn(self.service.argv, {**env, **self.service.env}, log, cwd)
        self.due = None
        self.since = now

    def bury(self, now: float) -> str:
        """Clear what its group left, set when it is due again; returns what happened, in words."""
        assert self.process is not None  # noqa: S101 - it died, so it lived
        processes.signal_group(self.process.pid, signal.SIGKILL)
        self.deaths = 1 if now - self.since > STEADY_SECONDS else self.deaths + 1
        wait = WAITS[min(self.deaths, len(WAITS)) - 1]
        self.due = now + wait
        return f"{self.name} {_cause(self.process.returncode)}; starting it again in {wait:g} s"

    def send(self, number: int) -> None:
        """Send a signal to its process, if it runs."""
        if self.process is not None and self.runs:
            self.process.send_signal(number)

    def end(self) -> bool:
        """Ask it to end, wait its time, then kill its group; returns whether it ended by itself."""
        if self.process is None:
            return True
        self.send(signal.SIGTERM)
        try:
            self.process.wait(self.service.stop_seconds)
            in_time = True
        except subprocess.TimeoutExpired:
            in_time = False
        processes.signal_group(self.process.pid, signal.SIGKILL)
        self.process.wait()
        return in_time


def _cause(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"
