"""`minsheng110 bench …`: benchmarks. Each prints a table, or JSON of one shape."""

from __future__ import annotations

import json
from pathlib import Path

import click

from hotline.bench.report import Report


@click.group()
def command() -> None:
    """Benchmarks: they measure on a system of their own and touch no other."""


def _progress(line: str) -> None:
    click.echo(line, err=True)


def _print(report: Report, as_json: bool) -> None:
    click.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=2) if as_json else report.table())


@command.command("calls")
@click.option(
    "--at-once", default=300, show_default=True, type=click.IntRange(1, 600), help="Speaking at once."
)
@click.option(
    "--rounds", default=40, show_default=True, type=click.IntRange(3, 500), help="Calls a way, in turn."
)
@click.option(
    "--burst", default=30, show_default=True, type=click.IntRange(1, 200), help="Calls in one burst."
)
@click.option("--bursts", default=7, show_default=True, type=click.IntRange(1, 100), help="How many bursts.")
@click.option(
    "--calls",
    default=10_000,
    show_default=True,
    type=click.IntRange(10, 1_000_000),
    help="Calls straight at the FastAGI socket, to see whether its memory grows.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def calls(at_once: int, rounds: int, burst: int, bursts: int, calls: int, as_json: bool) -> None:
    """Answering beside a bare dialplan and a script a call; a burst; many speaking at once; memory.

    Starts a whole system in a temporary folder and removes it.
    """
    from hotline.bench.calls import Sizes, measure

    sizes = Sizes(at_once=at_once, rounds=rounds, burst=burst, bursts=bursts, calls=calls)
    _print(measure(sizes, _progress), as_json)


@command.command("router")
@click.option(
    "--messages", default=5_000, show_default=True, type=click.IntRange(100, 1_000_000), help="To decide on."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def router(messages: int, as_json: bool) -> None:
    """Sorting on one core: time for 60 characters, loading, memory, and how often it is right."""
    from hotline.bench.router import measure

    _print(measure(messages, _progress), as_json)


@command.command("speech")
@click.option(
    "--messages", default=24, show_default=True, type=click.IntRange(4, 10_000), help="To write down."
)
@click.option(
    "--slots", default=8, show_default=True, type=click.IntRange(1, 200), help="Callers heard live at once."
)
@click.option(
    "--reference", type=click.Path(path_type=Path), help="A model's folder, to compare errors with."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def speech(messages: int, slots: int, reference: Path | None, as_json: bool) -> None:
    """A backlog beside vosk alone; loading, memory, speed and character errors of the embedded model."""
    from hotline.bench import live
    from hotline.bench.speech import measure

    of_files = measure(messages, reference, _progress)
    results = [*of_files.results, *live.measure(slots, 2, _progress)]
    _print(Report(of_files.bench, results), as_json)


@command.command("supervise")
@click.option(
    "--open",
    "open_",
    default=1_000_000,
    show_default=True,
    type=click.IntRange(100, 10_000_000),
    help="Open cases on PostgreSQL.",
)
@click.option(
    "--sqlite-open",
    default=200_000,
    show_default=True,
    type=click.IntRange(100, 10_000_000),
    help="Open cases on SQLite.",
)
@click.option(
    "--due", default=10_000, show_default=True, type=click.IntRange(1, 1_000_000), help="Of them due."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def supervise(open_: int, sqlite_open: int, due: int, as_json: bool) -> None:
    """A run of the supervision over many open cases, beside the bare update of what is due.

    Needs PostgreSQL's programs; makes databases of its own and removes them.
    """
    from hotline.bench.supervise import Sizes, measure

    if due > min(open_, sqlite_open):
        raise click.BadParameter("more are due than are open")
    _print(measure(Sizes(open_, due, sqlite_open), _progress), as_json)


@command.command("search")
@click.option(
    "--postgres",
    default=1_000_000,
    show_default=True,
    type=click.IntRange(0, 10_000_000),
    help="Cases on PostgreSQL; 0 leaves it out.",
)
@click.option(
    "--sqlite",
    default=200_000,
    show_default=True,
    type=click.IntRange(0, 10_000_000),
    help="Cases on SQLite; 0 leaves it out.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def search(postgres: int, sqlite: int, as_json: bool) -> None:
    """The queue, the search and the case page over many cases, beside 10,000 in the same run.

    PostgreSQL's programs must be there unless it is left out; the databases are its own, and removed.
    """
    from hotline.bench.search import Sizes, measure

    if not postgres and not sqlite:
        raise click.BadParameter("both databases are left out: give one of them cases")
    _print(measure(Sizes(postgres, sqlite), _progress), as_json)


@command.command("pages")
@click.option("--open", "open_", default=200, show_default=True, type=click.IntRange(1, 4000), help="Pages.")
@click.option("--seconds", default=30, show_default=True, type=click.IntRange(2, 3600), help="Of silence.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def pages(open_: int, seconds: int, as_json: bool) -> None:
    """Open console pages while nothing happens, and how soon all of them hear of a call.

    Starts a whole system in a temporary folder and removes it.
    """
    from hotline.bench.pages import measure

    _print(measure(open_, seconds, _progress), as_json)


@command.command("report")
@click.option(
    "--calls", default=100_000, show_default=True, type=click.IntRange(1, 100_000_000), help="Of the day."
)
@click.option(
    "--others",
    default=900_000,
    show_default=True,
    type=click.IntRange(0, 1_000_000_000),
    help="Of 300 other days, together.",
)
@click.option("--database", type=click.Choice(["sqlite", "postgresql"]), help="Only one of them.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def report(calls: int, others: int, database: str | None, as_json: bool) -> None:
    """The report of a day beside one bare aggregate scan of its rows; memory; its forms.

    Needs PostgreSQL's programs unless it is left out; makes databases of its own and removes them.
    """
    from hotline.bench.report_day import Sizes, measure

    sizes = Sizes(calls, others, database != "postgresql", database != "sqlite")
    _print(measure(sizes, _progress), as_json)
