"""Asterisk's own records of calls against the call rows: what only one side knows is listed, not hidden.

CDR lines are written when a side of a call ends, CEL lines as things happen; both are read line by line, and
only ids and moments are kept of them: no number of a caller. A call's moment is its id's (seconds since 1970,
whatever zone the machine prints).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.model import Call
from cases.report_days import Period
from hotline.settings import Settings
from hotline.wiring import Wiring

OURS = frozenset({"minsheng110", "fallback", "survey"})
"""Contexts of the dialplan that only a call of 民生110 comes through."""
_CDR, _CEL = (1, 4), (8, 4)
"""Where a line has the linked id and the context."""
_SECONDS = re.compile(r"(\d{9,11})\.\d+$")
_LONGEST = timedelta(hours=12)
"""A call may have come to the 110 desk so long before it came to us."""
_PART = 500


def reconcile(wiring: Wiring, period: Period) -> dict[str, Any]:
    """Both sides' calls of the stretch; `only_asterisk` and `only_rows` list what the other does not know."""
    files = list(_files(wiring.settings))
    heard = _heard(files, period)
    with wiring.reading() as work:
        rows = _rows(work.session, period)
        elsewhere = _known(work.session, [each for each in heard if each not in rows])
    within = {each: at for each, at in heard.items() if at >= period.begins}
    only_asterisk = [each for each in sorted(within, key=within.__getitem__) if each not in rows]
    only_asterisk = [each for each in only_asterisk if each not in elsewhere]
    only_rows = [row for linked, row in rows.items() if linked not in heard]
    return {
        "date": period.first.isoformat(),
        "records": [each.name for each, _ in files],
        "asterisk": len([each for each in heard if each in rows]) + len(only_asterisk),
        "rows": len(rows),
        "both": len([each for each in rows if each in heard]),
        "only_asterisk": [{"linked_id": each, "at": within[each]} for each in only_asterisk],
        "only_rows": only_rows,
    }


def _files(settings: Settings) -> Iterator[tuple[Path, tuple[int, int]]]:
    """Older ones too, where somebody rotates them."""
    records = settings.asterisk_dir / "records"
    for folder, places in (("cdr-custom", _CDR), ("cel-custom", _CEL)):
        for path in sorted((records / folder).glob("Master.csv*")):
            yield path, places


def _heard(files: Iterable[tuple[Path, tuple[int, int]]], period: Period) -> dict[str, datetime]:
    """Linked ids of our calls that Asterisk knows, with their moments."""
    since, until = (period.begins - _LONGEST).timestamp(), period.ends.timestamp()
    found: dict[str, datetime] = {}
    for path, (linked_at, context_at) in files:
        # A power cut may leave a torn line: what is no text is read as signs that match nothing.
        with path.open(encoding="utf-8", errors="replace", newline="") as lines:
            for line in csv.reader(lines):
                if len(line) <= linked_at or line[context_at] not in OURS:
                    continue
                seconds = _SECONDS.search(line[linked_at])
                if seconds and since <= int(seconds[1]) < until:
                    found.setdefault(line[linked_at], datetime.fromtimestamp(int(seconds[1]), UTC))
    return found


def _rows(session: Session, period: Period) -> dict[str, Mapping[str, Any]]:
    """Calls that came over Asterisk, by their linked id."""
    query = (
        select(Call.linked_id, Call.id, Call.started_at, Call.way_in, Call.outcome)
        .where(Call.started_at >= period.begins, Call.started_at < period.ends)
        .where(Call.door == "agi", Call.linked_id != "")
        .order_by(Call.started_at, Call.id)
        .execution_options(yield_per=1000)
    )
    return {
        linked: {"call": key, "linked_id": linked, "started_at": at, "way_in": way, "outcome": outcome}
        for linked, key, at, way, outcome in session.execute(query)
    }


def _known(session: Session, linked: list[str]) -> set[str]:
    """Of these, the ones that have a row, whatever its day."""
    found: set[str] = set()
    for place in range(0, len(linked), _PART):
        part = linked[place : place + _PART]
        found.update(session.scalars(select(Call.linked_id).where(Call.linked_id.in_(part))))
    return found
