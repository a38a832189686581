"""Whose turn it is among firms: how many cases each was given, counted with the case's own transaction.

    seen = firm_turns(session)               # before the sorter is asked
    take_turn(session, unit_id, now, seen)   # with the case's unit, in one transaction

Fair under concurrency: a turn is taken only while the chosen firm stands as it stood when it was chosen. The
others' counts only grow meanwhile, so the one with the fewest is still the one with the fewest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from cases.errors import Conflict
from cases.model import FirmTurn, Unit
from cases.once import insert_once
from cases.states import UnitType


@dataclass(frozen=True)
class Turn:
    """What is known of a firm: cases it was given, its rating 0..5 (None: the city file's), in use or not."""

    jobs: int
    rating: float | None
    active: bool
    last_at: datetime | None = None


def firm_turns(session: Session) -> dict[str, Turn]:
    """Every firm by its code. One query.

    A firm that is new begins with as many cases as the least busy one of its trades: else it would be given
    every case until it had caught up with years of work.
    """
    rows = _rows(session)
    return {
        firm.code: Turn(turn.jobs, turn.rating, firm.active, turn.last_at)
        if turn is not None
        else Turn(_beginning(firm, rows), None, firm.active)
        for firm, turn in rows
    }


_Rows = Sequence[Row[Unit, FirmTurn | None]]


def _rows(session: Session) -> _Rows:
    return session.execute(
        select(Unit, FirmTurn)
        .outerjoin(FirmTurn, FirmTurn.unit_id == Unit.id)
        .where(Unit.type == UnitType.FIRM)
        .order_by(Unit.code),
        execution_options={"populate_existing": True},
    ).all()


def _beginning(firm: Unit, rows: _Rows) -> int:
    trades = {*_trades(firm)}
    return min(
        (turn.jobs for other, turn in rows if turn is not None and trades & {*_trades(other)}), default=0
    )


def _enter(session: Session) -> None:
    """Every firm gets its row: from now on it is told from one that comes later."""
    rows = _rows(session)
    for firm, turn in rows:
        if turn is None:
            values = {"unit_id": firm.id, "jobs": _beginning(firm, rows), "rating": None, "last_at": None}
            insert_once(session, FirmTurn, values)


def _trades(firm: Unit) -> list[Any]:
    trades = firm.detail.get("trades")
    return trades if isinstance(trades, list) else []


def take_turn(
    session: Session, unit_id: int | None, now: datetime, seen: Mapping[str, Turn] | None = None
) -> None:
    """Count one case for the firm with this id; nothing for a unit that is no firm.

    `seen`: what `firm_turns` said when the firm was chosen. Raises Conflict when the firm was given another
    case since: choose again. Without `seen` the choice stands as it is.
    """
    firm = session.get(Unit, unit_id) if unit_id is not None else None
    if firm is None or firm.type != UnitType.FIRM:
        return
    known = seen.get(firm.code) if seen is not None else None
    _enter(session)
    given = update(FirmTurn).where(FirmTurn.unit_id == firm.id)
    if known is not None:
        given = given.where(FirmTurn.jobs == known.jobs)
    counted = session.scalar(
        given.values(jobs=FirmTurn.jobs + 1, last_at=now).returning(FirmTurn.jobs),
        execution_options={"synchronize_session": False},
    )
    if counted is None:
        raise Conflict(f"firm {firm.code} was given another case meanwhile; sort again")


def give_back_turn(session: Session, unit_id: int | None) -> None:
    """The case was taken from this firm before it began: it keeps its place."""
    given = update(FirmTurn).where(FirmTurn.unit_id == unit_id, FirmTurn.jobs > 0)
    session.execute(given.values(jobs=FirmTurn.jobs - 1), execution_options={"synchronize_session": False})
