"""`bench report`: a day's report beside one bare scan of its rows, among few other days and many."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from sqlalchemy import Engine, func, select

from cases import figures as f
from cases import reporting
from cases.city import load_city
from cases.engine import make_engine
from cases.migrate import upgrade
from cases.model import Assignment, Call, Case, Transcript
from cases.report_days import ReportKind
from cases.reporting import Made
from cases.rules import Rules
from cases.unit_of_work import UnitOfWork, reading
from hotline.bench.open_cases import tidy
from hotline.bench.report import Report, Result
from hotline.city import rows
from hotline.history.seed import Wanted, seed_history
from hotline.host import Progress
from hotline.host.postgres import temporary_postgres
from hotline.report_html import html_of
from hotline.report_xlsx import write_xlsx
from hotline.temporary import temporary_sqlite
from router.city_file import path_of

_BARE = "one bare aggregate scan of the day's rows"
_FEW = "the same day among few other days"
_RULES = Rules()
_DAY = date(2026, 3, 20)
_NOW = datetime(2026, 3, 21, 2, 0, tzinfo=UTC)
_TURNS = 5
_SCANS: tuple[tuple[Any, tuple[Any, ...]], ...] = (
    (Call.started_at, (Call.way_in, Call.desk, Call.outcome, Call.answered_at.is_(None))),
    (Case.opened_at, (Case.sector, Case.kind, Case.matter, Case.unit_id)),
    (Assignment.dispatched_at, (Assignment.unit_id,)),
    (Transcript.created_at, (Transcript.state,)),
)
"""Of each table that has many rows a day: the moment that makes them the day's, and plain columns."""
_MEMORY = """
import resource, sys
from datetime import date, datetime, UTC
from cases import reporting
from cases.engine import make_engine
from cases.report_days import ReportKind
from cases.rules import Rules
from cases.unit_of_work import reading
with reading(make_engine(sys.argv[1])) as work:
    period = reporting.wanted(ReportKind.NIGHTLY, date.fromisoformat(sys.argv[2]), datetime.now(UTC), Rules())
    reporting.figures_of(work.session, period, Rules())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


@dataclass(frozen=True)
class Sizes:
    """`calls` of the day; `others`: of 300 other days, all together."""

    calls: int = 100_000
    others: int = 900_000
    sqlite: bool = True
    postgres: bool = True


def measure(sizes: Sizes, progress: Progress) -> Report:
    """On databases of its own; nothing of them is left."""
    results: list[Result] = []
    for name, wanted, make in (
        ("SQLite", sizes.sqlite, temporary_sqlite),
        ("PostgreSQL", sizes.postgres, temporary_postgres),
    ):
        if wanted:
            with make() as url, _city(url) as engine:
                results += _on(engine, url, name, sizes, progress)
    return Report("report", results)


@contextmanager
def _city(url: str) -> Iterator[Engine]:
    upgrade(url)
    engine = make_engine(url)
    try:
        with UnitOfWork(engine) as work:
            load_city(work.session, rows(path_of("shaowu")), _NOW)
            work.commit()
        yield engine
    finally:
        engine.dispose()


def _on(engine: Engine, url: str, name: str, sizes: Sizes, progress: Progress) -> list[Result]:
    written = _past(engine, Wanted(sizes.calls, 1, 1, _DAY), progress)
    title = f"{name}, {sizes.calls:,} calls of the day"
    made, alone = _day(engine)
    results = [
        Result(f"{name}: writing a past of {sizes.calls:,} calls", written, "s", sizes.calls),
        Result(f"{title}: the report", alone, "s", _TURNS, _BARE, _bare(engine)),
    ]
    _past(engine, Wanted(sizes.others, 300, 2, _DAY - timedelta(days=1)), progress)
    _, among = _day(engine)
    many = f"{title} among {sizes.others:,} of other days"
    results += [
        Result(f"{many}: the report", among, "s", _TURNS, _BARE, _bare(engine)),
        Result(f"{many}: the report", among, "s", _TURNS, _FEW, alone),
        Result(f"{many}: most memory of a process", _memory(url), "MiB", 1),
        *_forms(title, made),
    ]
    return results


def _past(engine: Engine, wanted: Wanted, progress: Progress) -> float:
    if wanted.calls < 1:
        return 0.0
    written = seed_history(engine, _RULES, ["desk1", "desk2"], wanted, progress, anyway=True)
    tidy(engine)
    return written.seconds


def _day(engine: Engine) -> tuple[Made, float]:
    """The report, and the median of its times."""
    period = reporting.wanted(ReportKind.NIGHTLY, _DAY, _NOW, _RULES)
    found: f.Figures = {}

    def read() -> None:
        with reading(engine) as work:
            found.update(reporting.figures_of(work.session, period, _RULES))

    seconds = _median(read)
    return reporting.preview(period, found, _NOW), seconds


def _bare(engine: Engine) -> float:
    """How long the database alone needs to read the day's rows once, table by table, into plain groups."""
    period = reporting.wanted(ReportKind.NIGHTLY, _DAY, _NOW, _RULES)
    scans = [
        select(*by, func.count()).where(at >= period.begins, at < period.ends).group_by(*by)
        for at, by in _SCANS
    ]

    def read() -> None:
        with reading(engine) as work:
            for scan in scans:
                work.session.execute(scan).all()

    return _median(read)


def _median(what: Any) -> float:
    times = []
    for _ in range(_TURNS):
        begun = perf_counter()
        what()
        times.append(perf_counter() - begun)
    return round(sorted(times)[_TURNS // 2], 4)


def _memory(url: str) -> float:
    words = [sys.executable, "-c", _MEMORY, url, _DAY.isoformat()]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return round(float(done.stdout), 1)


def _forms(title: str, made: Made) -> list[Result]:
    with TemporaryDirectory(prefix="ms-bench-") as folder:
        begun = perf_counter()
        Path(folder, "report.html").write_text(html_of(made), "utf-8")
        page = perf_counter()
        write_xlsx(made, Path(folder, "report.xlsx"))
        book = perf_counter()
    return [
        Result(f"{title}: HTML", round(page - begun, 3), "s", 1),
        Result(f"{title}: XLSX", round(book - page, 3), "s", 1),
    ]
