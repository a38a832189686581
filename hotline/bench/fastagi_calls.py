"""Thousands of calls straight at the FastAGI socket, as Asterisk would speak to it: does its memory grow?

One caller in four speaks (a recording of two seconds is put where RECORD FILE was told to put it) and gets a
case; the others hang up in the greeting.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from contextlib import suppress
from pathlib import Path

from hotline.bench.at_once import sentence
from hotline.bench.processes import rss_mb
from hotline.bench.report import Result
from hotline.host import Progress
from hotline.phone import alaw
from hotline.settings import Settings
from hotline.supervisor import Supervisor
from ivr.dialplan_variables import HOTLINE_CALL

_VARIABLE = re.compile(r"\$\{[^}]*\}")
_SIDE_BY_SIDE = 8
_WARM_UP = 200
_PATIENCE = 30.0


async def memory(supervisor: Supervisor, calls: int, progress: Progress) -> list[Result]:
    """Resident memory of the FastAGI process before and after so many calls."""
    progress(f"{calls} calls straight at the FastAGI socket")
    settings = supervisor.settings
    spoken = settings.run_dir / "spoken.wav"
    write_wav(spoken, sentence(settings)[: 2 * alaw.RATE])
    pid = supervisor.pid("fastagi")
    if pid is None:
        raise RuntimeError("the FastAGI server does not run")
    await _many(settings, spoken, min(_WARM_UP, calls))
    before = rss_mb(pid)
    began = time.perf_counter()
    done = await _many(settings, spoken, calls)
    seconds = time.perf_counter() - began
    after = rss_mb(pid)
    return [
        Result("FastAGI process: memory", after, "MB", calls, f"before {calls} calls", before),
        Result("FastAGI process: growth", round(after - before, 1), "MB", calls),
        Result("FastAGI socket: calls broken off by the server", calls - done, "calls", calls),
        Result("FastAGI socket: calls a second", round(calls / seconds, 1), "calls/s", calls),
    ]


async def _many(settings: Settings, spoken: Path, calls: int) -> int:
    """Eight at a time; how many were led to their end."""
    numbers = iter(range(calls))

    async def line() -> int:
        return sum([await _call(settings, spoken, number) for number in numbers])

    return sum(await asyncio.gather(*(line() for _ in range(_SIDE_BY_SIDE))))


async def _call(settings: Settings, spoken: Path, number: int) -> bool:
    reader, writer = await asyncio.open_connection("127.0.0.1", settings.fastagi_port)
    try:
        writer.write(_environment(settings, number).encode())
        asked = 0
        async with asyncio.timeout(_PATIENCE):
            while line := (await reader.readline()).decode():
                asked += 1
                writer.write(_answer(line, spoken, speaks=number % 4 == 0).encode())
        return asked > 0
    except (ConnectionError, TimeoutError):
        return False
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def _environment(settings: Settings, number: int) -> str:
    told = {
        "network": "yes",
        "network_script": HOTLINE_CALL,
        "request": f"agi://127.0.0.1:{settings.fastagi_port}/{HOTLINE_CALL}",
        "channel": f"PJSIP/{settings.trunk_username}-{number:08x}",
        "language": "zh",
        "type": "PJSIP",
        "uniqueid": f"1700000000.{number}",
        "callerid": f"1370004{number % 10000:04d}",
        "calleridname": "unknown",
        "dnid": settings.hotline_did,
        "context": "minsheng110",
        "extension": "s",
        "priority": "1",
        "threadid": "1",
    }
    return "".join(f"agi_{name}: {value}\n" for name, value in told.items()) + "\n"


def _answer(command: str, spoken: Path, *, speaks: bool) -> str:
    """What Asterisk would answer."""
    if command.startswith("GET FULL VARIABLE"):
        # Nothing is set on this channel: every variable in the expression is empty.
        asked = command.split('"')[1]
        return f"200 result=1 ({_VARIABLE.sub('', asked)})\n"
    if command.startswith("RECORD FILE"):
        target = Path(command.split('"')[1] + ".wav")
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(spoken, target)
        return "200 result=35 (dtmf) endpos=16000\n"
    if command.startswith("STREAM FILE"):
        # Who speaks cuts the greeting short; who does not hangs up in it.
        if not speaks:
            return "HANGUP\n200 result=-1 endpos=800\n"
        return f"200 result={ord('#') if '#' in command else 0} endpos=800\n"
    return "200 result=1\n"


def write_wav(path: Path, audio: bytes) -> None:
    """A-law as the 16-bit WAV that Asterisk records."""
    import wave

    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(alaw.RATE)
        file.writeframes(alaw.decode(audio).tobytes())
