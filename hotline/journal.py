"""The journal: facts that the database could not take, kept on disk in the order in which they were told.

One file a process and start, JSON lines; a line is what one call of `Ledger.record` told, and is replayed as
a whole (hotline/replay.py). A line is on the disk before `append` returns. Several threads that append at
once share one fsync.

The replay removes a file that it has applied to its end while the writer may still have it open. Both take
the file's own lock for that moment, so that no line falls into a removed file.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from cases.facts import Fact, to_json
from hotline.files import private_dir, sync_dir

SUFFIX = ".jsonl"


@contextmanager
def locked(handle: int) -> Iterator[None]:
    """The file's own lock, for the moment of an append or a removal."""
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)


def journal_files(directory: Path) -> list[Path]:
    """The files waiting for the replay, oldest first."""
    return sorted(directory.glob(f"*{SUFFIX}"))


def line_of(facts: Iterable[Fact]) -> bytes:
    return (
        json.dumps({"facts": [to_json(fact) for fact in facts]}, ensure_ascii=False, default=str) + "\n"
    ).encode()


class Journal:
    """The writing side. Safe for threads."""

    def __init__(self, directory: Path, started: datetime) -> None:
        self._directory = directory
        self._stem = f"{started:%Y%m%dT%H%M%S%f}-{os.getpid()}"
        self._part = 0
        self._handle: int | None = None
        self._path: Path | None = None
        self._appending = Lock()
        self._syncing = Lock()
        self._written = 0
        self._synced = 0

    def append(self, facts: Sequence[Fact]) -> Path:
        """Keep the facts; answers the file that holds them. It is gone once they are replayed.

        Raises OSError when the disk takes nothing; then nothing of these facts is in the file.
        """
        line = line_of(facts)
        with self._appending:
            path = self._write(line)
            self._written += 1
            ticket, handle = self._written, self._handle
        self._sync(ticket, handle)
        return path

    def close(self) -> None:
        with self._appending, self._syncing:
            if self._handle is not None:
                os.close(self._handle)
                self._handle = None

    def _write(self, line: bytes) -> Path:
        while True:
            handle, path = self._open()
            with locked(handle):
                if os.fstat(handle).st_nlink:
                    _append_whole(handle, line)
                    return path
            # Replayed to its end and removed since the last append: begin a new one.
            with self._syncing:
                os.close(handle)
                self._handle = None

    def _open(self) -> tuple[int, Path]:
        if self._handle is None or self._path is None:
            private_dir(self._directory)
            self._handle, self._path = self._new_file()
            sync_dir(self._directory)
        return self._handle, self._path

    def _new_file(self) -> tuple[int, Path]:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        while True:
            self._part += 1
            path = self._directory / f"{self._stem}-{self._part:04}{SUFFIX}"
            try:
                return os.open(path, flags, 0o600), path
            except FileExistsError:
                continue

    def _sync(self, ticket: int, handle: int | None) -> None:
        with self._syncing:
            # A later line's fsync covered this one; or the file is replayed, removed and closed.
            if self._synced >= ticket or handle is None or handle != self._handle:
                return
            covers = self._written
            os.fsync(handle)
            self._synced = covers


def _append_whole(handle: int, line: bytes) -> None:
    before = os.fstat(handle).st_size
    try:
        rest = memoryview(line)
        while rest:
            rest = rest[os.write(handle, rest) :]
    except OSError:
        os.ftruncate(handle, before)
        raise


def calls_of(path: Path) -> set[str]:
    """The ids of the calls that this file tells of; lines that cannot be read tell of none."""
    found: set[str] = set()
    for raw in path.read_bytes().splitlines():
        try:
            told: dict[str, Any] = json.loads(raw)
            found.update(fact["call_id"] for fact in told["facts"])
        except (ValueError, KeyError, TypeError):
            continue
    return found
