"""Files that survive a power cut, and locks that end with their process."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Busy(Exception):
    """Another process holds this lock."""


def private_dir(path: Path) -> Path:
    """The folder, made if needed; what callers said is for this system's user only."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def sync_dir(path: Path) -> None:
    """Make the names in this folder survive a power cut."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Replace the file as a whole: a reader sees the old content or the new one."""
    private_dir(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    draft.replace(path)


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the lock of this file; it falls with the process, however that ends. Raises Busy at once."""
    private_dir(path.parent)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise Busy(f"{path.name}: another process is at it") from error
    try:
        yield
    finally:
        os.close(handle)
