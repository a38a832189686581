"""Money: whole fen, and the one place where it is rounded. Pure.

The rule. A percentage of an amount is rarely whole fen. It is rounded once, for each fee and never for a sum,
and always in favour of the one to whom it was promised or who pays for others:

- the price is the reference less its discount, rounded **down** to a whole fen: the citizen was promised "ten
  percent less", so a price is never above that (the firm gives up less than a fen);
- a reward is rounded **down**, too: the government never pays more than the stated share.

So discount + price = reference and citizen + government = price hold exactly, for a row and for any sum.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Protocol

HIGHEST_FEN = 100_000_000
"""No service of a household costs a million yuan: what is above is a slip of the keyboard."""
_YUAN = re.compile(r"(\d{1,9})(?:\.(\d{1,2}))?")


class HasAmounts(Protocol):
    """Whatever carries the five amounts: a fee's row, a line of a statement."""

    @property
    def reference_fen(self) -> int: ...
    @property
    def discount_fen(self) -> int: ...
    @property
    def price_fen(self) -> int: ...
    @property
    def citizen_fen(self) -> int: ...
    @property
    def government_fen(self) -> int: ...


@dataclass(frozen=True)
class Amounts:
    """What one thing costs, in fen: reference − discount = price = citizen + government."""

    reference_fen: int = 0
    discount_fen: int = 0
    price_fen: int = 0
    citizen_fen: int = 0
    government_fen: int = 0

    def __add__(self, other: HasAmounts) -> Amounts:
        return Amounts(*(one + two for one, two in zip(astuple(self), _values(other), strict=True)))


@dataclass(frozen=True)
class MoneyRules:
    """What the administrator sets about money and contracts."""

    discount_percent: int = 10
    """How much below the market's reference the price is."""
    reward_percent: int = 15
    """The best firms' reward, of their fees of the year."""
    complaints_end_contract: int = 3
    """So many founded unsatisfied complaints suspend a firm's contract at once."""
    reward_rating: float = 4.5
    """The year's best: a rating of at least this,"""
    reward_jobs: int = 12
    """at least so many jobs completed in the year,"""
    reward_top_percent: int = 20
    """and among the best so many of a hundred of the firms that worked in the year (at least one firm)."""


def of(reference_fen: int, discount_percent: int, *, free: bool = False) -> Amounts:
    """The amounts of a service whose reference price is this; `free`: the government pays the same price.

    Raises ValueError for a negative reference or a discount outside 0..100.
    """
    price = percent_of(reference_fen, 100 - discount_percent)
    citizen, government = (0, price) if free else (price, 0)
    return Amounts(reference_fen, reference_fen - price, price, citizen, government)


def percent_of(fen: int, percent: int) -> int:
    """So many percent of an amount, rounded down to a whole fen."""
    if fen < 0 or not 0 <= percent <= 100:
        raise ValueError(f"{percent} % of {fen} fen")
    return fen * percent // 100


def total(rows: Iterable[HasAmounts]) -> Amounts:
    """The sum, amount by amount. Nothing is rounded again."""
    found = Amounts()
    for row in rows:
        found += row
    return found


def yuan(fen: int) -> str:
    """8050 → 80.50"""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def fen(text: str) -> int | None:
    """80.5 → 8050; None for what is no amount in yuan with at most two places, or is above HIGHEST_FEN."""
    found = _YUAN.fullmatch(text.strip())
    if found is None:
        return None
    value = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))
    return value if value <= HIGHEST_FEN else None


def _values(amounts: HasAmounts) -> tuple[int, ...]:
    return (
        amounts.reference_fen,
        amounts.discount_fen,
        amounts.price_fen,
        amounts.citizen_fen,
        amounts.government_fen,
    )
