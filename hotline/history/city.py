"""Of the city, what the past is made with: its matters with their units, its units, and its deadlines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.deadlines import deadline
from cases.model import Matter, Unit
from cases.rules import Rules
from cases.states import Kind, Sector, UnitType
from cases.worktime import Calendar

_KINDS = (Kind.COMPLAINT, Kind.HELP, Kind.CONSULTATION, Kind.REPORT, Kind.SUGGESTION, Kind.AFFAIRS)
_STALE_DAYS = 3
"""A case may be given so many days after it was opened, when its first unit sent it back."""


@dataclass(frozen=True)
class SeedMatter:
    code: str
    name: str
    path: tuple[str, ...]
    sector: Sector
    kind: Kind
    deadline_class: str
    units: tuple[int, ...]
    """Who may get it: its own unit, or those of its sector."""


@dataclass(frozen=True)
class SeedCity:
    matters: Sequence[SeedMatter]
    townships: Sequence[str]
    units: Sequence[int]
    classes: Sequence[str]

    @property
    def weights(self) -> np.ndarray[Any, Any]:
        """Few matters make most of the calls."""
        shares = 1.0 / (np.arange(len(self.matters)) + 3.0)
        return shares / shares.sum()


def read_city(session: Session) -> SeedCity:
    """Of the rows that the city file brought."""
    units = session.scalars(select(Unit).where(Unit.active).order_by(Unit.id)).all()
    rows = session.scalars(
        select(Matter).where(Matter.active, Matter.parent_id.is_not(None)).order_by(Matter.id)
    ).all()
    of_sector = {each: tuple(unit.id for unit in units if unit.sector == each) for each in Sector}
    everyone = tuple(unit.id for unit in units)
    names = {row.id: row.name for row in session.execute(select(Matter.id, Matter.name))}
    matters = [
        SeedMatter(
            row.code,
            row.name,
            (names[row.parent_id or row.id], row.name),
            row.sector,
            _KINDS[place * 7 % len(_KINDS)],
            row.deadline_class,
            (row.unit_id,) if row.unit_id else of_sector[row.sector] or everyone,
        )
        # A fixed shuffle: the file's order is not the order of what people ring for.
        for place, row in sorted(enumerate(rows), key=lambda each: each[0] * 37 % 101)
    ]
    townships = [unit.name for unit in units if unit.type == UnitType.TOWNSHIP]
    classes = sorted({each.deadline_class for each in matters})
    return SeedCity(matters, townships or ["城区"], everyone, classes)


def due_by_day(
    calendar: Calendar, rules: Rules, classes: Sequence[str], first: date, days: int
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """(due, yellow)[day][class] of what is given on that day, in seconds since 1970."""
    shape = (days + _STALE_DAYS, len(classes))
    due, yellow = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for day in range(shape[0]):
        noon = calendar.at(first + timedelta(days=day), 12 * 3600)
        for place, each in enumerate(classes):
            found = deadline(calendar, noon, rules.working_days[each])
            due[day, place] = int(found.due_at.timestamp())
            yellow[day, place] = int(found.yellow_at.timestamp())
    return due, yellow
