"""`minsheng110 seed`: fill an empty database with an invented past, to try and to measure with."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta

import click

from cases.report_days import today
from hotline.cli.moments import DAY
from hotline.cli.showing import as_json as json_option
from hotline.cli.showing import print_json, wired


@click.group()
def command() -> None:
    """Invented data, the same for the same seed."""


@command.command()
@click.option("--calls", required=True, type=click.IntRange(1, 100_000_000), help="How many calls.")
@click.option("--days", required=True, type=click.IntRange(1, 20_000), help="Over how many days of the city.")
@click.option("--seed", "seed", default=110, show_default=True, type=click.IntRange(0, 2**32 - 1))
@click.option("--until", type=DAY, help="The last day; unset: yesterday.")
@click.option("--yes", "anyway", is_flag=True, help="Even where calls are already there.")
@json_option
def history(calls: int, days: int, seed: int, until: date | None, anyway: bool, as_json: bool) -> None:
    """A believable past: calls by hour, weekday and holiday, their cases with every move, answers, fees.

    The same seed and last day give the same rows. Refused where calls are already there, unless --yes.
    """
    from cases.model import Unit
    from hotline.city import file_of, load_file, rows
    from hotline.history.seed import Wanted, seed_history

    with wired() as wiring:
        rules, now = wiring.rules, wiring.now()
        with wiring.reading() as work:
            fresh = work.session.query(Unit.id).first() is None
        if fresh:
            load_file(wiring, rows(file_of(wiring.settings)))
        last = until or today(now, rules.zone, rules.reports) - timedelta(days=1)
        found = seed_history(
            wiring.engine,
            rules,
            wiring.settings.desks,
            Wanted(calls, days, seed, last),
            lambda said: click.echo(said, err=True),
            anyway=anyway,
        )
    if as_json:
        print_json({**asdict(found), "first": found.first.isoformat(), "last": found.last.isoformat()})
        return
    click.echo(
        f"{found.calls:,} calls and {found.cases:,} cases from {found.first} to {found.last}, "
        f"{found.rows:,} rows in {found.seconds:.1f} s"
    )
