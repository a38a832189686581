"""Scores of who did the work: departments, firms, society teams. Pure: figures over rows that somebody read.

Every figure is a list of case numbers, and every score is worked out of figures: so each can be opened down
to the cases that make it. A share without a case is None and left out of the score: neither good nor bad.

| part of a department's score | share of | that |
|---|---|---|
| handling 办理情况 | what was concluded, or should have been by now | was concluded |
| quality 服务质量 | what was concluded | was neither done again nor blamed by a founded complaint |
| satisfaction 群众满意率 | the answers of citizens | said satisfied or basically satisfied |
| overdue 超期 | what was concluded, or should have been by now | was not late |
| returns 退单 | what was given | was not sent back without ground |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cases.money import percent_of

WEIGHTS: Mapping[str, int] = {
    "handling": 30,
    "quality": 20,
    "satisfaction": 30,
    "overdue": 15,
    "returns": 5,
}
STARS: Mapping[int, int] = {1: 5, 2: 4, 3: 2, 4: 1}
"""What an answer of the survey is in stars."""
_MOST_STARS = 5.0


@dataclass(frozen=True)
class ScoreRules:
    """What the administrator sets about scores."""

    weights: Mapping[str, int] = field(default_factory=lambda: WEIGHTS)
    """Parts of a department's score; they need not sum up to 100."""
    prior_answers: int = 5
    """A firm's rating in the city file counts like so many answers: one call is not the whole truth."""
    rating_days: int = 365
    """A firm's rating is made of the answers of so many days."""
    complaint_points: int = 10
    """What a founded complaint takes from a firm's score of 100."""
    points_on_time: int = 2
    points_late: int = 1
    points_answers: Mapping[int, int] = field(default_factory=lambda: {1: 2, 2: 1, 3: -2, 4: -2})
    points_complaint: int = -3
    """A team's points: for a case done in time or late, by the citizen's answer, by a founded complaint."""
    commend_points: int = 20
    """A team with at least so many points and no founded complaint is commended."""


@dataclass(frozen=True)
class Work:
    """One time that a unit was given a case, or a part of it."""

    case: str
    unit: str
    given_at: datetime
    due_at: datetime
    reported_at: datetime | None = None
    ended_at: datetime | None = None
    stopped: bool = False
    returned: bool = False
    return_upheld: bool | None = None
    """The ruling: True, the unit was right; None: not ruled yet, or never returned."""
    redo: bool = False
    """It was given again because the citizen was not satisfied."""

    def is_due(self, until: datetime) -> bool:
        """Concluded, or should have been by then."""
        return self.reported_at is not None or self.is_late(until)

    def is_late(self, until: datetime) -> bool:
        if self.reported_at is not None:
            return self.reported_at > self.due_at
        if self.ended_at is not None:  # taken away before it was done
            return self.ended_at > self.due_at
        return not self.stopped and until > self.due_at


@dataclass(frozen=True)
class Answer:
    """What a citizen said of the work: 1 satisfied … 4 not solved; `founded`: a supervisor's judgement."""

    case: str
    unit: str
    answer: int
    founded: bool | None = None


@dataclass(frozen=True)
class Job:
    """A fee that was billed: `price_fen` is what the firm earns."""

    case: str
    unit: str
    price_fen: int


@dataclass(frozen=True)
class Assessed:
    """A unit. `head`: on whom it counts; `rating`: the city file's, of a firm; `contract`: its state."""

    code: str
    name: str
    head: str = ""
    rating: float = 4.0
    contract: str = "active"


Cases = Mapping[str, Sequence[str]]
"""Figure → numbers of the cases that make it, each as often as it counts."""


@dataclass(frozen=True)
class Score:
    """`score`: 0..100, or a team's points; None: nothing to judge by. `parts`: 0..1 each, or None."""

    unit: Assessed
    score: float | None
    parts: Mapping[str, float | None]
    cases: Cases
    more: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.unit.code,
            "name": self.unit.name,
            "head": self.unit.head,
            "score": self.score,
            "scores": {name: _rounded(share) for name, share in self.parts.items()},
            "figures": {name: len(numbers) for name, numbers in self.cases.items()},
            "cases": {name: list(numbers) for name, numbers in self.cases.items()},
            **self.more,
        }


# ---------------------------------------------------------------- departments


def department(
    unit: Assessed, works: Sequence[Work], answers: Sequence[Answer], until: datetime, rules: ScoreRules
) -> Score:
    """A department's or township's score of a period that ends at `until`."""
    cases = _figures(works, answers, until)
    count = {name: len(numbers) for name, numbers in cases.items()}
    spoilt = _spoilt(works, answers)
    good = [each for each in works if each.reported_at is not None and not spoilt(each)]
    parts = {
        "handling": _share(count["concluded"], count["due"]),
        "quality": _share(len(good), count["concluded"]),
        "satisfaction": _share(count["satisfied"], count["answered"]),
        "overdue": _share(count["due"] - count["overdue"], count["due"]),
        "returns": _share(count["given"] - count["returned_without_ground"], count["given"]),
    }
    return Score(unit, weighted(parts, rules.weights), parts, cases)


def weighted(parts: Mapping[str, float | None], weights: Mapping[str, int]) -> float | None:
    """0..100: the parts that there are, by their weights."""
    there = {name: share for name, share in parts.items() if share is not None and weights.get(name, 0) > 0}
    whole = sum(weights[name] for name in there)
    if not whole:
        return None
    return round(100 * sum(weights[name] * share for name, share in there.items()) / whole, 1)


def _figures(works: Sequence[Work], answers: Sequence[Answer], until: datetime) -> dict[str, list[str]]:
    def of(which: Callable[[Work], bool]) -> list[str]:
        return [each.case for each in works if which(each)]

    def said(which: Callable[[Answer], bool]) -> list[str]:
        return [each.case for each in answers if which(each)]

    return {
        "given": [each.case for each in works],
        "due": of(lambda each: each.is_due(until)),
        "concluded": of(lambda each: each.reported_at is not None),
        "overdue": of(lambda each: each.is_late(until)),
        "redone": of(lambda each: each.redo),
        "returned": of(lambda each: each.returned),
        "returned_without_ground": of(lambda each: each.returned and each.return_upheld is False),
        "answered": [each.case for each in answers],
        "satisfied": said(lambda each: each.answer <= 2),
        "unsatisfied": said(lambda each: each.answer > 2),
        "complaints": said(lambda each: bool(each.founded)),
    }


def _spoilt(works: Sequence[Work], answers: Sequence[Answer]) -> Callable[[Work], bool]:
    """Whether what was reported had to be done again, or a founded complaint blames it."""
    again: dict[str, datetime] = {}
    for each in works:
        if each.redo:
            again[each.case] = max(each.given_at, again.get(each.case, each.given_at))
    blamed = {each.case for each in answers if each.founded}
    return lambda work: again.get(work.case, work.given_at) > work.given_at or work.case in blamed


# ---------------------------------------------------------------- firms


def firm(
    unit: Assessed,
    works: Sequence[Work],
    answers: Sequence[Answer],
    jobs: Sequence[Job],
    until: datetime,
    rules: ScoreRules,
) -> Score:
    """A firm: its rating in stars, less what founded complaints take."""
    stars = rating(unit.rating, [each.answer for each in answers], rules.prior_answers)
    cases = {**_figures(works, answers, until), "jobs": [each.case for each in jobs]}
    complaints = len(cases["complaints"])
    score = max(0.0, round(100 * stars / _MOST_STARS - rules.complaint_points * complaints, 1))
    parts = {
        "rating": stars / _MOST_STARS,
        "satisfaction": _share(len(cases["satisfied"]), len(cases["answered"])),
        "overdue": _share(len(cases["due"]) - len(cases["overdue"]), len(cases["due"])),
    }
    more = {
        "rating": round(stars, 2),
        "complaints": complaints,
        "fees_fen": sum(each.price_fen for each in jobs),
        "contract": unit.contract,
    }
    return Score(unit, score if works or answers or jobs else None, parts, cases, more)


def rating(prior: float, answers: Iterable[int], prior_answers: int) -> float:
    """0..5 stars: the answers, and the city file's rating as if so many more had said it."""
    stars = [STARS[each] for each in answers if each in STARS]
    weight = prior_answers + len(stars)
    return (prior * prior_answers + sum(stars)) / weight if weight else prior


@dataclass(frozen=True)
class Reward:
    """One of the year's best, and its share of what it earned."""

    code: str
    name: str
    jobs: int
    rating: float
    fees_fen: int
    reward_fen: int
    cases: Sequence[str] = ()


def rewards(
    firms: Sequence[Score], *, percent: int, least_rating: float, least_jobs: int, top_percent: int
) -> list[Reward]:
    """The year's best, by their rating, then their jobs; at most the top so many of a hundred, at least one.

    A firm whose contract is not active, or with a founded complaint, is not among them.
    """
    worked = [each for each in firms if each.cases["jobs"]]
    places = max(1, len(worked) * top_percent // 100) if worked else 0
    able = [
        each
        for each in worked
        if each.more["rating"] >= least_rating
        and len(each.cases["jobs"]) >= least_jobs
        and not each.more["complaints"]
        and each.unit.contract == "active"
    ]
    able.sort(key=lambda each: (-each.more["rating"], -len(each.cases["jobs"]), each.unit.code))
    return [_reward(each, percent) for each in able[:places]]


def _reward(score: Score, percent: int) -> Reward:
    fees = score.more["fees_fen"]
    cases = score.cases["jobs"]
    return Reward(
        score.unit.code,
        score.unit.name,
        len(cases),
        score.more["rating"],
        fees,
        percent_of(fees, percent),
        cases,
    )


# ---------------------------------------------------------------- society


def team(
    unit: Assessed, works: Sequence[Work], answers: Sequence[Answer], until: datetime, rules: ScoreRules
) -> Score:
    """A society team's or an expert's points, and whether it is commended."""
    cases = _figures(works, answers, until)
    late = [each for each in works if each.reported_at is not None and each.is_late(until)]
    in_time = len(cases["concluded"]) - len(late)
    points = {
        "in_time": in_time * rules.points_on_time,
        "late": len(late) * rules.points_late,
        "answers": sum(rules.points_answers.get(each.answer, 0) for each in answers),
        "complaints": len(cases["complaints"]) * rules.points_complaint,
    }
    parts = {"satisfaction": _share(len(cases["satisfied"]), len(cases["answered"]))}
    whole = sum(points.values())
    commended = whole >= rules.commend_points and not cases["complaints"]
    more = {"points": whole, "points_of": points, "commended": commended}
    return Score(unit, float(whole) if works or answers else None, parts, cases, more)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _rounded(share: float | None) -> float | None:
    return round(share, 4) if share is not None else None
