"""What the program keeps for itself: the feed of changes, applied facts, counters."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from cases.model.base import Base


class Change(Base):
    """The feed of the live screens: one row for each thing that changed, in order.

    The row is the truth; a subscriber that lost its connection asks for the ids after its last one.
    """

    __tablename__ = "change"
    # An id is never given twice, not even after the newest rows were deleted.
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    noun: Mapped[str] = mapped_column(String(16))
    """call, case, transcript, call_back, desk_note"""
    key: Mapped[str] = mapped_column(String(64))
    """The call's id; a case's number; a transcript's recording; for a call-back or desk note, its call."""


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
