"""`minsheng110 desk …`: do what a 110 desk does."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from hotline import settings


@click.group()
def command() -> None:
    """Do what a 110 desk does."""


@command.command("redirect")
@click.option("--desk", required=True, metavar="NAME", help="The desk whose caller is passed on.")
@click.option(
    "--to", "to", default=None, metavar="NUMBER", help="民生110's number, which is also the default."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def redirect(desk: str, to: str | None, as_json: bool) -> None:
    """Pass on the caller whom this desk is talking to."""
    from hotline.ami import AmiError
    from hotline.redirect import NothingToPassOn
    from hotline.redirect import redirect as pass_on

    chosen = settings.load()
    if to not in (None, chosen.hotline_did):
        raise click.BadParameter(
            f"a caller is passed on to {chosen.hotline_did} and nowhere else", param_hint="--to"
        )
    try:
        done = pass_on(chosen, desk)
    except (AmiError, NothingToPassOn) as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(asdict(done)) if as_json else f"the caller of {desk} is with 民生110 now")
