"""A request is accepted: its number, its case row, what the sorter said of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from cases import clean, numbers, watch
from cases.changes import changed
from cases.facts import CaseOpened, CaseReworded
from cases.firm_turns import Turn, give_back_turn, take_turn
from cases.history import event
from cases.model import Call, CallBack, Case, CaseEvent, Counter, Transcript, Unit
from cases.once import append, column, insert_once, look, table
from cases.states import (
    CaseState,
    Kind,
    Move,
    Priority,
    Role,
    Sector,
    TranscriptState,
    Transition,
    allowed,
    move,
)

SYSTEM = "system"
_COUNTER = "case_number"
_BEFORE = "number_before"

_NUMBER = select(column(Case.id)).where(column(Case.number) == bindparam("number"))
_WORDS = select(column(Transcript.text)).where(
    column(Transcript.recording_id) == bindparam("recording"),
    column(Transcript.state) == TranscriptState.DONE,
)
_JOIN = (
    update(table(CallBack))
    .where(column(CallBack.call_id) == bindparam("call"))
    .values(case_id=bindparam("case"))
)


# ---------------------------------------------------------------- numbers


def reserve_numbers(session: Session, count: int) -> list[str]:
    """The next `count` case numbers, nobody else's: one atomic UPDATE, on any database."""
    if count < 1:
        raise ValueError(f"a block of {count} numbers")
    following = _advance(session, count)
    if following is None:
        insert_once(session, Counter, {"name": _COUNTER, "next_value": numbers.FIRST_SEQUENCE})
        following = _advance(session, count)
    assert following is not None  # noqa: S101 - the row was inserted just now
    return [numbers.make(sequence) for sequence in range(following - count, following)]


def _advance(session: Session, count: int) -> int | None:
    moved = update(Counter).where(Counter.name == _COUNTER).values(next_value=Counter.next_value + count)
    return session.scalar(
        moved.returning(Counter.next_value), execution_options={"synchronize_session": False}
    )


# ---------------------------------------------------------------- the case


def open_case(session: Session, call: Call, fact: CaseOpened) -> None:
    """The caller was told this number: it becomes, or joins, the one case of this call."""
    case = case_of(session, call)
    history: list[dict[str, Any]] = []
    if case is None:
        case = _new_case(session, call, fact.at, history, fact.number, fact.tracking_code)
    else:
        _told_again(session, case, fact, history)
    _add_words(session, case, fact)
    add_decision(session, case, fact.decision, fact.at, history)
    _keep(session, call, case, fact.at, history)


def reword_case(session: Session, call: Call, fact: CaseReworded) -> None:
    """The caller said it again: these words count, and are sorted anew; where somebody works, both stand."""
    case = case_of(session, call)
    history: list[dict[str, Any]] = []
    if case is None:
        open_untold_case(session, call, fact.at, fact.recording_id)
        case = case_of(session, call)
        assert case is not None  # noqa: S101 - it was opened just now
        case.text = fact.text or case.text
        _mark_danger(case, fact.danger)
        return
    detail = {"recording": fact.recording_id, "before": case.text}
    _mark_danger(case, fact.danger)
    if any(rule.move == Move.REWORD for rule in allowed(case.state, Role.SYSTEM)):
        history.append(event(fact.at, SYSTEM, sort_anew(session, case), detail))
        case.recording_id = fact.recording_id
        case.text = fact.text or _transcribed(session, fact.recording_id)
    else:
        _move(case, fact.at, Move.NOTE, {**detail, "said_again": fact.text}, history)
    _keep(session, call, case, fact.at, history)


def sort_anew(session: Session, case: Case) -> Transition:
    """Its words are others now: what the sorter made of the earlier ones no longer counts."""
    made = move(case.state, Move.REWORD, Role.SYSTEM)
    case.state, case.followed_up_at = made.to_state, None
    if case.unit_id is not None:
        give_back_turn(session, case.unit_id)
        case.unit_id = None
    return made


def open_untold_case(session: Session, call: Call, at: datetime, recording_id: str | None) -> None:
    """The safety net: something was said, and no conversation was left to open the case."""
    history: list[dict[str, Any]] = []
    case = _new_case(session, call, at, history)
    case.recording_id, case.text = recording_id, _transcribed(session, recording_id)
    _keep(session, call, case, at, history)


def inherit_caller(session: Session, call: Call) -> None:
    """The start of a call became known after its case."""
    case = case_of(session, call)
    if case is not None:
        case.caller, case.caller_name = call.caller, call.caller_name
        case.way_in, case.desk = call.way_in, call.desk


def join_call_back(session: Session, call: Call) -> None:
    """A promise that was made before the case belongs to it."""
    look(session, _JOIN, call=call.id, case=call.case_id)


def case_of(session: Session, call: Call) -> Case | None:
    """The case of this call, locked until the transaction ends."""
    if call.case_id is None:
        return None
    return session.get(Case, call.case_id, with_for_update=True, populate_existing=True)


def _new_case(
    session: Session,
    call: Call,
    at: datetime,
    history: list[dict[str, Any]],
    number: str = "",
    tracking_code: str = "",
) -> Case:
    """A case that is not in the database yet. Without a number it gets one that nobody was told."""
    detail: dict[str, Any] = {"told": bool(number)}
    if number and _taken(session, number):
        # A restored database may meet numbers reserved before the restore. The request is kept.
        detail = {"told": False, "number_taken": number}
        number = ""
    case = Case(
        number=number or reserve_numbers(session, 1)[0],
        tracking_code=tracking_code or numbers.tracking_code(),
        opened_at=at,
        changed_at=at,
        caller=call.caller,
        caller_name=call.caller_name,
        way_in=call.way_in,
        desk=call.desk,
        danger=False,
    )
    _move(case, at, Move.ACCEPT, detail, history)
    return case


def _taken(session: Session, number: str) -> bool:
    return look(session, _NUMBER, number=number).first() is not None


def _told_again(session: Session, case: Case, fact: CaseOpened, history: list[dict[str, Any]]) -> None:
    """The number the caller heard first is the case's number; a number nobody heard gives way to it."""
    if not fact.number or fact.number == case.number:
        return
    first_told = fact.at < case.opened_at or not _number_was_told(session, case)
    if first_told and not _taken(session, fact.number):
        changed(session, fact.at, "case", case.number)
        _move(case, fact.at, Move.NOTE, {_BEFORE: case.number}, history)
        case.number, case.tracking_code = fact.number, fact.tracking_code or case.tracking_code
        case.opened_at = min(case.opened_at, fact.at)
    else:
        _move(case, fact.at, Move.NOTE, {"also_told": fact.number}, history)


def _number_was_told(session: Session, case: Case) -> bool:
    details = session.scalars(select(CaseEvent.detail).where(CaseEvent.case_id == case.id)).all()
    return any(detail.get("told") or _BEFORE in detail for detail in details)


def _add_words(session: Session, case: Case, fact: CaseOpened) -> None:
    _mark_danger(case, fact.danger)
    case.recording_id = fact.recording_id or case.recording_id
    case.text = case.text or fact.text or _transcribed(session, case.recording_id)


def _mark_danger(case: Case, danger: bool) -> None:
    """Danger that was heard once stays."""
    if danger:
        case.danger, case.priority = True, Priority.EMERGENCY


def _transcribed(session: Session, recording_id: str | None) -> str:
    if recording_id is None:
        return ""
    return look(session, _WORDS, recording=recording_id).scalar() or ""


# ---------------------------------------------------------------- what the sorter said


def add_decision(
    session: Session,
    case: Case,
    said: Mapping[str, Any],
    at: datetime,
    history: list[dict[str, Any]],
    seen: Mapping[str, Turn] | None = None,
) -> bool:
    """Keep what the router said (router/decide.py) of a case that nobody has sorted yet; False otherwise.

    A firm's turn is counted with it. Raises Conflict when it is no longer the firm's turn by what was `seen`.
    """
    if not said or case.state != CaseState.ACCEPTED:
        return False
    case.matter = clean.line(said["matter"]) if said.get("matter") else None
    case.matter_path = _listed(said.get("matter_path"))
    case.kind = clean.member(Kind, said.get("kind"))
    case.sector = clean.member(Sector, said.get("sector"))
    case.place = clean.data(said["place"]) if isinstance(said.get("place"), Mapping) else {}
    case.unit_id = unit_named(session, said.get("unit"))
    take_turn(session, case.unit_id, at, seen)
    case.deadline_class = clean.line(said["deadline_class"], 16) if said.get("deadline_class") else None
    case.unsure = bool(said.get("unsure", True))
    case.guesses, case.reasons = _listed(said.get("guesses")), _listed(said.get("reasons"))
    if not case.danger:
        case.danger = bool(said.get("danger"))
        case.priority = clean.member(Priority, said.get("priority")) or Priority.NORMAL
    sorted_out = {name: clean.data(said.get(name)) for name in ("matter", "unit", "sector", "probability")}
    _move(case, at, Move.SORT, {**sorted_out, "unsure": case.unsure}, history)
    return True


def _listed(value: object) -> list[Any]:
    cleaned = clean.data(value)
    return cleaned if isinstance(cleaned, list) else []


def unit_named(session: Session, code_or_name: object) -> int | None:
    """The id of the unit in use with this code or name; None: there is none."""
    if not code_or_name:
        return None
    wanted = clean.line(code_or_name)
    return session.scalar(
        select(Unit.id).where(or_(Unit.code == wanted, Unit.name == wanted), Unit.active).order_by(Unit.id)
    )


# ---------------------------------------------------------------- history


def _move(
    case: Case, at: datetime, what: Move, detail: dict[str, Any], history: list[dict[str, Any]]
) -> None:
    """The program's own move, by the table; the event is written with the case."""
    made = move(case.state, what, Role.SYSTEM)
    case.state = made.to_state
    history.append(event(at, SYSTEM, made, detail))


def _keep(session: Session, call: Call, case: Case, at: datetime, history: list[dict[str, Any]]) -> None:
    session.add(case)
    session.flush()
    call.case_id = case.id
    keep_history(session, case, at, history)


def keep_history(session: Session, case: Case, at: datetime, history: list[dict[str, Any]]) -> None:
    """The events of moves just made, written with the case, under the version that they lead to."""
    case.changed_at = max(case.changed_at, at)
    session.flush()
    known = {"case_id": case.id, "version": case.version}
    append(session, CaseEvent, *({**known, **event} for event in history))
    watch.told(session, case.id, history)
    changed(session, at, "case", case.number)
