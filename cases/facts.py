"""What a door reports of a call: facts, each written exactly once.

A fact is plain data with an id of its own. It goes to the database, or, while that is away, to the journal on
disk, from where the sweep replays it; the id keeps a replayed fact from being written twice
(cases/intake.py: `record`). Facts of one call are applied in the order in which they were told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import uuid4


def new_id() -> str:
    """A fresh id for a fact, a call or a recording."""
    return str(uuid4())


FAULT = "fault"
"""`CallNoted.what` of a fault of ours: a call that nobody helped has failed by it."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Base of all facts. `at` is an aware UTC datetime."""

    fact_id: str = field(default_factory=new_id)
    call_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class CallStarted(Fact):
    """The first thing written of a call, before any prompt."""

    linked_id: str
    channel: str
    caller: str
    """Dialled digits with an optional leading +; empty when anonymous or no number."""
    caller_name: str = ""
    did: str = ""
    way_in: str
    desk: str | None = None
    transferred_at: datetime | None = None
    answered_at: datetime | None = None
    """Set when the caller hears 民生110 from the first moment; else CallAnswered tells it."""
    door: str = "agi"


@dataclass(frozen=True, kw_only=True)
class CallAnswered(Fact):
    """From here the caller hears 民生110."""


@dataclass(frozen=True, kw_only=True)
class CallNoted(Fact):
    """A line of the call's history: a prompt played, keys pressed, a transfer tried, a fault."""

    what: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RecordingStarted(Fact):
    """Written before the first sample, so that a file whose call died is still found."""

    recording_id: str
    path: str
    """Relative to the recordings folder."""


@dataclass(frozen=True, kw_only=True)
class RecordingEnded(Fact):
    recording_id: str
    ended_by: str
    """key, silence, limit, hangup, fault"""
    seconds: float
    spoken_seconds: float
    problem: str | None = None
    """What is wrong with the file: `missing`, `empty`, anything else for damaged; None: it is whole."""
    heard: dict[str, Any] = field(default_factory=dict)
    """What was written down live: {"text", "words", "model", "ready_ms"}; empty: a job does it."""


@dataclass(frozen=True, kw_only=True)
class CaseOpened(Fact):
    """The request is accepted under a number that was reserved before."""

    number: str
    """Empty when none could be reserved: the core gives one, and the caller hears of it later."""
    tracking_code: str
    recording_id: str | None = None
    text: str = ""
    decision: dict[str, Any] = field(default_factory=dict)
    """What the sorter said (router/decide.py, as a plain dict); empty when it was not asked."""
    danger: bool = False


@dataclass(frozen=True, kw_only=True)
class CaseReworded(Fact):
    """The caller was read back what we understood, and has said it again: this recording counts now."""

    recording_id: str
    text: str = ""
    danger: bool = False


@dataclass(frozen=True, kw_only=True)
class CallBackPromised(Fact):
    reason: str


@dataclass(frozen=True, kw_only=True)
class AgentConnected(Fact):
    agent: str
    channel: str = ""


@dataclass(frozen=True, kw_only=True)
class HandedBack(Fact):
    """The caller goes back to the 110 desk, with a note for its screen."""

    reason: str
    """key, danger, no_agent"""
    heard: str = ""


@dataclass(frozen=True, kw_only=True)
class DeskAnswered(Fact):
    desk: str


@dataclass(frozen=True, kw_only=True)
class CallEnded(Fact):
    outcome: str
    """A CallOutcome; the last word unless the call already has a stronger one (cases/intake.py)."""


FACTS: dict[str, type[Fact]] = {
    kind.__name__: kind
    for kind in (
        CallStarted,
        CallAnswered,
        CallNoted,
        RecordingStarted,
        RecordingEnded,
        CaseOpened,
        CaseReworded,
        CallBackPromised,
        AgentConnected,
        HandedBack,
        DeskAnswered,
        CallEnded,
    )
}


def to_json(fact: Fact) -> dict[str, Any]:
    """The fact as JSON-ready data; `from_json` gives it back."""
    data: dict[str, Any] = {"fact": type(fact).__name__}
    for each in fields(fact):
        value = getattr(fact, each.name)
        data[each.name] = value.isoformat() if isinstance(value, datetime) else value
    return data


_MOMENTS: frozenset[str] = frozenset({"at", "transferred_at", "answered_at"})


def from_json(data: Mapping[str, Any]) -> Fact:
    """The fact written by `to_json`. Raises ValueError for anything else."""
    kind = FACTS.get(str(data.get("fact")))
    if kind is None:
        raise ValueError(f"unknown fact {data.get('fact')!r}")
    try:
        return kind(**{name: _value(name, value) for name, value in data.items() if name != "fact"})
    except TypeError as error:
        raise ValueError(f"{kind.__name__}: {error}") from error


def _value(name: str, value: Any) -> Any:
    if name not in _MOMENTS or value is None:
        return value
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"{name} has no time zone")
    return moment
