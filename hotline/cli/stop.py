"""`minsheng110 stop`: end everything that `up` started."""

from __future__ import annotations

import click

from hotline import settings
from hotline.running import stop
from hotline.supervisor import SupervisorError


@click.command()
def command() -> None:
    """End everything that `up` started, whatever state it is in."""
    try:
        found = stop(settings.load(), click.echo)
    except SupervisorError as error:
        raise click.ClickException(str(error)) from error
    click.echo("stopped; no process is left" if found else "nothing was running")
