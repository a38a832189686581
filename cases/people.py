"""The administrator's work on users: who there is, a new one, another role or unit, out of use and in again.

Passwords and second factors are reset by cases/users.py and cases/second_factor.py. There is always an
administrator left who can log in. Nothing here commits; each change is in the audit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import clean
from cases.audit_trail import audit
from cases.errors import CaseError
from cases.model import Unit, User
from cases.states import Role
from cases.users import add_user, find_user, generate_password, is_username

PEOPLE = tuple(role for role in Role if role not in (Role.SYSTEM, Role.CITIZEN))
"""Roles in which somebody logs in."""
_LONGEST = 64


class Why(StrEnum):
    """Why a change of a user is refused."""

    NAME = "name"
    TAKEN = "taken"
    ROLE = "role"
    UNIT = "unit"
    NEEDS_UNIT = "needs_unit"
    NEEDS_DESK = "needs_desk"
    LAST_ADMINISTRATOR = "last_administrator"


class PersonRefused(CaseError):
    """A user cannot be made or changed so; `why` says which rule forbids it."""

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message)
        self.why = why


@dataclass(frozen=True)
class Given:
    """What an administrator says of a user. `unit`: a code."""

    role: str
    name: str = ""
    unit: str = ""
    desk: str = ""
    phone: str = ""


# ---------------------------------------------------------------- looking


def people(session: Session) -> list[dict[str, Any]]:
    """Everybody, in use first, by name. One query."""
    wanted = select(User, Unit.name, Unit.code).outerjoin(Unit, User.unit_id == Unit.id)
    rows = session.execute(wanted.order_by(User.active.desc(), User.role, User.username))
    return [_line(*row) for row in rows]


def person(session: Session, username: str) -> dict[str, Any] | None:
    """One user; None: there is none of this name."""
    wanted = select(User, Unit.name, Unit.code).outerjoin(Unit, User.unit_id == Unit.id)
    found = session.execute(wanted.where(User.username == clean.line(username, _LONGEST))).first()
    return _line(*found) if found else None


def _line(row: User, unit: str | None, code: str | None) -> dict[str, Any]:
    return {
        "username": row.username,
        "name": row.name,
        "role": row.role,
        "active": row.active,
        "unit": unit,
        "unit_code": code,
        "desk": row.desk,
        "phone": row.phone,
        "last_login": row.last_login_at,
        "locked_until": row.locked_until,
        "must_change_password": row.must_change_password,
        "second_factor": row.totp_since is not None,
    }


# ---------------------------------------------------------------- changing


def new_person(session: Session, username: str, given: Given, now: datetime, who: str) -> str:
    """-> the first password, told once; it must be changed at the first login. Raises PersonRefused."""
    name = clean.line(username, _LONGEST + 1).strip().lower()
    if not is_username(name):
        raise PersonRefused(Why.NAME, f"{name!r} is no username: 2 to 64 of a-z 0-9 . _ -")
    if session.scalar(select(User.id).where(User.username == name)) is not None:
        raise PersonRefused(Why.TAKEN, f"there is a user {name} already")
    role, fields = _checked(session, given)
    password = generate_password()
    add_user(session, name, role, password, now, who, **fields)
    return password


def change_person(
    session: Session, username: str, given: Given, now: datetime, who: str, address: str = ""
) -> bool:
    """Another role, name, unit, desk or telephone; False: nothing was to be changed. Who gets another role,
    unit or desk logs in anew. Raises NotFound, PersonRefused.
    """
    _lock_administrators(session)
    user = find_user(session, username)
    role, fields = _checked(session, given)
    wanted = {"role": role, **fields}
    changed = {name: value for name, value in wanted.items() if getattr(user, name) != value}
    if not changed:
        return False
    if "role" in changed and user.role == Role.ADMIN and user.active:
        _one_stays(session, user)
    before = {name: _plain(getattr(user, name)) for name in changed}
    for name, value in changed.items():
        setattr(user, name, value)
    if changed.keys() & {"role", "unit_id", "desk"}:
        user.session_version += 1
    after = {name: _plain(value) for name, value in changed.items()}
    audit(session, now, who, "user_changed", user.username, address, {"before": before, "after": after})
    return True


def set_active(
    session: Session, username: str, active: bool, now: datetime, who: str, address: str = ""
) -> bool:
    """Put a user out of use, whose sessions end at once, or in use again; False: so it was already.

    Raises NotFound, PersonRefused.
    """
    _lock_administrators(session)
    user = find_user(session, username)
    if user.active == active:
        return False
    if not active and user.role == Role.ADMIN:
        _one_stays(session, user)
    user.active = active
    user.session_version += 1
    audit(session, now, who, "user_enabled" if active else "user_disabled", user.username, address)
    return True


def _lock_administrators(session: Session) -> None:
    """Before any single user's row, in one order: two who put each other out of use wait for one another."""
    wanted = select(User.id).where(User.role == Role.ADMIN).order_by(User.id).with_for_update()
    session.execute(wanted)


def _one_stays(session: Session, leaving: User) -> None:
    others = select(User.id).where(User.role == Role.ADMIN, User.active, User.id != leaving.id).limit(1)
    if session.scalar(others) is None:
        raise PersonRefused(
            Why.LAST_ADMINISTRATOR, f"{leaving.username} is the last administrator; make another one first"
        )


def _checked(session: Session, given: Given) -> tuple[Role, Mapping[str, Any]]:
    role = clean.member(Role, given.role)
    if role not in PEOPLE:
        raise PersonRefused(Why.ROLE, f"nobody logs in as {clean.line(given.role, _LONGEST)!r}")
    unit_id = _unit(session, given.unit) if role == Role.UNIT else None
    desk = _line_of(given.desk) if role == Role.DESK else None
    if role == Role.UNIT and unit_id is None:
        raise PersonRefused(Why.NEEDS_UNIT, "somebody of a unit needs the unit")
    if role == Role.DESK and desk is None:
        raise PersonRefused(Why.NEEDS_DESK, "somebody of a desk needs the desk")
    return role, {"name": _line_of(given.name) or "", "unit_id": unit_id, "desk": desk,
                  "phone": _line_of(given.phone)}  # fmt: skip


def _line_of(text: str) -> str | None:
    return clean.line(text, _LONGEST).strip() or None


def _unit(session: Session, code: str) -> int | None:
    code = clean.line(code, _LONGEST)
    if not code:
        return None
    found = session.scalar(select(Unit.id).where(Unit.code == code))
    if found is None:
        raise PersonRefused(Why.UNIT, f"there is no unit {code!r}")
    return found


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Role) else value
