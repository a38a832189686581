"""`bench supervise`: a run costs what is due, not what is open; beside the bare update of the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from threading import Thread
from time import perf_counter

from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.orm import Session

from cases import due
from cases.engine import make_engine
from cases.model import Escalation, Watch
from cases.rules import Rules
from cases.supervision import supervise_part
from cases.unit_of_work import UnitOfWork
from hotline.bench.open_cases import NOW, fill, make_due
from hotline.bench.report import Report, Result
from hotline.host import Progress
from hotline.host.postgres import temporary_postgres
from hotline.supervising import PART
from hotline.temporary import temporary_sqlite

_BARE = "one bare UPDATE of the due rows"
_RULES = Rules()


@dataclass(frozen=True)
class Sizes:
    """How many cases are open, and how many of them are due."""

    open: int = 1_000_000
    due: int = 10_000
    sqlite_open: int = 200_000


def measure(sizes: Sizes, progress: Progress) -> Report:
    """On a PostgreSQL and an SQLite of its own; nothing of them is left."""
    results: list[Result] = []
    with temporary_postgres() as url:
        results += _on(url, "PostgreSQL", sizes.open, sizes.due, progress)
    with temporary_sqlite() as url:
        results += _on(url, "SQLite", sizes.sqlite_open, sizes.due, progress)
    return Report("supervise", results)


def _on(url: str, name: str, count: int, many: int, progress: Progress) -> list[Result]:
    engine = make_engine(url, create=True)
    try:
        few = max(1, many // 100)
        progress(f"{name}: {count:,} open cases")
        begun = perf_counter()
        fill(engine, url, count)
        results = [Result(f"{name}: making {count:,} open cases", _since(begun), "s", count)]
        for due_now in (many, few):
            make_due(engine, due_now, count)
            if due_now == many:
                progress(plan(engine))
            progress(f"{name}: {due_now:,} due")
            results.append(_one(engine, name, count, due_now))
        results.append(_nothing(engine, name, count))
        make_due(engine, many, count)
        progress(f"{name}: two supervisors at once")
        results += _two(engine, url, name, count, many)
    finally:
        engine.dispose()
    return results


def _one(engine: Engine, name: str, count: int, due_now: int) -> Result:
    bare = _bare(engine)
    begun = perf_counter()
    steps = _run(engine)
    seconds = _since(begun)
    if steps != due_now:
        raise RuntimeError(f"{name}: {steps} steps for {due_now} due cases")
    return Result(f"{name}: {due_now:,} due of {count:,} open", seconds, "s", due_now, _BARE, bare)


def _bare(engine: Engine) -> float:
    """How long the database alone needs to find the due rows and write them."""
    of = (Watch.next_at <= NOW,)
    with UnitOfWork(engine) as work:
        begun = perf_counter()
        work.session.execute(
            update(Watch).where(*of).values(step=2), execution_options={"synchronize_session": False}
        )
        work.commit()
    return _since(begun)


def _nothing(engine: Engine, name: str, count: int) -> Result:
    """What a run costs when nothing is due: the median of many."""
    times = []
    for _ in range(21):
        begun = perf_counter()
        if _run(engine):
            raise RuntimeError(f"{name}: something was done twice")
        times.append(1000 * (perf_counter() - begun))
    return Result(f"{name}: nothing due of {count:,} open", round(sorted(times)[10], 2), "ms", len(times))


def _two(engine: Engine, url: str, name: str, count: int, due_now: int) -> list[Result]:
    before = _taken(engine)
    counts: list[int] = []
    engines = [make_engine(url) for _ in range(2)]
    threads = [Thread(target=lambda own=own: counts.append(_run(own))) for own in engines]
    begun = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = _since(begun)
    for own in engines:
        own.dispose()
    twice = sum(counts) - due_now + abs(_taken(engine) - before - due_now)
    return [
        Result(f"{name}: two at once, {due_now:,} due of {count:,} open", seconds, "s", due_now),
        Result(f"{name}: two at once, steps taken twice or lost", abs(twice), "steps", due_now),
    ]


def _taken(engine: Engine) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(Escalation)) or 0


def _run(engine: Engine) -> int:
    """What `supervise run` does with what is due; -> the steps it took."""
    steps, last = 0, None
    while True:
        with UnitOfWork(engine) as work:
            done = supervise_part(work.session, NOW, _RULES, last, PART)
            work.commit()
        steps += len(done.steps)
        if done.last is None:
            return steps
        last = done.last


def plan(engine: Engine) -> str:
    """The database's own plan of looking for what is due, at the beginning and further on."""
    explain = "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) " if engine.dialect.name == "postgresql" else (
        "EXPLAIN QUERY PLAN "
    )  # fmt: skip
    lines = []
    for after in (None, (NOW - timedelta(minutes=30), 1, 0)):
        statement = due.due_statement(NOW, after, PART)
        compiled = statement.compile(engine, compile_kwargs={"literal_binds": True})
        with engine.connect() as connection:
            rows = connection.execute(text(explain + str(compiled).replace(":", "\\:")))
            lines += [str(row[-1]) for row in rows]
    return "\n".join(lines)


def _since(begun: float) -> float:
    return round(perf_counter() - begun, 3)
