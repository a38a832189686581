"""A case, its history, and the promise to call somebody back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cases.model.base import Base
from cases.states import CallBackReason, CallBackState, CaseState, Kind, Priority, Sector, WayIn

if TYPE_CHECKING:
    from cases.model.calls import Call
    from cases.model.city import Unit

TRANSFERS = text("move IN ('return', 'rule', 'redo', 'reopen')")
"""The events by which a case goes to and fro."""
UNTOLD = text("told_at IS NULL")
MERGED = text("merged_into_id IS NOT NULL")


class Case(Base):
    """One request of one citizen, from acceptance to archive."""

    __tablename__ = "case"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(12), unique=True)
    """Short, speakable, with a check digit (cases/numbers.py)."""
    tracking_code: Mapped[str] = mapped_column(String(12))
    state: Mapped[CaseState] = mapped_column(default=CaseState.ACCEPTED)
    version: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[datetime] = mapped_column(index=True)
    changed_at: Mapped[datetime]
    caller: Mapped[str] = mapped_column(String(32), default="", index=True)
    caller_name: Mapped[str] = mapped_column(default="")
    confidential: Mapped[bool] = mapped_column(default=False)
    way_in: Mapped[WayIn]
    desk: Mapped[str | None] = mapped_column(String(64))

    recording_id: Mapped[str | None] = mapped_column(String(36))
    """The message this case was opened with. No constraint: the case may be told before its recording."""
    text: Mapped[str] = mapped_column(Text, default="")
    """The request in words: the transcript, as corrected by an agent."""
    matter: Mapped[str | None]
    matter_path: Mapped[list[Any]] = mapped_column(default=list)
    kind: Mapped[Kind | None]
    sector: Mapped[Sector | None]
    place: Mapped[dict[str, Any]] = mapped_column(default=dict)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    priority: Mapped[Priority] = mapped_column(default=Priority.NORMAL)
    deadline_class: Mapped[str | None] = mapped_column(String(16))
    danger: Mapped[bool] = mapped_column(default=False)
    unsure: Mapped[bool] = mapped_column(default=True)
    guesses: Mapped[list[Any]] = mapped_column(default=list)
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    """[{"text": verbatim piece of the transcript, "why": rule or weight}]"""
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    """The main unit's deadline, as its assignment has it; so are the next four."""
    yellow_at: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]
    clock_stopped_at: Mapped[datetime | None]
    clock_stopped_for: Mapped[str | None] = mapped_column(String(16))
    review_at: Mapped[datetime | None]
    """When a suspended case is looked at again."""
    completed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    supervised_at: Mapped[datetime | None]
    """Since when supervision has it."""
    return_count: Mapped[int] = mapped_column(default=0)
    redo_count: Mapped[int] = mapped_column(default=0)
    reopen_count: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str] = mapped_column(Text, default="")
    """What the citizen is told of the result."""
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    part_of_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    """The first case of the same message, when the message holds several requests."""
    part: Mapped[int] = mapped_column(default=0)
    """Which of the message's requests this is, from 0."""
    followed_up_at: Mapped[datetime | None]
    """When it was split and compared with others, once it was sorted; None: still to be done."""
    told_at: Mapped[datetime | None]
    """When the message of acceptance was written, or nobody was there to get one; None: still to be done."""

    unit: Mapped[Unit | None] = relationship()
    calls: Mapped[list[Call]] = relationship(back_populates="case", order_by="Call.started_at")
    events: Mapped[list[CaseEvent]] = relationship(back_populates="case", order_by="CaseEvent.id")

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        Index("ix_case_state_opened_at", "state", "opened_at"),
        Index("ix_case_matter_opened_at", "matter", "opened_at"),
        Index("ix_case_caller_opened_at", "caller", "opened_at"),
        # A unit's list, the newest first.
        Index("ix_case_unit_id_id", "unit_id", "id"),
        Index("ix_case_followed_up_at_opened_at", "followed_up_at", "opened_at"),
        Index("ix_case_part_of_id_part", "part_of_id", "part", unique=True),
        # Of the few that are merged.
        Index("ix_case_merged_into_id", "merged_into_id", sqlite_where=MERGED, postgresql_where=MERGED),
        # Of the few that were not told yet.
        Index("ix_case_opened_at_untold", "opened_at", sqlite_where=UNTOLD, postgresql_where=UNTOLD),
    )


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
    version: Mapped[int | None]
    """The case's version that it led to: who saw an older one is told of it."""

    case: Mapped[Case] = relationship(back_populates="events")

    # Few of a case's events are these; the list of those that go round and round reads no others.
    __table_args__ = (
        Index("ix_case_event_transfers", "case_id", postgresql_where=TRANSFERS, sqlite_where=TRANSFERS),
    )


class CallBack(Base):
    """A promise to call somebody back."""

    __tablename__ = "call_back"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id"), unique=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"), index=True)
    caller: Mapped[str] = mapped_column(String(32))
    reason: Mapped[CallBackReason]
    state: Mapped[CallBackState] = mapped_column(default=CallBackState.OPEN, index=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text, default="")

    call: Mapped[Call] = relationship()
    case: Mapped[Case | None] = relationship()
