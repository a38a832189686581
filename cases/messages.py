"""The outbox: messages to citizens, each sent at most once. The row is the work.

A sender takes rows by a conditional UPDATE and holds them for a lease. A refused message is tried again after
a growing pause; one whose sender died in the middle may have gone out, so it is never sent again by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from cases import clean
from cases.citizen_states import MessageKind, MessageState
from cases.errors import Conflict, NotFound
from cases.model import Case, MessageOut, ShownMessage
from cases.once import insert_once, touched

FIRST_PAUSE = timedelta(seconds=30)
LEFT = "its sender died: nobody knows whether it went out"
_NO_SYNC = {"synchronize_session": False}


def put_out(
    session: Session, case_id: int, kind: MessageKind, occasion: str, to: str, text: str, now: datetime
) -> bool:
    """One more message to send. False: it stands already."""
    return insert_once(
        session,
        MessageOut,
        {
            "case_id": case_id,
            "template": kind,
            "occasion": occasion,
            "to": to,
            "text": text,
            "created_at": now,
            "state": MessageState.WAITING,
            "tries": 0,
            "next_at": now,
        },
    )


def anything_to_do(session: Session, now: datetime) -> bool:
    """Whether a message is due, or was left in the middle. One look, by the index; nobody waits for it."""
    due = and_(MessageOut.state == MessageState.WAITING, MessageOut.next_at <= now)
    left = and_(MessageOut.state == MessageState.SENDING, MessageOut.claimed_until < now)
    return bool(session.scalar(select(exists().where(or_(due, left)))))


def claim_messages(
    session: Session, sender: str, now: datetime, lease: timedelta, limit: int
) -> list[MessageOut]:
    """Messages that are due, oldest first, now this sender's until `now + lease`."""
    due = select(MessageOut.id).where(MessageOut.state == MessageState.WAITING, MessageOut.next_at <= now)
    found = session.scalars(
        due.order_by(MessageOut.next_at, MessageOut.id).limit(limit).with_for_update(skip_locked=True)
    ).all()
    if not found:
        return []
    taken = (
        update(MessageOut)
        .where(MessageOut.id.in_(found), MessageOut.state == MessageState.WAITING)
        .values(
            state=MessageState.SENDING,
            claimed_by=clean.line(sender, 64),
            claimed_until=now + lease,
            tries=MessageOut.tries + 1,
        )
        .returning(MessageOut.id)
    )
    mine = session.scalars(taken, execution_options=_NO_SYNC).all()
    rows = select(MessageOut).where(MessageOut.id.in_(mine)).order_by(MessageOut.created_at, MessageOut.id)
    return list(session.scalars(rows, execution_options={"populate_existing": True}))


def mark_sent(session: Session, message_id: int, sender: str, now: datetime) -> bool:
    """It went out. False: the claim was taken back meanwhile."""
    sent = {"state": MessageState.SENT, "sent_at": now, "problem": None}
    return _settle(session, message_id, sender, sent)


def mark_failed(
    session: Session,
    message_id: int,
    sender: str,
    now: datetime,
    problem: str,
    *,
    tries: int,
    most_tries: int,
    for_good: bool = False,
) -> bool:
    """It did not go out: tried again later, or set aside. `tries`: how often it was tried, this one included.

    `for_good`: trying again is of no use. False: the claim was taken back meanwhile.
    """
    values: dict[str, Any] = {"problem": clean.line(problem)}
    if for_good or tries >= most_tries:
        values |= {"state": MessageState.SET_ASIDE, "next_at": None}
    else:
        values |= {"state": MessageState.WAITING, "next_at": now + FIRST_PAUSE * 4 ** (tries - 1)}
    return _settle(session, message_id, sender, values)


def _settle(session: Session, message_id: int, sender: str, values: dict[str, Any]) -> bool:
    mine = update(MessageOut).where(
        MessageOut.id == message_id,
        MessageOut.state == MessageState.SENDING,
        MessageOut.claimed_by == clean.line(sender, 64),
    )
    return bool(touched(session, mine.values(claimed_by=None, claimed_until=None, **values)))


def left_in_the_middle(session: Session, now: datetime, *, safe_to_repeat: bool) -> int:
    """Messages whose sender died; -> how many. `safe_to_repeat`: the sender notices a second time."""
    values: dict[str, Any] = {"claimed_by": None, "claimed_until": None, "problem": LEFT}
    if safe_to_repeat:
        values |= {"state": MessageState.WAITING, "next_at": now}
    else:
        values |= {"state": MessageState.SET_ASIDE, "next_at": None}
    left = update(MessageOut).where(MessageOut.state == MessageState.SENDING, MessageOut.claimed_until < now)
    return touched(session, left.values(**values))


def send_again(session: Session, message_id: int, now: datetime) -> None:
    """A person says that this message did not go out: it is tried from the beginning.

    Raises NotFound, and Conflict when it is not set aside (any more).
    """
    again = (
        update(MessageOut)
        .where(MessageOut.id == message_id, MessageOut.state == MessageState.SET_ASIDE)
        .values(state=MessageState.WAITING, next_at=now, tries=0)
    )
    if not touched(session, again):
        if session.get(MessageOut, message_id) is None:
            raise NotFound(f"there is no message {message_id}")
        raise Conflict(f"message {message_id} is not set aside; look at it again")


def show(session: Session, message_id: int, to: str, text: str, now: datetime) -> bool:
    """The development sender: the console's table is the telephone. False: it was shown before."""
    return insert_once(session, ShownMessage, {"message_id": message_id, "to": to, "text": text, "at": now})


# ---------------------------------------------------------------- for the console


def messages(session: Session, *, limit: int = 50, before: int | None = None) -> list[dict[str, Any]]:
    """Messages, newest first. `before`: the id of the last one of the page before. One query."""
    wanted = (
        select(MessageOut, Case.number, Case.confidential, ShownMessage.at)
        .join(Case, MessageOut.case_id == Case.id)
        .outerjoin(ShownMessage, ShownMessage.message_id == MessageOut.id)
        .order_by(MessageOut.id.desc())
        .limit(limit)
    )
    if before is not None:
        wanted = wanted.where(MessageOut.id < before)
    return [_line(*row) for row in session.execute(wanted)]


def message(session: Session, message_id: int) -> dict[str, Any]:
    """One of them. Raises NotFound."""
    found = messages(session, limit=1, before=message_id + 1)
    if not found or found[0]["id"] != message_id:
        raise NotFound(f"there is no message {message_id}")
    return found[0]


UNSENT = (MessageState.WAITING, MessageState.SENDING, MessageState.SET_ASIDE)


def count_unsent(session: Session, states: Sequence[MessageState] = UNSENT) -> dict[str, int]:
    """How many messages have not gone out, by their state. One query, one index."""
    rows = session.execute(
        select(MessageOut.state, func.count()).where(MessageOut.state.in_(states)).group_by(MessageOut.state)
    )
    counted = {state.value: count for state, count in rows}
    return {state.value: counted.get(state.value, 0) for state in states}


def _line(row: MessageOut, number: str, confidential: bool, shown_at: datetime | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "case": number,
        "confidential": confidential,
        "kind": row.template,
        "to": row.to,
        "text": row.text,
        "state": row.state,
        "tries": row.tries,
        "created": row.created_at,
        "next": row.next_at,
        "sent": row.sent_at,
        "shown": shown_at,
        "problem": row.problem,
    }
