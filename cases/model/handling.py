"""What handling a case needs: who has it, until when, who asked for more time, photos, days off."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cases.model.base import Base
from cases.states import CaseState, ExtensionState

if TYPE_CHECKING:
    from cases.model.cases import Case
    from cases.model.city import Unit


RETURNED = text("returned_at IS NOT NULL")
OWED = text("reported_at IS NULL AND ended_at IS NULL")


class Assignment(Base):
    """A unit was given a case, or a part of it; one row a time it was given. Kept when it has ended.

    Its deadline is worked out of its own facts (cases/deadlines.py): when it was dispatched, for how many
    working days, how many were added, and when its clock stood still.
    """

    __tablename__ = "assignment"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    main: Mapped[bool] = mapped_column(default=True)
    """False: a co-unit's part."""
    state: Mapped[CaseState] = mapped_column(default=CaseState.DISPATCHED)
    """How far this unit is; it goes through the same table as the case. The last one, when it has ended."""
    part: Mapped[str] = mapped_column(Text, default="")
    """What a co-unit is asked to do."""
    by: Mapped[str] = mapped_column(String(64))
    """Who dispatched it."""
    redo: Mapped[bool] = mapped_column(default=False)
    """It was given because the citizen was not satisfied."""
    dispatched_at: Mapped[datetime]
    working_days: Mapped[int]
    """By the deadline class; 0: the same day."""
    extended_days: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    yellow_at: Mapped[datetime]
    stops: Mapped[list[Any]] = mapped_column(default=list)
    """[[from, to], …] in ISO 8601: when its clock stood still, and ran again."""
    stopped_at: Mapped[datetime | None]
    """Since when its clock stands still."""
    stopped_for: Mapped[str | None] = mapped_column(String(16))
    """citizen, suspended"""
    signed_at: Mapped[datetime | None]
    reported_at: Mapped[datetime | None]
    """The clock ended: in time, when this is not after due_at."""
    returned_at: Mapped[datetime | None]
    return_upheld: Mapped[bool | None]
    """The ruling on a return: True, it went to another unit; False, the same unit has it again."""
    final: Mapped[bool] = mapped_column(default=False)
    """A supervisor ruled that this unit does it: it cannot be returned again."""
    answer: Mapped[str] = mapped_column(Text, default="")
    """What the unit reported."""
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(32))
    """The move that ended it: return, complete, redo, merge, to-110, …"""

    case: Mapped[Case] = relationship()
    unit: Mapped[Unit] = relationship()

    __table_args__ = (
        Index("ix_assignment_unit_id_ended_at", "unit_id", "ended_at"),
        Index("ix_assignment_unit_id_case_id", "unit_id", "case_id"),
        # What scores are made of: everything that was given in a period.
        Index("ix_assignment_dispatched_at", "dispatched_at"),
        # What a night's report counts: reported, ended, returned within a day, and owed at its end.
        Index("ix_assignment_reported_at", "reported_at"),
        Index("ix_assignment_ended_at", "ended_at"),
        Index("ix_assignment_returned_at", "returned_at", sqlite_where=RETURNED, postgresql_where=RETURNED),
        Index("ix_assignment_owed", "due_at", sqlite_where=OWED, postgresql_where=OWED),
    )


class Extension(Base):
    """A unit asked for more time. Once for each time it was given the case."""

    __tablename__ = "extension"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), index=True)
    state: Mapped[ExtensionState] = mapped_column(default=ExtensionState.ASKED)
    days: Mapped[int]
    """Working days asked for; once granted, those granted."""
    reason: Mapped[str] = mapped_column(Text, default="")
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(String(64))
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(String(64))
    answer: Mapped[str] = mapped_column(Text, default="")

    assignment: Mapped[Assignment] = relationship()


class Photo(Base):
    """A picture of the work, made anew from what was sent: nothing but its pixels is kept."""

    __tablename__ = "photo"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(64))
    move: Mapped[str] = mapped_column(String(32))
    path: Mapped[str] = mapped_column(String(512), unique=True)
    """Relative to the photos folder."""
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    """Bytes."""


class Holiday(Base):
    """The administrator's own word on a day; it goes before the country's calendar."""

    __tablename__ = "holiday"

    day: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    name: Mapped[str] = mapped_column(default="")
    who: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
