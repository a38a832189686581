"""What market services cost and who pays: prices, fees, households, claims, contracts, statements.

Money is in whole fen. Days are days of the city.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cases.model.base import Base
from cases.states import ClaimState, ContractState, FeeState

if TYPE_CHECKING:
    from cases.model.cases import Case
    from cases.model.city import Unit


class Price(Base):
    """What the market asks for a service, from a day on. An older price is kept: fees stand on it."""

    __tablename__ = "price"

    id: Mapped[int] = mapped_column(primary_key=True)
    trade: Mapped[str] = mapped_column(String(64))
    service: Mapped[str] = mapped_column(String(64))
    """A second-level matter's code where the service is all of that matter; else a code of the list's own."""
    name: Mapped[str]
    per: Mapped[str] = mapped_column(String(16), default="次")
    """What one of it is: 次, 小时, 车."""
    reference_fen: Mapped[int]
    usual: Mapped[bool] = mapped_column(default=False)
    """What a fee of this trade is estimated by, where the matter has no price of its own."""
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    """The last day; None: until another price of the same service begins."""
    sample: Mapped[bool] = mapped_column(default=False)
    """Invented, to try the program with."""

    __table_args__ = (
        UniqueConstraint("trade", "service", "valid_from"),
        CheckConstraint("reference_fen >= 0", name="reference"),
    )


class Fee(Base):
    """What one firm's work on one case costs. One at most is not void (`turn` counts them)."""

    __tablename__ = "fee"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    turn: Mapped[int]
    """0 for the case's first firm, 1 for the next."""
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    state: Mapped[FeeState] = mapped_column(default=FeeState.ESTIMATED)
    price_id: Mapped[int | None] = mapped_column(ForeignKey("price.id"))
    """None: the price list had nothing for it when the case was given to the firm."""
    quantity: Mapped[int] = mapped_column(default=1)
    reference_fen: Mapped[int] = mapped_column(default=0)
    discount_fen: Mapped[int] = mapped_column(default=0)
    price_fen: Mapped[int] = mapped_column(default=0)
    citizen_fen: Mapped[int] = mapped_column(default=0)
    government_fen: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime]
    agreed_at: Mapped[datetime | None]
    agreed_by: Mapped[str | None] = mapped_column(String(64))
    billed_at: Mapped[datetime | None]
    """When the case was completed: the city's month of this moment is the fee's month."""
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(String(64))
    void_at: Mapped[datetime | None]
    void_why: Mapped[str] = mapped_column(String(32), default="")
    """The move that made it void."""

    case: Mapped[Case] = relationship()
    unit: Mapped[Unit] = relationship()
    price: Mapped[Price | None] = relationship()

    __table_args__ = (
        UniqueConstraint("case_id", "turn"),
        Index("ix_fee_billed_at", "billed_at"),
        Index("ix_fee_unit_id_billed_at", "unit_id", "billed_at"),
        CheckConstraint("discount_fen + price_fen = reference_fen", name="price"),
        CheckConstraint("citizen_fen + government_fen = price_fen", name="payers"),
        CheckConstraint("citizen_fen >= 0 AND government_fen >= 0 AND discount_fen >= 0", name="no_debt"),
    )


class Household(Base):
    """Somebody who is served free, from the register that the administrator imports. Ended, never deleted."""

    __tablename__ = "household"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(64))
    """The city file's code of the kind of household."""
    name: Mapped[str] = mapped_column(String(64))
    number: Mapped[str] = mapped_column(String(32))
    """The telephone's digits, as cases.households.plain_number leaves them."""
    name_key: Mapped[str] = mapped_column(String(64))
    """The name as it is compared."""
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    """The last day; None: without an end."""
    imported_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("number", "name_key", "kind", "valid_from"),)


class FreeClaim(Base):
    """A citizen says that the household is served free. The row is the work: it is checked, never trusted."""

    __tablename__ = "free_claim"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), unique=True)
    state: Mapped[ClaimState] = mapped_column(default=ClaimState.CLAIMED, index=True)
    claimed_at: Mapped[datetime]
    claimed_by: Mapped[str] = mapped_column(String(64))
    """citizen (a key in the call), or the user who wrote it down."""
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"))
    why: Mapped[str] = mapped_column(String(32), default="")
    """In a word, why it stands as it stands: matched, no_number, not_registered, other_name, name_unknown."""
    checked_at: Mapped[datetime | None]
    checked_by: Mapped[str | None] = mapped_column(String(64))

    case: Mapped[Case] = relationship()
    household: Mapped[Household | None] = relationship()


class Contract(Base):
    """Whether a firm may be given cases. A firm without a row has never been stopped: it is active."""

    __tablename__ = "contract"

    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    state: Mapped[ContractState] = mapped_column(default=ContractState.ACTIVE)
    since: Mapped[datetime]
    counted_from: Mapped[datetime | None]
    """Founded complaints judged before this were forgiven with a reinstatement; None: all count."""

    unit: Mapped[Unit] = relationship()


class ContractEvent(Base):
    """One change of a firm's contract: who, when, why, by which cases. Never changed."""

    __tablename__ = "contract_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(64))
    from_state: Mapped[ContractState]
    to_state: Mapped[ContractState]
    why: Mapped[str] = mapped_column(Text, default="")
    evidence: Mapped[list[Any]] = mapped_column(default=list)
    """Numbers of the cases with a founded complaint."""


class Statement(Base):
    """A month's statement as handed out: another version when a fee of the month has changed since."""

    __tablename__ = "statement"

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7))
    """2026-11"""
    version: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of its rows."""
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(64))
    totals: Mapped[dict[str, Any]] = mapped_column(default=dict)

    __table_args__ = (UniqueConstraint("month", "version"),)
