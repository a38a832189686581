"""What the parts of a running system take of the machine, from /proc."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> set[int]:
    """A process and all its children's children."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, ValueError):
                parents[int(entry.name)] = int(_stat(int(entry.name))[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def cpu_seconds(pids: set[int]) -> float:
    """Processor time that these processes have used so far."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            fields = _stat(pid)
            total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def resident_mb(pids: set[int]) -> float:
    """Memory of these processes, shared pages counted once (PSS)."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return round(total / 1024, 1)


def rss_mb(pid: int) -> float:
    """Resident memory of one process, as `ps` tells it."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


class Meter:
    """Processor use of some processes between two moments."""

    def __init__(self, pids: set[int]) -> None:
        self._pids = pids
        self._used = cpu_seconds(pids)
        self._since = time.perf_counter()

    def percent(self) -> float:
        """Since this meter was made; 100 is one core."""
        return round(100 * (cpu_seconds(self._pids) - self._used) / (time.perf_counter() - self._since), 1)


def _stat(pid: int) -> list[str]:
    # The name in the second field may hold anything, a closing bracket too.
    return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
