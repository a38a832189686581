"""The baselines beside which the system is measured, on the same exchange in the same run.

An account `bench` of its own leads to a context of its own: a bare Playback, and an AGI script that is
started for each call and does what our server does (database row first, then the greeting).
"""

from __future__ import annotations

import sys
import wave
from pathlib import Path

import numpy as np

from hotline.host.asterisk import find_or_fetch
from hotline.phone import alaw
from hotline.phone.phone import Login
from hotline.settings import Settings

PLAYBACK, SCRIPT = "7001", "7002"
BENCH = Login("bench", "bench-only-on-loopback")
_GREETING = "greeting"

_PJSIP = """
[bench]
type=endpoint
context=bench
disallow=all
allow=alaw
auth=bench
identify_by=auth_username
direct_media=no

[bench]
type=auth
auth_type=digest
username={login.username}
password={login.password}
"""

_DIALPLAN = """
[bench]
exten => {playback},1,Answer()
 same => n,Playback({greeting})
 same => n,Hangup()
exten => {script},1,AGI({file})
 same => n,Hangup()
"""


def add_baselines(settings: Settings) -> None:
    """Write the account and the context behind the rendered configuration, before the exchange starts."""
    etc = settings.asterisk_dir / "etc"
    script = settings.run_dir / "script-per-call"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m hotline.bench.script_per_call\n', "utf-8")
    script.chmod(0o755)
    _append(etc / "pjsip.conf", _PJSIP.format(login=BENCH))
    greeting = settings.prompt_sounds / _GREETING
    _append(
        etc / "extensions.conf",
        _DIALPLAN.format(playback=PLAYBACK, script=SCRIPT, greeting=greeting, file=script),
    )


def _append(file: Path, text: str) -> None:
    with file.open("a", encoding="utf-8") as out:
        out.write(text)


def beep(settings: Settings) -> bytes:
    """The recording beep of this exchange, as A-law."""
    found = next(find_or_fetch(settings.cache_dir).sounds.rglob("beep.wav"))
    with wave.open(str(found)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    return alaw.encode(samples.astype(np.int16))
