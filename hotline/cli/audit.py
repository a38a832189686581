"""`minsheng110 audit …`: who looked at or changed what, and whether the trail is whole."""

from __future__ import annotations

import sys

import click

from cases import audit_trail
from cases.audit_trail import Head
from hotline.cli import FAILED
from hotline.cli.showing import as_json as json_option
from hotline.cli.showing import print_json, table, wired

_COLUMNS = {"id": "id", "at": "at", "who": "who", "what": "what", "target": "target", "address": "address"}


@click.group()
def command() -> None:
    """Who looked at or changed what."""


def _noted(_context: click.Context, _parameter: click.Parameter, value: str | None) -> Head | None:
    place, _colon, seal = (value or "").partition(":")
    if value is None:
        return None
    if not (place.isascii() and place.isdigit() and len(place) < 16 and len(seal) == 64):
        raise click.BadParameter("write it as `audit verify` prints it: PLACE:SEAL")
    return Head(int(place), seal)


@command.command("verify")
@json_option
@click.option("--noted", callback=_noted, metavar="PLACE:SEAL", help="A head that was noted elsewhere.")
def verify(as_json: bool, noted: Head | None) -> None:
    """Walk the chain of entries; name the first that was changed, removed or inserted. 0 only when whole."""
    with wired() as wiring, wiring.reading() as work:
        found = audit_trail.verify(work.session, noted)
    if as_json:
        print_json(found.to_json())
    elif found.damage is None:
        click.echo(f"whole: {found.entries} entries; the head is {found.head}")
    else:
        click.echo(f"{found.damage.harm}: {found.damage.why}", err=True)
    if found.damage is not None:
        sys.exit(FAILED)


@command.command("list")
@json_option
@click.option("--who", default="", help="Only what this person did.")
@click.option("--what", default="", help="Only this, e.g. recording_played.")
@click.option("--target", default="", help="Only what was done to this, e.g. a case's number.")
@click.option("--before", type=int, help="Only entries with a smaller id.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 100_000))
def list_entries(as_json: bool, who: str, what: str, target: str, before: int | None, limit: int) -> None:
    """The newest entries first."""
    with wired() as wiring, wiring.reading() as work:
        chosen = {"who": who, "what": what, "target": target}
        found = audit_trail.entries(work.session, limit=limit, before=before, **chosen)
        zone = wiring.settings.zone
    names = (*_COLUMNS, "detail", "place", "seal")
    rows = [{name: getattr(each, name) for name in names} for each in found]
    if as_json:
        print_json(rows)
    elif rows:
        table(_COLUMNS, rows, zone)
    else:
        click.echo("there is no such entry")
