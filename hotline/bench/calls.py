"""`bench calls`: how fast a call is answered, how many can speak at once, what it takes of the machine."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from hotline.bench.answering import Way, bursts, in_turn
from hotline.bench.at_once import speaking
from hotline.bench.crowd import Crowd
from hotline.bench.exchange import BENCH, PLAYBACK, SCRIPT, add_baselines, beep
from hotline.bench.fastagi_calls import memory
from hotline.bench.report import Report, Result
from hotline.host import Progress
from hotline.phone.accounts import accounts
from hotline.phone.phone import Login
from hotline.supervisor import Supervisor
from hotline.temporary import temporary_system

_LIMITS = {"message_seconds": 300, "message_silence_seconds": 10}
"""Nobody's message may end before the caller ends it."""


@dataclass(frozen=True)
class Sizes:
    at_once: int = 300
    rounds: int = 40
    burst: int = 30
    bursts: int = 7
    calls: int = 10_000


def measure(sizes: Sizes, progress: Progress) -> Report:
    """Start a system, measure, remove it."""
    progress("starting a whole system in a temporary folder")
    with temporary_system(add_baselines, **_LIMITS) as supervisor:
        results = asyncio.run(_over_sip(supervisor, sizes, progress))
        results += asyncio.run(memory(supervisor, sizes.calls, progress))
    return Report("calls", results)


async def _over_sip(supervisor: Supervisor, sizes: Sizes, progress: Progress) -> list[Result]:
    settings = supervisor.settings
    book, sound = accounts(settings), beep(settings)
    trunk = book.trunk or Login("", "")
    async with Crowd(book.exchange, trunk, sound) as citizens, Crowd(book.exchange, BENCH, sound) as others:
        playback = Way("Playback in the dialplan", PLAYBACK, others)
        ours = Way("民生110", settings.hotline_did, citizens)
        script = Way("an AGI script started per call", SCRIPT, others)
        results = await in_turn([playback, ours, script], sizes.rounds, progress)
        results += await bursts([playback, ours], sizes.burst, sizes.bursts, progress)
        results += await speaking(supervisor, citizens, sizes.at_once, progress)
    return results
