"""`minsheng110 status`: which parts are healthy. Exit code 0 only when all are."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from hotline import health, settings

FAILED = 1


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(as_json: bool) -> None:
    """Ask every part, within two seconds. Exit code 0 only when all are healthy."""
    found = health.report(settings.load())
    click.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else _table(found))
    if not found["ok"]:
        sys.exit(FAILED)


def _table(found: dict[str, Any]) -> str:
    lines = [f"{name:<10} {_words(row)}" for name, row in found["services"].items()]
    running = found["supervisor"]["pid"]
    lines.append(f"supervisor {f'pid {running}' if running else 'not running: make run'}")
    return "\n".join(lines)


def _words(row: dict[str, Any]) -> str:
    if not row["ok"]:
        return f"NOT HEALTHY: {row['why']}"
    more = [f"{name} {row[name]}" for name in ("url", "version", "workers", "pid") if name in row]
    if row.get("restarts"):
        more.append(f"started again {row['restarts']} times")
    return "healthy" + (f" ({', '.join(more)})" if more else "")
