"""The one thread of a process that writes facts to the database, so that no caller's thread ever hangs in it.

Callers hand in pieces of work and wait for the commit, but not for long. Pieces that come in while a
transaction runs share the next one: one fsync for many calls. When one of them fails, each is tried alone: a
savepoint for each would cost every caller what the rare failure costs. When the database fails, or a
transaction takes longer than a caller waits, the breaker opens and callers are sent away at once; this thread
probes until the database serves again.
"""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from time import monotonic
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from cases.errors import DatabaseAway
from cases.unit_of_work import UnitOfWork
from hotline import logs
from hotline.breaker import Breaker

log = logs.get(__name__)

T = TypeVar("T")
_GROUP = 32
_TICK_SECONDS = 1.0


class NotWritten(Exception):
    """The piece was not committed in time; it may still be committed later."""


class Refused(NotWritten):
    """The database serves, and this piece makes it fail."""


class Piece(Generic[T]):
    """One piece of work: done in a transaction shared with others, waited for by its caller."""

    def __init__(self, do: Callable[[Session], T]) -> None:
        self._do = do
        self._lock = Lock()
        self._left = False
        self._begun = False
        self._settled = Event()
        self.result: T | None = None
        self.error: NotWritten | None = None

    def begin(self) -> bool:
        """The writer takes the piece. False: its caller has left with it."""
        with self._lock:
            self._begun = not self._left
            return self._begun

    @property
    def settled(self) -> bool:
        return self._settled.is_set()

    def run(self, session: Session) -> None:
        self.result = self._do(session)

    def settle(self, error: NotWritten | None = None) -> None:
        self.error = error
        self._settled.set()

    def wait(self, seconds: float) -> bool:
        """Whether it was settled in time. If not, and it was not begun, the writer will leave it."""
        if self._settled.wait(seconds):
            return True
        with self._lock:
            self._left = not self._begun
        return self._settled.is_set()


class Writer:
    """The thread, its queue and its breaker. It starts with the first piece."""

    def __init__(
        self,
        unit_of_work: Callable[[], UnitOfWork],
        *,
        patience: float,
        on_tick: Callable[[], None] = lambda: None,
        breaker: Breaker | None = None,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._patience = patience
        self._on_tick = on_tick
        self._breaker = breaker or Breaker(pause=0.5, longest_pause=15.0)
        self._queue: SimpleQueue[Piece[object] | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._starting = Lock()
        self._since: float | None = None
        """When the running transaction began, by the monotonic clock."""

    @property
    def away(self) -> bool:
        return self._breaker.open

    def write(self, do: Callable[[Session], T]) -> T:
        """Do this in a transaction and wait for its commit, as long as a caller can wait.

        Raises NotWritten (the database is away or too slow) or Refused (this piece fails).
        """
        if self.away:
            raise NotWritten("the database is away")
        piece = self.submit(do)
        if not piece.wait(self._patience):
            self._blame()
            raise NotWritten(f"not committed within {self._patience:g} s")
        if piece.error is not None:
            raise piece.error
        return piece.result  # type: ignore[return-value]

    def submit(self, do: Callable[[Session], T]) -> Piece[T]:
        """Do this soon; the caller goes on."""
        self._start()
        piece = Piece(do)
        self._queue.put(piece)  # type: ignore[arg-type]
        return piece

    def close(self, seconds: float = 2.0) -> None:
        """Write what stands in the queue and end the thread."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(seconds)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._work, name="writer", daemon=True)
                self._thread.start()

    def _blame(self) -> None:
        """A long queue is only a long queue; a transaction that takes a caller's time is a database away."""
        since = self._since
        if since is not None and monotonic() - since >= self._patience / 2:
            self._fell_away("too slow")

    def _fell_away(self, why: str) -> None:
        if self._breaker.failed():
            log.error("the database is away, facts go to the journal", why=why)

    # ------------------------------------------------------------ the thread
    def _work(self) -> None:
        while True:
            if self.away and self._breaker.due:
                self._probe()
            group = self._next_group()
            self._write([piece for piece in group if piece is not None])
            self._on_tick()
            if None in group:
                return

    def _next_group(self) -> list[Piece[object] | None]:
        group: list[Piece[object] | None] = []
        try:
            group.append(self._queue.get(timeout=_TICK_SECONDS / 4 if self.away else _TICK_SECONDS))
            while len(group) < _GROUP and group[-1] is not None:
                group.append(self._queue.get_nowait())
        except Empty:
            pass
        return group

    def _probe(self) -> None:
        """Take the write lock and give it back: as much as a caller needs, in the time a caller has."""
        begun = monotonic()
        try:
            with self._unit_of_work():
                pass
        except Exception:
            self._breaker.failed()
            return
        if monotonic() - begun >= self._patience:
            self._breaker.failed()
        elif self._breaker.worked():
            log.info("the database is back")

    def _write(self, group: list[Piece[object]]) -> None:
        if self.away:
            self._settle(group, NotWritten("the database is away"))
            return
        begun: list[Piece[object]] = []
        left: list[Piece[object]] = []
        for piece in group:
            (begun if piece.begin() else left).append(piece)
        self._settle(left, NotWritten("nobody waits for it any more"))
        if not begun:
            return
        self._since = monotonic()
        try:
            self._commit(begun)
        except DatabaseAway as error:
            self._fell_away(str(error))
            self._settle(begun, NotWritten("the database is away"))
        except Exception as error:
            self._one_by_one(begun, error)
        finally:
            self._since = None

    def _commit(self, group: list[Piece[object]]) -> None:
        with self._unit_of_work() as unit:
            for piece in group:
                piece.run(unit.session)
            unit.commit()
        self._settle(group)

    def _one_by_one(self, group: list[Piece[object]], error: Exception) -> None:
        """The shared transaction failed: find out whose fault it was."""
        if len(group) == 1:
            log.error("a piece of work was refused", error=type(error).__name__)
            group[0].settle(Refused(type(error).__name__))
            return
        for piece in group:
            if not piece.settled:
                self._write([piece])

    @staticmethod
    def _settle(group: list[Piece[object]], error: NotWritten | None = None) -> None:
        for piece in group:
            piece.settle(error)
