"""`minsheng110 calls …`: every visit of a caller."""

from __future__ import annotations

import click

from cases.queries import calls_list
from hotline.cli.showing import as_json as json_option
from hotline.cli.showing import print_json, table, wired

_COLUMNS = {
    "started": "started",
    "caller": "caller",
    "way_in": "way in",
    "desk": "desk",
    "outcome": "outcome",
    "case": "case",
    "ended": "ended",
}


@click.group()
def command() -> None:
    """Look at calls."""


@command.command("list")
@json_option
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 100_000))
def list_calls(as_json: bool, limit: int) -> None:
    """The newest calls first."""
    with wired() as wiring, wiring.reading() as unit:
        calls = calls_list(unit.session, limit=limit)
        zone = wiring.settings.zone
    if as_json:
        print_json(calls)
    elif calls:
        table(_COLUMNS, calls, zone)
    else:
        click.echo("there are no calls yet")
