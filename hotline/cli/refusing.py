"""A refusal on the command line: with --json its rule and why on standard output, else a line on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from cases.csv_table import TableRefused
from cases.errors import MoveRefused
from hotline.cli import REFUSED
from hotline.cli.showing import print_json


@contextmanager
def refusals(as_json: bool) -> Iterator[None]:
    """What is refused within ends the command with the code for it."""
    try:
        yield
    except (MoveRefused, TableRefused) as error:
        if as_json:
            print_json({"refused": error.rule, "why": error.why})
        else:
            click.echo(f"minsheng110: {error}", err=True)
        sys.exit(REFUSED)


def content(path: Path) -> bytes:
    """A file that somebody named."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from error
