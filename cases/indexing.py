"""The search's index follows the cases. The database's triggers say whose words changed; the sweep indexes
them a few seconds later; until then the search looks at those few cases themselves (cases/search.py).

So a call's facts pay for one small row, and for nothing of the index.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select, text
from sqlalchemy.orm import Session

from cases import grams
from cases.corrections import PLACE_PARTS
from cases.model import Call, Case, Recording, Transcript, Unindexed
from cases.once import column, table

PART = 100
"""So few at a time: on SQLite the telephone's facts wait for as long as these take."""
Pieces = list[list[str]]

_BETWEEN = "__"
"""Stands between two texts, so that no phrase goes over from one to the next."""
_KEEP = {
    "sqlite": "INSERT INTO case_search (case_id, words) VALUES (:case, :words) "
    "ON CONFLICT (case_id) DO UPDATE SET words = excluded.words",
    "postgresql": "INSERT INTO case_search (case_id, words) VALUES (:case, CAST(:words AS tsvector)) "
    "ON CONFLICT (case_id) DO UPDATE SET words = excluded.words",
}
_MOST_POSITIONS = 16_000
"""PostgreSQL counts no further."""


def is_index_behind(session: Session) -> bool:
    """Whether a case's words changed since they were indexed. One query."""
    return session.scalar(select(Unindexed.id).limit(1)) is not None


def index_waiting(session: Session, limit: int = PART) -> int:
    """Index the cases whose words changed; -> how many changes were worked off, 0: none is left.

    Two at once take different ones.
    """
    wanted = select(Unindexed.id, Unindexed.case_id).order_by(Unindexed.id).limit(limit)
    waiting = session.execute(wanted.with_for_update(skip_locked=True)).all()
    if not waiting:
        return 0
    pieces = documents(session, {row.case_id for row in waiting})
    dialect = session.connection().dialect.name
    kept = [{"case": case_id, "words": as_kept(pieces[case_id], dialect)} for case_id in sorted(pieces)]
    if kept:
        session.connection().execute(text(_KEEP[dialect]), kept)
    done = column(Unindexed.id) == bindparam("done")
    session.connection().execute(delete(table(Unindexed)).where(done), [{"done": row.id} for row in waiting])
    return len(waiting)


def documents(session: Session, case_ids: Iterable[int]) -> dict[int, Pieces]:
    """What is kept of each of these cases. Two queries."""
    ids = sorted(case_ids)
    rows = session.execute(
        select(Case.id, Case.text, Case.matter, Case.place, Case.caller).where(Case.id.in_(ids))
    ).all()
    said: dict[int | None, list[str]] = {}
    spoken = (
        select(Call.case_id, Transcript.text)
        .join(Recording, Recording.call_id == Call.id)
        .join(Transcript, Transcript.recording_id == Recording.id)
        .where(Call.case_id.in_(ids), Transcript.text != "")
        .order_by(Recording.started_at)
    )
    for case_id, words in session.execute(spoken):
        said.setdefault(case_id, []).append(words)
    return {
        row.id: grams.document(
            [row.text, row.matter or "", _place(row.place), *said.get(row.id, [])], row.caller
        )
        for row in rows
    }


def _place(place: dict[str, Any] | None) -> str:
    return "".join(str((place or {}).get(part) or "") for part in PLACE_PARTS)


def as_kept(pieces: Sequence[Sequence[str]], dialect: str) -> str:
    """The words as the column holds them: for FTS5 in their order, for PostgreSQL with their places."""
    if dialect == "sqlite":
        return f" {_BETWEEN} ".join(" ".join(piece) for piece in pieces)
    places: dict[str, list[int]] = {}
    at = 0
    for piece in pieces:
        at += 1
        for pair in piece:
            at += 1
            places.setdefault(pair, []).append(min(at, _MOST_POSITIONS))
    return " ".join(f"'{pair}':{','.join(map(str, where))}" for pair, where in places.items())
