"""One process that keeps all parts of a running system alive, and takes all of them down.

Used by `minsheng110 up` in the foreground and by the tests as a library. The run folder must be installed
(hotline.install.install). One supervisor a run folder: a lock file that the kernel frees with the process.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from hotline import health, logfiles, processes
from hotline.child import Child
from hotline.host import Progress, ports, silent
from hotline.services import Service, all_services, environment, too_long_path
from hotline.settings import Settings

LOCK_FILE = "supervisor.lock"
_TICK_SECONDS = 0.1
_HOPELESS_DEATHS = 4


class SupervisorError(Exception):
    """The system does not start or stop; one line says why and what to do."""


class AlreadyRuns(SupervisorError):
    """Another supervisor holds this run folder."""


class Supervisor:
    """Starts, watches, restarts and stops the parts of one run folder.

    `say` takes one line for each thing that happens; it is written to the supervisor's log as well.
    `services` and `probe` (see health.probe) are for tests of the supervisor itself.
    """

    def __init__(
        self,
        settings: Settings,
        say: Progress = silent,
        services: Sequence[Service] | None = None,
        probe: Callable[[str, Settings], health.Answer] = health.probe,
    ) -> None:
        self.settings = settings
        self._say = say
        self._given = services
        self._probe = probe
        self._children: dict[str, Child] = {}
        self._mark = uuid.uuid4().hex
        self._lock: IO[str] | None = None
        self._guard = threading.RLock()
        self._wake = threading.Event()
        self._launched = threading.Event()
        self._stopping = threading.Event()
        self._keeper: threading.Thread | None = None
        self._cleaner: subprocess.Popen[bytes] | None = None
        self._failure: Exception | None = None

    # ------------------------------------------------------------------ start
    def claim(self) -> None:
        """Take the run folder, so that nobody else installs or starts in it. start() does it by itself.

        Raises AlreadyRuns.
        """
        if self._lock is not None:
            return
        self.settings.run_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (self.settings.run_dir / LOCK_FILE).open("a+")
        if not _locked(lock):
            pid = _read_pid(lock)
            lock.close()
            raise AlreadyRuns(
                f"it already runs (pid {pid}), console {self.settings.web_url}: `make stop` ends it"
            )
        lock.seek(0)
        lock.truncate()
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def start(self) -> None:
        """Start every part. Returns when all are started, not yet healthy: see wait_healthy.

        Raises AlreadyRuns, SupervisorError naming a taken port, HostError for a missing program.
        """
        self.claim()
        complaints = [too_long_path(self.settings)] if self._given is None else []
        complaints += ports.taken(ports.of(self.settings)) if self._given is None else []
        if any(complaints):
            self._let_go()
            raise SupervisorError("\n".join(filter(None, complaints)))
        try:
            services = self._given if self._given is not None else all_services(self.settings, self._say)
        except Exception:
            self._let_go()
            raise
        self._children = {service.name: Child(service) for service in services}
        self.settings.log_dir.mkdir(parents=True, exist_ok=True)
        logfiles.rotate(self.settings.log_dir)
        self._cleaner = _start_cleaner(self._mark)
        # Children are tied to the thread that forks them: this one lives until they are gone.
        self._keeper = threading.Thread(target=self._keep, name="supervisor", daemon=True)
        self._keeper.start()
        self._launched.wait()
        if self._failure is not None:
            self.stop()
            raise SupervisorError(f"cannot start: {self._failure}") from self._failure

    @property
    def started(self) -> bool:
        """Whether its parts were started and not stopped since."""
        return self._keeper is not None

    def wait_healthy(self, timeout: float = 60.0, progress: Progress = silent) -> None:
        """Wait until every part answers its probe.

        Raises SupervisorError naming the part that does not, with the end of its log.
        """
        limit = time.monotonic() + timeout
        waiting = self._parts()
        while True:
            waiting = [part for part in waiting if not self._is_healthy(part, progress)]
            if not waiting:
                return
            for part in waiting:
                if self._children[part].deaths >= _HOPELESS_DEATHS:
                    raise SupervisorError(f"{part} keeps dying{self._last_words(part)}")
            if time.monotonic() > limit:
                why = self._probe(waiting[0], self.settings).get("why", "")
                raise SupervisorError(
                    f"{waiting[0]} is not healthy after {timeout:.0f} s ({why}){self._last_words(waiting[0])}"
                )
            self._stopping.wait(_TICK_SECONDS)
            if self._stopping.is_set():
                raise SupervisorError("stopped while it was starting")

    def _parts(self) -> list[str]:
        return list(dict.fromkeys(child.service.base for child in self._children.values()))

    def _is_healthy(self, part: str, progress: Progress) -> bool:
        if not self._children[part].runs:
            return False
        well = bool(self._probe(part, self.settings)["ok"])
        if well:
            progress(f"{part} is healthy")
        return well

    def _last_words(self, part: str) -> str:
        log = self._log_file(part)
        return f"; {log} ends with:\n{logfiles.tail(log)}"

    # ------------------------------------------------------------------ while it runs
    def pid(self, name: str) -> int | None:
        """The process of a part, or None while it does not run."""
        return self._child(name).pid

    def restarts(self, name: str) -> int:
        """How many times a part was started again."""
        return self._child(name).restarts

    def kill(self, name: str, number: int = signal.SIGKILL, *, hold: bool = False) -> None:
        """Send a signal to a part's process.

        It is started again, unless `hold`: then it is dead when this returns, until restart() brings it back.
        """
        child = self._child(name)
        with self._guard:
            child.held = hold
            child.send(number)
        if hold:
            child.end()
        self._wake.set()

    def restart(self, name: str, timeout: float = 30.0) -> None:
        """End a part in order (if it runs), start it again and wait until it is healthy."""
        child = self._child(name)
        with self._guard:
            child.held = True
        child.end()
        with self._guard:
            child.held = False
            child.deaths = 0
            child.due = time.monotonic()
        self._wake.set()
        limit = time.monotonic() + timeout
        while child.due is not None or not self._is_healthy(child.service.base, silent):
            if time.monotonic() > limit:
                raise SupervisorError(f"{name} is not healthy after a restart{self._last_words(name)}")
            self._stopping.wait(_TICK_SECONDS / 2)

    def _child(self, name: str) -> Child:
        try:
            return self._children[name]
        except KeyError:
            raise SupervisorError(f"no part {name}: there are {', '.join(self._children)}") from None

    # ------------------------------------------------------------------ the keeper's thread
    def _keep(self) -> None:
        try:
            for child in self._children.values():
                self._launch(child)
                if child.service.first:
                    self._wait_first(child)
        except Exception as error:
            self._failure = error
        self._launched.set()
        while not self._stopping.is_set():
            self._wake.wait(_TICK_SECONDS)
            self._wake.clear()
            with self._guard:
                for child in self._children.values():
                    self._look_after(child)
        self._end_all()

    def _launch(self, child: Child) -> None:
        env = {**environment(self.settings), processes.MARK: self._mark}
        child.launch(env, self._log_file(child.name), self.settings.run_dir, time.monotonic())
        self._write_state()

    def _wait_first(self, child: Child) -> None:
        limit = time.monotonic() + 10
        while not self._is_healthy(child.service.base, silent) and time.monotonic() < limit:
            if not child.runs:
                raise SupervisorError(f"{child.name} ended at once{self._last_words(child.name)}")
            time.sleep(_TICK_SECONDS / 5)

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.unburied:
            self._tell(child.bury(now))
        if child.due is not None and now >= child.due:
            child.restarts += 1
            self._launch(child)

    # ------------------------------------------------------------------ stop
    def stop(self) -> None:
        """End every part in reverse order and let the run folder go. Nothing is left; twice is once."""
        self._stopping.set()
        self._wake.set()
        if self._keeper is not None:
            self._keeper.join()
            self._keeper = None
        if self._cleaner is not None and self._cleaner.stdin is not None:
            self._cleaner.stdin.close()
            self._cleaner.wait()
            self._cleaner = None
        self._let_go()

    def _end_all(self) -> None:
        for child in reversed(self._children.values()):
            if not child.end():
                self._tell(f"{child.name} did not end in {child.service.stop_seconds:g} s: killed")
        for pid in processes.end_marked(self._mark, patience=1.0):
            self._tell(f"process {pid} had left its group: ended")
        (self.settings.run_dir / health.STATE_FILE).unlink(missing_ok=True)

    def _let_go(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    # ------------------------------------------------------------------ notes
    def _log_file(self, name: str) -> Path:
        return self.settings.log_dir / f"{name}.log"

    def _tell(self, line: str) -> None:
        self._say(line)
        with self._log_file("supervisor").open("a", encoding="utf-8") as log:
            log.write(f"{datetime.now(UTC).isoformat(timespec='milliseconds')} {line}\n")

    def _write_state(self) -> None:
        rows = {
            name: {"pid": child.pid, "restarts": child.restarts} for name, child in self._children.items()
        }
        file = self.settings.run_dir / health.STATE_FILE
        new = file.with_suffix(".new")
        new.write_text(json.dumps({"pid": os.getpid(), "mark": self._mark, "services": rows}), "utf-8")
        new.replace(file)


def _locked(lock: IO[str]) -> bool:
    """Take the lock. Whoever only looks at it (running.py) holds it for a moment: so more than one try."""
    for _ in range(5):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
        else:
            return True
    return False


def _start_cleaner(mark: str) -> subprocess.Popen[bytes]:
    """In a session of its own, so that what ends the supervisor's terminal does not end it."""
    argv = [sys.executable, "-m", "hotline.cleaner", mark]
    quiet = subprocess.DEVNULL  # else it would hold a pipe of ours open
    return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, start_new_session=True)


def _read_pid(lock: IO[str]) -> int | None:
    lock.seek(0)
    text = lock.read().strip()
    return int(text) if text.isdigit() else None
