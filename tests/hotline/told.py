"""Facts of made-up calls, and small looks into a database."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

from sqlalchemy import Engine, func, select

from cases.facts import (
    CallEnded,
    CallNoted,
    CallStarted,
    CaseOpened,
    Fact,
    RecordingEnded,
    RecordingStarted,
    new_id,
)
from cases.model import AppliedFact, CallEvent
from cases.unit_of_work import reading

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
CALLER = "13800000001"


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def started(call_id: str, second: float = 0, **more: Any) -> CallStarted:
    values = {"linked_id": f"l-{call_id}", "channel": "PJSIP/x-1", "caller": CALLER, "way_in": "key"}
    return CallStarted(call_id=call_id, at=at(second), **{**values, "desk": "desk1", **more})


def noted(call_id: str, what: str, second: float = 1) -> CallNoted:
    return CallNoted(call_id=call_id, at=at(second), what=what)


def recorded(call_id: str, recording_id: str, path: str = "", spoken: float = 2.0) -> tuple[Fact, Fact]:
    begun = RecordingStarted(
        call_id=call_id, at=at(2), recording_id=recording_id, path=path or f"2026/03/02/{recording_id}.wav"
    )
    ended = RecordingEnded(
        call_id=call_id,
        at=at(5),
        recording_id=recording_id,
        ended_by="key",
        seconds=3.0,
        spoken_seconds=spoken,
    )
    return begun, ended


def opened(call_id: str, number: str, recording_id: str | None = None) -> CaseOpened:
    return CaseOpened(
        call_id=call_id, at=at(6), number=number, tracking_code="ABC234", recording_id=recording_id
    )


def ended(call_id: str, outcome: str = "hung_up", second: float = 9) -> CallEnded:
    return CallEnded(call_id=call_id, at=at(second), outcome=outcome)


def a_call(notes: int = 3) -> list[Fact]:
    """A call that says `notes` things of itself, in an order that shows."""
    call_id = new_id()
    return [started(call_id), *(noted(call_id, f"note-{n}", n) for n in range(notes)), ended(call_id)]


def applied(engine: Engine) -> int:
    with reading(engine) as unit:
        return unit.session.scalar(select(func.count()).select_from(AppliedFact)) or 0


def history(engine: Engine, call_id: str) -> list[str]:
    """What happened in this call, in the order in which it was written."""
    with reading(engine) as unit:
        events = select(CallEvent.what).where(CallEvent.call_id == call_id).order_by(CallEvent.id)
        return list(unit.session.scalars(events))


def until(true: Callable[[], bool], seconds: float = 15.0) -> None:
    """Wait for the event; an event that does not come fails the test."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        Event().wait(0.02)
