"""The read side of the reports: a stretch of time in figures, by aggregates over its own rows alone.

Calls and cases are read hour by hour: each is one range of an index, the groups of an hour are few, and the
database sorts them in its cache. So a day is one scan of its rows, and no row of it comes here. What stands
in a report is judged as of the stretch's end: read again later it is the same, unless rows were changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, bindparam, case, func, select, text
from sqlalchemy.orm import Session

from cases import figures as f
from cases.figures import Figures
from cases.model import Call, Case, DeskNote, Matter, Unit
from cases.packing import packed, place, unpacked
from cases.report_calls import call_cells
from cases.report_days import Period, hours_of
from cases.report_work import work_figures
from cases.states import Kind, Sector

_SECTORS, _KINDS = tuple(Sector), tuple(Kind)
_MOST_TOLD = 200
_SINCE: BindParameter[datetime] = bindparam("since")
_UNTIL: BindParameter[datetime] = bindparam("until")


def read(session: Session, period: Period, zone: ZoneInfo) -> Figures:
    """Every figure of the stretch; one without a call has zeros, and None for shares."""
    if session.get_bind().dialect.name == "postgresql":
        # A year of a large city takes longer than a question of the console may.
        session.execute(text("SET LOCAL statement_timeout = '10min'"))
    cases = _cases(session, period, zone)
    impossible: list[str] = []
    found = {
        **f.of_calls(call_cells(session, period, zone, impossible)),
        "impossible_times": impossible,
        **cases.figures(),
        "danger": _danger(session, cases),
        **work_figures(session, period),
    }
    found["names"] = _names(session, found)
    return found


# ---------------------------------------------------------------- cases


@dataclass
class _Cases:
    """Counts of the cases that were opened."""

    opened: int = 0
    unsure: int = 0
    merged: int = 0
    by: dict[str, Counter[str]] = field(
        default_factory=lambda: {name: Counter() for name in ("sector", "kind", "matter", "unit", "township")}
    )
    danger: list[int] = field(default_factory=list)

    def take(self, key: int, matter: str | None, unit: str, township: str | None, count: int) -> None:
        merged, unsure, sector, kind = unpacked(key, 3)
        self.opened += count
        self.unsure += count * unsure
        self.merged += count * merged
        self.by["sector"][_name(_SECTORS, sector)] += count
        self.by["kind"][_name(_KINDS, kind)] += count
        self.by["matter"][matter or f.NONE] += count
        self.by["unit"][unit] += count
        self.by["township"][township or f.NONE] += count

    def figures(self) -> Figures:
        return {
            "cases_opened": self.opened,
            **{f"cases_by_{name}": f.listed(counts) for name, counts in self.by.items()},
            "matters": len(self.by["matter"].keys() - {f.NONE}),
            "cases_unsure": self.unsure,
            "doubtful_share": f.share(self.unsure, self.opened),
            "cases_merged": self.merged,
            "danger_calls": len(self.danger),
        }


def _cases(session: Session, period: Period, zone: ZoneInfo) -> _Cases:
    key = packed(
        case((Case.merged_into_id.is_not(None), 1), else_=0),
        case((Case.unsure, 1), else_=0),
        place(Case.sector, _SECTORS),
        place(Case.kind, _KINDS),
    )
    # Each case of danger is a group of its own: so the one scan finds them as well.
    danger = case((Case.danger, Case.id), else_=0)
    township = Case.place["township"].as_string()
    wanted = (
        select(
            key.label("p"), Case.matter, Case.unit_id, township.label("t"), danger.label("d"), func.count()
        )
        .where(Case.opened_at >= _SINCE, Case.opened_at < _UNTIL)
        .group_by("p", Case.matter, Case.unit_id, "t", "d")
        .execution_options(yield_per=1000)
    )
    codes = {row.id: row.code for row in session.execute(select(Unit.id, Unit.code))}
    found = _Cases()
    for _, bounds in _hours(period, zone):
        for number, matter, unit_id, where, dangerous, count in session.execute(wanted, bounds):
            found.take(number, matter, codes.get(unit_id, f.NONE), where, count)
            if dangerous:
                found.danger.append(dangerous)
    return found


def _danger(session: Session, cases: _Cases) -> list[dict[str, Any]]:
    """Each case of danger with its times: when it was opened, asked back to 110, and answered there."""
    wanted = (
        select(Case.number, Case.opened_at, DeskNote.created_at, DeskNote.answered_at, DeskNote.answered_by)
        .outerjoin(Call, Call.case_id == Case.id)
        .outerjoin(DeskNote, DeskNote.call_id == Call.id)
        .where(Case.id.in_(sorted(cases.danger)[:_MOST_TOLD]))
        .order_by(Case.opened_at, Case.id, DeskNote.id)
    )
    told: dict[str, dict[str, Any]] = {}
    for number, opened, asked, answered, desk in session.execute(wanted):
        told.setdefault(
            number,
            {
                "case": number,
                "opened_at": opened.isoformat(),
                "to_110_at": asked.isoformat() if asked else None,
                "answered_at": answered.isoformat() if answered else None,
                "desk": desk,
            },
        )
    return list(told.values())


# ---------------------------------------------------------------- names, and how it is packed


def _names(session: Session, found: Figures) -> dict[str, dict[str, str]]:
    """What the codes are called; a unit or a matter out of use keeps its name."""
    units = [*found["cases_by_unit"], *found["work_by_unit"], *found["fees_by_firm"]]
    return {
        "units": _called(session, Unit, units),
        "matters": _called(session, Matter, list(found["cases_by_matter"])),
    }


def _called(session: Session, table: type[Unit] | type[Matter], codes: Sequence[str]) -> dict[str, str]:
    rows = session.execute(select(table.code, table.name).where(table.code.in_(codes)).order_by(table.id))
    return {row.code: row.name for row in rows}


def _hours(period: Period, zone: ZoneInfo) -> Iterator[tuple[int, dict[str, datetime]]]:
    for hour, begins in hours_of(period, zone):
        yield hour, {"since": begins, "until": min(begins + timedelta(hours=1), period.ends)}


def _name(kinds: Sequence[str], place: int) -> str:
    return str(kinds[place]) if place < len(kinds) else f.NONE
