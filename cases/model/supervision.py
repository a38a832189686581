"""What must not be forgotten: clocks, the steps taken by them, who was told, reception days, reports."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cases.model.base import Base

if TYPE_CHECKING:
    from cases.model.cases import Case
    from cases.model.city import Unit


class Watch(Base):
    """The clock that runs for an open case, and the next step it brings. The row is the work.

    A move marks it (`marked_at`), which makes it due at once; the next run of the supervision reads the case
    anew and places it. What is not due costs nothing, however much is open.
    """

    __tablename__ = "watch"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True, autoincrement=False)
    assignment_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=0)
    """A co-unit's own part; 0: the case itself."""
    ladder: Mapped[str] = mapped_column(String(32), default="")
    """Which steps it takes (cases/ladders.py); empty until it is placed for the first time."""
    since: Mapped[datetime]
    """When the case came to where it waits now."""
    yellow_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    """The deadline, or the review date of what is suspended, as it was when the row was placed."""
    marked_at: Mapped[datetime | None]
    """The move after which the case is to be read anew; None: nothing has changed."""
    round: Mapped[int] = mapped_column(default=1)
    """Counts the clocks of this case, so that a step of a later clock is another step."""
    step: Mapped[int] = mapped_column(default=0)
    """The place of the next step in its ladder."""
    times: Mapped[int] = mapped_column(default=0)
    """How often that step was taken, when it repeats."""
    next_at: Mapped[datetime | None]
    """When there is something to do; None: the ladder has ended."""

    # Both names after the moment: a run reads what is due from the index alone.
    __table_args__ = (Index("ix_watch_next_at_case_id_assignment_id", "next_at", "case_id", "assignment_id"),)


class Escalation(Base):
    """A step that was taken. Its key is what keeps it from being taken twice."""

    __tablename__ = "escalation"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    assignment_id: Mapped[int] = mapped_column(default=0)
    round: Mapped[int]
    ladder: Mapped[str] = mapped_column(String(32))
    step: Mapped[str] = mapped_column(String(32))
    times: Mapped[int]
    planned_at: Mapped[datetime]
    at: Mapped[datetime] = mapped_column(index=True)
    move: Mapped[str | None] = mapped_column(String(32))
    told: Mapped[list[Any]] = mapped_column(default=list)
    """To whom: unit, head, dispatcher, supervisor, visitor, leader."""

    case: Mapped[Case] = relationship()

    __table_args__ = (UniqueConstraint("case_id", "assignment_id", "round", "step", "times"),)


class StaffNotice(Base):
    """Somebody of the staff is told something of a case. The first who reads it marks it read."""

    __tablename__ = "staff_notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"), index=True)
    audience: Mapped[str] = mapped_column(String(16))
    """unit, head (both with `unit_id`), dispatcher, supervisor, visitor, leader"""
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    what: Mapped[str] = mapped_column(String(32))
    """The step or the move that it tells of."""
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    read_at: Mapped[datetime | None]
    read_by: Mapped[str | None] = mapped_column(String(64))

    case: Mapped[Case | None] = relationship()
    unit: Mapped[Unit | None] = relationship()

    __table_args__ = (
        Index("ix_staff_notice_audience_unit_id_read_at_id", "audience", "unit_id", "read_at", "id"),
    )


class ReceptionDay(Base):
    """信访接待日: one a month, with the criteria by which its cases were chosen."""

    __tablename__ = "reception_day"

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7), unique=True)
    """2026-03"""
    held_on: Mapped[date] = mapped_column(Date)
    made_at: Mapped[datetime]
    criteria: Mapped[dict[str, Any]] = mapped_column(default=dict)

    items: Mapped[list[ReceptionItem]] = relationship(back_populates="day", order_by="ReceptionItem.id")


class ReceptionItem(Base):
    """A case on the list of a reception day, and what came of it."""

    __tablename__ = "reception_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    day_id: Mapped[int] = mapped_column(ForeignKey("reception_day.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    why: Mapped[list[Any]] = mapped_column(default=list)
    """[{"criterion", "value", "limit"}]; [{"criterion": "added"}] for one that a person put on it."""
    outcome: Mapped[str | None] = mapped_column(String(16))
    """solved, promised (until a day), special_report; None while it was not received."""
    promised_until: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str] = mapped_column(Text, default="")
    leader: Mapped[str] = mapped_column(default="")
    """Who received it."""
    recorded_at: Mapped[datetime | None]
    recorded_by: Mapped[str | None] = mapped_column(String(64))

    day: Mapped[ReceptionDay] = relationship(back_populates="items")
    case: Mapped[Case] = relationship()

    __table_args__ = (UniqueConstraint("day_id", "case_id"),)


class SpecialReport(Base):
    """民生110专报件: what could not be solved, and what is asked of the city's leaders."""

    __tablename__ = "special_report"

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    serial: Mapped[int]
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("reception_item.id"), unique=True)
    """The line of the reception day that it comes from; a supervisor may also write one without it."""
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(64))
    difficulty: Mapped[str] = mapped_column(Text, default="")
    """Why it could not be solved."""
    request: Mapped[str] = mapped_column(Text, default="")
    """What is asked for."""
    instruction: Mapped[str] = mapped_column(Text, default="")
    """批示: what a leader answered."""
    instructed_by: Mapped[str | None] = mapped_column(String(64))
    instructed_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()

    __table_args__ = (UniqueConstraint("year", "serial"),)


class Accountability(Base):
    """责任追究: started for a case that met all three conditions, with the evidence as it was then."""

    __tablename__ = "accountability"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), unique=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text, default="")
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)

    case: Mapped[Case] = relationship()
    unit: Mapped[Unit | None] = relationship()
