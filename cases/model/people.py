"""Who may log in, and who looked at or changed what."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cases.model.base import Base
from cases.states import Role

if TYPE_CHECKING:
    from cases.model.city import Unit


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
    totp_secret: Mapped[str | None]
    """Locked up (cases/second_factor.py); with `totp_since` unset it is only on offer."""
    totp_since: Mapped[datetime | None]
    totp_step: Mapped[int | None]
    """The newest half minute whose code was used: no code is good twice."""
    recovery_codes: Mapped[list[Any] | None]
    """Digests of the codes that are still good."""

    unit: Mapped[Unit | None] = relationship()


class AuditEntry(Base):
    """Who looked at or changed what. Append only, in a chain (cases/audit_trail.py)."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    who: Mapped[str] = mapped_column(String(64), index=True)
    what: Mapped[str] = mapped_column(String(32))
    """login, login_failed, locked, logout, password_changed, recording_played, ..."""
    target: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    place: Mapped[int | None] = mapped_column(unique=True)
    """1, 2, 3 … without a gap. The program always writes a place and a seal; a row without was put in."""
    seal: Mapped[str | None] = mapped_column(String(64))


class AuditHead(Base):
    """Where the chain of entries ends: one row, which a writer locks until its commit."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int]
    seal: Mapped[str] = mapped_column(String(64))
