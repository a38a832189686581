"""Who looked at or changed what: a chain of entries in which no link is changed without a trace.

Every entry has a place (1, 2, 3 …) and a seal: a hash over its place, its content and the seal before it.
The head says where the chain ends. A transaction's entries are written last, just before its commit, under
the lock of the head's row that is held to the commit: two writers cannot take the same place, and nobody
waits longer than another's commit. docs/decisions/0023 says why it is not sealed later.

What a chain cannot show: somebody who may write to the database and computes it anew from some row to the
end, head and all. Against that, `head()` is noted where the database's writers do not reach, and `verify` is
asked whether that noted head still stands in the chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from cases import clean
from cases.model import AuditEntry, AuditHead
from cases.once import append, insert_once, look, table

BEGINNING = "0" * 64
"""The seal before the first entry's."""
_PENDING = "minsheng110_audit"
_THE_HEAD = 1
_AT_ONCE = 2000


# Built once: they run while others wait.
_head = table(AuditHead)
_TAKE_HEAD = select(_head.c.place, _head.c.seal).where(_head.c.id == _THE_HEAD).with_for_update()
_SET_HEAD = (
    update(_head)
    .where(_head.c.id == _THE_HEAD)
    .values(place=bindparam("new_place"), seal=bindparam("new_seal"))
)


class Harm(StrEnum):
    """What was done to the chain."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"


@dataclass(frozen=True)
class Head:
    """Where the chain ends; place 0: nothing was ever written."""

    place: int = 0
    seal: str = BEGINNING

    def __str__(self) -> str:
        return f"{self.place}:{self.seal}"


@dataclass(frozen=True)
class Damage:
    """The first thing that is wrong. `row`: the entry's id; None: it is not there any more."""

    harm: Harm
    place: int | None
    row: int | None
    why: str


@dataclass(frozen=True)
class Verdict:
    """`entries`: how many were looked at; `damage` None: the chain is whole."""

    entries: int
    head: Head
    damage: Damage | None

    def to_json(self) -> dict[str, Any]:
        return {"whole": self.damage is None, "entries": self.entries, "head": str(self.head),
                "damage": asdict(self.damage) if self.damage else None}  # fmt: skip


# ---------------------------------------------------------------- writing


def audit(
    session: Session,
    at: datetime,
    who: str,
    what: str,
    target: str = "",
    address: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write down who looked at or changed what, with this transaction's commit or not at all."""
    entry = {
        "at": at.astimezone(UTC),
        "who": clean.line(who, 64),
        "what": clean.line(what, 32),
        "target": clean.line(target),
        "address": clean.line(address, 64),
        "detail": clean.data(dict(detail or {})),
    }
    session.info.setdefault(_PENDING, []).append(entry)


def audited_since(session: Session, since: datetime, who: str, what: str, target: str) -> bool:
    """Whether this was written down of this person since then, by a transaction that is over."""
    wanted = select(AuditEntry.id).where(
        AuditEntry.who == who, AuditEntry.at >= since, AuditEntry.what == what, AuditEntry.target == target
    )
    return session.scalar(wanted.limit(1)) is not None


def write(session: Session) -> None:
    """Put the pending entries at the chain's end; the unit of work does it just before its commit."""
    pending: list[dict[str, Any]] = session.info.pop(_PENDING, [])
    if not pending:
        return
    session.flush()
    place, before = _take_head(session)
    for entry in pending:
        place += 1
        before = entry["seal"] = seal(place, entry, before)
        entry["place"] = place
    append(session, AuditEntry, *pending)
    look(session, _SET_HEAD, new_place=place, new_seal=before)


def _take_head(session: Session) -> tuple[int, str]:
    """Where the chain ends, locked until the commit."""
    found = look(session, _TAKE_HEAD).first()
    if found is None:
        insert_once(session, AuditHead, {"id": _THE_HEAD, "place": 0, "seal": BEGINNING})
        found = look(session, _TAKE_HEAD).one()
    return found.place, found.seal


def seal(place: int, entry: Mapping[str, Any], before: str) -> str:
    """The entry's seal. Its form is kept for good: every seal that was ever written must be found again."""
    content = [place, entry["at"].astimezone(UTC).isoformat(timespec="microseconds"), entry["who"],
               entry["what"], entry["target"], entry["address"], entry["detail"], before]  # fmt: skip
    told = json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()


# ---------------------------------------------------------------- looking


def head(session: Session) -> Head:
    """Where the chain ends, to be noted elsewhere."""
    found = session.get(AuditHead, _THE_HEAD)
    return Head(found.place, found.seal) if found else Head()


def entries(
    session: Session,
    *,
    limit: int,
    before: int | None = None,
    who: str = "",
    what: str = "",
    target: str = "",
) -> list[AuditEntry]:
    """The newest first; `before`: only those with a smaller id."""
    wanted = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(AuditEntry.id < before)
    for column, value in ((AuditEntry.who, who), (AuditEntry.what, what), (AuditEntry.target, target)):
        if value:
            wanted = wanted.where(column == value)
    return list(session.scalars(wanted))


def verify(session: Session, noted: Head | None = None) -> Verdict:
    """Walk the whole chain; the verdict names the first entry that was changed, removed or inserted.

    `noted`: a head that was written down elsewhere and must stand in the chain.
    """
    if session.get_bind().dialect.name == "postgresql":
        # One look: entries that are written meanwhile belong to the next.
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    end, at, seen = head(session), Head(), 0
    damage = _unsealed(session)
    for row in _in_order(session):
        seen += 1
        wrong = _link(row, at, end)
        if noted is not None and noted.place == row.place and noted.seal != row.seal:
            wrong = wrong or Damage(Harm.CHANGED, row.place, row.id, "its seal is not the one that was noted")
        if wrong:
            return Verdict(seen, end, wrong)
        at = Head(row.place or 0, row.seal or "")
    if damage is None and at != end:
        damage = _end(at, end)
    if damage is None and noted is not None and noted.place > at.place:
        damage = Damage(Harm.REMOVED, at.place + 1, None, f"the chain ends before the noted {noted.place}")
    return Verdict(seen, end, damage)


def _link(row: AuditEntry, at: Head, end: Head) -> Damage | None:
    """What is wrong with this entry, after the one at `at`."""
    place = at.place + 1
    if row.place != place and (row.place or 0) > place:
        return Damage(Harm.REMOVED, place, None, f"the entry at place {place} is gone")
    if (row.place or 0) < place or place > end.place:
        return Damage(Harm.INSERTED, row.place, row.id, f"entry {row.id} was not written by the program")
    content = {name: getattr(row, name) for name in ("at", "who", "what", "target", "address", "detail")}
    if seal(place, content, at.seal) != row.seal:
        return Damage(Harm.CHANGED, place, row.id, f"entry {row.id} is not what was written")
    return None


def _end(at: Head, end: Head) -> Damage:
    if at.place < end.place:
        return Damage(Harm.REMOVED, at.place + 1, None, f"the entries from place {at.place + 1} on are gone")
    return Damage(Harm.CHANGED, at.place, None, "the chain's head is not the last entry's seal")


def _unsealed(session: Session) -> Damage | None:
    """An entry that stands outside of the chain."""
    outside = select(AuditEntry.id).where((AuditEntry.place.is_(None)) | (AuditEntry.seal.is_(None)))
    found = session.scalar(outside.order_by(AuditEntry.id).limit(1))
    why = f"entry {found} bears no seal: it was not written by the program"
    return None if found is None else Damage(Harm.INSERTED, None, found, why)


def _in_order(session: Session) -> Iterator[AuditEntry]:
    """The chain from its beginning, in pages, so that millions of entries fit into memory."""
    last = None
    while True:
        wanted = select(AuditEntry).where(AuditEntry.place.is_not(None), AuditEntry.seal.is_not(None))
        if last is not None:
            wanted = wanted.where(AuditEntry.place > last)
        page: Sequence[AuditEntry] = session.scalars(
            wanted.order_by(AuditEntry.place).limit(_AT_ONCE), execution_options={"populate_existing": True}
        ).all()
        yield from page
        if len(page) < _AT_ONCE:
            return
        last = page[-1].place
        session.expunge_all()
