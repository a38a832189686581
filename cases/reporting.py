"""Making reports: what is due is made once, in order, and kept; a corrected one is another version.

for period in missing(session, now, rules): …      # what is due and not there
made = figures_of(session, period, rules)          # reading
kept = keep(session, period, made, now, "system", rules)     # writing: one row, or the one that is there
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ScalarResult, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from cases import figures as f
from cases import report_queries
from cases.errors import MoveRefused
from cases.figures import Figures
from cases.model import Call, Case, Report
from cases.report_days import Period, ReportKind, due_days, earlier, is_late, period_of, today

if TYPE_CHECKING:
    from cases.rules import Rules

FUTURE, TOO_EARLY, NOTHING_TO_CORRECT = "N01", "N02", "N03"
"""Rules: a day that has not begun; one before telephones were counted; a first version must be there."""
_FIRST_YEAR = 1970


@dataclass(frozen=True)
class Made:
    """A report as it is shown. `version` 0: of a stretch that is not over, and kept nowhere."""

    kind: str
    date: date
    version: int
    digest: str
    late: bool
    made_at: datetime
    figures: Mapping[str, Any]
    corrects: int | None = None
    difference: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """What the command line and the machines get."""
        return {
            "date": self.date.isoformat(),
            "version": self.version,
            "digest": self.digest,
            "late": self.late,
            "figures": dict(self.figures),
        }


def wanted(kind: ReportKind, day: date, now: datetime, rules: Rules) -> Period:
    """The stretch that the day belongs to. Raises MoveRefused N01, N02."""
    if day.year < _FIRST_YEAR:
        raise MoveRefused(TOO_EARLY, f"{day} is before {_FIRST_YEAR}: no call was counted then")
    running = today(now, rules.zone, rules.reports)
    if day > running:
        raise MoveRefused(FUTURE, f"{day} is in the future: the city's day now is {running}")
    return period_of(kind, day, rules.zone, rules.reports)


def kept(session: Session, kind: ReportKind, first: date) -> Made | None:
    """The latest version."""
    row = _latest(session, kind, first).one_or_none()
    return made_of(row) if row is not None else None


def version_of(session: Session, kind: ReportKind, first: date, version: int | None) -> Made | None:
    """This version, or the latest; None where there is none."""
    if version is None:
        return kept(session, kind, first)
    of = (Report.kind == kind, Report.date == first, Report.version == version)
    row = session.scalar(select(Report).where(*of))
    return made_of(row) if row is not None else None


def neighbour(session: Session, kind: ReportKind, first: date, step: int) -> date | None:
    """The date of the report of this kind before (-1) or after (1) this one."""
    query = select(Report.date).where(Report.kind == kind)
    if step < 0:
        query = query.where(Report.date < first).order_by(Report.date.desc())
    else:
        query = query.where(Report.date > first).order_by(Report.date)
    return session.scalar(query.limit(1))


def figures_of(session: Session, period: Period, rules: Rules) -> Figures:
    """Read now, and compared with what was kept of earlier stretches. Only reads."""
    found = report_queries.read(session, period, rules.zone)
    days = {"first": period.first.isoformat(), "last": period.last.isoformat()}
    return {**days, **found, **f.compared(found, _earlier(session, period))}


def preview(period: Period, found: Figures, now: datetime) -> Made:
    """Of a stretch that is not over: version 0."""
    return Made(period.kind, period.first, 0, f.digest(found), False, now, found)


def keep(session: Session, period: Period, found: Figures, now: datetime, by: str, rules: Rules) -> Made:
    """The first version; where somebody was faster, theirs. A unique row decides, whoever runs at once."""
    late = is_late(period, now, rules.reports)
    _insert(session, _values(period, 1, found, now, by, late=late, corrects=None, difference={}))
    return made_of(_latest(session, period.kind, period.first).one())


def correct(session: Session, period: Period, found: Figures, now: datetime, by: str) -> Made:
    """Another version beside the last one, with what it says otherwise; the last one, where nothing does.

    Raises MoveRefused N03 when there is none to correct.
    """
    last = _latest(session, period.kind, period.first).one_or_none()
    if last is None:
        raise MoveRefused(NOTHING_TO_CORRECT, f"there is no {period.kind} report of {period.first} yet")
    if last.digest == f.digest(found):
        return made_of(last)
    difference = f.difference(last.figures, found)
    values = _values(
        period, last.version + 1, found, now, by, late=last.late, corrects=last.version, difference=difference
    )
    _insert(session, values)
    return made_of(_latest(session, period.kind, period.first).one())


def missing(session: Session, now: datetime, rules: Rules) -> Iterator[Period]:
    """What is due and not there: days first, each kind in order; from the first call's day on."""
    begun = first_day(session, rules)
    if begun is None:
        return
    for kind in ReportKind:
        due = list(due_days(kind, begun, now, rules.zone, rules.reports))
        there = set(
            session.scalars(
                select(Report.date).where(
                    Report.kind == kind, Report.date.in_([each.first for each in due]), Report.version == 1
                )
            )
        )
        yield from (each for each in due if each.first not in there)


def first_day(session: Session, rules: Rules) -> date | None:
    """The city's day of the first call or case; None while there is neither."""
    firsts = [session.scalar(select(func.min(each))) for each in (Call.started_at, Case.opened_at)]
    known = [each for each in firsts if each is not None]
    return today(min(known), rules.zone, rules.reports) if known else None


def listed(session: Session, kind: ReportKind | None = None, most: int = 100) -> list[dict[str, Any]]:
    """Every version that was made, the newest stretch first, without its figures."""
    columns = (Report.kind, Report.date, Report.version, Report.digest, Report.late, Report.made_at)
    query = select(*columns, Report.made_by, Report.corrects)
    if kind is not None:
        query = query.where(Report.kind == kind)
    query = query.order_by(Report.date.desc(), Report.kind, Report.version.desc()).limit(most)
    return [{**row._mapping, "date": row.date.isoformat()} for row in session.execute(query)]


def made_of(row: Report) -> Made:
    return Made(
        row.kind,
        row.date,
        row.version,
        row.digest,
        row.late,
        row.made_at,
        row.figures,
        row.corrects,
        row.difference,
    )


# ---------------------------------------------------------------- the rows


def _latest(session: Session, kind: ReportKind, first: date) -> ScalarResult[Report]:
    query = select(Report).where(Report.kind == kind, Report.date == first)
    return session.scalars(query.order_by(Report.version.desc()).limit(1))


def _earlier(session: Session, period: Period) -> list[Mapping[str, Any]]:
    """The figures of the stretches it is compared with, as they were kept last; those that there are."""
    days = earlier(period.kind, period.first)
    query = select(Report).where(Report.kind == period.kind, Report.date.in_(days))
    rows = {row.date: row for row in session.scalars(query.order_by(Report.version))}
    return [rows[day].figures for day in days if day in rows]


def _values(
    period: Period, version: int, found: Figures, now: datetime, by: str, **more: Any
) -> dict[str, Any]:
    return {
        "kind": period.kind.value,
        "date": period.first,
        "version": version,
        "digest": f.digest(found),
        "made_at": now,
        "made_by": by,
        "figures": found,
        **more,
    }


def _insert(session: Session, values: Mapping[str, Any]) -> None:
    """Whoever is second writes nothing."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(Report).values(values).on_conflict_do_nothing())
