"""`minsheng110 cases move`, `cases moves`: what people do to a case, as one of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from cases.claims import claim_of
from cases.errors import Conflict, MoveRefused, NotFound
from cases.fees import fees_of_case
from cases.handling import Asked, make_move, moves_now
from cases.moving import Actor, actor_named
from cases.queries import case_detail
from cases.states import Role
from cases.viewing import as_seen_by
from hotline.cli import FAILED, REFUSED
from hotline.cli.moments import DAY
from hotline.cli.showing import as_json as json_option
from hotline.cli.showing import print_json, table, wired
from hotline.photos import kept_photos
from hotline.wiring import Wiring

as_user = click.option("--as", "username", required=True, metavar="USER", help="Who does it: a username.")
_COLUMNS = {"rule": "rule", "move": "move", "to": "to", "takes": "takes"}
_OPTIONS = (
    click.option("--reason", help="Why; the text of a note; the answer of a report without --answer."),
    click.option("--unit", help="A unit's code or name."),
    click.option("--co-unit", "units", multiple=True, metavar="UNIT", help="With dispatch, add-unit."),
    click.option("--days", type=int, help="Working days: of an extension, of a part."),
    click.option("--until", type=DAY, help="When a suspended case is reviewed: 2026-04-01."),
    click.option("--answer", help="What the citizen is told."),
    click.option("--part", help="What a co-unit is to do."),
    click.option("--into", metavar="NUMBER", help="The case that it is merged into."),
    click.option("--class", "deadline_class", help="With dispatch: emergency, help, complaint, complex, …"),
    click.option("--waiting/--answered", default=None, help="A unit's clock stands still for the citizen."),
    click.option("--confidential/--not-confidential", default=None, help="Units see no name, no number."),
)


def _asking(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.command("move")
@click.argument("number")
@click.argument("what", metavar="MOVE")
@_asking
@click.option("--photo", "photos", multiple=True, type=click.Path(path_type=Path), help="With note, report.")
@click.option("--version", type=int, help="Of the case as it was seen: refused when it has changed since.")
@as_user
@json_option
def move(
    number: str,
    what: str,
    username: str,
    photos: Sequence[Path],
    version: int | None,
    as_json: bool,
    **asked: str | int | date | bool | tuple[str, ...] | None,
) -> None:
    """Make a move of a case: dispatch, sign, return, rule, note, report, complete, … (docs/case-life.md)."""
    with wired() as wiring:
        try:
            shown = _move(wiring, number.strip(), what, username, photos, version, asked)
        except MoveRefused as error:
            _refuse(error, as_json)
        except Conflict as error:
            _conflict(error, as_json)
    if as_json:
        print_json(shown)
    else:
        click.echo(f"case {shown['number']} is {shown['state']} now")


def _move(
    wiring: Wiring,
    number: str,
    what: str,
    username: str,
    photos: Sequence[Path],
    version: int | None,
    asked: dict[str, Any],
) -> dict[str, Any]:
    """The move in one transaction; -> the case as this person sees it."""
    now = wiring.now()
    with (
        kept_photos(wiring.settings, [_read(path) for path in photos], now) as kept,
        wiring.unit_of_work() as work,
    ):
        actor = actor_named(work.session, username)
        given = Asked(**asked, photos=kept)
        make_move(work.session, number, what, actor, now, wiring.rules, given, version)
        work.commit()
    wiring.bell.nudge()
    return shown_to(wiring, number, actor)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from error


def shown_to(wiring: Wiring, number: str, actor: Actor) -> dict[str, Any]:
    """As `cases show` prints it, without what this person must not see."""
    with wiring.reading() as work:
        case = case_detail(work.session, number, wiring.now())
    if case is None:
        raise NotFound(f"there is no case {number}")
    return as_seen_by(whole_paths(wiring, case), actor.role) | _money(wiring, number, actor)


def _money(wiring: Wiring, number: str, actor: Actor) -> dict[str, Any]:
    """What it costs, in whole fen, and the claim to be served free; a unit sees its own fee."""
    with wiring.reading() as unit:
        found = fees_of_case(unit.session, number)
        own = [each for each in found if actor.role != Role.UNIT or each["unit_id"] == actor.unit_id]
        claim = claim_of(unit.session, number)
    if claim is not None and actor.role == Role.UNIT:
        claim.pop("kind")  # it knows that it is free, and not why
    return {"fees": own, "claim": claim}


def whole_paths(wiring: Wiring, case: dict[str, Any]) -> dict[str, Any]:
    """Recordings and photos with their places on this disk."""
    settings = wiring.settings
    for each in filter(None, (case["recording"], *case["recordings"])):
        each["path"] = str(settings.recordings / each["path"])
    for each in case["photos"]:
        each["path"] = str(settings.photos / each["path"])
    return case


def _refuse(error: MoveRefused, as_json: bool) -> None:
    if not as_json:
        raise error
    print_json({"refused": error.rule, "why": error.why})
    sys.exit(REFUSED)


def _conflict(error: Conflict, as_json: bool) -> None:
    if not as_json:
        raise error
    print_json({"conflict": str(error), "changes": error.changes})
    sys.exit(FAILED)


@click.command("moves")
@click.argument("number")
@as_user
@json_option
def moves(number: str, username: str, as_json: bool) -> None:
    """What somebody may do with a case now, with the rules that allow it."""
    with wired() as wiring, wiring.reading() as work:
        actor = actor_named(work.session, username)
        found = moves_now(work.session, number.strip(), actor, wiring.now(), wiring.rules)
    if as_json:
        print_json(found)
    elif found:
        table(_COLUMNS, [{**each, "takes": ", ".join(each["takes"])} for each in found])
    else:
        click.echo(f"{username} can do nothing with case {number} now")
