"""Figures of a day: what sums up, what a share of nothing is, what is named as a change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cases import figures as f
from cases.figures import CallCell
from cases.states import CallOutcome, WayIn

RINGING = (f.ANSWERED, f.ABANDONED, f.WAITING, f.IMPOSSIBLE)


@some.composite
def cells(draw: some.DrawFn) -> CallCell:
    ringing = draw(some.sampled_from(RINGING))
    return CallCell(
        draw(some.integers(0, 23)),
        draw(some.sampled_from(WayIn)).value,
        draw(some.sampled_from((None, "desk1", "desk2"))),
        draw(some.sampled_from(CallOutcome)).value,
        ringing,
        draw(some.integers(0, 300)) if ringing == f.ANSWERED else None,
        draw(some.integers(1, 1000)),
    )


DAYS = some.lists(cells(), max_size=40)
SUMS = ("offered", "answered", "abandoned", "waiting", "impossible")


@given(DAYS)
def test_the_hours_sum_up_to_the_day(day: list[CallCell]) -> None:
    said = f.of_calls(day)
    for name in SUMS:
        assert sum(hour[name] for hour in said["calls_by_hour"]) == said[f"calls_{name}"]
    assert said["calls_offered"] == sum(said[f"calls_{name}"] for name in SUMS[1:])
    for name in ("calls_by_way_in", "calls_by_desk"):
        assert sum(said[name].values()) == said["calls_offered"]
    assert said["calls_offered"] + said["survey_calls"] == sum(cell.count for cell in day)


@given(some.lists(DAYS, max_size=4))
def test_a_report_of_several_days_is_the_sum_of_theirs(days: list[list[CallCell]]) -> None:
    whole = f.of_calls(cell for day in days for cell in day)
    parts = [f.of_calls(day) for day in days]
    for name in ("calls_offered", "calls_answered", "answered_within_15s", "messages", "survey_calls"):
        assert whole[name] == sum(part[name] for part in parts)


@given(some.dictionaries(some.integers(0, 500), some.integers(1, 50), min_size=1))
def test_a_quantile_is_the_one_of_the_waits_in_order(waits: dict[int, int]) -> None:
    ordered = sorted(wait for wait, count in waits.items() for _ in range(count))
    for percent in (50, 95):
        place = -(-len(ordered) * percent // 100) - 1
        assert f.quantile(waits, percent / 100) == ordered[place]


def test_no_calls_are_neither_good_nor_bad() -> None:
    said = f.of_calls([])
    assert said["calls_offered"] == 0
    assert [said[name] for name in ("connect_rate", "answer_within_15s_rate", "wait_p95_s")] == [None] * 3
    assert len(said["calls_by_hour"]) == 24


def test_an_impossible_call_is_counted_apart_and_averaged_in_nowhere() -> None:
    said = f.of_calls(
        [
            CallCell(9, "key", "desk1", "message", f.ANSWERED, 4, 3),
            CallCell(9, "key", "desk1", "message", f.IMPOSSIBLE, None, 2),
        ]
    )
    assert (said["calls_offered"], said["calls_answered"], said["calls_impossible"]) == (5, 3, 2)
    assert said["connect_rate"] == said["answer_within_15s_rate"] == 1.0
    assert said["wait_p95_s"] == 4


def test_who_waits_fifteen_seconds_is_in_time_and_who_waits_longer_is_not() -> None:
    said = f.of_calls(
        [
            CallCell(0, "key", None, "message", f.ANSWERED, 15, 1),
            CallCell(0, "key", None, "message", f.ANSWERED, 16, 1),
            CallCell(0, "key", None, "hung_up", f.ABANDONED, None, 2),
        ]
    )
    assert said["answer_within_15s_rate"] == 0.25
    assert said["connect_rate"] == 0.5


def test_a_hundred_thousand_matters_are_a_short_list_that_loses_nothing() -> None:
    counts = {f"matter-{place}": place % 7 for place in range(100_000)}
    said = f.listed(counts)
    assert len(said) == f.MOST_LISTED + 1
    assert sum(said.values()) == sum(counts.values())
    assert next(iter(said.values())) == 6


@given(some.dictionaries(some.text(max_size=3), some.integers(0, 9)), some.integers(1, 5))
def test_a_list_never_loses_a_count(counts: dict[str, int], most: int) -> None:
    assert sum(f.listed(counts, most).values()) == sum(counts.values())


def test_the_three_largest_changes_are_named_in_a_sentence() -> None:
    usual = {"calls_offered": 100, "messages": 50, "cases_opened": 40, "returns": 10, "connect_rate": 0.95}
    now = {"calls_offered": 300, "messages": 52, "cases_opened": 10, "returns": 30, "connect_rate": 0.5}
    said = f.compared(now, [usual, usual])
    assert [each["figure"] for each in said["changes"]] == ["calls_offered", "returns", "cases_opened"]
    assert said["usual"]["calls_offered"] == 100
    assert said["changes_sentence"] == (
        "与前2期同日均值相比,变化最大的是:来电量上升200%(300)、退单上升200%(30)、受理诉求下降75%(10)。"
    )


@pytest.mark.parametrize(
    ("earlier", "words"), [([], "尚无可比的往期报表。"), ([{"calls_offered": 100}], "没有明显变化")]
)
def test_where_nothing_changed_it_says_so(earlier: list[dict[str, int]], words: str) -> None:
    assert words in f.compared({"calls_offered": 101}, earlier)["changes_sentence"]


def test_a_digest_is_of_the_figures_and_not_of_their_order() -> None:
    assert f.digest({"a": 1, "b": {"c": 2, "d": 3}}) == f.digest({"b": {"d": 3, "c": 2}, "a": 1})
    assert f.digest({"a": 1}) != f.digest({"a": 2})


def test_a_difference_names_both_values() -> None:
    assert f.difference({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}) == {"b": [2, 3], "c": [None, 4]}
