"""`bench search`: the queue, the search and the case page over many cases, beside few in the same run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter
from typing import Any

from sqlalchemy import Engine

from cases import queries
from cases.deadlines import Colour
from cases.engine import make_engine
from cases.search import Asked, Own, count_open, search
from cases.unit_of_work import reading
from hotline.bench.many_cases import TOWNSHIPS, caller_of, fill
from hotline.bench.open_cases import NOW
from hotline.bench.report import Report, Result, percentile
from hotline.host import Progress
from hotline.host.postgres import temporary_postgres
from hotline.temporary import temporary_sqlite

FEW = 10_000
_FEW = f"the same with {FEW:,} cases"
_STAFF = Own(callers=True)

Ask = Callable[[Any, int], object]
"""One question of a screen, asked in this session, for the n-th time."""


@dataclass(frozen=True)
class Sizes:
    """How many cases; 0: this database is left out."""

    postgres: int = 1_000_000
    sqlite: int = 200_000
    turns: int = 40
    """How often each question is asked."""


def measure(sizes: Sizes, progress: Progress) -> Report:
    """On databases of its own; nothing of them is left."""
    results: list[Result] = []
    for name, count, make in (
        ("SQLite", sizes.sqlite, temporary_sqlite),
        ("PostgreSQL", sizes.postgres, temporary_postgres),
    ):
        if count:
            with make() as few, make() as many:
                made = _made(few, min(FEW, count)), _made(many, count)
                results += _beside(name, count, *made, sizes.turns, progress)
    return Report("search", results)


Made = tuple[Engine, float]


def _made(url: str, count: int) -> Made:
    """The database with so many cases, and how many seconds they took."""
    engine = make_engine(url, create=True)
    begun = perf_counter()
    fill(engine, url, count)
    return engine, perf_counter() - begun


def _beside(name: str, count: int, few: Made, many: Made, turns: int, progress: Progress) -> list[Result]:
    """Each question is asked of both in turn: what else the machine does falls on both."""
    progress(f"{name}: {count:,} cases were made in {many[1]:.0f} s; they are asked for")
    title = f"{name}, {count:,}: "
    results = [Result(f"{title}making the cases", round(many[1], 1), "s", count, _FEW, round(few[1], 1))]
    try:
        few_asks = _asks(min(FEW, count))
        for each, ask in _asks(count).items():
            pairs = [(_ms(few[0], few_asks[each], n), _ms(many[0], ask, n)) for n in range(-2, turns)]
            for label, percent in (("p95", 95), ("median", 50)):
                fast, slow = (round(percentile(times[2:], percent), 2) for times in zip(*pairs, strict=True))
                results.append(Result(f"{title}{each}, {label}", slow, "ms", turns, _FEW, fast))
    finally:
        few[0].dispose()
        many[0].dispose()
    return results


def _ms(engine: Engine, ask: Ask, turn: int) -> float:
    begun = perf_counter()
    with reading(engine) as work:
        ask(work.session, turn)
    return 1000 * (perf_counter() - begun)


# ---------------------------------------------------------------- what screens ask


def _asks(count: int) -> dict[str, Ask]:
    def finds(own: Own = _STAFF, before: bool = False, **asked: Any) -> Ask:
        def ask(session: Any, turn: int) -> object:
            given = {name: value(turn) if callable(value) else value for name, value in asked.items()}
            last = str(10_000_000 + count // 2) if before else None
            return search(session, Asked(**given), own, NOW, limit=50, before=last)

        return ask

    def number(turn: int) -> str:
        return str(10_000_000 + 1 + (turn + 2) * 7919 % count)

    return {
        "queue": lambda session, _: queries.queue(session),
        "case page": lambda session, turn: _page(session, number(turn)),
        "list, newest": finds(),
        "list, halfway": finds(before=True),
        "counts of the tabs": lambda session, _: count_open(session),
        "words, two signs, common": finds(words="路灯"),
        "words, two signs, common, halfway": finds(words="路灯", before=True),
        "words, two signs, rare": finds(words=lambda n: ("芦苇", "蟒蛇", "鹦鹉", "风筝")[n % 4]),
        "words, one sign": finds(words="灯"),
        "words, a sentence": finds(words="路灯坏了好几个晚上说过好几次没有人管"),
        "words, three together": finds(words=lambda n: f"解放路 {100 + n}号 路灯"),
        "words that nobody said": finds(words="长颈鹿跑了"),
        "caller, whole": finds(words=lambda n: caller_of(1 + (n + 2) * 7919 % count)),
        "caller, last four": finds(words=lambda n: caller_of(1 + (n + 2) * 7919 % count)[-4:]),
        "filters, late": finds(colour=Colour.RED),
        "filters, township and state": finds(township=lambda n: TOWNSHIPS[n % 10], family="working"),
        "filters, one day": finds(
            since=lambda n: NOW - timedelta(days=2 + n % 5), until=lambda n: NOW - timedelta(days=1 + n % 5)
        ),
        "words with filters": finds(words="路灯", family="working", township=TOWNSHIPS[0]),
        "a unit's own list": finds(Own(unit_id=7)),
        "a unit's own words": finds(Own(unit_id=7), words="路灯"),
    }


def _page(session: Any, number: str) -> object:
    """What a case's page reads of the database."""
    found = queries.case_detail(session, number, NOW)
    if found is None:
        raise RuntimeError(f"there is no case {number}")
    queries.call_events(session, [call["id"] for call in found["calls"]])
    return queries.cases_list(session, caller=found["caller"], limit=10)
