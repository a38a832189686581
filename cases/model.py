"""The rows: SQLAlchemy 2 typed mappings, no decisions.

Times are aware UTC datetimes. Texts of a caller live here and nowhere else. Numbers of callers are kept as
dialled digits with an optional leading +; an empty string means the caller is anonymous.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    DateTime,
    Enum,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from cases.states import (
    BellState,
    CallBackReason,
    CallBackState,
    CallOutcome,
    CaseState,
    Kind,
    LegRole,
    Priority,
    RecordingState,
    Role,
    Sector,
    TranscriptState,
    UnitType,
    WayIn,
)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime on every database (SQLite forgets the zone). A naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _values(kind: type[StrEnum]) -> list[str]:
    return [member.value for member in kind]


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        datetime: Moment,
        dict[str, Any]: JSON,
        list[Any]: JSON,
        str: String(255),
        # Plain text with the enum's value: a new state needs no ALTER TYPE.
        StrEnum: Enum(StrEnum, native_enum=False, length=24, values_callable=_values),
    }


class Call(Base):
    """One visit of a caller to 民生110, from the transfer to the last leg's end."""

    __tablename__ = "call"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    linked_id: Mapped[str] = mapped_column(index=True)
    """Asterisk's linkedid: the same through every transfer of one citizen's call; a CallSid for Twilio."""
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
    outcome: Mapped[CallOutcome] = mapped_column(default=CallOutcome.IN_PROGRESS, index=True)
    agent: Mapped[str | None] = mapped_column(String(64))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))

    case: Mapped[Case | None] = relationship(back_populates="calls")
    legs: Mapped[list[Leg]] = relationship(back_populates="call", order_by="Leg.started_at")
    events: Mapped[list[CallEvent]] = relationship(back_populates="call", order_by="CallEvent.id")
    recordings: Mapped[list[Recording]] = relationship(back_populates="call", order_by="Recording.started_at")


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
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    # The bell and the claim.
    bell: Mapped[BellState] = mapped_column(default=BellState.SILENT)
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    claimed_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    problem: Mapped[str | None]

    recording: Mapped[Recording] = relationship(back_populates="transcript")

    __table_args__ = (Index("ix_transcript_work", "state", "next_try_at"),)


class Case(Base):
    """One request of one citizen, from acceptance to archive."""

    __tablename__ = "case"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(12), unique=True)
    """Short, speakable, with a check digit (cases/numbers.py)."""
    tracking_code: Mapped[str] = mapped_column(String(12))
    state: Mapped[CaseState] = mapped_column(default=CaseState.ACCEPTED, index=True)
    version: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[datetime] = mapped_column(index=True)
    changed_at: Mapped[datetime]
    caller: Mapped[str] = mapped_column(String(32), default="", index=True)
    caller_name: Mapped[str] = mapped_column(default="")
    confidential: Mapped[bool] = mapped_column(default=False)
    way_in: Mapped[WayIn]
    desk: Mapped[str | None] = mapped_column(String(64))

    text: Mapped[str] = mapped_column(Text, default="")
    """The request in words: the transcript, as corrected by an agent."""
    matter: Mapped[str | None]
    matter_path: Mapped[list[Any]] = mapped_column(default=list)
    kind: Mapped[Kind | None]
    sector: Mapped[Sector | None]
    place: Mapped[dict[str, Any]] = mapped_column(default=dict)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    priority: Mapped[Priority] = mapped_column(default=Priority.NORMAL)
    deadline_class: Mapped[str | None] = mapped_column(String(16))
    danger: Mapped[bool] = mapped_column(default=False)
    unsure: Mapped[bool] = mapped_column(default=True)
    guesses: Mapped[list[Any]] = mapped_column(default=list)
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    """[{"text": verbatim piece of the transcript, "why": rule or weight}]"""
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    dispatched_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))

    unit: Mapped[Unit | None] = relationship()
    calls: Mapped[list[Call]] = relationship(back_populates="case", order_by="Call.started_at")
    events: Mapped[list[CaseEvent]] = relationship(back_populates="case", order_by="CaseEvent.id")

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (Index("ix_case_state_opened_at", "state", "opened_at"),)


class CaseEvent(Base):
    """One move of a case or one change of it: who, when, what, from where to where. Never changed."""

    __tablename__ = "case_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(64))
    move: Mapped[str] = mapped_column(String(32))
    rule: Mapped[str | None] = mapped_column(String(16))
    from_state: Mapped[str | None] = mapped_column(String(24))
    to_state: Mapped[str | None] = mapped_column(String(24))
    reason: Mapped[str] = mapped_column(Text, default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)

    case: Mapped[Case] = relationship(back_populates="events")


class CallBack(Base):
    """A promise to call somebody back."""

    __tablename__ = "call_back"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id"), unique=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    caller: Mapped[str] = mapped_column(String(32))
    reason: Mapped[CallBackReason]
    state: Mapped[CallBackState] = mapped_column(default=CallBackState.OPEN, index=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text, default="")

    call: Mapped[Call] = relationship()
    case: Mapped[Case | None] = relationship()


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


class Unit(Base):
    """Who can be given a case: a department, a township, a firm, a society team."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column()
    type: Mapped[UnitType]
    sector: Mapped[Sector]
    active: Mapped[bool] = mapped_column(default=True)
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Matter(Base):
    """A matter of the city file, first or second level."""

    __tablename__ = "matter"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column()
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("matter.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    sector: Mapped[Sector]
    deadline_class: Mapped[str] = mapped_column(String(16))
    active: Mapped[bool] = mapped_column(default=True)

    parent: Mapped[Matter | None] = relationship(remote_side="Matter.id")
    unit: Mapped[Unit | None] = relationship()


class User(Base):
    """A person who may log in to the console."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(default="")
    role: Mapped[Role]
    password_hash: Mapped[str] = mapped_column()
    must_change_password: Mapped[bool] = mapped_column(default=True)
    session_version: Mapped[int] = mapped_column(default=1)
    active: Mapped[bool] = mapped_column(default=True)
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    last_login_at: Mapped[datetime | None]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    desk: Mapped[str | None] = mapped_column(String(64))
    phone: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str | None] = mapped_column(String(8))

    unit: Mapped[Unit | None] = relationship()


class AuditEntry(Base):
    """Who looked at or changed what. Append only."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    who: Mapped[str] = mapped_column(String(64), index=True)
    what: Mapped[str] = mapped_column(String(32))
    """login, login_failed, locked, logout, password_changed, recording_played, ..."""
    target: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Change(Base):
    """The feed of the live screens: one row for each thing that changed, in order.

    The row is the truth; a subscriber that lost its connection asks for the ids after its last one.
    """

    __tablename__ = "change"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    noun: Mapped[str] = mapped_column(String(16))
    """call, case, transcript, call_back, desk_note"""
    key: Mapped[str] = mapped_column(String(64))


class AppliedFact(Base):
    """Facts already written, so that a replayed journal writes each exactly once."""

    __tablename__ = "applied_fact"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    at: Mapped[datetime]


class Counter(Base):
    """Where the next block of case numbers starts."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    next_value: Mapped[int]


class LoadedCity(Base):
    """Which city file stands in the database."""

    __tablename__ = "loaded_city"
    __table_args__ = (UniqueConstraint("digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    name: Mapped[str]
    loaded_at: Mapped[datetime]
