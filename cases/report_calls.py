"""A stretch's calls, counted by what they have in common. Two ways to the same numbers.

PostgreSQL groups hour by hour, over the index of the moment. SQLite groups by sorting, which costs more than
the scan: there everything that is counted of a call is packed into one number (whole seconds of waiting, what
became of its ringing, way in, outcome), and an index holds ten minutes, the number and the desk in order: a
day is read from it without sorting (docs/decisions/0024). Its text here and in the migration must be the same
to the letter; a test looks at the plan.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, bindparam, case, func, or_, select, text
from sqlalchemy.orm import Session

from cases import figures as f
from cases.figures import CallCell
from cases.model import Call
from cases.packing import unpacked
from cases.report_days import Period, hours_of
from cases.sql_times import whole_seconds

WAYS = ("key", "refer", "redirect", "attended", "conference", "direct", "survey")
OUTCOMES = (
    "in_progress",
    "message",
    "agent",
    "back_to_110",
    "progress_told",
    "hung_up",
    "failed",
    "survey",
)
"""In the order of the index. A new one goes to the end, with a migration that makes the index anew."""
RINGING = (f.ANSWERED, f.ABANDONED, f.WAITING, f.IMPOSSIBLE)
MOST_TOLD = 200
OTHER = "other"
_SINCE: BindParameter[datetime] = bindparam("since")
_UNTIL: BindParameter[datetime] = bindparam("until")


def call_cells(session: Session, period: Period, zone: ZoneInfo, impossible: list[str]) -> Iterator[CallCell]:
    """`impossible` takes the ids of calls whose times cannot be, the first so many in order."""
    if session.get_bind().dialect.name == "sqlite" and _aligned(period):
        return _by_index(session, period, zone, impossible)
    return by_hour(session, period, zone, impossible)


def _cell(hour: int, rang: tuple[int, int], way: str, outcome: str, desk: str | None, count: int) -> CallCell:
    """`rang`: whole seconds of waiting, and the place of what became of the ringing."""
    ringing = RINGING[rang[1]]
    waited = max(0, rang[0]) if ringing == f.ANSWERED else None
    return CallCell(hour, way, desk, outcome, ringing, waited, count)


def _named(kinds: Sequence[str], at: int) -> str:
    return kinds[at] if at < len(kinds) else OTHER


def _tell_of(told: list[str], key: str) -> None:
    """The first so many in order, however many there are and in whatever order they come."""
    if len(told) < MOST_TOLD or key < told[-1]:
        insort(told, key)
        del told[MOST_TOLD:]


# ---------------------------------------------------------------- by the moment's index

_IMPOSSIBLE = or_(
    Call.answered_at < Call.started_at, Call.ended_at < func.coalesce(Call.answered_at, Call.started_at)
)


def by_hour(session: Session, period: Period, zone: ZoneInfo, impossible: list[str]) -> Iterator[CallCell]:
    """Each hour is a range of its own, and its groups are few."""
    ringing = case(
        (_IMPOSSIBLE, 3), (Call.answered_at.is_not(None), 0), (Call.ended_at.is_not(None), 1), else_=2
    )
    wait = whole_seconds(Call.answered_at, func.coalesce(Call.transferred_at, Call.started_at))
    within = (Call.started_at >= _SINCE, Call.started_at < _UNTIL)
    wanted = (
        select(wait.label("wait"), ringing.label("rang"), Call.way_in, Call.outcome, Call.desk, func.count())
        .where(*within)
        .group_by("wait", "rang", Call.way_in, Call.outcome, Call.desk)
        .execution_options(yield_per=1000)
    )
    odd = select(Call.id).where(*within, _IMPOSSIBLE).order_by(Call.id).limit(MOST_TOLD)
    for hour, begins in hours_of(period, zone):
        bounds = {"since": begins, "until": min(begins + timedelta(hours=1), period.ends)}
        found = False
        for seconds, rang, way, outcome, desk, count in session.execute(wanted, bounds):
            found = found or RINGING[rang] == f.IMPOSSIBLE
            yield _cell(hour, (seconds or 0, rang), way.value, outcome.value, desk, count)
        if found:
            for key in session.scalars(odd, bounds):
                _tell_of(impossible, key)


# ---------------------------------------------------------------- by SQLite's own index


def _case(column: str, kinds: Sequence[str]) -> str:
    whens = " ".join(f"WHEN '{kind}' THEN {at}" for at, kind in enumerate(kinds))
    return f"CASE {column} {whens} ELSE 15 END"


SLOT = "substr(started_at, 1, 15)"
"""`2026-03-02 16:1`: ten minutes."""
_WAIT = (
    "coalesce(CAST((julianday(answered_at) - julianday(coalesce(transferred_at, started_at))) * 86400.0"
    " + 1000000.9994 AS INTEGER) - 1000000, 0)"
)
_RINGING = (
    "CASE WHEN answered_at < started_at OR ended_at < coalesce(answered_at, started_at) THEN 3"
    " WHEN answered_at IS NOT NULL THEN 0 WHEN ended_at IS NOT NULL THEN 1 ELSE 2 END"
)
NUMBER = f"(({_WAIT} * 16 + {_RINGING}) * 16 + {_case('way_in', WAYS)}) * 16 + {_case('outcome', OUTCOMES)}"
COUNTED = (
    "SELECT substr(slot, 1, :signs), number, desk, sum(calls) FROM ("  # noqa: S608 - no word of anybody's
    f"SELECT {SLOT} AS slot, {NUMBER} AS number, desk, count(*) AS calls FROM call"
    f" WHERE {SLOT} >= :since AND {SLOT} < :until GROUP BY 1, 2, 3) GROUP BY 1, 2, 3"
)
"""The day from the index in its order; then the few groups of each hour together."""
_ODD = (
    f"SELECT id FROM call WHERE {SLOT} >= :slot AND {SLOT} < :slot || '~' AND {NUMBER} = :number"  # noqa: S608
    f" ORDER BY id LIMIT {MOST_TOLD}"
)
_SLOT_TEXT, _HOUR_TEXT = 15, 13


def _aligned(period: Period) -> bool:
    return all(
        each.minute % 10 == each.second == each.microsecond == 0 for each in (period.begins, period.ends)
    )


def _by_index(session: Session, period: Period, zone: ZoneInfo, impossible: list[str]) -> Iterator[CallCell]:
    whole_hours = period.begins.timestamp() % 3600 == period.ends.timestamp() % 3600 == 0
    bounds = {
        "since": _slot(period.begins),
        "until": _slot(period.ends),
        "signs": _HOUR_TEXT if whole_hours else _SLOT_TEXT,
    }
    odd: set[tuple[str, int]] = set()
    hours: dict[str, int] = {}
    for slot, number, desk, count in session.execute(text(COUNTED), bounds).all():
        wait, rang, way, outcome = unpacked(number, 3)
        names = (_named(WAYS, way), _named(OUTCOMES, outcome))
        hour = hours[slot] if slot in hours else hours.setdefault(slot, _hour(slot, zone))
        cell = _cell(hour, (wait, rang), *names, desk, count)
        if cell.ringing == f.IMPOSSIBLE and len(odd) < MOST_TOLD:
            odd.add((slot, number))
        yield cell
    for slot, number in sorted(odd):
        for key in session.scalars(text(_ODD), {"slot": slot, "number": number}):
            _tell_of(impossible, key)


def _slot(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")[:_SLOT_TEXT]


def _hour(slot: str, zone: ZoneInfo) -> int:
    whole = f"{slot}0" if len(slot) == _SLOT_TEXT else f"{slot}:00"
    return datetime.fromisoformat(whole).replace(tzinfo=UTC).astimezone(zone).hour
