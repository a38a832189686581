"""`minsheng110 supervise …`: what must not be forgotten is done."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from hotline.cli.showing import as_json as json_option
from hotline.cli.showing import print_json, table, wired

_COLUMNS = {
    "case": "case",
    "unit": "unit",
    "step": "step",
    "move": "move",
    "to": "to",
    "planned": "planned",
}


def moment(text: str, zone: ZoneInfo) -> datetime:
    """ISO 8601; without an offset it is city time. Raises BadParameter."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise click.BadParameter(f"{text!r} is no time: write 2026-03-02T09:00 or with +08:00") from None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


@click.group()
def command() -> None:
    """Remind, urge, supervise; the reception day's list."""


@command.command("run")
@click.option("--now", "at", help="As if it were this moment; without an offset in city time.")
@json_option
def run(at: str | None, as_json: bool) -> None:
    """Do everything that is due. A running system does it by itself every minute."""
    from hotline import logs
    from hotline.supervising import supervise

    logs.configure("supervise")
    with wired() as wiring:
        zone = wiring.settings.zone
        now = moment(at, zone) if at is not None else wiring.now()
        report = supervise(wiring, now)
    if as_json:
        print_json(report)
    else:
        _page(report, zone)
    if report["failed"]:
        sys.exit(1)


def _page(report: dict[str, Any], zone: ZoneInfo) -> None:
    steps = [{**each, "to": ", ".join(each["to"])} for each in report["steps"]]
    if steps:
        table(_COLUMNS, steps, zone)
    day = report["reception_day"]
    if day is not None:
        numbers = " ".join(each["case"] for each in day["cases"])
        click.echo(f"reception day {day['held_on']}: {numbers or '-'}")
    counts = report["counts"]
    click.echo(f"{counts['steps']} steps, {counts['notices']} notices, {counts['placed']} clocks placed")
    for each in (*report["refused"], *report["failed"]):
        click.echo(f"minsheng110: {each}", err=True)
