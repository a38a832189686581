"""Cases that tell the same: offered for merging, kept with the case; bursts of one matter in one place.

Which cases are alike router/repeats.py says; here they are found by indexes and what was said is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from zlib import crc32

from sqlalchemy import ColumnElement, func, or_, select, text
from sqlalchemy.orm import Session

from cases.changes import changed
from cases.errors import NotFound
from cases.follow_up import told
from cases.model import Burst, BurstMember, Case, RepeatOffer
from cases.once import insert_once
from cases.states import CaseState

_LOCK_CLASS = 110_110
_MOST_OF_A_CALLER = 50
_MOST_OF_A_MATTER = 300
_SHOWN = timedelta(hours=24)
"""An alarm that nobody took note of is shown for so long after its last caller."""


class Offer(Protocol):
    """What router/repeats.py says of an earlier case."""

    @property
    def number(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def reasons(self) -> Sequence[str]: ...
    @property
    def common(self) -> Sequence[str]: ...


class Heard(Protocol):
    """What router/repeats.py says of a burst."""

    @property
    def place(self) -> str: ...
    @property
    def members(self) -> Sequence[str]: ...
    @property
    def standing(self) -> int | None: ...


# ---------------------------------------------------------------- finding


def alone_with(session: Session, matter: str | None) -> None:
    """Wait until nobody else compares cases of this matter: two at once would raise two alarms.

    SQLite has one writer anyway.
    """
    if matter and session.get_bind().dialect.name == "postgresql":
        key = {"group": _LOCK_CLASS, "matter": crc32(matter.encode()) - 2**31}
        session.execute(text("SELECT pg_advisory_xact_lock(:group, :matter)"), key)


def beside(session: Session, case: Case, within: timedelta) -> list[dict[str, Any]]:
    """Cases of the same caller, and cases of the same matter, opened within this time of `case`.

    Two queries, each by an index over its time; requests of the same message are not among them.
    """
    around = Case.opened_at.between(case.opened_at - within, case.opened_at + within)
    rows: dict[str, dict[str, Any]] = {}
    if case.matter:
        rows |= _rows(session, case, (Case.matter == case.matter, around), _MOST_OF_A_MATTER)
    if case.caller:
        rows |= _rows(session, case, (Case.caller == case.caller, around), _MOST_OF_A_CALLER)
    return list(rows.values())


def _rows(
    session: Session, case: Case, which: Iterable[ColumnElement[bool]], limit: int
) -> dict[str, dict[str, Any]]:
    message = case.part_of_id or case.id
    other_message = or_(Case.part_of_id.is_(None), Case.part_of_id != message)
    found = session.execute(
        select(Case, BurstMember.burst_id)
        .outerjoin(BurstMember, BurstMember.case_id == Case.id)
        .where(*which, Case.id != case.id, Case.id != message, other_message)
        .where(Case.state != CaseState.MERGED)
        .order_by(Case.opened_at.desc(), Case.id.desc())
        .limit(limit)
    )
    return {row.number: told(row, burst) for row, burst in found}


# ---------------------------------------------------------------- keeping


def keep_offers(session: Session, case: Case, offers: Iterable[Offer], now: datetime) -> int:
    """Each pair once, the later case with the earlier one; how many are new."""
    fresh = 0
    for offer in offers:
        other = session.scalars(select(Case).where(Case.number == offer.number)).first()
        if other is None:
            continue
        earlier, later = sorted((case, other), key=lambda each: (each.opened_at, each.id))
        values = {
            "case_id": later.id,
            "earlier_id": earlier.id,
            "at": now,
            "score": offer.score,
            "reasons": list(offer.reasons),
            "common": list(offer.common),
            "answer": None,
            "answered_by": None,
            "answered_at": None,
        }
        if insert_once(session, RepeatOffer, values):
            fresh += 1
            changed(session, now, "case", later.number)
            changed(session, now, "case", earlier.number)
    return fresh


def keep_burst(session: Session, case: Case, heard: Heard, now: datetime) -> int:
    """Join the alarm that stands, or raise one; -> its id. `alone_with` its matter."""
    burst = session.get(Burst, heard.standing) if heard.standing is not None else None
    if burst is None:
        burst = Burst(matter=case.matter or "", place=heard.place, raised_at=now, last_at=case.opened_at)
        session.add(burst)
    burst.last_at = max(burst.last_at, case.opened_at)
    session.flush()
    members = session.scalars(select(Case.id).where(Case.number.in_(heard.members)))
    for case_id in members.all():
        insert_once(session, BurstMember, {"case_id": case_id, "burst_id": burst.id})
    changed(session, now, "case", case.number)
    return burst.id


def see_burst(session: Session, burst_id: int, who: str, now: datetime) -> None:
    """Somebody has taken note: the queue shows it no longer. Raises NotFound."""
    burst = session.get(Burst, burst_id, with_for_update=True, populate_existing=True)
    if burst is None:
        raise NotFound("there is no such burst")
    if burst.seen_at is None:
        burst.seen_by, burst.seen_at = who, now
        first = select(Case.number).join(BurstMember, BurstMember.case_id == Case.id)
        number = session.scalars(first.where(BurstMember.burst_id == burst_id).order_by(Case.id)).first()
        if number is not None:
            changed(session, now, "case", number)


# ---------------------------------------------------------------- showing


def bursts(session: Session, now: datetime, limit: int = 20) -> list[dict[str, Any]]:
    """Alarms that nobody took note of, newest first, each with its members' numbers. Two queries."""
    wanted = select(Burst).where(Burst.seen_at.is_(None), Burst.last_at >= now - _SHOWN)
    found = session.scalars(wanted.order_by(Burst.last_at.desc(), Burst.id.desc()).limit(limit)).all()
    members: dict[int, list[str]] = {burst.id: [] for burst in found}
    if found:
        rows = session.execute(
            select(BurstMember.burst_id, Case.number)
            .join(Case, Case.id == BurstMember.case_id)
            .where(BurstMember.burst_id.in_(members))
            .order_by(Case.opened_at, Case.id)
        )
        for burst_id, number in rows:
            members[burst_id].append(number)
    return [
        {
            "id": burst.id,
            "matter": burst.matter,
            "place": burst.place,
            "raised": burst.raised_at,
            "last": burst.last_at,
            "members": members[burst.id],
        }
        for burst in found
    ]


def offers_of(session: Session, case_id: int) -> list[dict[str, Any]]:
    """Offers in which this case is one of the two, likeliest first, with the other case. One query."""
    other = func.coalesce(func.nullif(RepeatOffer.case_id, case_id), RepeatOffer.earlier_id)
    rows = session.execute(
        select(RepeatOffer, Case)
        .join(Case, Case.id == other)
        .where(or_(RepeatOffer.case_id == case_id, RepeatOffer.earlier_id == case_id))
        .order_by(RepeatOffer.score.desc(), RepeatOffer.id)
    )
    return [
        {
            "id": offer.id,
            "number": case.number,
            "earlier": offer.earlier_id == case.id,
            "state": case.state,
            "matter": case.matter,
            "place": case.place,
            "text": case.text,
            "opened": case.opened_at,
            "score": offer.score,
            "reasons": offer.reasons,
            "common": offer.common,
            "answer": offer.answer,
            "answered_by": offer.answered_by,
        }
        for offer, case in rows
    ]
