"""Surveys as the console and the command line show them: who is to be asked, and what was answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from cases.citizen_states import SurveyState
from cases.model import Case, Survey, Transcript, Unit
from cases.survey import COMPLAINTS, OPEN

_BY_A_PERSON_FIRST = (SurveyState.VISITOR, SurveyState.CALLING, SurveyState.PLANNED)


def to_ask(session: Session, *, limit: int = 100) -> list[dict[str, Any]]:
    """Surveys without an answer: those that wait for the visitor caller first, then by their next call.

    Each state by the index, so that it costs what is shown and not what is planned.
    """
    rows: list[dict[str, Any]] = []
    for state in _BY_A_PERSON_FIRST:
        if len(rows) < limit:
            rows += _lines(session, Survey.state == state, (Survey.next_at, Survey.id), limit - len(rows))
    return rows


def answered(session: Session, *, complaints: bool = False, limit: int = 100) -> list[dict[str, Any]]:
    """Answers, newest first; `complaints`: only those of who is not content."""
    which = Survey.answer.in_(COMPLAINTS) if complaints else Survey.answer.is_not(None)
    return _lines(session, which, (Survey.answered_at.desc(), Survey.id.desc()), limit)


def survey_line(session: Session, survey_id: int) -> dict[str, Any] | None:
    """One survey; None: there is none."""
    return next(iter(_lines(session, Survey.id == survey_id, (Survey.id,), 1)), None)


def count_states(session: Session, states: Iterable[SurveyState] = OPEN) -> dict[str, int]:
    """How many surveys without an answer are in each state. One query, one index."""
    wanted = select(Survey.state, func.count()).where(Survey.state.in_(tuple(states))).group_by(Survey.state)
    counted = {state.value: count for state, count in session.execute(wanted)}
    return {state.value: counted.get(state.value, 0) for state in states}


def _lines(
    session: Session, which: ColumnElement[bool], order: Iterable[Any], limit: int
) -> list[dict[str, Any]]:
    wanted = (
        select(Survey, Case, Unit.name, Transcript.text)
        .join(Case, Survey.case_id == Case.id)
        .outerjoin(Unit, Survey.unit_id == Unit.id)
        .outerjoin(Transcript, Transcript.recording_id == Survey.recording_id)
        .where(which)
        .order_by(*order)
        .limit(limit)
    )
    return [_line(*row) for row in session.execute(wanted)]


def _line(row: Survey, of: Case, unit: str | None, said: str | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "case": of.number,
        "case_state": of.state,
        "caller": of.caller,
        "confidential": of.confidential,
        "matter": of.matter,
        "text": of.text,
        "result": of.answer,
        "unit": unit,
        "round": row.round,
        "state": row.state,
        "planned": row.planned_at,
        "next": row.next_at,
        "tries": row.tries,
        "called": row.called_at,
        "last_result": row.last_result,
        "way": row.way,
        "answer": row.answer,
        "answered": row.answered_at,
        "answered_by": row.answered_by,
        "words": row.words or said or "",
        "recording": row.recording_id,
        "settled": row.settled_at,
        "founded": row.founded,
        "judged_by": row.judged_by,
    }
