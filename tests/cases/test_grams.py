"""Texts are cut so that every piece of them is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import grams

TEXTS = st.text(
    alphabet=st.sampled_from("路灯坏了水停十二三1239aAbＢ，。 !\"'*()\0\U0001f600中"), max_size=40
)


@pytest.mark.parametrize(
    ("said", "same"),
    [
        ("二十三号", "23号"),
        ("幺幺零", "110"),
        ("一百零五", "105"),
        ("两千零一十", "2010"),
        ("１２号ＡＢ", "12号ab"),
        ("路灯，坏了！", "路灯坏了"),
        ("百姓", "百姓"),
        ("千万别", "千万别"),
        ("十", "10"),
    ],
)
def test_the_same_is_written_the_same(said: str, same: str) -> None:
    assert grams.plain(said) == grams.plain(same) == same


@given(TEXTS, st.data())
def test_every_piece_of_what_counts_is_found(text: str, data: st.DataObject) -> None:
    signs = grams.plain(text)
    start = data.draw(st.integers(0, len(signs)))
    end = data.draw(st.integers(start, len(signs)))
    asked = grams.terms(signs[start:end], callers=False)
    pieces = grams.document([text], "")
    assert grams.holds(pieces, asked)
    assert bool(asked) == (end > start)


@given(TEXTS, TEXTS)
def test_only_what_stands_there_is_found(text: str, query: str) -> None:
    asked = grams.terms(query, callers=False)
    words = [grams.plain(word) for word in query.replace("，", " ").split()]
    words = [word for word in words if word]
    if len(words) <= grams.MOST_TERMS and asked:
        assert grams.holds(grams.document([text], ""), asked) == all(
            word in grams.plain(text) for word in words
        )


@given(st.text(max_size=200))
def test_any_text_is_a_query(query: str) -> None:
    for ways in grams.terms(query, callers=True):
        assert ways
        assert all(
            sign.isalnum() or sign == grams.CALLER_MARK for way in ways for gram in way for sign in gram
        )


def test_a_part_of_a_number_is_looked_for_from_three_digits() -> None:
    pieces = grams.document([], "+8613800110110")
    for part, found in (
        ("0110", True),
        ("138", True),
        ("1381", False),
        ("11", False),
        ("138-0011-0110", True),
    ):
        assert grams.holds(pieces, grams.terms(part, callers=True)) is found, part
    assert not grams.holds(pieces, grams.terms("0110", callers=False))
