"""The read side: what the console and the command line show, in few queries.

Answers are plain dicts with aware UTC datetimes; `json_ready` turns them into what `--json` prints. Callers'
numbers stand in them whole: whoever shows them decides who may see them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from cases.life import life
from cases.linked import linked_cases
from cases.model import (
    Call,
    CallBack,
    CallEvent,
    Case,
    CaseEvent,
    Change,
    DeskNote,
    Recording,
    Transcript,
    Unit,
)
from cases.repeats import offers_of
from cases.showing import (
    call_back,
    call_line,
    case_event,
    case_line,
    desk_note,
    json_ready,
    recording,
    transcript,
)
from cases.states import CallBackState, CallOutcome, CaseState, Priority, RecordingState, WayIn

__all__ = [
    "FAMILIES",
    "call_back_of",
    "call_caller",
    "call_events",
    "calls_in_progress",
    "calls_list",
    "case_detail",
    "case_rows",
    "cases_list",
    "changes_after",
    "desk_notes",
    "json_ready",
    "last_change",
    "passed_on",
    "progress_of",
    "queue",
    "recording_of",
    "today",
]

FAMILIES: Mapping[str, tuple[CaseState, ...]] = {
    "waiting": (CaseState.ACCEPTED, CaseState.SORTED, CaseState.RETURNED),
    "working": (CaseState.DISPATCHED, CaseState.SIGNED, CaseState.IN_PROGRESS),
    "confirming": (CaseState.REPORTED, CaseState.CALLING_BACK),
    "suspended": (CaseState.SUSPENDED,),
    "closed": (CaseState.COMPLETED, CaseState.ARCHIVED, CaseState.MERGED, CaseState.HANDED_BACK),
}
"""Families of states, as the screens ask for them. Every state is in exactly one."""

_CAME_IN = Call.way_in != WayIn.SURVEY
_URGENCY = case({Priority.EMERGENCY: 0, Priority.HIGH: 1}, value=Case.priority, else_=2)


# ---------------------------------------------------------------- calls


@dataclass(frozen=True)
class CallsAsked:
    """What narrows the list of calls: started from `since` to before `until`; what became of them."""

    since: datetime | None = None
    until: datetime | None = None
    outcome: CallOutcome | None = None
    answered: bool | None = None

    def filters(self) -> list[Any]:
        found: list[Any] = []
        if self.since is not None:
            found.append(Call.started_at >= self.since)
        if self.until is not None:
            found.append(Call.started_at < self.until)
        if self.outcome is not None:
            found.append(Call.outcome == self.outcome)
        if self.answered is not None:
            taken = Call.answered_at.is_not(None)
            found.append(taken if self.answered else ~taken & Call.ended_at.is_not(None))
        return found


def calls_list(
    session: Session,
    *,
    limit: int = 200,
    before: str | None = None,
    desk: str | None = None,
    asked: CallsAsked = CallsAsked(),
) -> list[dict[str, Any]]:
    """Calls, newest first. `before`: the id of the last call of the page before. One query a page."""
    wanted = _calls().where(*asked.filters()).limit(limit)
    if desk is not None:
        wanted = wanted.where(Call.desk == desk)
    if before is not None:
        last = aliased(Call)
        older = or_(
            Call.started_at < last.started_at,
            and_(Call.started_at == last.started_at, Call.id < last.id),
        )
        wanted = wanted.join(last, and_(last.id == before, older))
    return [call_line(row, number) for row, number in session.execute(wanted)]


def calls_in_progress(session: Session, *, limit: int = 200) -> list[dict[str, Any]]:
    """Calls that have not ended, newest first. One query.

    `speaks`: a message is being recorded; `live`: what is heard in it so far (Recording.live), or None.
    """
    now = (Recording.call_id == Call.id, Recording.state == RecordingState.RECORDING)
    heard = select(Recording.live).where(*now).order_by(Recording.started_at.desc()).limit(1)
    wanted = _calls().where(Call.outcome == CallOutcome.IN_PROGRESS).limit(limit)
    rows = session.execute(wanted.add_columns(exists().where(*now), heard.scalar_subquery()))
    return [{**call_line(row, number), "speaks": speaks, "live": live} for row, number, speaks, live in rows]


def call_events(session: Session, call_ids: Sequence[str]) -> list[dict[str, Any]]:
    """What happened in these calls, in order. One query."""
    wanted = select(CallEvent).where(CallEvent.call_id.in_(call_ids)).order_by(CallEvent.at, CallEvent.id)
    return [{"at": row.at, "what": row.what, "detail": row.detail} for row in session.scalars(wanted)]


def call_caller(session: Session, call_id: str) -> dict[str, Any] | None:
    """Whose call this is: `{"caller", "caller_name", "case"}`; None: no such call. One query."""
    wanted = select(Call.caller, Call.caller_name, Case.number).outerjoin(Case, Call.case_id == Case.id)
    found = session.execute(wanted.where(Call.id == call_id)).first()
    return {"caller": found[0], "caller_name": found[1], "case": found[2]} if found else None


def today(session: Session, since: datetime) -> dict[str, int]:
    """How many `calls` and `cases` began since this moment; citizens whom we rang are no calls. One query."""
    counts = session.execute(
        select(
            select(func.count()).where(Call.started_at >= since, _CAME_IN).scalar_subquery(),
            select(func.count()).where(Case.opened_at >= since).scalar_subquery(),
        )
    ).one()
    return dict(zip(("calls", "cases"), counts, strict=True))


def _calls() -> Select[Call, str | None]:
    together = select(Call, Case.number).outerjoin(Case, Call.case_id == Case.id)
    return together.order_by(Call.started_at.desc(), Call.id.desc())


# ---------------------------------------------------------------- cases


def cases_list(session: Session, *, caller: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """The newest cases, of this caller only when one is given, each as `case_line` shows it. One query.

    Whoever looks for some of them asks cases/search.py.
    """
    wanted = case_rows().order_by(Case.opened_at.desc(), Case.id.desc()).limit(limit)
    if caller is not None:
        wanted = wanted.where(Case.caller == caller)
    return [case_line(*row) for row in session.execute(wanted)]


def case_rows() -> Select[Case, str | None, str | None]:
    """Cases with the unit's name and the state of their message's transcript."""
    return (
        select(Case, Unit.name, Transcript.state)
        .outerjoin(Unit, Case.unit_id == Unit.id)
        .outerjoin(Transcript, Transcript.recording_id == Case.recording_id)
    )


# ---------------------------------------------------------------- one case


def case_detail(session: Session, number: str, now: datetime | None = None) -> dict[str, Any] | None:
    """All of one case, with its recording, transcript, events, calls and call-backs, the other requests of
    its message (`linked`) and cases like it (`offers`); None: no such case.

    Eleven queries, however much is in it. A linked case has the calls of the first one. With `now`, the
    clocks have their colours (cases/life.py).
    """
    found = session.execute(case_rows().where(Case.number == number)).first()
    if found is None:
        return None
    row = found[0]
    calls = session.scalars(
        select(Call)
        .where(Call.case_id == (row.part_of_id or row.id))
        .order_by(Call.started_at)
        .options(selectinload(Call.recordings).joinedload(Recording.transcript))
    ).all()
    recordings = [each for call in calls for each in call.recordings]
    chosen = _message(row, recordings)
    return {
        **case_line(*found),
        **life(session, row, now),
        "tracking_code": row.tracking_code,
        "caller_name": row.caller_name,
        "reasons": row.reasons,
        "guesses": row.guesses,
        "matter_path": row.matter_path,
        "recording": recording(chosen),
        "transcript": transcript(chosen.transcript if chosen else None),
        "recordings": [
            {**(recording(each) or {}), "transcript": transcript(each.transcript)} for each in recordings
        ],
        "events": _events(session, row.id),
        "calls": [call_line(call, number) for call in calls],
        "call_backs": _call_backs(session, CallBack.case_id == row.id),
        "linked": linked_cases(session, row.id, row.part_of_id),
        "offers": offers_of(session, row.id),
    }


def recording_of(session: Session, recording_id: str) -> dict[str, Any] | None:
    """One recording with the case and call it belongs to, for the player. One query."""
    wanted = (
        select(Recording, Case.number)
        .join(Call, Recording.call_id == Call.id)
        .outerjoin(Case, Call.case_id == Case.id)
        .where(Recording.id == recording_id)
    )
    found = session.execute(wanted).first()
    if found is None:
        return None
    return {**(recording(found[0]) or {}), "call": found[0].call_id, "case": found[1]}


def progress_of(session: Session, number: str) -> str | None:
    """The state of the case with this number; None when there is none. One query, one index."""
    state = session.scalar(select(Case.state).where(Case.number == number))
    return state.value if state else None


def _message(row: Case, recordings: Sequence[Recording]) -> Recording | None:
    """The recording the case was opened with, else the newest in which something was said."""
    for each in recordings:
        if each.id == row.recording_id:
            return each
    spoken = [each for each in recordings if each.state == RecordingState.KEPT]
    heard = spoken or list(recordings)
    return heard[-1] if heard else None


def _events(session: Session, case_id: int) -> list[dict[str, Any]]:
    rows = session.scalars(
        select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.at, CaseEvent.id)
    )
    return [case_event(row) for row in rows]


# ---------------------------------------------------------------- the queue


def queue(session: Session, *, limit: int = 100) -> dict[str, Any]:
    """What waits for an agent: `calls` in progress, `cases` waiting (urgent, then oldest, first),
    `call_backs` open (oldest first), and `counts` of each. Four queries, however long it is.
    """
    waiting = case_rows().where(Case.state.in_(FAMILIES["waiting"]))
    urgent_first = waiting.order_by(_URGENCY, Case.opened_at, Case.id).limit(limit)
    counts = session.execute(
        select(
            select(func.count()).where(Call.outcome == CallOutcome.IN_PROGRESS).scalar_subquery(),
            select(func.count()).where(Case.state.in_(FAMILIES["waiting"])).scalar_subquery(),
            select(func.count()).where(CallBack.state == CallBackState.OPEN).scalar_subquery(),
        )
    ).one()
    return {
        "calls": calls_in_progress(session, limit=limit),
        "cases": [case_line(*row) for row in session.execute(urgent_first)],
        "call_backs": _call_backs(session, CallBack.state == CallBackState.OPEN, limit),
        "counts": dict(zip(("calls", "cases", "call_backs"), counts, strict=True)),
    }


def call_back_of(session: Session, call_back_id: int) -> dict[str, Any] | None:
    """One promise, with the name that its call gave; None: no such promise. Two queries."""
    found = _call_backs(session, CallBack.id == call_back_id, 1)
    if not found:
        return None
    call = call_caller(session, found[0]["call"]) or {}
    return {**found[0], "caller_name": call.get("caller_name", "")}


def _call_backs(session: Session, which: ColumnElement[bool], limit: int = 100) -> list[dict[str, Any]]:
    rows = session.execute(
        select(CallBack, Case.number)
        .outerjoin(Case, CallBack.case_id == Case.id)
        .where(which)
        .order_by(CallBack.created_at, CallBack.id)
        .limit(limit)
    )
    return [call_back(row, number) for row, number in rows]


# ---------------------------------------------------------------- the desk


def desk_notes(
    session: Session, desk: str | None = None, *, since: datetime | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """What the 110 desks are told of callers who come back, newest first. One query.

    A caller may come back to any desk: an unanswered note is everybody's; `desk` leaves out those that
    another desk answered.
    """
    wanted = select(DeskNote).options(joinedload(DeskNote.call).joinedload(Call.case))
    if desk is not None:
        wanted = wanted.where(or_(DeskNote.answered_by.is_(None), DeskNote.answered_by == desk))
    if since is not None:
        wanted = wanted.where(DeskNote.created_at >= since)
    rows = session.scalars(wanted.order_by(DeskNote.created_at.desc(), DeskNote.id.desc()).limit(limit))
    return [desk_note(row) for row in rows]


def passed_on(session: Session, desk: str | None = None, *, limit: int = 50) -> list[dict[str, Any]]:
    """Callers that a desk (None: any desk) passed on, newest first, and what became of them: a call line with
    `case_state` and `unit`. One query.
    """
    wanted = (
        select(Call, Case.number, Case.state, Unit.name)
        .outerjoin(Case, Call.case_id == Case.id)
        .outerjoin(Unit, Case.unit_id == Unit.id)
        .where(Call.desk == desk if desk is not None else Call.desk.is_not(None))
        .order_by(Call.started_at.desc(), Call.id.desc())
        .limit(limit)
    )
    return [
        {**call_line(call, number), "case_state": state, "unit": unit}
        for call, number, state, unit in session.execute(wanted)
    ]


# ---------------------------------------------------------------- the feed


def changes_after(session: Session, last_id: int, limit: int = 500) -> list[dict[str, Any]]:
    """The changes after this id, in order: `{"id", "at", "noun", "key"}`. One query, by the primary key."""
    rows = session.scalars(select(Change).where(Change.id > last_id).order_by(Change.id).limit(limit))
    return [{"id": row.id, "at": row.at, "noun": row.noun, "key": row.key} for row in rows]


def last_change(session: Session) -> int:
    """The newest id of the feed; 0 while nothing has changed."""
    return session.scalar(select(func.max(Change.id))) or 0
