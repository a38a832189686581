"""How fast a call is answered: one after the other, and many at the same moment.

The first of the ways is the baseline of the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from hotline.bench.crowd import Caller, Crowd
from hotline.bench.report import Result, percentile
from hotline.host import Progress

_PATIENCE = 30.0


@dataclass(frozen=True)
class Way:
    """One way to be answered: whom to dial, behind which account."""

    name: str
    number: str
    crowd: Crowd


@dataclass(frozen=True)
class Answered:
    """One call's milliseconds since its INVITE."""

    answer: float
    first_packet: float


MOMENTS: tuple[tuple[str, Callable[[Answered], float]], ...] = (
    ("INVITE to 200", lambda call: call.answer),
    ("INVITE to first prompt packet", lambda call: call.first_packet),
)


async def in_turn(ways: Sequence[Way], rounds: int, progress: Progress) -> list[Result]:
    """One call at a time, each way in turn, so that the machine's moods meet all of them alike: medians."""
    progress(f"{rounds} calls each way, one after the other")
    measured: list[list[Answered]] = [[] for _ in ways]
    for number in range(rounds + 1):
        for way, calls in zip(ways, measured, strict=True):
            calls.append(await _one(way, number))
    # The first call of each way warms it up.
    names = [way.name for way in ways]
    return _results(
        names, [calls[1:] for calls in measured], lambda calls, of: _percent(calls, of, 50), "median"
    )


async def bursts(ways: Sequence[Way], size: int, times: int, progress: Progress) -> list[Result]:
    """So many calls at the same moment, several times, each way in turn: the 95th percentile of the middle
    burst. One burst alone says more about the machine's mood than about the way."""
    progress(f"{times} bursts of {size} calls each way")
    measured: list[list[list[Answered]]] = [[] for _ in ways]
    for _ in range(times):
        for way, its in zip(ways, measured, strict=True):
            its.append(await _burst(way, size))
    names = [f"{way.name}, burst of {size}" for way in ways]
    return _results(names, measured, lambda its, of: median(_percent(each, of, 95) for each in its), "p95")


_Middle = Callable[[list[Any], Callable[[Answered], float]], float]


def _results(names: Sequence[str], measured: Sequence[list[Any]], middle: _Middle, word: str) -> list[Result]:
    results = []
    for name, taken in list(zip(names, measured, strict=True))[1:]:
        for what, of in MOMENTS:
            value, base = round(middle(taken, of), 2), round(middle(measured[0], of), 2)
            results.append(Result(f"{name}: {what}, {word}", value, "ms", len(taken), names[0], base))
    return results


def _percent(calls: Sequence[Answered], of: Callable[[Answered], float], percent: int) -> float:
    return percentile([of(call) for call in calls], percent)


async def _one(way: Way, number: int) -> Answered:
    caller = way.crowd.dial(way.number, f"1370001{number:04d}")
    answered = await _first_packet(caller)
    caller.hang_up()
    return answered


async def _burst(way: Way, size: int) -> list[Answered]:
    callers = [way.crowd.dial(way.number, f"1370002{number:04d}") for number in range(size)]
    answered = await asyncio.gather(*(_first_packet(caller) for caller in callers))
    for caller in callers:
        caller.hang_up()
    return list(answered)


async def _first_packet(caller: Caller) -> Answered:
    await asyncio.wait_for(caller.answered.wait(), _PATIENCE)
    await asyncio.wait_for(caller.heard_something.wait(), _PATIENCE)
    return Answered(
        1000 * (caller.answered_at - caller.dialled_at), 1000 * (caller.first_packet_at - caller.dialled_at)
    )
