"""What the citizen is told by SMS: at acceptance, dispatch, report, when it is done again, at completion.

Each message is a row of the outbox (cases/messages.py), written in the transaction of the move it tells of.
Nothing goes to a caller without a number, or to a line that cannot receive it: only Chinese mobile numbers
(11 digits, 13 to 19) get a message. Of a confidential case a message says the number and the tracking code,
and neither unit nor matter: the telephone may lie on a table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from cases import survey
from cases.citizen_states import MessageKind
from cases.messages import put_out
from cases.model import Case, Unit
from cases.once import table
from cases.rules import Rules
from cases.states import CaseState, Move

_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})")
_MOST_JOINED = 1000
_CODES = re.compile(r"(?P<before>查询码|/t/\d+-)[0-9A-Z]+")
_SIGNATURE = "【民生110】"
_TEXTS: Mapping[MessageKind, str] = {
    MessageKind.ACCEPTED: "您的诉求已受理，编号{number}，查询码{code}。{unit_does}查进度 {link}",
    MessageKind.DISPATCHED: "您的诉求{number}已派{to_unit}办理。查询码{code}，查进度 {link}",
    MessageKind.REPORTED: "您的诉求{number}已有办理结果，请查看并评价。查询码{code}，查看 {link}",
    MessageKind.REDONE: "您的诉求{number}将重新办理。查询码{code}，查进度 {link}",
    MessageKind.JOINED: "您的诉求{number}已和同样的事情一起办结。查询码{code}，查看 {link}",
    MessageKind.COMPLETED: "您的诉求{number}已办结，没有解决可在{days}天内重提。查询码{code}，查看 {link}",
}


def receives_sms(number: str) -> str | None:
    """The mobile number that can get a message, without the country's code; None: this line gets none."""
    found = _MOBILE.fullmatch(number)
    return found.group(1) if found else None


def text(kind: MessageKind, case: Case, unit: str | None, rules: Rules) -> str:
    """What the citizen reads. Within 70 characters where it can be: that is one SMS."""
    guessed = kind == MessageKind.ACCEPTED and case.unsure
    unit = None if case.confidential or guessed else unit
    return _SIGNATURE + _TEXTS[kind].format(
        number=case.number,
        code=case.tracking_code,
        link=link(case.number, case.tracking_code, rules),
        unit_does=f"由{unit}办理。" if unit else "",
        to_unit=f"给{unit}" if unit else "单位",
        days=rules.reopen_calendar_days,
    )


def link(number: str, code: str, rules: Rules) -> str:
    """Straight to the citizen's own page."""
    return f"{rules.public_url.rstrip('/')}/t/{number}-{code}"


def without_code(said: str) -> str:
    """The same text for people of the house: with the code one is the citizen."""
    return _CODES.sub(lambda found: found["before"] + "••••••", said)


# ---------------------------------------------------------------- acceptance


def untold(session: Session, now: datetime, rules: Rules, limit: int = 100) -> list[int]:
    """Cases that nobody was told of yet: sorted and compared, or accepted so long ago that they will not be.

    Their ids, oldest first. One query, one small index.
    """
    patience = now - timedelta(seconds=rules.told_after_seconds)
    ready = or_(Case.followed_up_at.is_not(None), Case.opened_at <= patience)
    wanted = select(Case.id).where(Case.told_at.is_(None), ready)
    return list(session.scalars(wanted.order_by(Case.opened_at).limit(limit)))


def tell_accepted(session: Session, case_id: int, now: datetime, rules: Rules) -> bool:
    """The message of acceptance, once. False: it was told already, or there is nobody to tell.

    Whoever works on the case is not disturbed: the row's version stays.
    """
    rows = table(Case)
    mine = update(rows).where(rows.c.id == case_id, rows.c.told_at.is_(None)).values(told_at=now)
    if not session.connection().execute(mine).rowcount:
        return False
    case = session.get_one(Case, case_id, populate_existing=True)
    return _put(session, case, MessageKind.ACCEPTED, "", now, rules)


# ---------------------------------------------------------------- moves


def follow(session: Session, case: Case, event: Mapping[str, Any], now: datetime, rules: Rules) -> None:
    """After a move of this case, in its transaction: what the citizen is told of it, and will be asked."""
    survey.follow(session, case, event, now, rules)
    kind = _kind(event)
    if kind is None:
        return
    session.flush()
    tell_accepted(session, case.id, now, rules)
    _put(session, case, kind, now.isoformat(), now, rules)
    if kind == MessageKind.COMPLETED:
        for other in joined(session, case):
            _put(session, other, MessageKind.JOINED, now.isoformat(), now, rules)


def joined(session: Session, case: Case) -> list[Case]:
    """The cases that were merged into this one, and into those: other citizens who told the same."""
    found: dict[int, Case] = {}
    level = [case.id]
    while level and len(found) < _MOST_JOINED:
        into = select(Case).where(Case.merged_into_id.in_(level), Case.state == CaseState.MERGED)
        rows = session.scalars(into.order_by(Case.id).limit(_MOST_JOINED)).all()
        level = [row.id for row in rows if row.id not in found]
        found |= {row.id: row for row in rows}
    return [other for other in found.values() if other.caller != case.caller]


def _kind(event: Mapping[str, Any]) -> MessageKind | None:
    move, to_state = event["move"], event["to_state"]
    if to_state == event["from_state"]:
        return None
    if move == Move.RULE and not event["detail"].get("upheld"):
        return None  # it stays where the citizen knows it to be
    if to_state == CaseState.DISPATCHED:
        return MessageKind.REDONE if move == Move.REDO else MessageKind.DISPATCHED
    if to_state == CaseState.REPORTED:
        return MessageKind.REPORTED
    return MessageKind.COMPLETED if to_state == CaseState.COMPLETED else None


def _put(session: Session, case: Case, kind: MessageKind, occasion: str, now: datetime, rules: Rules) -> bool:
    to = receives_sms(case.caller)
    if to is None:
        return False
    unit = session.scalar(select(Unit.name).where(Unit.id == case.unit_id)) if case.unit_id else None
    return put_out(session, case.id, kind, occasion, to, text(kind, case, unit, rules), now)
