"""What became of a call, and the net under it: nobody who spoke, or who hung up, is forgotten.

Everything here is worked out anew from the rows, so it comes out the same in whatever order the facts came.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.orm import Session

from cases import clean
from cases.changes import changed
from cases.facts import FAULT
from cases.model import Call, CallBack, CallEvent, DeskNote, Leg, Recording
from cases.once import column, look, table
from cases.opening import open_untold_case
from cases.states import CallBackReason, CallBackState, CallOutcome, LegRole, WayIn

PROMISED = "call_back_promised"
"""The call event that keeps a promise until the caller's number is known."""
DESK_ANSWERED = "desk_answered"

_STRENGTH = {
    outcome: strength
    for strength, outcome in enumerate(
        (
            CallOutcome.IN_PROGRESS,
            CallOutcome.HUNG_UP,
            CallOutcome.FAILED,
            CallOutcome.PROGRESS_TOLD,
            CallOutcome.MESSAGE,
            CallOutcome.AGENT,
            CallOutcome.BACK_TO_110,
            CallOutcome.SURVEY,
        )
    )
}
_NOBODY_HELPED = (CallOutcome.HUNG_UP, CallOutcome.FAILED, CallOutcome.MESSAGE)


_event, _leg = table(CallEvent).c, table(Leg).c
_EVENTS = (
    select(_event.at, _event.detail)
    .where(_event.call_id == bindparam("call"), _event.what == bindparam("what"))
    .order_by(_event.at, _event.id)
)
_LEGS = (
    select(table(Leg))
    .where(_leg.call_id == bindparam("call"))
    .order_by(_leg.started_at.desc(), _leg.id.desc())
)
_END_LEG = update(table(Leg)).where(_leg.id == bindparam("leg")).values(ended_at=bindparam("moment"))
_CALL_BACK = select(column(CallBack.id)).where(column(CallBack.call_id) == bindparam("call"))


def stronger(one: CallOutcome, other: CallOutcome) -> CallOutcome:
    """A person's ear beats a message, a message beats a hang-up, whatever was told last."""
    return max(one, other, key=_STRENGTH.__getitem__)


def settle(session: Session, call: Call, spoken_second: float) -> None:
    """Bring the call's outcome, case and call-back in line with all that is known of it."""
    if call.ended_at is not None:
        if call.case_id is None:
            _catch(session, call, call.ended_at, spoken_second)
        call.outcome = stronger(call.outcome, _evidence(session, call))
        _close_legs(session, call)
    _keep_promises(session, call)


def _catch(session: Session, call: Call, ended_at: datetime, spoken_second: float) -> None:
    """The net: a message, or a talk with an agent, that nobody made a case of."""
    heard = select(Recording.id).where(
        Recording.call_id == call.id, Recording.spoken_seconds >= spoken_second
    )
    recording_id = session.scalars(heard.order_by(Recording.started_at.desc(), Recording.id)).first()
    if recording_id is not None or call.agent:
        open_untold_case(session, call, ended_at, recording_id)


def _evidence(session: Session, call: Call) -> CallOutcome:
    if call.way_in == WayIn.SURVEY:
        return CallOutcome.SURVEY
    if look(session, _EVENTS, call=call.id, what=DESK_ANSWERED).first() is not None:
        return CallOutcome.BACK_TO_110
    if call.agent:
        return CallOutcome.AGENT
    if call.case_id is not None:
        return CallOutcome.MESSAGE
    failed = look(session, _EVENTS, call=call.id, what=FAULT).first() is not None
    return CallOutcome.FAILED if failed else CallOutcome.HUNG_UP


def _close_legs(session: Session, call: Call) -> None:
    """A person's part ends when the next person takes over, and everybody's with the call."""
    ended = limit = call.ended_at
    for leg in look(session, _LEGS, call=call.id).all():
        until = ended if leg.role == LegRole.CITIZEN else limit
        if until is not None and (leg.ended_at is None or leg.ended_at > until):
            look(session, _END_LEG, leg=leg.id, moment=max(leg.started_at, until))
        if leg.role != LegRole.CITIZEN and call.way_in != WayIn.CONFERENCE:
            limit = leg.started_at


# ---------------------------------------------------------------- the call-back


def _keep_promises(session: Session, call: Call) -> None:
    standing = None
    if look(session, _CALL_BACK, call=call.id).first() is not None:
        standing = session.scalar(select(CallBack).where(CallBack.call_id == call.id).with_for_update())
    if standing is not None and standing.state != CallBackState.OPEN:
        return
    promise = _promise(session, call)
    reason = promise[0] if promise else _owed(session, call)
    at = promise[1] if promise else call.ended_at or call.started_at
    if reason is not None and call.caller:
        if standing is None:
            standing = CallBack(call_id=call.id, caller=call.caller, created_at=at)
            session.add(standing)
        standing.reason, standing.case_id, standing.created_at = reason, call.case_id, at
    elif standing is not None:
        # Nobody made this promise, and a fact that came late shows that somebody helped.
        session.delete(standing)
    else:
        return
    changed(session, at, "call_back", call.id)


def _promise(session: Session, call: Call) -> tuple[CallBackReason, datetime] | None:
    """The first promise that nobody kept in the same call by talking to the caller after it."""
    helped = [
        leg.answered_at for leg in look(session, _LEGS, call=call.id).all() if leg.role != LegRole.CITIZEN
    ]
    for told in look(session, _EVENTS, call=call.id, what=PROMISED).all():
        if not any(at and at > told.at for at in helped):
            return clean.member(CallBackReason, told.detail.get("reason")) or CallBackReason.FAULT, told.at
    return None


def _owed(session: Session, call: Call) -> CallBackReason | None:
    """What we owe a caller whom nobody helped and who was promised nothing."""
    if call.ended_at is None or call.case_id is not None or call.outcome not in _NOBODY_HELPED:
        return None
    if call.outcome == CallOutcome.FAILED:
        return CallBackReason.FAULT
    on_the_way_back = select(DeskNote.id).where(DeskNote.call_id == call.id)
    if session.scalar(select(exists(on_the_way_back))):
        return CallBackReason.NO_DESK
    return CallBackReason.HUNG_UP_EARLY
