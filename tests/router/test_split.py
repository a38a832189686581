"""Several requests in one message: cut where it is clear, verbatim, and never one request in two."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.split import About, split

# A sorter of few words: what a real one is sure of, told by its words.
_WORDS: dict[str, About] = {
    "停水": ("供水排水", "停水"),
    "自来水": ("供水排水", "停水"),
    "垃圾": ("市容环卫", "垃圾清运"),
    "摆摊": ("市容环卫", "占道经营"),
    "路灯": ("道路交通", "路灯"),
    "医保": ("劳动社保", "医保"),
    "油烟": ("环境保护", "油烟"),
    "物业": ("物业管理", "物业服务"),
    "施工": ("噪音扰民", "施工噪音"),
}


def about(text: str) -> About | None:
    """Sure where one matter is named, not where several are or none."""
    found = {matter for word, matter in _WORDS.items() if word in text}
    return found.pop() if len(found) == 1 else None


def texts(text: str) -> list[str]:
    return [piece.text for piece in split(text, about)]


@pytest.mark.parametrize(
    "pieces",
    [
        ["我们小区停水了", "还有楼下的垃圾好几天没人收"],
        ["解放路的路灯坏了", "另外我想问一下医保怎么交"],
        ["第一个是楼下停水", "第二个是旁边半夜施工"],
        ["有人占道摆摊卖水果", "还想反映一下路灯也坏了"],
        ["停水两天了", "再一个就是垃圾没人收", "第三件事是医保卡怎么补"],
        ["垃圾没人收", "另外一个问题是有人摆摊"],
        ["路灯坏了", "另外垃圾也没人管"],
        ["小区 停水 了 ", "第二 个 是 路灯 坏 了"],
    ],
)
def test_two_matters_joined_by_a_word_that_adds_are_two_requests(pieces: list[str]) -> None:
    assert texts("".join(pieces)) == pieces


@pytest.mark.parametrize(
    "text",
    [
        "垃圾桶里有纸箱还有塑料瓶没人收垃圾",
        "停水了还有就是自来水也是黄的",
        "垃圾没人收还有人摆摊",
        "烧烤摊油烟很大还有异味",
        "另外一个小区也停水了",
        "第二医院门口的路灯坏了",
        "第二天又停水了第二个晚上也停水",
        "停水了还有",
        "停水了还有晚上施工",
        "路灯坏了另外物业也不管",
        "我有几件事",
        "",
    ],
)
def test_one_request_is_left_whole(text: str) -> None:
    assert texts(text) == [text]


def test_a_bare_addition_within_one_first_level_matter_cuts_nothing_and_an_announced_one_does() -> None:
    assert len(texts("垃圾没人收还有马路上摆摊的")) == 1
    assert len(texts("垃圾没人收还有一件事就是有人摆摊")) == 2


def test_a_letter_is_left_to_a_person() -> None:
    assert len(split("停水了另外还有垃圾没人收" * 200, about)) == 1


_PARTS = st.sampled_from(
    ["还有", "另外", "第二个", "再一个就是", "停水了", "垃圾没人收", "路灯坏了", "医保", "，", "那个", "我想"]
)


@given(st.one_of(st.text(max_size=60), st.lists(_PARTS, max_size=12).map("".join)))
def test_the_pieces_are_the_message_and_neighbours_are_different_matters(text: str) -> None:
    pieces = split(text, about)
    assert "".join(piece.text for piece in pieces) == text
    assert pieces[0].start == 0
    assert pieces[-1].end == len(text)
    for one, other in pairwise(pieces):
        assert one.end == other.start
        assert one.about != other.about
    assert all(text[piece.start : piece.end] == piece.text for piece in pieces)
    if len(pieces) > 1:
        assert all(piece.about is not None for piece in pieces)
