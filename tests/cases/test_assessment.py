"""Scores by hand: every figure a list of cases, every score worked out of figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cases import assessment
from cases.assessment import Answer, Assessed, Job, ScoreRules, Work

GIVEN = datetime(2026, 3, 2, tzinfo=UTC)
DUE = GIVEN + timedelta(days=3)
NOW = GIVEN + timedelta(days=10)
UNIT = Assessed("water", "自来水公司", "王局长")
RULES = ScoreRules()


def work(case: str, day: float | None = 1, **values: object) -> Work:
    """Given on the first day and reported `day` days later; None: not at all."""
    reported = GIVEN + timedelta(days=day) if day is not None else None
    return Work(case, "water", GIVEN, DUE, reported, **values)  # type: ignore[arg-type]


def said(case: str, answer: int, founded: bool | None = None) -> Answer:
    return Answer(case, "water", answer, founded)


def test_a_departments_score_by_hand() -> None:
    works = [
        work("1"),
        work("2"),
        work("3", 5),  # late
        work("4", None),  # overdue
        work("5", None, ended_at=GIVEN + timedelta(days=1), returned=True, return_upheld=False),
    ]
    answers = [said("1", 1), said("2", 3, True), said("3", 2)]
    found = assessment.department(UNIT, works, answers, NOW, RULES)
    assert found.parts == {
        "handling": 3 / 4, "quality": 2 / 3, "satisfaction": 2 / 3, "overdue": 2 / 4, "returns": 4 / 5,
    }  # fmt: skip
    # (30 × 0.75 + 20 × 2/3 + 30 × 2/3 + 15 × 0.5 + 5 × 0.8) / 100
    assert found.score == 67.3
    assert found.cases["overdue"] == ["3", "4"]
    assert found.cases["complaints"] == ["2"]
    assert found.to_json()["head"] == "王局长"
    assert found.to_json()["figures"]["given"] == 5


def test_what_nobody_did_and_nobody_said_is_no_score() -> None:
    found = assessment.department(UNIT, [], [], NOW, RULES)
    assert found.score is None
    assert set(found.parts.values()) == {None}


def test_a_part_without_cases_is_left_out_and_not_zero() -> None:
    found = assessment.department(UNIT, [work("1")], [], NOW, RULES)
    assert found.parts["satisfaction"] is None
    assert found.score == 100.0


def test_done_again_is_no_quality_and_a_clock_that_stands_is_not_overdue() -> None:
    again = Work("1", "water", GIVEN + timedelta(days=4), DUE, GIVEN + timedelta(days=5), redo=True)
    found = assessment.department(UNIT, [work("1"), again, work("2", None, stopped=True)], [], NOW, RULES)
    assert found.parts["quality"] == 1 / 2
    assert found.cases["due"] == ["1", "1"]


def test_a_return_that_was_right_costs_nothing() -> None:
    gone = work("1", None, ended_at=GIVEN + timedelta(days=1), returned=True, return_upheld=True)
    found = assessment.department(UNIT, [gone, work("2")], [], NOW, RULES)
    assert (found.parts["returns"], found.cases["returned"]) == (1.0, ["1"])
    assert found.cases["due"] == ["2"]


def test_weights_are_the_administrators() -> None:
    rules = ScoreRules(weights={"handling": 0, "quality": 0, "satisfaction": 7, "overdue": 0, "returns": 0})
    found = assessment.department(UNIT, [work("1", None)], [said("2", 1), said("3", 4)], NOW, rules)
    assert found.score == 50.0


_WORK = st.builds(
    work,
    st.sampled_from("123456"),
    st.none() | st.floats(0, 20),
    stopped=st.booleans(),
    returned=st.booleans(),
    return_upheld=st.none() | st.booleans(),
    redo=st.booleans(),
)
_ANSWER = st.builds(said, st.sampled_from("123456"), st.integers(1, 4), st.none() | st.booleans())


@given(st.lists(_WORK, max_size=20), st.lists(_ANSWER, max_size=20))
def test_every_score_lies_between_its_ends_and_every_figure_is_of_its_cases(
    works: list[Work], answers: list[Answer]
) -> None:
    found = assessment.department(UNIT, works, answers, NOW, RULES)
    assert found.score is None or 0 <= found.score <= 100
    assert all(share is None or 0 <= share <= 1 for share in found.parts.values())
    figures = found.to_json()["figures"]
    assert figures["satisfied"] + figures["unsatisfied"] == figures["answered"] == len(answers)
    assert figures["overdue"] <= figures["due"] <= figures["given"] == len(works)
    told = {each.case for each in works} | {each.case for each in answers}
    assert all(set(numbers) <= told for numbers in found.cases.values())


# ---------------------------------------------------------------- firms


def firm(
    code: str, answers: list[int], jobs: int = 12, fen: int = 10_000, **values: object
) -> assessment.Score:
    unit = Assessed(code, code, rating=4.0, **values)  # type: ignore[arg-type]
    told = [Answer(str(k), code, answer) for k, answer in enumerate(answers)]
    done = [Job(str(k), code, fen) for k in range(jobs)]
    return assessment.firm(unit, [], told, done, NOW, RULES)


def test_a_rating_is_the_answers_and_what_was_known_before() -> None:
    assert assessment.rating(4.0, [], 5) == 4.0
    assert assessment.rating(4.0, [1] * 5, 5) == 4.5
    assert assessment.rating(4.0, [4], 5) == 21 / 6
    assert firm("a", [1] * 5).more["rating"] == 4.5


def test_a_founded_complaint_takes_points_from_a_firm() -> None:
    unit = Assessed("a", "a", rating=4.0)
    told = [Answer("1", "a", 3, True), Answer("2", "a", 3, False)]
    found = assessment.firm(unit, [], told, [], NOW, RULES)
    assert (found.more["complaints"], found.cases["complaints"]) == (1, ["1"])
    # Five times 4 stars and twice 2 are 24 / 7 stars, 68.6 points; less 10.
    assert found.score == 58.6


def best(*firms: assessment.Score, **rules: object) -> list[tuple[str, int]]:
    given = {"percent": 15, "least_rating": 4.5, "least_jobs": 12, "top_percent": 50, **rules}
    return [(each.code, each.reward_fen) for each in assessment.rewards(firms, **given)]  # type: ignore[arg-type]


def test_the_years_best_get_fifteen_percent_rounded_down() -> None:
    top, good, poor = firm("a", [1] * 20, fen=3333), firm("b", [1] * 10), firm("c", [3] * 10)
    assert best(top, good, poor) == [("a", 12 * 3333 * 15 // 100)]
    assert best(top, good, poor, top_percent=100) == [("a", 5999), ("b", 18_000)]


def test_too_few_jobs_a_stopped_contract_and_a_complaint_are_no_best() -> None:
    few, stopped = firm("a", [1] * 20, jobs=11), firm("b", [1] * 20, contract="suspended")
    unit = Assessed("c", "c", rating=4.0)
    told = [Answer(str(k), "c", 1) for k in range(20)] + [Answer("99", "c", 3, True)]
    blamed = assessment.firm(unit, [], told, [Job(str(k), "c", 1) for k in range(12)], NOW, RULES)
    assert best(few, stopped, blamed, top_percent=100) == []
    assert best() == []


# ---------------------------------------------------------------- society


def test_a_teams_points_by_hand_and_its_commendation() -> None:
    works = [work(str(k)) for k in range(8)] + [work("9", 5)]
    answers = [said("0", 1), said("1", 2), said("2", 4)]
    found = assessment.team(UNIT, works, answers, NOW, RULES)
    assert found.more["points_of"] == {"in_time": 16, "late": 1, "answers": 1, "complaints": 0}
    assert (found.more["points"], found.more["commended"]) == (18, False)
    more = assessment.team(UNIT, [*works, work("10")], answers, NOW, RULES)
    assert (more.more["points"], more.more["commended"]) == (20, True)
    blamed = assessment.team(UNIT, [work(str(k)) for k in range(20)], [said("0", 3, True)], NOW, RULES)
    assert blamed.more["commended"] is False
