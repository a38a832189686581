"""`minsheng110 households …`: the register of households that are served free of charge.

What is looked up is personal: every look-up is written down with who asked.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cases import claims, households
from cases.errors import MoveRefused
from cases.moving import Actor, actor_named
from cases.states import Role
from hotline.city import household_kinds
from hotline.cli.moves import as_user
from hotline.cli.refusing import content, refusals
from hotline.cli.showing import as_json as json_option
from hotline.cli.showing import print_json, wired
from hotline.wiring import Wiring

_CSV = click.argument("csv", type=click.Path(dir_okay=False, path_type=Path))
_IMPORTER = click.option("--as", "username", metavar="USER", help="Who imports it: a username.")
_MAY_LOOK = (Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR, Role.VISITOR, Role.ADMIN)
COMMAND_LINE = "command line"


@click.group()
def command() -> None:
    """The register of households that are served free: 三留守, 低保户, 残疾人, 失独家庭, 计生困难."""


@command.command("import")
@_CSV
@click.option("--dry-run", is_flag=True, help="Show the difference and change nothing.")
@_IMPORTER
@json_option
def run_import(csv: Path, dry_run: bool, username: str | None, as_json: bool) -> None:
    """Make the register what CSV says: who is no longer in it has ended.

    Columns kind,name,number,valid_from,valid_until (类别,姓名,电话,生效日期,失效日期), in UTF-8 or
    GB18030. A file that is wrong in one line changes nothing.
    """
    with wired() as wiring, refusals(as_json):
        kinds = household_kinds(wiring.settings)
        table, rows = households.from_csv(content(csv), kinds)
        found = _difference(wiring, table, rows) if dry_run else _apply(wiring, table, rows, username)
    said = {**found.to_json(), "encoding": table.encoding, "lines": len(rows), "applied": not dry_run}
    if as_json:
        print_json(said)
        return
    click.echo(f"{len(rows)} households in {table.encoding}")
    click.echo(
        f"{said['new']} new, {said['changed']} changed, {said['ended']} ended, {said['same']} the same"
    )
    if dry_run:
        click.echo("nothing was changed")


def _today(wiring: Wiring) -> Any:
    return wiring.now().astimezone(wiring.settings.zone).date()


def _difference(wiring: Wiring, table: Any, rows: Any) -> households.Differences:
    with wiring.reading() as unit:
        return households.differences(unit.session, table, rows, _today(wiring))


def _apply(wiring: Wiring, table: Any, rows: Any, username: str | None) -> households.Differences:
    with wiring.unit_of_work() as unit:
        who = COMMAND_LINE
        if username is not None:
            actor = actor_named(unit.session, username)
            _only(actor, (Role.ADMIN,), "H01", "the register is imported by an administrator")
            who = actor.who
        found = households.put(unit.session, table, rows, who, wiring.now(), _today(wiring))
        unit.commit()
    return found


def _only(actor: Actor, roles: tuple[Role, ...], rule: str, why: str) -> None:
    if actor.role not in roles:
        raise MoveRefused(rule, why)


@command.command()
@json_option
def count(as_json: bool) -> None:
    """How many are served free today, by kind. Names nobody."""
    with wired() as wiring, wiring.reading() as unit:
        found = households.counts(unit.session, _today(wiring))
        kinds = household_kinds(wiring.settings)
    if as_json:
        print_json(found)
    for code, number in [] if as_json else found.items():
        click.echo(f"{kinds.get(code, code)}: {number}")


@command.command()
@click.option("--number", required=True, help="The telephone's number.")
@click.option("--name", help="The person's name.")
@click.option("--case", "case", default="", help="The case for which it is asked.")
@as_user
@json_option
def check(number: str, name: str | None, case: str, username: str, as_json: bool) -> None:
    """Whether somebody is registered today, by number and name. Written down, with who asked."""
    with wired() as wiring, refusals(as_json):
        with wiring.unit_of_work() as unit:
            actor = actor_named(unit.session, username)
            _only(actor, _MAY_LOOK, "H02", f"the register is not looked up by the role {actor.role}")
            now, today = wiring.now(), _today(wiring)
            found = households.look_up(
                unit.session, number, name, today, who=actor.who, now=now, target=case.strip()
            )
            unit.commit()
        kinds = household_kinds(wiring.settings)
    said = {"registered": found.why == "matched", "result": found.why, "kind": found.kind}
    if as_json:
        print_json(said)
    else:
        kind = f" ({kinds.get(found.kind, found.kind)})" if found.kind else ""
        click.echo(f"{found.why.replace('_', ' ')}{kind}")


# ---------------------------------------------------------------- a case's claim


@command.command()
@click.argument("number")
@as_user
@json_option
def claim(number: str, username: str, as_json: bool) -> None:
    """Write down that the citizen of case NUMBER claims to be served free; it is looked up at once."""
    with wired() as wiring, refusals(as_json):
        with wiring.unit_of_work() as unit:
            actor = actor_named(unit.session, username)
            claims.claim_free(unit.session, number.strip(), actor, wiring.now())
            claims.check_claim(unit.session, number.strip(), wiring.now(), wiring.rules)
            unit.commit()
        _show_claim(wiring, number.strip(), as_json)


@command.command()
@click.argument("number")
@click.option("--name", required=True, help="The name that the citizen says.")
@click.option("--number", "telephone", help="Another number than the caller's, under which it is registered.")
@as_user
@json_option
def confirm(number: str, name: str, telephone: str | None, username: str, as_json: bool) -> None:
    """Look the claim of case NUMBER up again, with the name: the firm at the door, or an agent."""
    with wired() as wiring, refusals(as_json):
        with wiring.unit_of_work() as unit:
            actor = actor_named(unit.session, username)
            claims.check_with_name(
                unit.session, number.strip(), name, actor, wiring.now(), wiring.rules, telephone=telephone
            )
            unit.commit()
        _show_claim(wiring, number.strip(), as_json)


def _show_claim(wiring: Wiring, number: str, as_json: bool) -> None:
    with wiring.reading() as unit:
        found = claims.claim_of(unit.session, number)
    wiring.bell.nudge()
    if as_json:
        print_json(found)
    elif found:
        click.echo(f"case {number}: the claim is {found['state']} ({found['why'].replace('_', ' ')})")
