"""The running system seen from outside: who supervises this run folder, and how it is ended."""

from __future__ import annotations

import fcntl
import os
import signal
import time

from hotline import health, processes
from hotline.host import Progress, silent
from hotline.settings import Settings
from hotline.supervisor import LOCK_FILE, SupervisorError

_STEP_SECONDS = 0.05


def supervisor_pid(settings: Settings) -> int | None:
    """The process that supervises this run folder, or None when nobody does."""
    try:
        with (settings.run_dir / LOCK_FILE).open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                text = lock.read().strip()
                return int(text) if text.isdigit() else None
    except FileNotFoundError:
        pass
    return None


def stop(settings: Settings, progress: Progress = silent, timeout: float = 40.0) -> bool:
    """End the running system, whatever state it is in; returns whether there was one.

    Raises SupervisorError when something cannot be ended.
    """
    pid = supervisor_pid(settings)
    mark = str(health.state(settings).get("mark", ""))
    if pid is not None:
        progress(f"ending the supervisor (pid {pid}) and all its parts")
        _end_supervisor(settings, pid, timeout)
    leftover = processes.end_marked(mark, patience=5.0) if mark else []
    if leftover:
        progress(f"ended {len(leftover)} processes that a killed supervisor had left")
        (settings.run_dir / health.STATE_FILE).unlink(missing_ok=True)
    return pid is not None or bool(leftover)


def _end_supervisor(settings: Settings, pid: int, timeout: float) -> None:
    for number, patience in ((signal.SIGTERM, timeout), (signal.SIGKILL, 10.0)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        except PermissionError:
            raise SupervisorError(
                f"pid {pid} belongs to another user: stop it as that user or as root"
            ) from None
        limit = time.monotonic() + patience
        while time.monotonic() < limit:
            if supervisor_pid(settings) is None:
                return
            time.sleep(_STEP_SECONDS)
    raise SupervisorError(
        f"the supervisor (pid {pid}) cannot be ended: see {settings.log_dir}/supervisor.log"
    )
