"""Money: whole fen, rounded once, in favour of whom it was promised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import money
from cases.money import Amounts

_FEN = st.integers(0, money.HIGHEST_FEN)
_PERCENT = st.integers(0, 100)


@given(_FEN, _PERCENT, st.booleans())
def test_the_amounts_of_a_fee_always_add_up(reference: int, percent: int, free: bool) -> None:
    found = money.of(reference, percent, free=free)
    assert found.discount_fen + found.price_fen == found.reference_fen == reference
    assert found.citizen_fen + found.government_fen == found.price_fen
    assert (found.citizen_fen == 0) if free else (found.government_fen == 0)


@given(_FEN, _PERCENT)
def test_a_price_is_never_above_what_was_promised_and_less_than_a_fen_below(fen: int, percent: int) -> None:
    price = money.of(fen, percent).price_fen
    assert 0 <= fen * (100 - percent) - price * 100 < 100


@given(st.lists(st.tuples(_FEN, _PERCENT, st.booleans()), max_size=40))
def test_sums_add_up_as_their_rows_do(rows: list[tuple[int, int, bool]]) -> None:
    amounts = [money.of(fen, percent, free=free) for fen, percent, free in rows]
    whole = money.total(amounts)
    assert whole.citizen_fen + whole.government_fen == whole.price_fen == sum(e.price_fen for e in amounts)
    assert whole.discount_fen + whole.price_fen == whole.reference_fen == sum(fen for fen, _, _ in rows)


@given(_FEN, _PERCENT)
def test_the_household_that_is_served_free_costs_what_others_pay(fen: int, percent: int) -> None:
    assert money.of(fen, percent, free=True).government_fen == money.of(fen, percent).citizen_fen


def test_ten_percent_less_by_hand() -> None:
    assert money.of(8000, 10) == Amounts(8000, 800, 7200, 7200, 0)
    # 90 % of 80.05 yuan are 72.045: the citizen pays 72.04, the discount is 8.01.
    assert money.of(8005, 10) == Amounts(8005, 801, 7204, 7204, 0)
    assert money.of(1, 10) == Amounts(1, 1, 0, 0, 0)
    assert money.percent_of(33_333, 15) == 4_999


@pytest.mark.parametrize(("fen", "percent"), [(-1, 10), (100, 101), (100, -1)])
def test_what_is_no_amount_is_an_error(fen: int, percent: int) -> None:
    with pytest.raises(ValueError, match="fen"):
        money.of(fen, percent)


@pytest.mark.parametrize(
    ("text", "fen"),
    [("80", 8000), ("80.5", 8050), ("80.05", 8005), (" 0.1 ", 10), ("1000000", 100_000_000)],
)
def test_yuan_become_fen_exactly(text: str, fen: int) -> None:
    assert money.fen(text) == fen


@pytest.mark.parametrize("text", ["", "-1", "80.555", "8e3", "80,5", "1000000.01", "NaN", "八十", "1 000"])
def test_what_is_no_amount_in_yuan_is_none(text: str) -> None:
    assert money.fen(text) is None


@given(_FEN)
def test_yuan_are_read_as_they_are_written(fen: int) -> None:
    assert money.fen(money.yuan(fen)) == fen
    assert float(money.yuan(fen)) == fen / 100
