"""The figures of a day: what they are called, how rates are made, what is compared. Pure.

    figures = {**of_calls(cells), **of_cases(…)}     # plain JSON; docs/reports.md names every figure
    figures |= compared(figures, earlier)            # against the same weekday's last four weeks
    digest(figures)

A share of nothing is None: neither good nor bad. Seconds are whole: a wait of 14.2 s counts as 15, so that
"within 15 s" is exact. A call's times may be impossible (an end before the answer): such a call is offered,
counted apart, and in no wait.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Figures = dict[str, Any]
Waits = Mapping[int, int]
"""Whole seconds → how many calls waited so long."""

ANSWER_SECONDS = 15
MOST_LISTED = 200
"""A list by matter, unit or township names so many; the rest is one line, `others`."""
OTHERS, NONE = "others", "none"
_HOURS = 24

ANSWERED, ABANDONED, WAITING, IMPOSSIBLE = "answered", "abandoned", "waiting", "impossible"
"""What became of a call's ringing. WAITING: not answered and not over yet."""
SURVEY = "survey"
"""A way in that is none: we rang."""
OUTCOMES: Mapping[str, str] = {
    "messages": "message",
    "live_agent": "agent",
    "back_to_110": "back_to_110",
    "progress_told": "progress_told",
    "hung_up": "hung_up",
    "failed": "failed",
    "in_progress": "in_progress",
}
"""Figure → a call's outcome."""

HEADLINES: Mapping[str, str] = {
    "calls_offered": "来电量",
    "calls_abandoned": "未接通来电",
    "answer_within_15s_rate": "15秒接通率",
    "connect_rate": "接通率",
    "wait_p95_s": "等待时长（95分位）",
    "messages": "留言",
    "live_agent": "人工接听",
    "back_to_110": "回转110",
    "cases_opened": "受理诉求",
    "cases_overdue": "超期诉求",
    "returns": "退单",
    "satisfaction_rate": "群众满意率",
    "danger_calls": "危险警情",
    "bursts": "集中诉求",
}
"""What is compared with other days, as a leader reads it."""
_LEAST_CHANGE = 0.1
"""A change by less is none."""
_CHANGES = 3


@dataclass(frozen=True)
class CallCell:
    """So many calls that are alike. `hour`: 0..23 of the city; `wait`: whole seconds, of answered calls."""

    hour: int
    way_in: str
    desk: str | None
    outcome: str
    ringing: str
    wait: int | None
    count: int


# ---------------------------------------------------------------- calls


def of_calls(cells: Iterable[CallCell]) -> Figures:
    """Everything that is counted of calls. The hours' figures sum up to the day's."""
    hours = [_Calls() for _ in range(_HOURS)]
    ways, desks, outcomes = Counter[str](), Counter[str](), Counter[str]()
    surveys = 0
    for cell in cells:
        if cell.way_in == SURVEY:
            surveys += cell.count
            continue
        hours[cell.hour].take(cell)
        ways[cell.way_in] += cell.count
        desks[cell.desk or NONE] += cell.count
        outcomes[cell.outcome] += cell.count
    day = _Calls.together(hours)
    return {
        **{_WHOLE.get(name, name): value for name, value in day.figures().items()},
        "calls_by_hour": [{"hour": hour, **each.figures()} for hour, each in enumerate(hours)],
        "calls_by_way_in": listed(ways),
        "calls_by_desk": listed(desks),
        **{figure: outcomes[outcome] for figure, outcome in OUTCOMES.items()},
        "survey_calls": surveys,
    }


_WHOLE = {
    "offered": "calls_offered",
    ANSWERED: "calls_answered",
    ABANDONED: "calls_abandoned",
    WAITING: "calls_waiting",
    IMPOSSIBLE: "calls_impossible",
}


class _Calls:
    """Calls of an hour, or of a day."""

    def __init__(self) -> None:
        self.ringing, self.waits = Counter[str](), Counter[int]()

    def take(self, cell: CallCell) -> None:
        self.ringing[cell.ringing] += cell.count
        if cell.ringing == ANSWERED and cell.wait is not None:
            self.waits[cell.wait] += cell.count

    @classmethod
    def together(cls, parts: Iterable[_Calls]) -> _Calls:
        whole = cls()
        for each in parts:
            whole.ringing.update(each.ringing)
            whole.waits.update(each.waits)
        return whole

    def figures(self) -> Figures:
        soon = sum(count for wait, count in self.waits.items() if wait <= ANSWER_SECONDS)
        offered, answered = self.ringing.total(), self.ringing[ANSWERED]
        # Who still waits, and a row that cannot be true, say nothing of how we answer.
        known = answered + self.ringing[ABANDONED]
        return {
            "offered": offered,
            **{name: self.ringing[name] for name in (ANSWERED, ABANDONED, WAITING, IMPOSSIBLE)},
            "answered_within_15s": soon,
            "answer_within_15s_rate": share(soon, known),
            "connect_rate": share(answered, known),
            "wait_median_s": quantile(self.waits, 0.5),
            "wait_p95_s": quantile(self.waits, 0.95),
        }


def quantile(waits: Waits, part: float) -> int | None:
    """The least wait that at least this part of the calls did not pass; None of no calls."""
    whole = sum(waits.values())
    reached = 0
    for wait in sorted(waits):
        reached += waits[wait]
        if reached >= part * whole and reached:
            return wait
    return None


# ---------------------------------------------------------------- cases and the rest


def listed(counts: Mapping[str, int], most: int = MOST_LISTED) -> dict[str, int]:
    """The greatest first, at most so many by name, and what is left as `others`: the sum is the whole."""
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    left = sum(count for _, count in ordered[most:])
    found = {name: count for name, count in ordered[:most] if count}
    return {**found, OTHERS: found.get(OTHERS, 0) + left} if left else found


def share(part: int, whole: int) -> float | None:
    """0..1, four places; None of nothing."""
    return round(part / whole, 4) if whole else None


# ---------------------------------------------------------------- against other days


def compared(figures: Figures, earlier: Sequence[Mapping[str, Any]]) -> Figures:
    """`usual`: the mean of each headline over earlier days that have it; `changes`: the three largest.

    A figure nobody knows of earlier days is compared with nothing.
    """
    usual = {name: _mean([day.get(name) for day in earlier]) for name in HEADLINES}
    changes = sorted(
        (
            {"figure": name, "value": figures[name], "usual": mean, "change": change}
            for name, mean in usual.items()
            if mean is not None and (change := _change(figures.get(name), mean)) is not None
        ),
        key=lambda each: -_weight(each),
    )
    named = [each for each in changes if abs(each["change"]) >= _LEAST_CHANGE][:_CHANGES]
    return {
        "compared_days": len(earlier),
        "usual": {name: mean for name, mean in usual.items() if mean is not None},
        "changes": named,
        "changes_sentence": sentence(named, len(earlier)),
    }


def _mean(values: Iterable[Any]) -> float | None:
    known = [float(each) for each in values if isinstance(each, int | float)]
    return round(sum(known) / len(known), 4) if known else None


def _change(value: Any, usual: float) -> float | None:
    """+0.5: half as much again."""
    if not isinstance(value, int | float):
        return None
    if not usual:
        return 1.0 if value else 0.0
    return round((value - usual) / usual, 4)


def _weight(change: Mapping[str, Any]) -> float:
    """A handful that doubled weighs less than thousands that grew by half: chance alone does that."""
    size = max(change["usual"], change["value"])
    weight: float = abs(change["change"])
    return weight * (size / (size + 5) if size > 1 else 1.0)


def sentence(changes: Sequence[Mapping[str, Any]], days: int) -> str:
    """The largest changes in a sentence, as it stands above the report."""
    if not days:
        return "尚无可比的往期报表。"
    if not changes:
        return f"与前{days}期同日相比,没有明显变化。"
    said = "、".join(f"{HEADLINES[each['figure']]}{_said(each)}" for each in changes)
    return f"与前{days}期同日均值相比,变化最大的是:{said}。"


def _said(change: Mapping[str, Any]) -> str:
    way = "上升" if change["change"] > 0 else "下降"
    name, value = change["figure"], change["value"]
    shown = f"{value:.1%}" if name.endswith("_rate") else f"{value:g}"
    if not change["usual"]:
        return f"由0增至{shown}"
    return f"{way}{abs(change['change']):.0%}({shown})"


# ---------------------------------------------------------------- kept


def digest(figures: Mapping[str, Any]) -> str:
    """SHA-256 of the figures, whatever order they stand in."""
    said = json.dumps(figures, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, list[Any]]:
    """{figure: [before, now]} of those that are not the same."""
    names = sorted({*before, *now})
    return {name: [before.get(name), now.get(name)] for name in names if before.get(name) != now.get(name)}
