"""Which report is owed to whom: one row for each version and address, claimed before it is sent.

owe(session, kind, date, addresses, now)     # a row for those who have none
claimed = claim(session, now)                # the next one that is due; whoever is second gets another
settle(session, claimed.id, now, outcome)    # sent, to be tried again, or set aside
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from cases.model import Report, ReportMail
from cases.once import insert_once, touched
from cases.report_days import ReportKind
from cases.reporting import Made, made_of

WAITING, SENDING, SENT, SET_ASIDE = "waiting", "sending", "sent", "set_aside"
_LEASE = timedelta(minutes=5)
"""A sender that says nothing for so long has died."""
_AGAIN = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 240, 720))
_LONGEST_PROBLEM = 250


@dataclass(frozen=True)
class Claimed:
    """`key`: the same for every try of one report to one address."""

    id: int
    to: str
    key: str
    tries: int
    made: Made


@dataclass(frozen=True)
class Outcome:
    """`problem` None: sent. `for_good`: trying again changes nothing."""

    problem: str | None = None
    for_good: bool = False


def owe(session: Session, kind: ReportKind, first: date, addresses: Iterable[str], now: datetime) -> int:
    """The latest version is owed to these addresses; -> to how many it was not yet."""
    newest = select(Report.id).where(Report.kind == kind, Report.date == first)
    report_id = session.scalar(newest.order_by(Report.version.desc()).limit(1))
    if report_id is None:
        return 0
    return sum(_owed(session, report_id, to, now) for to in dict.fromkeys(addresses))


def claim(session: Session, now: datetime, only: Iterable[int] | None = None) -> Claimed | None:
    """The next mail that is due, of `only` these; it is nobody else's until the lease ends."""
    due = or_(
        and_(ReportMail.state == WAITING, ReportMail.next_at <= now),
        and_(ReportMail.state == SENDING, ReportMail.next_at <= now),
    )
    wanted = select(ReportMail.id).where(due).order_by(ReportMail.next_at, ReportMail.id)
    if only is not None:
        wanted = wanted.where(ReportMail.id.in_(list(only)))
    for mail_id in session.scalars(wanted.limit(20)):
        if _take(session, mail_id, due, now):
            return _claimed(session, mail_id)
    return None


def settle(session: Session, mail_id: int, now: datetime, outcome: Outcome) -> str:
    """-> the state it has now."""
    mail = session.get_one(ReportMail, mail_id)
    again = mail.tries <= len(_AGAIN) and not outcome.for_good
    mail.state = SENT if outcome.problem is None else WAITING if again else SET_ASIDE
    mail.sent_at = now if mail.state == SENT else None
    mail.next_at = now + _AGAIN[mail.tries - 1] if mail.state == WAITING else None
    mail.problem = outcome.problem[:_LONGEST_PROBLEM] if outcome.problem else None
    return mail.state


def ask_again(
    session: Session, kind: ReportKind, first: date, addresses: Iterable[str], now: datetime
) -> None:
    """A person asks for what waits for its next try, or was set aside: it is due now. What was sent stays."""
    of = _of(session, kind, first, addresses)
    session.flush()
    held = update(ReportMail).where(ReportMail.id.in_(of), ReportMail.state.in_((WAITING, SET_ASIDE)))
    touched(session, held.values(state=WAITING, next_at=now, tries=0))


def standing(
    session: Session, kind: ReportKind, first: date, addresses: Iterable[str]
) -> list[dict[str, Any]]:
    """[{"id", "to", "state", "tries", "next_at", "sent_at", "problem"}] of the latest version."""
    names = ("id", "to", "state", "tries", "next_at", "sent_at", "problem")
    columns = [getattr(ReportMail, name) for name in names]
    of = _of(session, kind, first, addresses)
    rows = session.execute(select(*columns).where(ReportMail.id.in_(of)).order_by(ReportMail.id))
    return [dict(zip(names, row, strict=True)) for row in rows]


def _of(session: Session, kind: ReportKind, first: date, addresses: Iterable[str]) -> list[int]:
    newest = select(Report.id).where(Report.kind == kind, Report.date == first)
    newest = newest.order_by(Report.version.desc()).limit(1)
    wanted = select(ReportMail.id).where(
        ReportMail.report_id == newest.scalar_subquery(), ReportMail.to.in_(list(addresses))
    )
    return list(session.scalars(wanted))


def _owed(session: Session, report_id: int, to: str, now: datetime) -> bool:
    values = {
        "report_id": report_id,
        "to": to,
        "state": WAITING,
        "created_at": now,
        "tries": 0,
        "next_at": now,
    }
    if session.scalar(select(ReportMail.id).where(ReportMail.report_id == report_id, ReportMail.to == to)):
        return False
    return insert_once(session, ReportMail, {**values, "sent_at": None, "problem": None})


def _take(session: Session, mail_id: int, due: ColumnElement[bool], now: datetime) -> bool:
    taken = update(ReportMail).where(ReportMail.id == mail_id, due)
    values = {"state": SENDING, "next_at": now + _LEASE, "tries": ReportMail.tries + 1}
    return touched(session, taken.values(values)) == 1


def _claimed(session: Session, mail_id: int) -> Claimed:
    mail = session.get_one(ReportMail, mail_id, populate_existing=True)
    report = session.get_one(Report, mail.report_id)
    key = f"{report.kind}-{report.date.isoformat()}-v{report.version}-{report.digest[:16]}-{mail.id}"
    return Claimed(mail.id, mail.to, key, mail.tries, made_of(report))
