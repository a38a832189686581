"""Many callers who speak and are recorded at the same time: does each get a case, and what does it take?"""

from __future__ import annotations

import asyncio
import time

from sqlalchemy import func, select

from cases.model import Call
from cases.states import CallOutcome
from hotline import health
from hotline.bench.crowd import Crowd
from hotline.bench.processes import Meter, family, resident_mb, rss_mb
from hotline.bench.report import Result
from hotline.host import Progress
from hotline.host.tools import espeak
from hotline.phone import alaw
from hotline.phone.voice import Voice
from hotline.settings import Settings
from hotline.supervisor import Supervisor
from hotline.wiring import build

SPEECH = "你好,昭阳街道五四路的下水道堵了,脏水流到路上了,请派人来看一看。"
_ALL_SPEAK_SECONDS = 20.0
_STARTS_PER_SECOND = 20
_PATIENCE = 30.0
_CALLERS = "1370003"
_METERED = ("asterisk", "fastagi")


async def speaking(supervisor: Supervisor, crowd: Crowd, size: int, progress: Progress) -> list[Result]:
    """So many callers dial one after the other, all speak together, all end with the key."""
    progress(f"{size} callers who speak at the same time")
    settings = supervisor.settings
    all_speak = size / _STARTS_PER_SECOND + 3
    end = all_speak + _ALL_SPEAK_SECONDS
    speech = _speech(settings, end)
    callers = [asyncio.create_task(_caller(crowd, settings, n, speech, end)) for n in range(size)]
    used = await _plateau(supervisor, all_speak)
    ends = await asyncio.gather(*callers, return_exceptions=True)
    failed = sum(isinstance(each, Exception) for each in ends)
    without = size - await asyncio.to_thread(_with_case, settings, size)
    name = f"{size} speaking at once"
    server = supervisor.pid("fastagi")
    used.append(("memory, fastagi after their ends", rss_mb(server) if server else 0.0, "MB"))
    return [
        Result(f"{name}: failed calls", failed, "calls", size),
        Result(f"{name}: calls without a case", without, "calls", size),
        *(Result(f"{name}: {what}", value, unit, size) for what, value, unit in used),
    ]


def sentence(settings: Settings) -> bytes:
    """What a caller of the benchmark says, as A-law."""
    return Voice(espeak(settings.cache_dir), settings.cache_dir / "voices").says(SPEECH)


def _speech(settings: Settings, seconds: float) -> bytes:
    once = sentence(settings)
    return once * (int(seconds * alaw.RATE / len(once)) + 1)


async def _caller(crowd: Crowd, settings: Settings, which: int, speech: bytes, end: float) -> None:
    """Cut the greeting short, speak until everybody does, end with the key, hear the number out."""
    begins = which / _STARTS_PER_SECOND
    await asyncio.sleep(begins)
    caller = crowd.dial(settings.hotline_did, f"{_CALLERS}{which:04d}")
    dialled = time.perf_counter()
    await asyncio.wait_for(caller.heard_something.wait(), _PATIENCE)
    caller.press("#")
    await asyncio.wait_for(caller.beeped.wait(), _PATIENCE)
    caller.speak(speech)
    await asyncio.sleep(end - begins - (time.perf_counter() - dialled))
    caller.press("#")
    await asyncio.wait_for(caller.over.wait(), 2 * _PATIENCE)


async def _plateau(supervisor: Supervisor, all_speak: float) -> list[tuple[str, float, str]]:
    """Processor and memory while everybody speaks: (what, value, unit)."""
    await asyncio.sleep(all_speak)
    services = health.state(supervisor.settings)["services"]
    parts = {name: family(each["pid"]) for name, each in services.items()}
    everything = set().union(*parts.values())
    meters = {"whole system": Meter(everything), **{name: Meter(parts[name]) for name in _METERED}}
    await asyncio.sleep(_ALL_SPEAK_SECONDS - 5)
    used = [(f"processor, {name}", meter.percent(), "% of a core") for name, meter in meters.items()]
    used.append(("memory, whole system", await asyncio.to_thread(resident_mb, everything), "MB"))
    for name in _METERED:
        used.append((f"memory, {name}", await asyncio.to_thread(resident_mb, parts[name]), "MB"))
    return used


def _with_case(settings: Settings, size: int) -> int:
    """How many of the callers have a case, once all their calls have ended."""
    wiring = build(settings)
    mine = Call.caller.like(f"{_CALLERS}%")
    going_on = select(func.count()).where(mine, Call.outcome == CallOutcome.IN_PROGRESS)
    ended = select(func.count()).where(mine, Call.outcome != CallOutcome.IN_PROGRESS)
    until = time.monotonic() + _PATIENCE
    try:
        while time.monotonic() < until:
            with wiring.reading() as unit:
                if not unit.session.scalar(going_on) and (unit.session.scalar(ended) or 0) >= size:
                    break
            time.sleep(0.2)  # between two looks at the database
        with wiring.reading() as unit:
            return unit.session.scalar(select(func.count()).where(mine, Call.case_id.is_not(None))) or 0
    finally:
        wiring.close()
