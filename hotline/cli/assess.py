"""`minsheng110 assess`: the scores of departments, firms and society teams."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from cases.assessing import assess, best_of_year, rewards_json
from hotline.cli.moments import DAY
from hotline.cli.refusing import refusals
from hotline.cli.showing import as_json as json_option
from hotline.cli.showing import print_json, table, wired

_PARTS = ("handling", "quality", "satisfaction", "overdue", "returns")
_DEPARTMENTS = {"name": "department", "head": "head", "score": "score", **{part: part for part in _PARTS},
                "given": "given"}  # fmt: skip
_FIRMS = {"name": "firm", "score": "score", "rating": "rating", "jobs": "jobs", "complaints": "complaints",
          "contract": "contract"}  # fmt: skip
_TEAMS = {"name": "team", "points": "points", "concluded": "done", "commended": "commended"}


@click.command()
@click.option("--from", "first", required=True, type=DAY, help="The first day, in city time: 2026-11-01.")
@click.option("--to", "last", required=True, type=DAY, help="The last day; it is included.")
@json_option
def command(first: date, last: date, as_json: bool) -> None:
    """Scores of a period, each down to the cases that make it, and the year's best firms so far."""
    with wired() as wiring, refusals(as_json):
        now, rules = wiring.now(), wiring.rules
        with wiring.reading() as unit:
            found = assess(unit.session, first, last, now, rules)
            year = min(last, now.astimezone(rules.zone).date()).year
            best = rewards_json(best_of_year(unit.session, year, now, rules))
    if as_json:
        print_json({**found.to_json(), "rewards": {"year": year, "firms": best}})
        return
    said = found.to_json()
    for heading, columns in (("departments", _DEPARTMENTS), ("firms", _FIRMS), ("teams", _TEAMS)):
        rows = [_flat(each) for each in said[heading] if each["score"] is not None]
        click.echo(f"{heading}, {len(rows)} of {len(said[heading])} had something to do")
        if rows:
            table(columns, rows)
        click.echo()
    click.echo(f"weights: {', '.join(f'{part} {weight}' for part, weight in said['weights'].items())}")
    if said["commended"]:
        click.echo(f"commended: {', '.join(said['commended'])}")
    for each in best:
        click.echo(f"best of {year}: {each['name']}, {each['reward_fen'] / 100:.2f} yuan")


def _flat(score: dict[str, Any]) -> dict[str, Any]:
    """One line of a table: shares in percent."""
    shares = {part: f"{share:.0%}" for part, share in score["scores"].items() if share is not None}
    return {**score["figures"], **shares, **{k: v for k, v in score.items() if not isinstance(v, dict)}}
