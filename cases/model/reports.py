"""The reports that were made. None is ever changed: a corrected one is another version."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cases.model.base import Base


class Report(Base):
    """The figures of a day, a week, a month or a year of the city (docs/reports.md)."""

    __tablename__ = "report"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    """nightly, weekly, monthly, yearly"""
    date: Mapped[date] = mapped_column(Date)
    """The first day that it tells of."""
    version: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of its figures (cases.figures.digest)."""
    late: Mapped[bool] = mapped_column(default=False)
    """It was made long after it was due: the machine or the database was away."""
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(64))
    corrects: Mapped[int | None]
    """The version that it corrects; None: the first."""
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    difference: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """{figure: [before, now]} of what the corrected version said otherwise."""

    __table_args__ = (UniqueConstraint("kind", "date", "version"),)


class ReportMail(Base):
    """One report to one address, once. The row is the work."""

    __tablename__ = "report_mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"))
    to: Mapped[str] = mapped_column(String(254))
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    """waiting, sending, sent, set_aside"""
    created_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    """Not before this; while it is being sent, when whoever sends it has died."""
    sent_at: Mapped[datetime | None]
    problem: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("report_id", "to"),
        Index("ix_report_mail_state_next_at", "state", "next_at"),
    )
