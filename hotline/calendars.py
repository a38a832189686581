"""A change of the working days, and what it moves: the table first, then the open deadlines part by part.

Each part is a transaction of its own. Whoever is interrupted in between repeats the counting: what stands
right already is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from cases.recounting import Moved, recount, set_days, unset_days
from hotline.wiring import Wiring


def change(
    wiring: Wiring,
    who: str,
    days: Mapping[date, bool] | None = None,
    leave: Iterable[date] = (),
    name: str = "",
) -> tuple[list[date], list[Moved]]:
    """Set these days, leave those to the country; -> the days that changed, and the deadlines that moved."""
    now = wiring.now()
    with wiring.unit_of_work() as work:
        changed = set_days(work.session, days or {}, who, now, name)
        changed += unset_days(work.session, leave, who, now)
        work.commit()
    return changed, recount_all(wiring)


def recount_all(wiring: Wiring) -> list[Moved]:
    """Work out every open deadline anew; -> those that moved."""
    last: int | None = 0
    moved: list[Moved] = []
    while last is not None:
        with wiring.unit_of_work() as work:
            last, found = recount(work.session, wiring.now(), wiring.rules, last)
            work.commit()
        moved += found
    if moved:
        wiring.bell.nudge()
    return moved
