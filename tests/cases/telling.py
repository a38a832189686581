"""A call told in facts, as a door tells it; and small helpers to write and read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from cases import intake
from cases.facts import (
    AgentConnected,
    CallAnswered,
    CallBackPromised,
    CallEnded,
    CallNoted,
    CallStarted,
    CaseOpened,
    DeskAnswered,
    Fact,
    HandedBack,
    RecordingEnded,
    RecordingStarted,
    new_id,
)
from cases.model import Call
from cases.unit_of_work import UnitOfWork, reading

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
CALLER = "13800000001"


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


class Telling:
    """The facts of one call. Each method appends one, at its second, and returns itself."""

    def __init__(self, **started: Any) -> None:
        self.call_id = new_id()
        self.recording_id = new_id()
        self.facts: list[Fact] = []
        self._started = started

    def starts(self, second: float = 0) -> Telling:
        values: dict[str, Any] = {
            "linked_id": f"linked-{self.call_id}",
            "channel": "PJSIP/police-trunk-00000001",
            "caller": CALLER,
            "way_in": "key",
            "desk": "desk1",
            "transferred_at": at(-0.2),
        }
        return self._tell(CallStarted, second, **{**values, **self._started})

    def is_answered(self, second: float = 0.1) -> Telling:
        return self._tell(CallAnswered, second)

    def notes(self, what: str, second: float, **detail: Any) -> Telling:
        return self._tell(CallNoted, second, what=what, detail=detail)

    def speaks(self, spoken: float = 4.0, second: float = 3, by: str = "key", **values: Any) -> Telling:
        self.begins_to_record(second)
        return self.ends_recording(spoken, second + spoken + 1, by, **values)

    def begins_to_record(self, second: float = 3) -> Telling:
        path = f"2026/03/02/{self.recording_id}.wav"
        return self._tell(RecordingStarted, second, recording_id=self.recording_id, path=path)

    def ends_recording(
        self, spoken: float = 4.0, second: float = 8, by: str = "key", **values: Any
    ) -> Telling:
        told = {"seconds": spoken + 1, "spoken_seconds": spoken, "ended_by": by, **values}
        return self._tell(RecordingEnded, second, recording_id=self.recording_id, **told)

    def hears_number(self, number: str, second: float = 9, **values: Any) -> Telling:
        told = {"tracking_code": "ABC234", "recording_id": self.recording_id, **values}
        return self._tell(CaseOpened, second, number=number, **told)

    def is_promised_a_call(self, reason: str, second: float = 9) -> Telling:
        return self._tell(CallBackPromised, second, reason=reason)

    def talks_to(self, agent: str, second: float = 5) -> Telling:
        return self._tell(AgentConnected, second, agent=agent, channel=f"PJSIP/{agent}-1")

    def goes_back_to_110(self, reason: str = "key", heard: str = "", second: float = 5) -> Telling:
        return self._tell(HandedBack, second, reason=reason, heard=heard)

    def is_taken_by(self, desk: str, second: float = 7) -> Telling:
        return self._tell(DeskAnswered, second, desk=desk)

    def ends(self, outcome: str = "hung_up", second: float = 20) -> Telling:
        return self._tell(CallEnded, second, outcome=outcome)

    def _tell(self, kind: type[Fact], second: float, **values: Any) -> Telling:
        self.facts.append(kind(call_id=self.call_id, at=at(second), **values))
        return self


def write(engine: Engine, *facts: Fact) -> list[bool]:
    """Each fact in a transaction of its own, as a door writes them."""
    fresh = []
    for fact in facts:
        with UnitOfWork(engine) as work:
            fresh.append(intake.record(work.session, fact))
            work.commit()
    return fresh


def numbers_for(engine: Engine, count: int) -> list[str]:
    with UnitOfWork(engine) as work:
        reserved = intake.reserve_numbers(work.session, count)
        work.commit()
    return reserved


def rows(session: Session, kind: Any, call_id: str) -> list[Any]:
    """The rows of one call, in the order they were made."""
    return list(session.scalars(select(kind).where(kind.call_id == call_id).order_by(kind.id)))


def call_of(engine: Engine, telling: Telling) -> Call:
    """The call's row with all that hangs on it, readable after the session."""
    with reading(engine) as work:
        call = work.session.get_one(Call, telling.call_id)
        _ = call.legs, call.events, call.recordings, call.case and call.case.events
        _ = [recording.transcript for recording in call.recordings]
        return call
