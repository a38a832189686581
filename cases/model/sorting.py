"""What follows from a case's sorting: offers to merge, bursts, firms' turns, examples to learn from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cases.model.base import Base


class RepeatOffer(Base):
    """A case that may be told again by another one. Offered once; a person answers."""

    __tablename__ = "repeat_offer"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    """The later one."""
    earlier_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    score: Mapped[float]
    """0..1"""
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    """What the two have in common, in the order of its weight: caller, matter, place, words, time."""
    common: Mapped[list[Any]] = mapped_column(default=list)
    """Pieces that stand verbatim in both texts."""
    answer: Mapped[str | None] = mapped_column(String(16))
    """merged, or refused; None while nobody answered."""
    answered_by: Mapped[str | None] = mapped_column(String(64))
    answered_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("case_id", "earlier_id"),)


class Burst(Base):
    """Many callers tell one matter of one place within a short time: one alarm."""

    __tablename__ = "burst"

    id: Mapped[int] = mapped_column(primary_key=True)
    matter: Mapped[str]
    place: Mapped[str]
    """The name that its members' places share."""
    raised_at: Mapped[datetime] = mapped_column(index=True)
    last_at: Mapped[datetime] = mapped_column(index=True)
    """When its last member was opened: what comes soon after joins it."""
    seen_by: Mapped[str | None] = mapped_column(String(64))
    seen_at: Mapped[datetime | None]


class BurstMember(Base):
    """A case belongs to one burst at most."""

    __tablename__ = "burst_member"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    burst_id: Mapped[int] = mapped_column(ForeignKey("burst.id"), index=True)


class FirmTurn(Base):
    """How many cases a firm was given, so that the next one is given in turn."""

    __tablename__ = "firm_turn"

    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    jobs: Mapped[int] = mapped_column(default=0)
    rating: Mapped[float | None]
    """0..5, as citizens rate it; None: the city file's."""
    last_at: Mapped[datetime | None]


class Example(Base):
    """What a person said a text is about: the sorter learns from it."""

    __tablename__ = "example"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    matter: Mapped[str]
    """The second-level matter's code."""
