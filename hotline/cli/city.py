"""`minsheng110 city …`: check a city file, and load it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from hotline.settings import load

_MOST_SHOWN = 40


@click.group()
def command() -> None:
    """The city file: units, matters, firms, teams, places."""


@command.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Say what is wrong with FILE, each with its line and key; changes nothing."""
    city = _read(file)
    kinds = Counter(unit.type.value for unit in city.units)
    told = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    click.echo(f"{file} is a good city file: {city.name}, {told}, {len(city.matters)} matters")


@command.command("load")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show the difference and change nothing.")
def run_load(file: Path, dry_run: bool) -> None:
    """Show what FILE changes in the database, and apply it. Doing it twice changes nothing."""
    from cases.errors import CaseError
    from hotline.city import load_file, what_would_change
    from hotline.wiring import build

    city = _read(file)
    wiring = build(load())
    try:
        found = what_would_change(wiring, city)
        for each in found[:_MOST_SHOWN]:
            click.echo(f"{each.what}: {each.kind} {each.code} {each.name}")
        if len(found) > _MOST_SHOWN:
            click.echo(f"and {len(found) - _MOST_SHOWN} more")
        if dry_run:
            click.echo(f"{len(found)} differences, nothing changed")
        else:
            click.echo(f"{city.name}: {len(load_file(wiring, city))} changes made")
    except CaseError as error:
        raise click.ClickException(str(error)) from error
    finally:
        wiring.close()


def _read(file: Path):  # type: ignore[no-untyped-def]
    from hotline.city import rows
    from router.city_file import CityFileError

    try:
        return rows(file)
    except CityFileError as error:
        raise click.ClickException(str(error)) from error
