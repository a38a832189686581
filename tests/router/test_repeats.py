"""Told before, and told by many: what is offered for merging, and when one alarm is raised."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.repeats import LEAST_SCORE, Told, burst, common, likeness, nearness, repeats

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
WITHIN, SHORT = timedelta(hours=72), timedelta(minutes=60)
PLACE = {"township": "昭阳街道", "road": "解放路", "number": "12号"}
FIRST = Told("100005", "13800000001", "路灯照明", PLACE, "解放路十二号门口的路灯不亮", NOON)


def told(number: str = "100013", hours: float = 5, **other: Any) -> Told:
    return replace(FIRST, number=number, at=NOON + timedelta(hours=hours), **other)


def test_the_same_caller_who_rings_again_for_the_same_thing_is_offered_with_reasons() -> None:
    (found,) = repeats(told(text="我昨天说的解放路十二号门口的路灯还是不亮"), [FIRST], WITHIN)
    assert found.number == "100005"
    assert found.score > 0.9
    assert found.reasons[0] == "caller"
    assert {*found.reasons} == {"caller", "matter", "place", "words"}
    assert any("解放路十二号门口的路灯" in piece for piece in found.common)


def test_a_neighbour_is_offered_only_where_the_place_says_the_same() -> None:
    neighbour = told(caller="13900000002", text="解放路这边路灯坏了")
    assert len(repeats(neighbour, [FIRST], WITHIN)) == 1
    assert repeats(replace(neighbour, place={"township": "昭阳街道"}), [FIRST], WITHIN) == ()
    assert repeats(replace(neighbour, place={}), [FIRST], WITHIN) == ()


@pytest.mark.parametrize(
    "other",
    [
        {"place": {**PLACE, "number": "40号"}},
        {"place": {**PLACE, "township": "水北街道"}},
        {"matter": "停水与水压", "text": "家里没有水了"},
        {"hours": 80},
    ],
    ids=["another house", "another township", "another matter", "too late"],
)
def test_another_place_matter_or_week_is_another_request(other: dict[str, Any]) -> None:
    assert repeats(told(**other), [FIRST], WITHIN) == ()


def test_the_same_caller_and_matter_without_a_place_is_still_offered() -> None:
    (found,) = repeats(told(place={}, text="还是没来修"), [FIRST], WITHIN)
    assert found.reasons == ("caller", "matter")


def test_a_case_is_never_offered_to_itself_and_anonymous_callers_are_not_one_person() -> None:
    assert repeats(FIRST, [FIRST], WITHIN) == ()
    nobody = told(caller="", place={}, text="还是没来修")
    assert repeats(nobody, [replace(FIRST, caller="")], WITHIN) == ()


def test_the_likeliest_come_first_and_not_too_many() -> None:
    many = [told(f"{200 + k}", hours=k, text=FIRST.text[: 4 + k]) for k in range(9)]
    found = repeats(told("300", hours=9), many, WITHIN)
    assert len(found) == 5
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)


# ---------------------------------------------------------------- bursts


def dry(caller: int, minute: float = 0, **other: Any) -> Told:
    at = NOON + timedelta(minutes=minute)
    values = {"place": {"township": "水北街道"}, "matter": "停水与水压", "text": "停水了", "burst": None}
    return Told(f"{1000 + caller}", f"1390000{caller:04}", at=at, **{**values, **other})


def test_the_fourth_caller_of_one_matter_in_one_place_raises_an_alarm_with_all_of_them() -> None:
    before = [dry(k, k) for k in range(3)]
    assert burst(before[2], before[:2], SHORT, 4) is None
    heard = burst(dry(3, 3), before, SHORT, 4)
    assert heard is not None
    assert heard.place == "水北街道"
    assert heard.members == ("1000", "1001", "1002", "1003")
    assert heard.standing is None


def test_the_fifth_joins_the_alarm_that_stands() -> None:
    standing = [dry(k, k, burst=7) for k in range(4)]
    heard = burst(dry(4, 50), standing, SHORT, 4)
    assert heard is not None
    assert (heard.standing, heard.members) == (7, ("1004",))


def test_one_caller_who_rings_four_times_is_no_burst_nor_are_four_withheld_numbers() -> None:
    for caller in ("13900000000", ""):
        rings = [replace(dry(k, k), caller=caller) for k in range(5)]
        assert burst(rings[4], rings[:4], SHORT, 4) is None


@pytest.mark.parametrize(
    "other",
    [{"matter": "停电"}, {"place": {"township": "晒口街道"}}, {"place": {}}, {"minute": 200}],
    ids=["matter", "place", "no place", "time"],
)
def test_what_differs_does_not_count(other: dict[str, Any]) -> None:
    before = [dry(k, k) for k in range(2)]
    assert burst(dry(3, 3), [*before, dry(2, **{"minute": 2, **other})], SHORT, 4) is None


def test_a_burst_is_named_by_the_smallest_place_that_most_of_them_say() -> None:
    named = {"township": "水北街道", "community": "福溪社区"}
    before = [dry(k, k, place=named) for k in range(3)]
    heard = burst(dry(3, 3, place=named), before, SHORT, 4)
    assert heard is not None
    assert heard.place == "福溪社区"


# ---------------------------------------------------------------- always


_place = st.fixed_dictionaries(
    {},
    optional={
        "township": st.sampled_from(["甲镇", "乙镇"]),
        "community": st.sampled_from(["丙村", "丁村"]),
        "road": st.sampled_from(["戊路", "己路"]),
        "number": st.sampled_from(["1号", "2号"]),
        "poi": st.sampled_from(["庚楼", "辛楼"]),
    },
)
_cases = st.builds(
    Told,
    number=st.sampled_from(["1", "2", "3", "4"]),
    caller=st.sampled_from(["", "138", "139"]),
    matter=st.sampled_from([None, "停水", "停电"]),
    place=_place,
    text=st.text(alphabet="停水电了的 ab", max_size=12),
    at=st.integers(0, 6000).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    burst=st.none(),
)


@given(_cases, st.lists(_cases, max_size=6))
def test_offers_are_good_whoever_calls(new: Told, earlier: list[Told]) -> None:
    for each in repeats(new, earlier, WITHIN):
        assert each.number != new.number
        assert 0 < each.score <= 1
        assert each.reasons
        assert each.score >= LEAST_SCORE or {"caller", "matter"} <= {*each.reasons}
        assert all(piece in new.text for piece in each.common)


@given(_place, _place)
def test_nearness_is_the_same_both_ways(one: dict[str, str], other: dict[str, str]) -> None:
    assert nearness(one, other) == nearness(other, one)


@given(st.text(max_size=40), st.text(max_size=40))
def test_common_pieces_stand_in_both(one: str, other: str) -> None:
    assert all(piece in one and piece in other for piece in common(one, other))
    assert 0 <= likeness(one, other) <= 1
