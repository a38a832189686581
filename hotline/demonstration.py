"""The demonstration call of `make run`: over the real path, with made-up people, shown in a few lines."""

from __future__ import annotations

import time
from typing import Any

from hotline.settings import Settings

_WORDS_SECONDS = 15.0
_UNFINISHED = (None, "waiting", "running")
SPEECH = "你好,昭阳街道五四路的下水道堵了,请派人来看一看。"


class DemonstrationFailed(Exception):
    """The call did not go as it should; one line says where."""


def place(settings: Settings) -> list[str]:
    """Place the call and wait until its case stands; returns what to show of both.

    Raises DemonstrationFailed.
    """
    from hotline.phone.accounts import NotHere
    from hotline.phone.scripted_call import CallFailed, Order
    from hotline.phone.scripted_call import place as place_call
    from hotline.phone.voice import Voiceless

    try:
        told = place_call(settings, Order(say=SPEECH))
    except (CallFailed, NotHere, Voiceless) as error:
        raise DemonstrationFailed(str(error)) from error
    return [*_steps(told), *_case(settings, told["case"])]


def _steps(told: dict[str, Any]) -> list[str]:
    rows = [
        f"  {step['at']:6.2f} s  {step['who']:<8} {step['what']} {step['detail']}".rstrip()
        for step in _digits_together(told["steps"])
    ]
    return [*rows, f"  the call took {told['seconds']:g} s"]


def _digits_together(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A number is heard digit by digit; it is shown on one line."""
    from hotline.phone.scripted_call import DIGIT

    shown: list[dict[str, Any]] = []
    for step in steps:
        digit = str(step["detail"]).removeprefix(DIGIT)
        if digit == step["detail"]:
            shown.append(step)
        elif shown and shown[-1].get("digits"):
            shown[-1]["detail"] += digit
        else:
            shown.append({**step, "detail": digit, "digits": True})
    return shown


def _case(settings: Settings, number: str | None) -> list[str]:
    case = _once_written_down(settings, number) if number else None
    if case is None:
        return ["the call made no case"]
    recording, transcript = case["recording"] or {}, case["transcript"] or {}
    return [
        f"case {case['number']}: {case['state']}, from desk {case['desk']}",
        f"  recording   {recording.get('path', 'none')} ({recording.get('seconds') or 0:.1f} s)",
        f"  transcript  {transcript.get('text') or transcript.get('state') or 'none'}",
        f"  sorted      {_sorted(case)}",
    ]


def _sorted(case: dict[str, Any]) -> str:
    place = case["place"] if isinstance(case["place"], dict) else {}
    where = "".join(part for part in place.values() if isinstance(part, str))
    known = [case["matter"], where, case["sector"], case["unit"]]
    return ", ".join(map(str, filter(None, known))) or "not yet: an agent does it"


def _once_written_down(settings: Settings, number: str) -> dict[str, Any] | None:
    """The case, as soon as its words are there; after a while as it is then."""
    from cases.queries import case_detail
    from hotline.wiring import build

    limit = time.monotonic() + _WORDS_SECONDS
    wiring = build(settings)
    try:
        while True:
            with wiring.reading() as work:
                case = case_detail(work.session, number)
            waits = case and (case["transcript"] or {}).get("state") in _UNFINISHED
            if not waits or time.monotonic() > limit:
                return case
            time.sleep(0.2)  # between two looks at the database
    finally:
        wiring.close()
