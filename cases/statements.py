"""A month's statement: what each firm earned, who pays it, and what the government owes. Figures, no file.

A fee belongs to the month, in the city's time, in which its case was completed. A statement can be made as
often as one likes; when a fee of its month has changed since, it gets a new version.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases import clean, money
from cases.errors import MoveRefused, NotFound
from cases.model import Case, Fee, FreeClaim, Household, Price, Statement, Unit
from cases.money import Amounts
from cases.states import CaseState, ClaimState, FeeState, Role, UnitType
from cases.users import audit

if TYPE_CHECKING:
    from cases.moving import Actor
    from cases.rules import Rules

NO_MONTH, FUTURE, NOT_OVER, NOT_YOURS = "F07", "F08", "F09", "F10"
"""Rules: a month is written as 2026-11; it has begun; its fees are settled once it is over, by who may."""
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_CHARGED = (FeeState.BILLED, FeeState.SETTLED)


@dataclass(frozen=True)
class FeeRow:
    """One job in a statement. `household`: the kind that is served free; None: the citizen pays."""

    case: str
    firm: str
    firm_name: str
    trade: str
    service: str
    quantity: int
    billed_at: datetime
    household: str | None
    settled: bool
    reference_fen: int
    discount_fen: int
    price_fen: int
    citizen_fen: int
    government_fen: int


@dataclass(frozen=True)
class FirmStatement:
    code: str
    name: str
    rows: Sequence[FeeRow]

    @property
    def total(self) -> Amounts:
        return money.total(self.rows)

    def to_json(self) -> dict[str, Any]:
        rows = [asdict(row) for row in self.rows]
        return {"code": self.code, "name": self.name, "jobs": len(rows), **asdict(self.total), "rows": rows}


@dataclass(frozen=True)
class MonthStatement:
    """`begins`, `ends`: of the month in the city's time, without the end; `over`: it has ended."""

    month: str
    begins: datetime
    ends: datetime
    over: bool
    rows: Sequence[FeeRow]
    unpriced: Sequence[str]
    """Numbers of cases completed in the month whose service nobody named: not in the sums."""
    version: int = 0
    digest: str = ""

    @property
    def firms(self) -> list[FirmStatement]:
        """One for each firm that worked in the month, by its code."""
        firms = dict.fromkeys((row.firm, row.firm_name) for row in self.rows)
        return [
            FirmStatement(code, name, [row for row in self.rows if row.firm == code]) for code, name in firms
        ]

    @property
    def government(self) -> list[FeeRow]:
        """What the government pays: the jobs for households that are served free."""
        return [row for row in self.rows if row.government_fen]

    @property
    def total(self) -> Amounts:
        return money.total(self.rows)

    def to_json(self) -> dict[str, Any]:
        theirs = self.government
        return {
            "month": self.month,
            "from": self.begins.isoformat(),
            "to": self.ends.isoformat(),
            "over": self.over,
            "version": self.version,
            "digest": self.digest,
            "firms": [firm.to_json() for firm in self.firms],
            "government": {
                "jobs": len(theirs),
                "government_fen": money.total(theirs).government_fen,
                "rows": [asdict(row) for row in theirs],
            },
            "total": {"jobs": len(self.rows), **asdict(self.total)},
            "unpriced": list(self.unpriced),
        }


def month_of(text: str, now: datetime, rules: Rules) -> tuple[datetime, datetime]:
    """The first moment of a month and of the next, in the city's time. Raises MoveRefused F07, F08."""
    found = _MONTH.fullmatch(text)
    if found is None or int(found[1]) == 0:
        raise MoveRefused(NO_MONTH, f"month {text[:20]!r}: write it as 2026-11")
    year, month = int(found[1]), int(found[2])
    begins = datetime(year, month, 1, tzinfo=rules.zone)
    if begins > now:
        raise MoveRefused(FUTURE, f"month {text} has not begun: there is no statement of the future")
    ends = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=rules.zone)
    return begins, ends


def statement(session: Session, month: str, now: datetime, rules: Rules) -> MonthStatement:
    """The month as it stands now, with the version it has or would get. Three queries.

    Raises MoveRefused F07, F08.
    """
    begins, ends = month_of(month, now, rules)
    rows = _rows(session, begins, ends)
    digest = _digest(rows)
    last = session.execute(
        select(Statement.version, Statement.digest)
        .where(Statement.month == month)
        .order_by(Statement.version.desc())
        .limit(1)
    ).first()
    version = 1 if last is None else last.version if last.digest == digest else last.version + 1
    unpriced = _unpriced(session, begins, ends)
    return MonthStatement(month, begins, ends, now >= ends, rows, unpriced, version, digest)


def hand_out(
    session: Session, month: str, who: str, now: datetime, rules: Rules, address: str = ""
) -> MonthStatement:
    """The statement, its version kept: somebody takes it away. Raises MoveRefused F07, F08."""
    found = statement(session, month, now, rules)
    kept = select(func.count()).select_from(Statement)
    if not session.scalar(kept.where(Statement.month == month, Statement.version == found.version)):
        totals = {"jobs": len(found.rows), **asdict(found.total)}
        session.add(
            Statement(
                month=month,
                version=found.version,
                digest=found.digest,
                made_at=now,
                made_by=who,
                totals=totals,
            )
        )
    audit(session, now, who, "statement_made", month, address, {"version": found.version})
    return found


def versions(session: Session, limit: int = 24) -> list[dict[str, Any]]:
    """Statements that were handed out, newest first. One query."""
    wanted = select(Statement).order_by(Statement.month.desc(), Statement.version.desc()).limit(limit)
    names = ("month", "version", "digest", "made_at", "made_by", "totals")
    return [{name: getattr(row, name) for name in names} for row in session.scalars(wanted)]


def settle(session: Session, month: str, firm: str, actor: Actor, now: datetime, rules: Rules) -> int:
    """What the firm with this code is owed of a month is paid; -> how many fees. Twice is once.

    Raises NotFound; MoveRefused F09 while the month goes on, F10 in another role.
    """
    if actor.role not in (Role.ADMIN, Role.LEADER):
        raise MoveRefused(NOT_YOURS, f"fees are not settled by the role {actor.role}")
    if session.scalar(select(Unit.id).where(Unit.code == firm, Unit.type == UnitType.FIRM)) is None:
        raise NotFound(f"there is no firm {clean.line(firm, 64)}")
    begins, ends = month_of(month, now, rules)
    if now < ends:
        raise MoveRefused(NOT_OVER, f"month {month} is not over: its fees may still change")
    wanted = (
        select(Fee)
        .join(Unit, Fee.unit_id == Unit.id)
        .where(Unit.code == firm, Fee.state == FeeState.BILLED, Fee.billed_at >= begins, Fee.billed_at < ends)
        .with_for_update(of=Fee)
    )
    fees = session.scalars(wanted).all()
    for fee in fees:
        fee.state, fee.settled_at, fee.settled_by = FeeState.SETTLED, now, actor.who
    audit(session, now, actor.who, "fees_settled", f"{month} {firm}", detail={"fees": len(fees)})
    return len(fees)


def _rows(session: Session, begins: datetime, ends: datetime) -> list[FeeRow]:
    return [_said(row) for row in session.execute(_billed(begins, ends))]


def _billed(begins: datetime, ends: datetime) -> Any:
    return (
        select(
            Fee,
            Case.number,
            Unit.code,
            Unit.name.label("firm"),
            Price.trade,
            Price.name.label("service"),
            FreeClaim.state.label("claim"),
            Household.kind,
        )
        .join(Case, Fee.case_id == Case.id)
        .join(Unit, Fee.unit_id == Unit.id)
        .join(Price, Fee.price_id == Price.id)
        .outerjoin(FreeClaim, FreeClaim.case_id == Case.id)
        .outerjoin(Household, FreeClaim.household_id == Household.id)
        .where(Fee.billed_at >= begins, Fee.billed_at < ends, Fee.state.in_(_CHARGED))
        .order_by(Unit.code, Fee.billed_at, Case.number)
    )


def _said(row: Any) -> FeeRow:
    fee: Fee = row[0]
    return FeeRow(
        case=row.number,
        firm=row.code,
        firm_name=row.firm,
        trade=row.trade,
        service=row.service,
        quantity=fee.quantity,
        billed_at=fee.billed_at or fee.made_at,
        household=row.kind if row.claim == ClaimState.GRANTED else None,
        settled=fee.state == FeeState.SETTLED,
        **{name: getattr(fee, name) for name in Amounts.__dataclass_fields__},
    )


def _unpriced(session: Session, begins: datetime, ends: datetime) -> Sequence[str]:
    wanted = (
        select(Case.number)
        .join(Fee, Fee.case_id == Case.id)
        .join(Unit, Fee.unit_id == Unit.id)
        .where(
            Fee.price_id.is_(None),
            Fee.billed_at.is_(None),
            Fee.state != FeeState.VOID,
            Unit.type == UnitType.FIRM,
            Case.state.in_((CaseState.COMPLETED, CaseState.ARCHIVED)),
            Case.completed_at >= begins,
            Case.completed_at < ends,
        )
        .order_by(Case.number)
    )
    return session.scalars(wanted).all()


def _digest(rows: Iterable[FeeRow]) -> str:
    """Of what somebody owes somebody: settling it changes nothing."""
    said = [{**asdict(row), "billed_at": row.billed_at.isoformat(), "settled": None} for row in rows]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
