"""How the command line prints: JSON as it is, or a table for people."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click

from cases.showing import json_ready
from hotline.settings import load
from hotline.wiring import Wiring, build

as_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@contextmanager
def wired() -> Iterator[Wiring]:
    """The wiring for one command."""
    wiring = build(load())
    try:
        yield wiring
    finally:
        wiring.close()


def print_json(data: Any) -> None:
    """UTF-8, moments in ISO 8601 with their zone."""
    click.echo(json.dumps(json_ready(data), ensure_ascii=False, indent=2))


def table(columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]], zone: Any = None) -> None:
    """`columns`: field → heading. Chinese signs take two places of a terminal."""
    cells = [[_cell(row.get(field), zone) for field in columns] for row in rows]
    lines = [list(columns.values()), *cells]
    widths = [max(_width(line[at]) for line in lines) for at in range(len(columns))]
    for line in lines:
        padded = (cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def _cell(value: Any, zone: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    return " ".join(str(json_ready(value)).split())


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
