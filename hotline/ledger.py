"""The ledger: where a call's facts are told. They are kept, whatever is away, and nobody waits long.

First the database, in one transaction; if it is away or slow, the journal on disk, from where the sweep
replays them. Once a call has facts in the journal, its later facts follow them there until they are replayed,
so that facts of one call are applied in the order in which they were told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from functools import partial
from pathlib import Path
from threading import Lock

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from cases import intake
from cases.errors import DatabaseAway
from cases.facts import Fact, RecordingEnded
from cases.model import Case
from cases.unit_of_work import UnitOfWork, reading
from hotline import logs
from hotline.bell import Bell
from hotline.journal import Journal, calls_of, journal_files
from hotline.writer import NotWritten, Piece, Refused, Writer

log = logs.get(__name__)

PATIENCE_SECONDS = 1.0
"""How long a caller hears nothing because of the database, at most."""
BLOCK = 50
"""Case numbers reserved ahead, so that a caller hears one while the database is away."""
_NOWHERE = Path("/nonexistent")
"""Where facts stand that neither the database nor the disk would take: in this process."""
_FORGET_ABOVE = 1000


class Ledger:
    """Safe for threads. Opens nothing until it is used."""

    def __init__(
        self,
        engine: Engine,
        journal: Journal,
        journal_dir: Path,
        bell: Bell,
        *,
        spoken_second: float = 1.0,
        patience: float = PATIENCE_SECONDS,
        block: int = BLOCK,
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._bell = bell
        self._spoken_second = spoken_second
        self._patience = patience
        self._block = block
        self._writer = Writer(partial(UnitOfWork, engine), patience=patience, on_tick=self._rescue)
        self._readers = ThreadPoolExecutor(4, thread_name_prefix="ledger-reader")
        self._lock = Lock()
        self._journalled = _standing(journal_dir)
        self._stranded: deque[tuple[Fact, ...]] = deque()
        self._numbers: deque[str] = deque()
        self._coming: Piece[list[str]] | None = None

    # ------------------------------------------------------------ facts
    def record(self, *facts: Fact) -> None:
        """Keep these facts, all or none in one transaction. Never raises; returns within the patience."""
        if not facts:
            return
        try:
            if any(self._follows_the_journal(fact.call_id) for fact in facts):
                raise NotWritten("earlier facts of this call stand in the journal")
            self._writer.write(partial(self._apply, facts))
        except NotWritten as reason:
            self._keep(facts, reason)
            return
        self._bell.later(fact.recording_id for fact in facts if isinstance(fact, RecordingEnded))

    def _apply(self, facts: Sequence[Fact], session: Session) -> None:
        for fact in facts:
            intake.record(session, fact, spoken_second=self._spoken_second)

    def _keep(self, facts: tuple[Fact, ...], reason: NotWritten) -> None:
        if isinstance(reason, Refused):
            log.error("facts were refused by the database", facts=[type(fact).__name__ for fact in facts])
        try:
            path = self._journal.append(facts)
        except OSError as error:
            path = _NOWHERE
            self._stranded.append(facts)
            log.critical("facts stand in memory only: free the disk", error=error.strerror)
        with self._lock:
            self._journalled.update((fact.call_id, path) for fact in facts)

    def _follows_the_journal(self, call_id: str) -> bool:
        path = self._journalled.get(call_id)
        if path is None:
            return False
        if path is _NOWHERE or path.exists():
            return True
        with self._lock:
            if self._journalled.get(call_id) is path:
                del self._journalled[call_id]
        return False

    def _rescue(self) -> None:
        """Once a second: bring what stands in memory to the disk, and forget calls that were replayed."""
        while self._stranded:
            facts = self._stranded[0]
            try:
                path = self._journal.append(facts)
            except OSError:
                return
            self._stranded.popleft()
            with self._lock:
                self._journalled.update((fact.call_id, path) for fact in facts)
        if len(self._journalled) > _FORGET_ABOVE:
            self._forget()

    def _forget(self) -> None:
        with self._lock:
            gone = {
                path for path in set(self._journalled.values()) if path is not _NOWHERE and not path.exists()
            }
            self._journalled = {call: path for call, path in self._journalled.items() if path not in gone}

    # ------------------------------------------------------------ numbers
    def reserve_number(self) -> str | None:
        """A case number nobody else has; None when the block is used up and the database is away."""
        self.stock_up()
        number = self._take()
        if number is None and self._coming is not None and not self._writer.away:
            self._coming.wait(self._patience)
            number = self._take()
        return number

    def stock_up(self) -> None:
        """Reserve numbers ahead when half of the block is used; the caller does not wait."""
        with self._lock:
            self._collect()
            if len(self._numbers) <= self._block // 2 and self._coming is None and not self._writer.away:
                self._coming = self._writer.submit(partial(_reserve, self._block))

    def _take(self) -> str | None:
        with self._lock:
            self._collect()
            return self._numbers.popleft() if self._numbers else None

    def _collect(self) -> None:
        """Under the lock: put a block that came in on the stock."""
        coming = self._coming
        if coming is not None and coming.settled:
            self._numbers.extend(coming.result or ())
            self._coming = None

    # ------------------------------------------------------------ questions
    def progress(self, number: str) -> str | None:
        """The state of the case with this number, or None. Raises DatabaseAway, within the patience."""
        if self._writer.away:
            raise DatabaseAway("the database is away")
        try:
            return self._readers.submit(_state_of, self._engine, number).result(self._patience)
        except TooLate as error:
            raise DatabaseAway(f"no answer within {self._patience:g} s") from error

    @property
    def away(self) -> bool:
        """Whether facts go to the journal now."""
        return self._writer.away

    def close(self) -> None:
        """Write what is under way and let go of everything."""
        self._writer.close()
        self._rescue()
        self._bell.close()
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._journal.close()


def _standing(journal_dir: Path) -> dict[str, Path]:
    """Calls whose facts an earlier process left in the journal."""
    return {call: path for path in journal_files(journal_dir) for call in calls_of(path)}


def _reserve(count: int, session: Session) -> list[str]:
    return intake.reserve_numbers(session, count)


def _state_of(engine: Engine, number: str) -> str | None:
    with reading(engine) as unit:
        state = unit.session.scalar(select(Case.state).where(Case.number == number))
    return state.value if state is not None else None
