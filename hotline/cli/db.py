"""`minsheng110 db …`: the database's structure."""

from __future__ import annotations

import click

from cases.migrate import current, upgrade
from hotline.settings import load


@click.group()
def command() -> None:
    """The database's structure."""


@command.command("upgrade")
def run_upgrade() -> None:
    """Bring the database to the shape this version needs. Nothing is lost; doing it twice is harmless."""
    url = load().database
    changed = upgrade(url)
    click.echo(f"the database {'is now' if changed else 'was already'} at {current(url)}")
