"""The one transaction boundary of the product.

    with UnitOfWork(engine) as work:
        record(work.session, fact)
        work.commit()

Nothing is written without `commit()`. A database that does not answer raises DatabaseAway, whatever the
driver calls it; a violated constraint or a mistake in our own statements passes through unchanged.

SQLite: write-ahead log, so that readers never wait; `synchronous=FULL`, because a caller is told a number
only after its row is on the disk, and NORMAL may forget the last commits when the power fails. One writer at
a time: the threads of a process queue at a lock of their own (SQLite's waiting is a lottery that starves
some of 300 threads), processes queue by busy_timeout.
"""

from __future__ import annotations

from threading import Lock
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine
from sqlalchemy import exc as sa_exc
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from cases import audit_trail, changes
from cases.engine import LOCK, WRITES, make_engine
from cases.errors import CaseError, Conflict, DatabaseAway

__all__ = ["UnitOfWork", "is_away", "make_engine", "reading"]

_WRITER_WAIT_SECONDS = 10.0

# SQLite's primary result codes that speak of the file and not of the statement.
_SQLITE_AWAY = frozenset({5, 6, 8, 10, 11, 13, 14, 15, 26})
# PostgreSQL reports a stand-by server and a failed-over primary as other errors than OperationalError.
_POSTGRES_AWAY = ("08", "25006", "53", "57P", "58")
# Two transactions in each other's way: one of them was sent back to try again.
_POSTGRES_CONFLICT = ("40001", "40P01")


def is_away(error: BaseException) -> bool:
    """Whether this error of the database layer means that the database cannot serve now."""
    if isinstance(error, sa_exc.TimeoutError):
        return True
    if not isinstance(error, sa_exc.DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    sqlite_code = getattr(error.orig, "sqlite_errorcode", None)
    if sqlite_code is not None:
        return sqlite_code & 0xFF in _SQLITE_AWAY
    state = getattr(error.orig, "sqlstate", None) or ""
    if state in _POSTGRES_CONFLICT:
        return False
    return isinstance(error, sa_exc.OperationalError | sa_exc.InterfaceError) or state.startswith(
        _POSTGRES_AWAY
    )


class UnitOfWork:
    """One use case, one transaction. `.session` is open inside the `with` block only.

    Objects stay readable after the block. Raises DatabaseAway when the database cannot serve, Conflict when
    somebody else changed a row that this unit read.
    """

    session: Session

    def __init__(self, engine: Engine, *, writes: bool = True) -> None:
        self._engine = engine.execution_options(**{WRITES: writes})
        self._writes = writes
        options = engine.get_execution_options()
        lock: Lock | None = options.get(LOCK)
        self._lock = lock if writes else None

    def __enter__(self) -> Self:
        if self._lock is not None and not self._lock.acquire(timeout=_WRITER_WAIT_SECONDS):
            raise DatabaseAway(f"no turn to write to the database within {_WRITER_WAIT_SECONDS:.0f} s")
        self.session = Session(self._engine, expire_on_commit=False)
        try:
            if self._writes:
                self._begin()
        except BaseException as error:
            self._close()
            raise _translated(error) from error
        return self

    def commit(self) -> None:
        """Keep what was done. Named once in a use case, as its last line."""
        if not self._writes:
            raise RuntimeError("a reading unit of work has nothing to commit")
        # Always in this order: each holds a lock to the commit.
        audit_trail.write(self.session)
        changes.write(self.session)
        self.session.commit()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
        if error is not None and (translated := _translated(error)) is not error:
            raise translated from error

    def _begin(self) -> Connection:
        """Take the write lock now: a transaction that turns into a writer later may be refused."""
        return self.session.connection()

    def _close(self) -> None:
        try:
            self.session.close()
        except sa_exc.SQLAlchemyError:
            # The connection is gone; the server rolls back by itself.
            self.session.invalidate()
        finally:
            if self._lock is not None:
                self._lock.release()


def reading(engine: Engine) -> UnitOfWork:
    """A unit of work that only reads: it waits for nobody, nobody waits for it, it cannot commit."""
    return UnitOfWork(engine, writes=False)


def _translated(error: BaseException) -> BaseException:
    if isinstance(error, CaseError):
        return error
    if is_away(error):
        return DatabaseAway(f"the database does not answer ({_cause(error)}); start it or free its disk")
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    if isinstance(error, StaleDataError) or state in _POSTGRES_CONFLICT:
        return Conflict("somebody else changed the row since it was read; read it again and repeat")
    return error


def _cause(error: Any) -> str:
    """The driver's class and code, without the statement: that would carry a caller's words to the log."""
    orig = getattr(error, "orig", None) or error
    code = getattr(orig, "sqlite_errorname", None) or getattr(orig, "sqlstate", None)
    return f"{type(orig).__name__} {code}" if code else type(orig).__name__
