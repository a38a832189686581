"""Danger in what is said: it counts unless the same clause takes it back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.decide import Sorter
from router.text import fold


def heard(sorter: Sorter, text: str) -> list[str]:
    return [each.word for each in sorter.danger.listen(fold(text))]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("楼下着火了快来", "着火"),
        ("煤气泄漏了,一屋子味道", "煤气泄漏"),
        ("有人要跳楼", "跳楼"),
        ("孩子掉河里了", "掉河里"),
        ("電線斷了掉在路上,有人觸電", "触电"),
        ("去年也着过火,现在又着火了", "着火"),
        ("我不是没看见着火", "着火"),
        ("别人家着火了", "着火"),
        ("前面巷子里有人持刀砍人", "持刀"),
        ("我不想活了", "不想活"),
        ("我怕她会自杀", "自杀"),
        ("我爸走丢了,老年痴呆", "走丢"),
        ("没想到突然着火", "着火"),
        ("不小心触电了", "触电"),
    ],
)
def test_danger_is_heard(sorter: Sorter, text: str, word: str) -> None:
    assert word in heard(sorter, text)


@pytest.mark.parametrize(
    "text",
    [
        "楼道里堆东西有火灾隐患",
        "这里没有着火",
        "担心会着火",
        "我想问一下火灾险怎么买",
        "去年我们这里着火烧了两间",
        "想申请一次消防火灾演练",
        "万一爆炸了怎么办,充电桩太近",
        "工厂冒烟超标污染空气",
        "气死我了,吵死了",
        "周末不想活动,只想看书",
        "我家的狗走丢了",
    ],
)
def test_what_is_denied_feared_past_or_harmless_is_no_danger(sorter: Sorter, text: str) -> None:
    assert heard(sorter, text) == []


def test_a_denial_reaches_only_its_own_clause(sorter: Sorter) -> None:
    assert heard(sorter, "路灯没有人修,楼下着火了") == ["着火"]


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_listened_to_and_pieces_stand_in_it(sorter: Sorter, text: str) -> None:
    for each in sorter.danger.listen(fold(text)):
        assert fold(text)[each.start : each.end] == each.word
