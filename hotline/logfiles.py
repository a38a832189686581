"""The log folder: one file a part, rotated by size when the system starts."""

from __future__ import annotations

from pathlib import Path

MAX_BYTES = 10_000_000
KEEP = 3
"""Older files of each part: NAME.log.1 is the youngest."""


def rotate(folder: Path, max_bytes: int = MAX_BYTES) -> None:
    """Move every log that has grown too big aside."""
    for log in folder.glob("*.log"):
        if log.stat().st_size > max_bytes:
            _move_aside(log)


def _move_aside(log: Path) -> None:
    for number in range(KEEP - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))
    log.replace(log.with_name(f"{log.name}.1"))


def tail(log: Path, lines: int = 12, window: int = 8000) -> str:
    """The last lines of a log; a remark when there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - window))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return "(no log)"
    return "\n".join(text.splitlines()[-lines:]) or "(an empty log)"
