"""`minsheng110 sip …`: the telephones' accounts."""

from __future__ import annotations

import json

import click

from hotline import settings
from hotline.phone.accounts import Accounts, NotHere, accounts


@click.group()
def command() -> None:
    """The telephones' accounts (development only)."""


@command.command("accounts")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(as_json: bool) -> None:
    """Where a telephone registers, and as whom."""
    try:
        found = accounts(settings.load())
    except NotHere as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=2) if as_json else _table(found))


def _table(found: Accounts) -> str:
    lines = [f"exchange  {found.host}:{found.port} (UDP)"]
    lines.append(f"dial      {found.dids['police']} (the police desk), {found.dids['hotline']} (民生110)")
    if found.trunk:
        lines.append(f"trunk     {found.trunk.username}  {found.trunk.password}")
    else:
        lines.append(f"trunk     known by its address {found.trunk_ip}")
    lines += [f"desk      {each.username}  {each.password}  key {found.desk_key}" for each in found.desks]
    lines += [f"agent     {each.username}  {each.password}" for each in found.agents]
    return "\n".join(lines)
