"""A call becomes a case: facts told by a door, each written exactly once.

`record` works inside the caller's unit of work. Facts may come late, doubled or out of order (the journal is
replayed while newer facts are written): what is known afterwards is the same in every order.
"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta
from functools import singledispatch
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from cases import clean
from cases.call_backs import calls_without_end, complete_call_back, forget_old, recordings_left_open
from cases.changes import changed
from cases.claims import CLAIMED, keep_claim
from cases.facts import (
    AgentConnected,
    CallAnswered,
    CallBackPromised,
    CallEnded,
    CallNoted,
    CallStarted,
    CaseOpened,
    CaseReworded,
    DeskAnswered,
    Fact,
    HandedBack,
    RecordingEnded,
    RecordingStarted,
)
from cases.model import AppliedFact, Call, CallEvent, DeskNote, Leg, Recording, Transcript
from cases.once import append, column, insert_once, look, table
from cases.opening import inherit_caller, join_call_back, open_case, reserve_numbers, reword_case
from cases.settling import DESK_ANSWERED, PROMISED, settle, stronger
from cases.states import CallOutcome, LegRole, RecordingState, TranscriptState, WayIn
from cases.transcripts import (
    claim_transcript,
    claiming_workers,
    expired_claims,
    fail_transcript,
    finish_transcript,
    keep_heard,
    lost_bells,
    mark_bell_rung,
)

__all__ = [
    "calls_without_end",
    "claim_transcript",
    "claiming_workers",
    "complete_call_back",
    "expired_claims",
    "fail_transcript",
    "finish_transcript",
    "forget_old",
    "lost_bells",
    "mark_bell_rung",
    "record",
    "recordings_left_open",
    "reserve_numbers",
]

_TEXTS = frozenset({"text", "heard"})
_LIMITS = {
    **dict.fromkeys(("fact_id", "call_id", "recording_id"), 36),
    **dict.fromkeys(("caller", "did", "what", "reason"), 32),
    **dict.fromkeys(("door", "ended_by"), 16),
    **dict.fromkeys(("number", "tracking_code"), 12),
    **dict.fromkeys(("agent", "desk"), 64),
    "path": 512,
}
# These alone can change what is owed to a caller while the call goes on.
_MATTERS_AT_ONCE = (CallStarted, CallBackPromised)
# A call's row before its start is known.
_UNKNOWN: dict[str, Any] = {
    "linked_id": "",
    "door": "agi",
    "caller": "",
    "caller_name": "",
    "did": "",
    "way_in": WayIn.DIRECT,
    "desk": None,
    "transferred_at": None,
    "answered_at": None,
    "ended_at": None,
    "outcome": CallOutcome.IN_PROGRESS,
    "agent": None,
    "case_id": None,
}
_CITIZEN_ANSWERS = (
    update(table(Leg))
    .where(column(Leg.call_id) == bindparam("call"), column(Leg.role) == LegRole.CITIZEN)
    .values(answered_at=bindparam("moment"))
)
_DESK_LEAVES = frozenset({WayIn.KEY, WayIn.REFER, WayIn.REDIRECT, WayIn.ATTENDED})


def record(session: Session, fact: Fact, *, spoken_second: float = 1.0) -> bool:
    """Write one fact, with all that follows from it. False: it was written before, nothing changed.

    `spoken_second`: how many seconds of speech make a message a case when no conversation opened one.
    The facts of one call wait for each other; different calls do not.
    """
    fact = _cleaned(fact)
    if not insert_once(session, AppliedFact, {"id": fact.fact_id, "at": fact.at}):
        return False
    if isinstance(fact, CallStarted) and _begin(session, fact):
        return True
    call = _call(session, fact)
    _apply(fact, session, call)
    session.flush()
    if call.ended_at is not None or isinstance(fact, _MATTERS_AT_ONCE):
        settle(session, call, spoken_second)
    elif isinstance(fact, CaseOpened):
        join_call_back(session, call)
    if call.ended_at is not None or (isinstance(fact, CallNoted) and fact.what == CLAIMED):
        keep_claim(session, call)
    changed(session, fact.at, "call", call.id)
    return True


def _cleaned(fact: Fact) -> Fact:
    """The fact as it fits the columns; what a line or a browser sends may be anything."""
    fresh: dict[str, Any] = {}
    for each in fields(fact):
        value = getattr(fact, each.name)
        if isinstance(value, str):
            limit = _LIMITS.get(each.name, clean.LINE)
            fresh[each.name] = clean.text(value) if each.name in _TEXTS else clean.line(value, limit)
        elif isinstance(value, dict):
            fresh[each.name] = clean.data(value)
    return replace(fact, **fresh)


def _begin(session: Session, fact: CallStarted) -> bool:
    """Write a call that is told from its start, in few statements: the first prompt waits for them."""
    if not insert_once(session, Call, {**_UNKNOWN, "id": fact.call_id, **_start(fact), **_answer(fact)}):
        return False
    _say_started(session, fact, fact.answered_at)
    changed(session, fact.at, "call", fact.call_id)
    return True


def _call(session: Session, fact: Fact) -> Call:
    """The call's row, locked; made as far as it is known when this fact came before the call's start."""
    wanted = select(Call).where(Call.id == fact.call_id).with_for_update()
    call = session.scalars(wanted, execution_options={"populate_existing": True}).first()
    if call is None:
        insert_once(session, Call, {**_UNKNOWN, "id": fact.call_id, "started_at": fact.at})
        call = session.scalars(wanted).one()
    if not call.linked_id:
        call.started_at = min(call.started_at, fact.at)
    return call


def _event(fact: Fact, what: str, **detail: Any) -> dict[str, Any]:
    return {"call_id": fact.call_id, "at": fact.at, "what": what, "detail": detail}


def _happened(session: Session, fact: Fact, what: str, **detail: Any) -> None:
    append(session, CallEvent, _event(fact, what, **detail))


def _leg(fact: Fact, role: LegRole, **values: Any) -> dict[str, Any]:
    blank = {"channel": "", "party": "", "answered_at": None, "ended_at": None}
    return {**blank, "call_id": fact.call_id, "role": role, "started_at": fact.at, **values}


# ---------------------------------------------------------------- what each fact says


@singledispatch
def _apply(fact: Fact, _session: Session, _call: Call) -> None:
    raise TypeError(f"no rule for the fact {type(fact).__name__}")


@_apply.register
def _(fact: CallStarted, session: Session, call: Call) -> None:
    """The start of a call that other facts told of first."""
    if call.linked_id:
        _happened(session, fact, "started", again=True)
        return
    for name, value in _start(fact).items():
        setattr(call, name, value)
    if fact.answered_at is not None:
        call.answered_at = min(call.answered_at or fact.answered_at, fact.answered_at)
    _say_started(session, fact, call.answered_at)
    inherit_caller(session, call)


def _start(fact: CallStarted) -> dict[str, Any]:
    """What the start says of the call's row."""
    return {
        "linked_id": fact.linked_id or fact.call_id,
        "started_at": fact.at,
        "door": fact.door,
        "caller": fact.caller,
        "caller_name": fact.caller_name,
        "did": fact.did,
        "way_in": clean.member(WayIn, fact.way_in) or WayIn.DIRECT,
        "desk": fact.desk or None,
        "transferred_at": fact.transferred_at,
    }


def _answer(fact: CallStarted) -> dict[str, Any]:
    return {"answered_at": fact.answered_at} if fact.answered_at is not None else {}


def _say_started(session: Session, fact: CallStarted, answered_at: datetime | None) -> None:
    events = [_event(fact, "started", way_in=fact.way_in, desk=fact.desk, did=fact.did)]
    if fact.answered_at is not None:
        events.append(_event(fact, "answered"))
    append(session, CallEvent, *events)
    legs = [_leg(fact, LegRole.CITIZEN, channel=fact.channel, answered_at=answered_at)]
    if fact.desk:
        passed_on = fact.transferred_at or fact.at
        left = passed_on if fact.way_in in _DESK_LEAVES else None
        legs.append(_leg(fact, LegRole.DESK, party=fact.desk, started_at=passed_on, ended_at=left))
    append(session, Leg, *legs)


@_apply.register
def _(fact: CallAnswered, session: Session, call: Call) -> None:
    call.answered_at = min(call.answered_at or fact.at, fact.at)
    look(session, _CITIZEN_ANSWERS, call=call.id, moment=call.answered_at)
    _happened(session, fact, "answered")


@_apply.register
def _(fact: CallNoted, session: Session, _call: Call) -> None:
    _happened(session, fact, fact.what or "noted", **fact.detail)


@_apply.register
def _(fact: RecordingStarted, session: Session, _call: Call) -> None:
    recording = _recording(session, fact)
    recording.path, recording.started_at = fact.path, fact.at
    _happened(session, fact, "recording_started", recording=fact.recording_id)


@_apply.register
def _(fact: RecordingEnded, session: Session, _call: Call) -> None:
    recording = _recording(session, fact)
    seconds = clean.seconds(fact.seconds)
    spoken = clean.seconds(fact.spoken_seconds)
    _happened(
        session,
        fact,
        "recording_ended",
        recording=fact.recording_id,
        by=fact.ended_by,
        seconds=seconds,
        problem=fact.problem,
    )
    if recording.ended_at is not None:
        return
    if recording.path == f"unknown/{recording.id}":
        recording.started_at = fact.at - timedelta(seconds=min(seconds, 86_400))
    recording.ended_at, recording.ended_by = fact.at, fact.ended_by
    recording.seconds, recording.spoken_seconds, recording.problem = seconds, spoken, fact.problem
    recording.state, recording.live = _recording_state(fact.problem, spoken), None
    if fact.heard and recording.state != RecordingState.MISSING:
        keep_heard(session, recording, fact)
    else:
        _await_transcript(session, recording)


@_apply.register
def _(fact: CaseOpened, session: Session, call: Call) -> None:
    open_case(session, call, fact)
    _happened(session, fact, "case_opened", number=fact.number)


@_apply.register
def _(fact: CaseReworded, session: Session, call: Call) -> None:
    reword_case(session, call, fact)
    _happened(session, fact, "case_reworded", recording=fact.recording_id)


@_apply.register
def _(fact: CallBackPromised, session: Session, _call: Call) -> None:
    _happened(session, fact, PROMISED, reason=fact.reason)


@_apply.register
def _(fact: AgentConnected, session: Session, call: Call) -> None:
    append(
        session, Leg, _leg(fact, LegRole.AGENT, channel=fact.channel, party=fact.agent, answered_at=fact.at)
    )
    _happened(session, fact, "agent_connected", agent=fact.agent)
    agents = select(Leg.party).where(Leg.call_id == call.id, Leg.role == LegRole.AGENT)
    call.agent = session.scalars(agents.order_by(Leg.started_at, Leg.party)).first()


@_apply.register
def _(fact: HandedBack, session: Session, call: Call) -> None:
    session.add(DeskNote(call_id=call.id, created_at=fact.at, reason=fact.reason, heard=fact.heard))
    _happened(session, fact, "handed_back", reason=fact.reason)
    _answer_notes(session, fact, call)


@_apply.register
def _(fact: DeskAnswered, session: Session, call: Call) -> None:
    append(session, Leg, _leg(fact, LegRole.DESK, party=fact.desk, answered_at=fact.at))
    _happened(session, fact, DESK_ANSWERED, desk=fact.desk)
    _answer_notes(session, fact, call)


@_apply.register
def _(fact: CallEnded, session: Session, call: Call) -> None:
    told = clean.member(CallOutcome, fact.outcome) or CallOutcome.FAILED
    call.ended_at = min(call.ended_at or fact.at, fact.at)
    call.outcome = stronger(call.outcome, told)
    _happened(session, fact, "ended", outcome=fact.outcome)


# ---------------------------------------------------------------- recordings and notes


def _recording(session: Session, fact: RecordingStarted | RecordingEnded) -> Recording:
    recording = session.get(Recording, fact.recording_id)
    if recording is None:
        # Until its start is told, a recording has a place of its own that no file has.
        recording = Recording(
            id=fact.recording_id,
            call_id=fact.call_id,
            path=f"unknown/{fact.recording_id}",
            started_at=fact.at,
        )
        session.add(recording)
    return recording


def _recording_state(problem: str | None, spoken: float) -> RecordingState:
    if problem in ("missing", "empty"):
        return RecordingState(problem)
    if problem:
        return RecordingState.DAMAGED
    return RecordingState.KEPT if spoken > 0 else RecordingState.EMPTY


def _await_transcript(session: Session, recording: Recording) -> None:
    """The row that a worker takes up; a recording without a file gets none."""
    if recording.state == RecordingState.MISSING or recording.ended_at is None:
        return
    state = TranscriptState.WAITING if recording.spoken_seconds else TranscriptState.NOTHING_SAID
    if recording.state == RecordingState.DAMAGED and not recording.spoken_seconds:
        state = TranscriptState.SET_ASIDE
    session.flush()
    session.add(
        Transcript(
            recording_id=recording.id, state=state, created_at=recording.ended_at, problem=recording.problem
        )
    )
    changed(session, recording.ended_at, "transcript", recording.id)


def _answer_notes(session: Session, fact: Fact, call: Call) -> None:
    """An answering desk answers the newest note before it, whichever of the two was told first."""
    notes = session.scalars(
        select(DeskNote).where(DeskNote.call_id == call.id).order_by(DeskNote.created_at, DeskNote.id)
    ).all()
    answers = select(CallEvent).where(CallEvent.call_id == call.id, CallEvent.what == DESK_ANSWERED)
    for note in notes:
        note.answered_by = note.answered_at = None
    for answer in session.scalars(answers.order_by(CallEvent.at, CallEvent.id)).all():
        before = [note for note in notes if note.created_at <= answer.at]
        if before and before[-1].answered_at is None:
            before[-1].answered_by, before[-1].answered_at = answer.detail["desk"], answer.at
    if notes:
        changed(session, fact.at, "desk_note", call.id)
