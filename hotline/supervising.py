"""One run of the supervision: everything that is due now, part by part, each in a transaction of its own.

What ends it in the middle leaves nothing half done: the next run finds the rest.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from time import monotonic
from typing import Any

from cases import due, reception
from cases.errors import DatabaseAway
from cases.reception_outcomes import tell_broken_promises
from cases.supervision import Part, supervise_part
from hotline import logs
from hotline.wiring import Wiring

log = logs.get(__name__)

PART = 500
"""Clocks a transaction: whoever wants one of their cases waits no longer than such a part takes."""
Report = dict[str, Any]


def supervise(wiring: Wiring, now: datetime, *, seconds: float | None = None, part: int = PART) -> Report:
    """Do what is due; a second run at the same moment does nothing.

    `seconds`: stop after so long, whatever is left waits for the next run (`complete` is then False). ->
    `now`, `steps`, `counts`, `reception_day` (the list that was made, or None), `promises` (broken ones that
    were told of), `refused`, `failed`, `complete`, `seconds`. Raises DatabaseAway.
    """
    begun = monotonic()
    report: Report = {
        **{"now": now, "counts": {}, "reception_day": None, "complete": False},
        **{"steps": [], "promises": [], "refused": [], "failed": []},
    }
    placed, last = 0, None
    while seconds is None or monotonic() - begun < seconds:
        done = _part(wiring, now, last, part, report)
        placed += done.placed
        report["steps"] += done.steps
        report["refused"] += done.refused
        if done.last is None:
            report["complete"] = True
            break
        last = done.last
    report["reception_day"], report["promises"] = _reception_day(wiring, now)
    report["counts"] = _counts(report, placed)
    report["seconds"] = round(monotonic() - begun, 3)
    return report


def _counts(report: Report, placed: int) -> dict[str, Any]:
    day = report["reception_day"]
    return {
        "steps": len(report["steps"]),
        "by_step": dict(Counter(each["step"] for each in report["steps"])),
        "by_move": dict(Counter(str(each["move"]) for each in report["steps"] if each["move"])),
        "notices": sum(len(each["to"]) for each in report["steps"]),
        "placed": placed,
        "reception_day": len(day["cases"]) if day else 0,
        "promises": len(report["promises"]),
    }


def _part(wiring: Wiring, now: datetime, last: due.Key | None, limit: int, report: Report) -> Part:
    """A part; when something in it fails, its clocks one by one, so that one of them holds nobody up."""
    try:
        return _once(wiring, now, last, limit)
    except DatabaseAway:
        raise
    except Exception as error:
        if limit == 1:
            return _pass_over(wiring, now, last, error, report)
        log.error("a part of the supervision fails: one by one", error=type(error).__name__)
    whole = Part()
    for _ in range(limit):
        done = _part(wiring, now, last, 1, report)
        whole.steps += done.steps
        whole.refused += done.refused
        whole.placed += done.placed
        if done.last is None:
            break
        whole.last = last = done.last
    return whole


def _once(wiring: Wiring, now: datetime, last: due.Key | None, limit: int) -> Part:
    with wiring.unit_of_work() as unit:
        done = supervise_part(unit.session, now, wiring.rules, last, limit)
        unit.commit()
    return done


def _pass_over(wiring: Wiring, now: datetime, last: due.Key | None, error: Exception, report: Report) -> Part:
    """It stays due, and the next run tries it again."""
    with wiring.reading() as unit:
        keys = due.due_keys(unit.session, now, last, 1)
    if not keys:
        return Part()
    log.error("a clock cannot be worked off", case_id=keys[0][1], error=type(error).__name__)
    report["failed"].append({"case_id": keys[0][1], "error": type(error).__name__})
    return Part(last=keys[0])


def _reception_day(wiring: Wiring, now: datetime) -> tuple[Report | None, list[dict[str, str]]]:
    """The list, if this is its day, and the broken promises of earlier ones."""
    with wiring.unit_of_work() as unit:
        made = reception.make_list(unit.session, now, wiring.rules)
        broken = tell_broken_promises(unit.session, now, wiring.rules)
        unit.commit()
    if made is not None:
        log.info("the list of the reception day is made", count=len(made["cases"]))
    return made, broken
