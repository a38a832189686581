"""How fast a call is answered: one after the other, and many at the same moment.

The first of the ways is the baseline of the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
    return _compared([way.name for way in ways], [calls[1:] for calls in measured], 50, "median")


async def bursts(ways: Sequence[Way], size: int, progress: Progress) -> list[Result]:
    """So many calls at the same moment: the 95th percentile."""
    progress(f"a burst of {size} calls")
    measured = [await _burst(way, size) for way in ways]
    return _compared([f"{way.name}, burst of {size}" for way in ways], measured, 95, "p95")


def _compared(
    names: Sequence[str], measured: Sequence[list[Answered]], percent: int, word: str
) -> list[Result]:
    results = []
    for name, calls in list(zip(names, measured, strict=True))[1:]:
        for what, of in MOMENTS:
            value = round(percentile([of(call) for call in calls], percent), 2)
            base = round(percentile([of(call) for call in measured[0]], percent), 2)
            results.append(Result(f"{name}: {what}, {word}", value, "ms", len(calls), names[0], base))
    return results


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
