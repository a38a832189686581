"""`minsheng110 clock …`: the time by which this run folder lives; a sandbox's may be set ahead."""

from __future__ import annotations

import sys
from datetime import datetime

import click

from cases.errors import MoveRefused
from hotline import settings
from hotline.cli import REFUSED
from hotline.cli.moments import MOMENT
from hotline.cli.showing import as_json as json_option
from hotline.cli.showing import print_json
from hotline.clock import advance as set_ahead
from hotline.clock import clock_of


@click.group()
def command() -> None:
    """The time by which this run folder lives."""


@command.command("show")
@json_option
def show(as_json: bool) -> None:
    """What time it is here."""
    chosen = settings.load()
    _say(clock_of(chosen).now().astimezone(chosen.zone), as_json)


@command.command("advance")
@click.option("--to", required=True, type=MOMENT, help="2026-03-02T09:00; without an offset, city time.")
@json_option
def advance(to: datetime, as_json: bool) -> None:
    """Set the sandbox's clock ahead; every process sees it at once. Refused in production, and backwards."""
    chosen = settings.load()
    moment = to.replace(tzinfo=chosen.zone) if to.tzinfo is None else to
    try:
        now = set_ahead(chosen, moment)
    except MoveRefused as error:
        if not as_json:
            raise
        print_json({"refused": error.rule, "why": error.why})
        sys.exit(REFUSED)
    _say(now.astimezone(chosen.zone), as_json)


def _say(now: datetime, as_json: bool) -> None:
    if as_json:
        print_json({"now": now})
    else:
        click.echo(f"it is {now:%Y-%m-%d %H:%M:%S %z} here")
