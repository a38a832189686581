"""`minsheng110 cases …`: what became of the requests, and what is done with them."""

from __future__ import annotations

from typing import Any

import click

from cases.errors import NotFound
from cases.money import yuan
from cases.moving import SYSTEM, actor_named
from cases.queries import cases_list
from cases.states import Role
from cases.viewing import is_of_unit
from hotline.cli.moves import move, moves, shown_to
from hotline.cli.showing import as_json as json_option
from hotline.cli.showing import print_json, table, wired

_COLUMNS = {
    "number": "number",
    "state": "state",
    "opened": "opened",
    "caller": "caller",
    "desk": "desk",
    "matter": "matter",
    "unit": "unit",
    "priority": "priority",
    "text": "text",
}
_FIELDS = ("state", "caller", "desk", "matter", "kind", "sector", "unit", "place", "priority", "answer")
_EVENTS = {"at": "at", "who": "who", "move": "move", "from": "from", "to": "to", "reason": "reason"}
_ASSIGNMENTS = {
    "unit": "unit",
    "main": "main",
    "state": "state",
    "dispatched": "dispatched",
    "due": "due",
    "colour": "clock",
    "reported": "reported",
    "ended_by": "ended by",
}
_CALLS = {"started": "called", "way_in": "way in", "desk": "desk", "outcome": "outcome", "ended": "ended"}


@click.group()
def command() -> None:
    """Look at cases, and move them."""


@command.command("list")
@json_option
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 100_000))
def list_cases(as_json: bool, limit: int) -> None:
    """The newest cases first."""
    with wired() as wiring, wiring.reading() as unit:
        cases = cases_list(unit.session, limit=limit)
        zone = wiring.settings.zone
    if as_json:
        print_json(cases)
    elif cases:
        table(_COLUMNS, cases, zone)
    else:
        click.echo("there are no cases yet")


@command.command("show")
@click.argument("number")
@click.option("--as", "username", metavar="USER", help="As this person sees it.")
@json_option
def show(number: str, username: str | None, as_json: bool) -> None:
    """All of one case."""
    with wired() as wiring:
        with wiring.reading() as unit:
            actor = actor_named(unit.session, username) if username else SYSTEM
        case = shown_to(wiring, number.strip(), actor)
        zone = wiring.settings.zone
    if actor.role == Role.UNIT and not is_of_unit(case, actor.unit_id):
        raise NotFound(f"there is no case {number} for {username}")
    if as_json:
        print_json(case)
    else:
        _page(case, zone)


command.add_command(move)
command.add_command(moves)


def _page(case: dict[str, Any], zone: Any) -> None:
    click.echo(f"case {case['number']}")
    for field in _FIELDS:
        if case[field]:
            click.echo(f"  {field:<10} {case[field]}")
    for fee in case["fees"]:
        click.echo(f"  {'fee':<10} {yuan(fee['price_fen'])} yuan, {fee['state']} ({fee['firm']})")
    for reason in case["reasons"]:
        click.echo(f"  {'because':<10} {reason.get('text', '')}: {reason.get('why', '')}")
    recording, transcript = case["recording"], case["transcript"]
    if recording:
        click.echo(f"  {'recording':<10} {recording['path']} ({recording['seconds'] or 0:.1f} s)")
    if transcript:
        click.echo(f"  {'transcript':<10} {transcript['state']}")
    click.echo(f"  {'text':<10} {case['text'] or '-'}\n")
    if case["assignments"]:
        table(_ASSIGNMENTS, case["assignments"], zone)
        click.echo()
    table(_EVENTS, case["events"], zone)
    click.echo()
    table(_CALLS, case["calls"], zone)
