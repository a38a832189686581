"""When people call and what becomes of it, as columns of numbers. Pure: a generator in, arrays out.

The shares are those of a middling city (docs/reports.md); nothing here is a fact about a real one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Column = np.ndarray[Any, Any]

_DAY, _HOUR = 86_400, 3_600
_BY_HOUR = np.array(
    [6, 4, 3, 2, 2, 4, 9, 22, 48, 60, 58, 46, 30, 32, 48, 54, 50, 46, 40, 44, 46, 38, 24, 12], dtype=float
)
WEEKDAYS = (1.12, 1.04, 1.0, 1.0, 0.98, 0.78, 0.72)
DAY_OFF = 0.7
OUTCOMES = ("message", "agent", "progress_told", "back_to_110", "hung_up", "failed")
MESSAGE, AGENT, PROGRESS, BACK, HUNG_UP, FAILED = range(6)
_SHARES = np.array([0.34, 0.44, 0.12, 0.015, 0.082, 0.003])
_WITH_CASE = np.array([0.96, 0.22, 0.0, 0.6, 0.2, 0.0])
"""An agent answers most questions at once; a message is always a request."""
WAYS = ("key", "refer", "redirect", "attended", "conference", "direct")
_WAY_SHARES = (0.7, 0.08, 0.03, 0.07, 0.02, 0.1)
DIRECT = 5
_FAULTY_DAY, _FAULT_HOURS, _FAULT_SHARE = 1 / 60, 2, 0.35


@dataclass(frozen=True)
class Calls:
    """Moments: seconds since 1970, UTC; -1: none."""

    started: Column
    answered: Column
    ended: Column
    outcome: Column
    way: Column
    desk: Column
    caller: Column
    has_case: Column
    danger: Column

    def __len__(self) -> int:
        return len(self.started)


def per_day(chance: np.random.Generator, calls: int, weights: Column) -> Column:
    """How many calls each day has; they sum up to `calls`."""
    uneven = weights * chance.lognormal(0.0, 0.08, len(weights))
    return chance.multinomial(calls, uneven / uneven.sum())


def calls_of_day(chance: np.random.Generator, count: int, midnight: int, desks: int, people: int) -> Calls:
    """A day's calls in the order they came. `midnight`: of the city, in seconds since 1970."""
    hour = chance.choice(24, count, p=_BY_HOUR / _BY_HOUR.sum())
    started = np.sort(midnight + hour * _HOUR + chance.integers(0, _HOUR, count))
    outcome = _outcomes(chance, started - midnight)
    busy = _BY_HOUR[(started - midnight) // _HOUR] / _BY_HOUR.max()
    wait = 1 + chance.exponential(1.5 + 3.5 * busy, count).astype(np.int64)
    abandoned = (outcome == HUNG_UP) & (chance.random(count) < 0.45)
    patience = 8 + chance.exponential(25, count).astype(np.int64)
    talked = 15 + chance.gamma(2.0, 45, count).astype(np.int64)
    answered = np.where(abandoned, -1, started + wait)
    return Calls(
        started=started,
        answered=answered,
        ended=np.where(abandoned, started + patience, answered + talked),
        outcome=outcome,
        way=chance.choice(len(WAYS), count, p=_WAY_SHARES),
        desk=chance.integers(0, desks, count),
        caller=(people * chance.random(count) ** 1.5).astype(np.int64),
        has_case=~abandoned & (chance.random(count) < _WITH_CASE[outcome]),
        danger=(outcome == BACK) & (chance.random(count) < 0.5),
    )


def _outcomes(chance: np.random.Generator, second: Column) -> Column:
    """On some days something of ours fails for some hours."""
    outcome = chance.choice(len(OUTCOMES), len(second), p=_SHARES / _SHARES.sum())
    faulty, begins = chance.random() < _FAULTY_DAY, int(chance.integers(0, _DAY))
    if faulty:
        within = (second >= begins) & (second < begins + _FAULT_HOURS * _HOUR)
        outcome[within & (chance.random(len(second)) < _FAULT_SHARE)] = FAILED
    return outcome


@dataclass(frozen=True)
class Work:
    """What becomes of the cases; moments as above, whether or not they have come yet."""

    sorted: Column
    first_dispatched: Column
    """To the unit that sent it back; -1 where the first one was right."""
    returned: Column
    dispatched: Column
    due: Column
    signed: Column
    reported: Column
    completed: Column
    archived: Column
    answer: Column
    """The citizen's: 1 to 4, 0 for none."""
    unsure: Column


def work_of(chance: np.random.Generator, opened: Column, due: Column) -> Work:
    """`due`: by the day of opening, for each case."""
    count = len(opened)
    unsure = chance.random(count) < 0.12
    sorted_at = opened + 15 + chance.integers(0, 60, count)
    given = sorted_at + 20 + np.where(unsure, chance.exponential(2400, count), 0).astype(np.int64)
    wrong = chance.random(count) < 0.04
    returned = given + 1800 + chance.exponential(6 * _HOUR, count).astype(np.int64)
    dispatched = np.where(wrong, returned + _HOUR, given)
    room = np.maximum(due - dispatched, 2 * _HOUR)
    reported = dispatched + (room * np.minimum(chance.lognormal(-0.75, 0.46, count), 3.0)).astype(np.int64)
    signed = dispatched + ((reported - dispatched) * 0.3 * chance.random(count)).astype(np.int64)
    completed = reported + chance.integers(2 * _HOUR, 2 * _DAY, count)
    answer = chance.choice([0, 1, 2, 3, 4], count, p=[0.28, 0.58, 0.12, 0.012, 0.008])
    return Work(
        sorted=sorted_at,
        first_dispatched=np.where(wrong, given, -1),
        returned=np.where(wrong, returned, -1),
        dispatched=dispatched,
        due=due,
        signed=signed,
        reported=reported,
        completed=completed,
        archived=completed + 30 * _DAY,
        answer=answer,
        unsure=unsure,
    )
