"""What a citizen is told (messages) and asked (surveys)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cases.citizen_states import MessageKind, MessageState, SurveyState, SurveyWay, TryResult
from cases.model.base import Base
from cases.model.cases import Case

UNSETTLED = text("answer IS NOT NULL AND settled_at IS NULL")
FOUNDED = text("founded")


class MessageOut(Base):
    """One SMS to a citizen, written with the move it tells of. The row is the work."""

    __tablename__ = "message_out"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    template: Mapped[MessageKind]
    occasion: Mapped[str] = mapped_column(String(40), default="")
    """What makes a second one of the same kind another one: the move's moment. Acceptance has only one."""
    to: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[MessageState] = mapped_column(default=MessageState.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    """Not before this."""
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    claimed_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    problem: Mapped[str | None]

    case: Mapped[Case] = relationship()

    __table_args__ = (
        UniqueConstraint("case_id", "template", "occasion"),
        Index("ix_message_out_state_next_at", "state", "next_at"),
    )


class ShownMessage(Base):
    """What the development sender has "sent": the console shows it, no telephone ever does."""

    __tablename__ = "shown_message"

    message_id: Mapped[int] = mapped_column(ForeignKey("message_out.id"), primary_key=True)
    to: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(index=True)


class Survey(Base):
    """Is the citizen satisfied? One row for each time that a unit says it is done."""

    __tablename__ = "survey"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    round: Mapped[int] = mapped_column(default=1)
    """1: after the first report or completion; 2: after it was done again; …"""
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    """Who handled it, as it stood when the survey was planned."""
    state: Mapped[SurveyState] = mapped_column(default=SurveyState.PLANNED)
    planned_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    """Calls that were placed."""
    next_at: Mapped[datetime | None]
    """When the next call is due; None while there is none."""
    called_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    """A call whose end is not told by then has died."""
    call_id: Mapped[str | None] = mapped_column(String(36), index=True)
    """The last call that was answered."""
    last_result: Mapped[TryResult | None]

    way: Mapped[SurveyWay | None]
    """How it was answered; None while it is not."""
    answer: Mapped[int | None]
    """1 satisfied, 2 basically satisfied, 3 unsatisfied, 4 not solved."""
    answered_at: Mapped[datetime | None] = mapped_column(index=True)
    answered_by: Mapped[str | None] = mapped_column(String(64))
    """`citizen`, or the user who asked."""
    words: Mapped[str] = mapped_column(Text, default="")
    recording_id: Mapped[str | None] = mapped_column(String(36))
    """The reason in the citizen's own voice; its transcript is the recording's."""
    settled_at: Mapped[datetime | None]
    """When the move that the answer asks for was made."""
    founded: Mapped[bool | None]
    """A supervisor's judgement of a complaint (answers 3 and 4)."""
    judged_by: Mapped[str | None] = mapped_column(String(64))
    judged_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()

    __table_args__ = (
        UniqueConstraint("case_id", "round"),
        Index("ix_survey_state_next_at", "state", "next_at"),
        # Of the few whose move is still to be made.
        Index("ix_survey_unsettled", "answered_at", sqlite_where=UNSETTLED, postgresql_where=UNSETTLED),
        # Of the few complaints that a supervisor found founded: they end contracts.
        Index("ix_survey_founded", "unit_id", sqlite_where=FOUNDED, postgresql_where=FOUNDED),
    )
