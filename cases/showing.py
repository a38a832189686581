"""A row as the screens and `--json` show it: a plain dict with aware UTC datetimes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from cases.model import Call, CallBack, Case, CaseEvent, DeskNote, Recording, Transcript


def json_ready(value: Any) -> Any:
    """The same data as JSON knows it: moments and days in ISO 8601, enums as their values."""
    if isinstance(value, date):  # or a moment
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Mapping):
        return {name: json_ready(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(each) for each in value]
    return value


def call_line(row: Call, number: str | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "caller": row.caller,
        "way_in": row.way_in,
        "desk": row.desk,
        "started": row.started_at,
        "answered": row.answered_at,
        "ended": row.ended_at,
        "outcome": row.outcome,
        "case": number,
        "agent": row.agent,
        "transferred": row.transferred_at,
    }


def case_line(row: Case, unit: str | None, transcript: str | None) -> dict[str, Any]:
    return {
        "number": row.number,
        "state": row.state,
        "caller": row.caller,
        "desk": row.desk,
        "matter": row.matter,
        "kind": row.kind,
        "sector": row.sector,
        "unit": unit,
        "unit_id": row.unit_id,
        "place": row.place,
        "priority": row.priority,
        "danger": row.danger,
        "unsure": row.unsure,
        "text": row.text,
        "transcript_state": transcript,
        "opened": row.opened_at,
        "changed": row.changed_at,
        "due": row.due_at,
        "yellow": row.yellow_at,
        "clock_stopped": row.clock_stopped_at,
        "way_in": row.way_in,
        "confidential": row.confidential,
        "version": row.version,
    }


def recording(row: Recording | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "id": row.id,
        "path": row.path,
        "seconds": row.seconds,
        "spoken_seconds": row.spoken_seconds,
        "state": row.state,
        "started": row.started_at,
        "ended_by": row.ended_by,
        "peaks": row.peaks,
        "problem": row.problem,
        "live": row.live,
    }


def transcript(row: Transcript | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "state": row.state,
        "text": row.text,
        "words": row.words,
        "model": row.model,
        "ready_after_last_word_ms": row.ready_after_last_word_ms,
        "tries": row.tries,
        "finished": row.finished_at,
        "problem": row.problem,
    }


def case_event(row: CaseEvent) -> dict[str, Any]:
    return {
        "at": row.at,
        "who": row.who,
        "move": row.move,
        "rule": row.rule,
        "from": row.from_state,
        "to": row.to_state,
        "reason": row.reason,
        "detail": row.detail,
    }


def call_back(row: CallBack, number: str | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "call": row.call_id,
        "caller": row.caller,
        "reason": row.reason,
        "state": row.state,
        "created": row.created_at,
        "done": row.done_at,
        "done_by": row.done_by,
        "note": row.note,
        "case": number,
    }


def desk_note(row: DeskNote) -> dict[str, Any]:
    return {
        "id": row.id,
        "call": row.call_id,
        "caller": row.call.caller,
        "from_desk": row.call.desk,
        "case": row.call.case.number if row.call.case else None,
        "created": row.created_at,
        "reason": row.reason,
        "heard": row.heard,
        "answered_by": row.answered_by,
        "answered": row.answered_at,
    }
