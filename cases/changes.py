"""The feed of the live screens: what changed in this transaction, written with its commit.

On PostgreSQL ids are given at the insert and seen at the commit: a slow transaction could show a low id after
a reader has passed it. So the rows are written last, under a lock that is held to the commit, and a reader
that asks for the ids after its last one misses nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from cases.model import Change
from cases.once import append

Noun = Literal["call", "case", "transcript", "call_back", "desk_note", "agent"]
_PENDING = "minsheng110_changes"
_LOCK_KEY = 110_110_110


def changed(session: Session, at: datetime, noun: Noun, key: str) -> None:
    """Tell the screens, at this transaction's commit, that `noun` `key` changed. Once is enough."""
    session.info.setdefault(_PENDING, {})[noun, key] = at


def write(session: Session) -> None:
    """Write the pending changes; the unit of work does it just before its commit."""
    pending: dict[tuple[str, str], datetime] = session.info.pop(_PENDING, {})
    if not pending:
        return
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
    append(session, Change, *({"at": at, "noun": noun, "key": key} for (noun, key), at in pending.items()))
