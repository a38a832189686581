"""Reports with the wiring: read without a lock, written as one row; files of them are whole or not there."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from time import monotonic

from cases import reporting
from cases.report_days import Period, ReportKind
from cases.reporting import Made
from hotline.wiring import Wiring

SCHEDULER, PERSON = "system", "command line"


def report(wiring: Wiring, kind: ReportKind, day: date, now: datetime, *, again: bool = False) -> Made:
    """The day's report: the kept one, or made now. `again`: read anew; another version if it differs.

    Of a stretch that is not over, what is known so far, kept nowhere. Raises MoveRefused N01 to N03.
    """
    period = reporting.wanted(kind, day, now, wiring.rules)
    with wiring.reading() as work:
        there = reporting.kept(work.session, kind, period.first)
    if there is not None and not again:
        return there
    if period.ends > now:
        with wiring.reading() as work:
            return reporting.preview(period, reporting.figures_of(work.session, period, wiring.rules), now)
    return make(wiring, period, now, PERSON) if there is None else _correct(wiring, period, now)


def make(wiring: Wiring, period: Period, now: datetime, by: str) -> Made:
    """Read, then keep. Killed in between, nothing was done; done twice at once, one row is kept."""
    with wiring.reading() as work:
        found = reporting.figures_of(work.session, period, wiring.rules)
    with wiring.unit_of_work() as work:
        made = reporting.keep(work.session, period, found, now, by, wiring.rules)
        work.commit()
    return made


def _correct(wiring: Wiring, period: Period, now: datetime) -> Made:
    with wiring.reading() as work:
        found = reporting.figures_of(work.session, period, wiring.rules)
    with wiring.unit_of_work() as work:
        made = reporting.correct(work.session, period, found, now, PERSON)
        work.commit()
    return made


def make_due(wiring: Wiring, now: datetime, *, seconds: float) -> list[Made]:
    """What is due and missing, in order, each in a transaction of its own; the rest waits for the next pass.

    At least one is made, however long it takes.
    """
    begun = monotonic()
    with wiring.reading() as work:
        missing = list(reporting.missing(work.session, now, wiring.rules))
    made: list[Made] = []
    for period in missing:
        if made and monotonic() - begun > seconds:
            break
        made.append(make(wiring, period, now, SCHEDULER))
    return made


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """`write` fills a draft beside; only a whole one takes the name. Raises OSError; then none is left."""
    draft = path.with_name(f".{path.name}.{os.getpid()}{path.suffix}")
    try:
        write(draft)
        with draft.open("rb") as handle:
            os.fsync(handle.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
