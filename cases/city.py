"""A city's units and matters in the database: what would change, and the change itself.

What a new file no longer names is put out of use, never deleted: cases stand on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.contracts import stopped
from cases.model import LoadedCity, Matter, Unit
from cases.prices import PriceRow
from cases.states import Sector, UnitType


@dataclass(frozen=True)
class UnitRow:
    code: str
    name: str
    type: UnitType
    sector: Sector
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MatterRow:
    """`parent`: the first-level matter's code, None for a first-level one; `unit`: a unit's code."""

    code: str
    name: str
    parent: str | None
    unit: str | None
    sector: Sector
    deadline_class: str


@dataclass(frozen=True)
class CityRows:
    """`digest`: of the file, so that loading it twice is seen."""

    name: str
    digest: str
    units: Sequence[UnitRow]
    matters: Sequence[MatterRow]
    prices: Sequence[PriceRow] = ()


@dataclass(frozen=True)
class Difference:
    """One thing that a load changes. `what`: added, changed, out of use, in use again."""

    what: str
    kind: str
    code: str
    name: str


def differences(session: Session, city: CityRows) -> list[Difference]:
    """What `load_city` would change; nothing for a city that is loaded already."""
    units = {row.code: row for row in session.scalars(select(Unit))}
    matters = {row.code: row for row in session.scalars(select(Matter))}
    codes = {row.id: row.code for row in units.values()}
    standing_units = {code: _unit_row(row) for code, row in units.items()}
    found = _compare("unit", city.units, standing_units, units, stopped(session))
    parents = {row.id: row.code for row in matters.values()}
    standing = {
        code: MatterRow(
            row.code,
            row.name,
            parents.get(row.parent_id or -1),
            codes.get(row.unit_id or -1),
            row.sector,
            row.deadline_class,
        )
        for code, row in matters.items()
    }
    return found + _compare("matter", city.matters, standing, matters)


def _unit_row(row: Unit) -> UnitRow:
    return UnitRow(row.code, row.name, row.type, row.sector, row.detail)


def _compare(
    kind: str,
    wanted: Sequence[UnitRow] | Sequence[MatterRow],
    standing: Mapping[str, UnitRow | MatterRow],
    rows: Mapping[str, Unit | Matter],
    stays_out: Set[str] = frozenset(),
) -> list[Difference]:
    """`stays_out`: codes of what no file brings back: firms without a contract."""
    found = []
    for row in wanted:
        if row.code not in standing:
            found.append(Difference("added", kind, row.code, row.name))
        elif not rows[row.code].active and row.code not in stays_out:
            found.append(Difference("in use again", kind, row.code, row.name))
        elif standing[row.code] != row:
            found.append(Difference("changed", kind, row.code, row.name))
    named = {row.code for row in wanted}
    found += [
        Difference("out of use", kind, code, row.name)
        for code, row in rows.items()
        if code not in named and row.active
    ]
    return found


def load_city(session: Session, city: CityRows, now: datetime) -> list[Difference]:
    """Bring units and matters in line with the file, in one transaction; -> what was changed."""
    found = differences(session, city)
    if found:
        units = _put_units(session, city.units)
        _put_matters(session, city.matters, units)
    _remember(session, city, now)
    return found


def _put_units(session: Session, wanted: Sequence[UnitRow]) -> dict[str, Unit]:
    rows = {row.code: row for row in session.scalars(select(Unit))}
    out = stopped(session)
    for row in rows.values():
        row.active = False
    for each in wanted:
        row = rows.setdefault(each.code, Unit(code=each.code))
        row.name, row.type, row.sector = each.name, each.type, each.sector
        row.detail, row.active = dict(each.detail), each.code not in out
        session.add(row)
    session.flush()
    return rows


def _put_matters(session: Session, wanted: Sequence[MatterRow], units: Mapping[str, Unit]) -> None:
    rows = {row.code: row for row in session.scalars(select(Matter))}
    for row in rows.values():
        row.active = False
    for each in sorted(wanted, key=lambda row: row.parent is not None):  # parents first
        row = rows.setdefault(each.code, Matter(code=each.code))
        row.name, row.sector, row.deadline_class = each.name, each.sector, each.deadline_class
        row.unit = units[each.unit] if each.unit else None
        row.parent = rows[each.parent] if each.parent else None
        row.active = True
        session.add(row)
    session.flush()


def _remember(session: Session, city: CityRows, now: datetime) -> None:
    standing = session.scalar(select(LoadedCity).where(LoadedCity.digest == city.digest))
    if standing is None:
        session.add(LoadedCity(digest=city.digest, name=city.name, loaded_at=now))
    else:
        standing.loaded_at = now
