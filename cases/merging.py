"""A person answers an offer: the later case is merged into the earlier one, or the two stay apart."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.changes import changed
from cases.errors import Conflict, NotFound
from cases.handling import Actor, Asked, make_move
from cases.model import Case, RepeatOffer
from cases.rules import Rules
from cases.states import Move, Role, move

MERGED, REFUSED = "merged", "refused"


def merge_offered(session: Session, offer_id: int, who: str, role: Role, now: datetime, rules: Rules) -> str:
    """Merge the later of the two cases into the earlier one; -> the number of the one that stays.

    Raises NotFound, Conflict when it was answered or the earlier one was merged, MoveRefused.
    """
    offer = _open_offer(session, offer_id)
    later, earlier = _locked(session, offer.case_id, offer.earlier_id)
    if earlier.merged_into_id is not None:
        raise Conflict(f"case {earlier.number} is merged itself; merge into the one it went to")
    asked = Asked(into=earlier.number)
    make_move(session, later.number, Move.MERGE, Actor(who, role), now, rules, asked)
    _answer(offer, MERGED, who, now)
    return earlier.number


def refuse_offered(session: Session, offer_id: int, who: str, role: Role, now: datetime) -> None:
    """The two are two requests: not offered again. Raises NotFound, Conflict, MoveRefused."""
    offer = _open_offer(session, offer_id)
    later, earlier = _locked(session, offer.case_id, offer.earlier_id)
    move(later.state, Move.NOTE, role)
    _answer(offer, REFUSED, who, now)
    changed(session, now, "case", later.number)
    changed(session, now, "case", earlier.number)


def _open_offer(session: Session, offer_id: int) -> RepeatOffer:
    offer = session.get(RepeatOffer, offer_id, with_for_update=True, populate_existing=True)
    if offer is None:
        raise NotFound("there is no such offer")
    if offer.answer is not None:
        raise Conflict("somebody else has answered this offer; read the case again")
    return offer


def _locked(session: Session, later_id: int, earlier_id: int) -> tuple[Case, Case]:
    """Both cases, locked in one order for everybody."""
    wanted = select(Case).where(Case.id.in_((later_id, earlier_id))).order_by(Case.id).with_for_update()
    rows = {row.id: row for row in session.scalars(wanted, execution_options={"populate_existing": True})}
    return rows[later_id], rows[earlier_id]


def _answer(offer: RepeatOffer, answer: str, who: str, now: datetime) -> None:
    offer.answer, offer.answered_by, offer.answered_at = answer, who, now
