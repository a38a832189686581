"""Callers who speak at the same time, each heard live: how soon after the last word do the words stand?"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from time import sleep

from sqlalchemy import select

from cases.model import Call, Case, CaseEvent, Recording, Transcript
from cases.states import Move
from hotline.bench.at_once import sentence
from hotline.bench.crowd import Crowd
from hotline.bench.exchange import beep
from hotline.bench.page import OpenPage
from hotline.bench.report import Result
from hotline.host import Progress
from hotline.phone import alaw
from hotline.phone.accounts import accounts
from hotline.phone.phone import Login
from hotline.settings import Settings
from hotline.temporary import temporary_system
from hotline.wiring import build

_PATIENCE = 30.0
_APART = 0.4
"""Seconds between two callers: they speak together, and do not all end in one instant."""
_CALLERS = "1370004"
_SETTLED = 3.0
"""Seconds until whatever will stand on the page stands there."""


def measure(slots: int, rounds: int, progress: Progress) -> list[Result]:
    """`slots` speakers at once, `rounds` times, on a system with as many live slots."""
    progress(f"{slots} callers heard live at the same time, {rounds} times")
    with temporary_system(live_slots=slots, message_silence_seconds=10) as supervisor:
        with OpenPage(supervisor.settings) as page:
            ends = asyncio.run(_all(supervisor.settings, slots, rounds))
            sleep(_SETTLED)
        return _told(supervisor.settings, ends, slots, page.routed)


async def _all(settings: Settings, slots: int, rounds: int) -> dict[str, datetime]:
    """When each caller had said the last word, by the caller's number."""
    book, speech = accounts(settings), sentence(settings)
    ends: dict[str, datetime] = {}
    async with Crowd(book.exchange, book.trunk or Login("", ""), beep(settings)) as crowd:
        for turn in range(rounds):
            names = [f"{_CALLERS}{turn * slots + number:04d}" for number in range(slots)]
            callers = (
                _caller(crowd, settings, name, number * _APART, speech, ends)
                for number, name in enumerate(names)
            )
            await asyncio.gather(*callers)
    return ends


async def _caller(
    crowd: Crowd, settings: Settings, name: str, wait: float, speech: bytes, ends: dict[str, datetime]
) -> None:
    await asyncio.sleep(wait)
    caller = crowd.dial(settings.hotline_did, name)
    await asyncio.wait_for(caller.heard_something.wait(), _PATIENCE)
    caller.press("#")
    await asyncio.wait_for(caller.beeped.wait(), _PATIENCE)
    caller.speak(speech)
    await asyncio.sleep(len(speech) / alaw.RATE)
    ends[name] = datetime.now(UTC)
    caller.press("#")
    await asyncio.wait_for(caller.over.wait(), 3 * _PATIENCE)


def _told(
    settings: Settings, ends: dict[str, datetime], slots: int, shown: dict[str, datetime]
) -> list[Result]:
    wiring = build(settings)
    wanted = (
        select(Call.caller, Transcript.ready_after_last_word_ms, CaseEvent.at, Case.number)
        .join(Recording, Recording.call_id == Call.id)
        .join(Transcript, Transcript.recording_id == Recording.id)
        .outerjoin(Case, Case.id == Call.case_id)
        .outerjoin(CaseEvent, (CaseEvent.case_id == Call.case_id) & (CaseEvent.move == Move.SORT))
        .where(Call.caller.in_(ends))
    )
    try:
        with wiring.reading() as unit:
            rows = unit.session.execute(wanted).all()
    finally:
        wiring.close()
    ready = [ms for _, ms, _, _ in rows if ms is not None]
    routed = [_ms(at - ends[caller]) for caller, _, at, _ in rows if at is not None]
    seen = [_ms(shown[number] - ends[caller]) for caller, _, _, number in rows if number in shown]
    name = f"{slots} heard live at once"
    return [
        Result(f"{name}: not heard live", len(ends) - len(ready), "calls", len(ends)),
        Result(f"{name}: last word to all words, p95", _p95(ready), "ms", len(ready)),
        Result(f"{name}: last word to the routed case, p95", _p95(routed), "ms", len(routed)),
        Result(f"{name}: last word to the routed case on an open page, p95", _p95(seen), "ms", len(seen)),
    ]


def _ms(time: timedelta) -> float:
    return time.total_seconds() * 1000


def _p95(values: list[float]) -> float:
    return round(quantiles(values, n=20, method="inclusive")[-1], 1) if len(values) > 1 else 0.0
