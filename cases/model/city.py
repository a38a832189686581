"""What the city file brings: units and matters."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cases.model.base import Base
from cases.states import Sector, UnitType


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


class LoadedCity(Base):
    """Which city file stands in the database."""

    __tablename__ = "loaded_city"
    __table_args__ = (UniqueConstraint("digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    name: Mapped[str]
    loaded_at: Mapped[datetime]
