"""A call: its row, its legs, what happened in it, its recordings and what was said in them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cases.model.base import Base
from cases.states import BellState, CallOutcome, LegRole, RecordingState, TranscriptState, WayIn

if TYPE_CHECKING:
    from cases.model.cases import Case


class Call(Base):
    """One visit of a caller to 民生110, from the transfer to the last leg's end."""

    __tablename__ = "call"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    linked_id: Mapped[str] = mapped_column(default="", index=True)
    """Asterisk's linkedid: the same through every transfer of one citizen's call; a CallSid for Twilio.
    Empty while only later facts of this call are known, and not its start."""
    door: Mapped[str] = mapped_column(String(16), default="agi")
    caller: Mapped[str] = mapped_column(String(32), default="", index=True)
    caller_name: Mapped[str] = mapped_column(default="")
    did: Mapped[str] = mapped_column(String(32), default="")
    way_in: Mapped[WayIn]
    desk: Mapped[str | None] = mapped_column(String(64), index=True)
    transferred_at: Mapped[datetime | None]
    """When the desk pressed its key, sent its REFER, or the redirect was ordered."""
    started_at: Mapped[datetime] = mapped_column(index=True)
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[CallOutcome] = mapped_column(default=CallOutcome.IN_PROGRESS)
    agent: Mapped[str | None] = mapped_column(String(64))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"), index=True)

    case: Mapped[Case | None] = relationship(back_populates="calls")
    legs: Mapped[list[Leg]] = relationship(back_populates="call", order_by="Leg.started_at")
    events: Mapped[list[CallEvent]] = relationship(
        back_populates="call", order_by="CallEvent.at, CallEvent.id"
    )
    recordings: Mapped[list[Recording]] = relationship(back_populates="call", order_by="Recording.started_at")

    __table_args__ = (Index("ix_call_outcome_started_at", "outcome", "started_at"),)


class Leg(Base):
    """One party of a call: the citizen, a desk, an agent."""

    __tablename__ = "leg"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id"), index=True)
    role: Mapped[LegRole]
    channel: Mapped[str] = mapped_column(default="")
    party: Mapped[str] = mapped_column(String(64), default="")
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    call: Mapped[Call] = relationship(back_populates="legs")


class CallEvent(Base):
    """What happened in a call, in order: prompts, keys, transfers, faults. No sentence of the caller."""

    __tablename__ = "call_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id"), index=True)
    at: Mapped[datetime]
    what: Mapped[str] = mapped_column(String(32))
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)

    call: Mapped[Call] = relationship(back_populates="events")


class Recording(Base):
    """One file of a caller's voice. The row is the work; the queue is only the bell."""

    __tablename__ = "recording"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id"), index=True)
    path: Mapped[str] = mapped_column(String(512), unique=True)
    """Relative to the recordings folder."""
    state: Mapped[RecordingState] = mapped_column(default=RecordingState.RECORDING, index=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(16))
    seconds: Mapped[float | None]
    spoken_seconds: Mapped[float | None]
    peaks: Mapped[list[Any] | None]
    """The waveform for the player: 0..1 values, at most 400."""
    problem: Mapped[str | None]
    live: Mapped[dict[str, Any] | None]
    """What is heard while it is recorded: {"said": [{"who", "text"}], "matter", "unit", "kind", "place"}."""

    call: Mapped[Call] = relationship(back_populates="recordings")
    transcript: Mapped[Transcript | None] = relationship(back_populates="recording")


class Transcript(Base):
    """What was said in one recording, and how far the writing down is."""

    __tablename__ = "transcript"

    id: Mapped[int] = mapped_column(primary_key=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey("recording.id"), unique=True)
    state: Mapped[TranscriptState] = mapped_column(default=TranscriptState.WAITING)
    text: Mapped[str] = mapped_column(Text, default="")
    words: Mapped[list[Any]] = mapped_column(default=list)
    """[{"word", "start", "end", "confidence"}], seconds from the recording's start."""
    model: Mapped[str | None]
    ready_after_last_word_ms: Mapped[int | None]
    """How long after the last word all words stood, when they were written down live."""
    created_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]

    # The bell and the claim.
    bell: Mapped[BellState] = mapped_column(default=BellState.SILENT)
    rang_at: Mapped[datetime | None]
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    claimed_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    problem: Mapped[str | None]

    recording: Mapped[Recording] = relationship(back_populates="transcript")

    __table_args__ = (Index("ix_transcript_work", "state", "next_try_at"),)


class DeskNote(Base):
    """What a 110 desk is told of a caller who comes back to it."""

    __tablename__ = "desk_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
    reason: Mapped[str] = mapped_column(String(32))
    heard: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[str | None] = mapped_column(String(64))
    answered_at: Mapped[datetime | None]

    call: Mapped[Call] = relationship()
