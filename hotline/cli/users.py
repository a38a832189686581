"""`minsheng110 users …`: the people who use the console."""

from __future__ import annotations

import json
from typing import Any

import click
from sqlalchemy import select

from cases.errors import NotFound
from cases.model import Unit, User
from cases.people import set_active
from cases.second_factor import turn_off
from cases.states import Role
from cases.users import add_user, find_user, generate_password, reset_password
from hotline import settings
from hotline.wiring import Wiring, build

_BY = "command line"


@click.group()
def command() -> None:
    """The people who use the console."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(as_json: bool) -> None:
    """Everybody who may log in."""
    with _wiring().reading() as work:
        users = [_line(user) for user in work.session.scalars(select(User).order_by(User.username))]
    if as_json:
        click.echo(json.dumps(users, ensure_ascii=False, indent=2))
        return
    for user in users:
        state = "" if user["active"] else "  (not active)"
        click.echo(f"{user['username']:<20} {user['role']:<12} {user['name']}{state}")


@command.command("add")
@click.argument("username")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--name", default="", help="The person's name.")
@click.option("--unit", "unit_code", help="The unit's code, for somebody of a unit.")
@click.option("--desk", help="The 110 desk's telephone, for a police operator.")
@click.option("--phone", help="The person's own telephone at the exchange.")
def add(
    username: str, role: str, name: str, unit_code: str | None, desk: str | None, phone: str | None
) -> None:
    """A new user; prints the first password, which must be changed at the first login."""
    wiring, password = _wiring(), generate_password()
    with wiring.unit_of_work() as work:
        unit_id = None
        if unit_code is not None:
            unit_id = work.session.scalar(select(Unit.id).where(Unit.code == unit_code))
            if unit_id is None:
                raise NotFound(f"there is no unit {unit_code!r}")
        fields: dict[str, Any] = {"name": name, "unit_id": unit_id, "desk": desk, "phone": phone}
        add_user(work.session, username, Role(role), password, wiring.now(), _BY, **fields)
        work.commit()
    click.echo(password)


@command.command("reset-password")
@click.argument("username")
def reset(username: str) -> None:
    """A new password for somebody who forgot theirs; unlocks the account and ends its sessions."""
    wiring = _wiring()
    with wiring.unit_of_work() as work:
        password = reset_password(work.session, username, wiring.now(), _BY)
        work.commit()
    click.echo(password)


@command.command("disable")
@click.argument("username")
def disable(username: str) -> None:
    """Somebody logs in no more, and is out at once; never the last administrator."""
    _set_active(username, False)


@command.command("enable")
@click.argument("username")
def enable(username: str) -> None:
    """Somebody who was disabled may log in again."""
    _set_active(username, True)


def _set_active(username: str, active: bool) -> None:
    wiring = _wiring()
    with wiring.unit_of_work() as work:
        changed = set_active(work.session, username, active, wiring.now(), _BY)
        work.commit()
    state = "in use" if active else "disabled"
    click.echo(f"{username} is {state}" if changed else f"{username} was {state} already")


@command.command("reset-second-factor")
@click.argument("username")
def reset_second_factor(username: str) -> None:
    """For somebody who lost the device and the recovery codes; ends their sessions."""
    wiring = _wiring()
    with wiring.unit_of_work() as work:
        user = find_user(work.session, username)
        turn_off(work.session, user, wiring.now(), _BY)
        work.commit()
    click.echo(f"{user.username} has no second factor any more")


def _wiring() -> Wiring:
    return build(settings.load())


def _line(user: User) -> dict[str, Any]:
    return {
        "username": user.username,
        "name": user.name,
        "role": user.role.value,
        "active": user.active,
        "desk": user.desk,
        "phone": user.phone,
        "last_login": user.last_login_at.isoformat() if user.last_login_at else None,
        "locked_until": user.locked_until.isoformat() if user.locked_until else None,
        "must_change_password": user.must_change_password,
        "second_factor": user.totp_since is not None,
    }
