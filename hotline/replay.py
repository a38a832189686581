"""The replay: facts from the journal go to the database, in order, each exactly once.

A file is applied in groups of lines and removed when its end is reached. Killed in the middle, it begins the
file again: a fact that stands in the database already is not written twice (cases.intake.record). A line
that cannot be read, or whose facts the database refuses, is set aside in a file beside and shown, and does
not hold up the others.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from cases.errors import DatabaseAway
from cases.facts import Fact, RecordingEnded, from_json
from cases.unit_of_work import UnitOfWork
from hotline import logs
from hotline.files import Busy, only_one, private_dir, sync_dir
from hotline.journal import SUFFIX, journal_files, locked

log = logs.get(__name__)

SET_ASIDE = "set_aside"
_GROUP = 50


@dataclass
class Replayed:
    """What a replay did. `recordings`: ended by these facts, so a bell is owed."""

    facts: int = 0
    files: int = 0
    torn: int = 0
    """Lines cut in half by a power cut."""
    set_aside: int = 0
    recordings: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class _Unreadable(Exception):
    pass


@dataclass(frozen=True)
class _Line:
    raw: bytes
    end: int
    """Where the next line begins."""

    def facts(self) -> list[Fact]:
        try:
            return [from_json(each) for each in json.loads(self.raw)["facts"]]
        except (ValueError, KeyError, TypeError) as error:
            raise _Unreadable(type(error).__name__) from error


Apply = Callable[[Session, Fact], object]


class Replay:
    """One at a time, under a lock; a second one raises Busy."""

    def __init__(self, directory: Path, unit_of_work: Callable[[], UnitOfWork], apply: Apply) -> None:
        self._directory = directory
        self._unit_of_work = unit_of_work
        self._apply = apply
        self._done = Replayed()

    def run(self) -> Replayed:
        """Bring what stands in the journal to the database.

        Raises DatabaseAway (what was applied stays applied) and Busy.
        """
        self._done = Replayed()
        if not self._directory.is_dir():
            return self._done
        with only_one(self._directory / ".replay.lock"):
            for path in journal_files(self._directory):
                self._file(path)
        return self._done

    def _file(self, path: Path) -> None:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            end = self._lines(path, handle, 0)
            while not self._remove(path, handle, end):
                end = self._lines(path, handle, end)
        finally:
            os.close(handle)
        self._done.files += 1

    def _lines(self, path: Path, handle: int, begin: int) -> int:
        """Apply the whole lines from this offset on; answers where they end."""
        group: list[_Line] = []
        end = begin
        for line in _whole_lines(handle, begin):
            group.append(line)
            end = line.end
            if len(group) == _GROUP:
                self._group(path, group)
                group = []
        self._group(path, group)
        return end

    def _group(self, path: Path, group: Sequence[_Line]) -> None:
        """One transaction for many lines; if one of them spoils it, one for each."""
        if not group:
            return
        try:
            self._commit(group)
        except DatabaseAway:
            raise
        except Exception:
            for line in group:
                self._single(path, line)

    def _single(self, path: Path, line: _Line) -> None:
        try:
            self._commit([line])
        except DatabaseAway:
            raise
        except Exception as error:
            # Somebody else may have been writing the same fact just now: once more, then aside.
            try:
                self._commit([line])
            except DatabaseAway:
                raise
            except Exception:
                self._put_aside(path, line.raw + b"\n", type(error).__name__)
                self._done.set_aside += 1

    def _commit(self, lines: Sequence[_Line]) -> None:
        facts = [fact for line in lines for fact in line.facts()]
        with self._unit_of_work() as unit:
            for fact in facts:
                self._apply(unit.session, fact)
            unit.commit()
        self._done.facts += len(facts)
        self._done.recordings += [each.recording_id for each in facts if isinstance(each, RecordingEnded)]

    def _remove(self, path: Path, handle: int, end: int) -> bool:
        """Remove the file unless its writer has added a line since. A half line has no writer any more:
        it writes whole lines under this lock."""
        with locked(handle):
            rest = os.pread(handle, os.fstat(handle).st_size - end, end)
            if b"\n" in rest:
                return False
            if rest:
                self._put_aside(path, rest + b"\n", "torn")
                self._done.torn += 1
            path.unlink()
            sync_dir(self._directory)
            return True

    def _put_aside(self, path: Path, raw: bytes, why: str) -> None:
        folder = private_dir(self._directory / SET_ASIDE)
        aside = folder / path.name
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, raw)
            os.fsync(handle)
        finally:
            os.close(handle)
        sync_dir(folder)
        log.error("a line of the journal is set aside for a person", file=path.name, why=why)


def _whole_lines(handle: int, begin: int) -> Iterator[_Line]:
    with os.fdopen(os.dup(handle), "rb") as file:
        file.seek(begin)
        for raw in file:
            if not raw.endswith(b"\n"):
                return
            begin += len(raw)
            yield _Line(raw[:-1], begin)


def set_aside(directory: Path) -> list[Path]:
    """Files with lines that a person must look at."""
    return sorted((directory / SET_ASIDE).glob(f"*{SUFFIX}"))


__all__ = ["Busy", "Replay", "Replayed", "set_aside"]
