"""Child processes that leave nothing behind: own groups, tied to their parent, findable by a mark.

Three belts. Every child leads a process group of its own; the kernel sends it TERM when the supervisor
dies; and a mark in its environment, which grandchildren inherit, finds those that left the group.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

MARK = "MS110_SUPERVISOR"
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def spawn(argv: Sequence[str], env: Mapping[str, str], log: Path, cwd: Path) -> subprocess.Popen[bytes]:
    """Start a child that leads its own session and group, its output appended to `log`.

    The kernel's tie is to the *thread* that calls this: call it from one that lives as long as the child may.
    """
    parent = os.getpid()

    def tie() -> None:
        # Runs between fork and exec, so: system calls, and nothing that takes a lock.
        signal.pthread_sigmask(signal.SIG_SETMASK, ())  # what a parent blocks, its child would never hear
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    with log.open("ab") as out:
        return subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
            umask=0o077,  # recordings, records of calls and logs are for the owner's eyes
            preexec_fn=tie,
        )


def signal_group(group: int, number: int) -> bool:
    """Send a signal to a whole group; False when nobody is left in it."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def marked(mark: str) -> list[int]:
    """The living processes that carry this mark, oldest first."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        try:
            if pid != os.getpid() and wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(pid)
        except OSError:
            continue  # it ended meanwhile, or it is somebody else's
    return sorted(found)


def alive(pid: int) -> bool:
    """Whether the process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (OSError, IndexError):
        return False


def end_marked(mark: str, patience: float) -> list[int]:
    """TERM, then after `patience` seconds KILL, whoever carries the mark; returns who was found."""
    found = marked(mark)
    for pid in found:
        _signal(pid, signal.SIGTERM)
    limit = time.monotonic() + patience
    while time.monotonic() < limit and any(map(alive, found)):
        time.sleep(0.02)
    for pid in {*found, *marked(mark)}:
        _signal(pid, signal.SIGKILL)
    return found


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
