"""The people who use the console: passwords, lock-out, first users, and who looked at what.

Nothing here commits: a refused login is counted only when its unit of work is committed.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases import clean
from cases.audit_trail import audit as audit
from cases.audit_trail import audited_since as audited_since
from cases.errors import CaseError, NotFound
from cases.model import Matter, Unit, User
from cases.states import Role

SHORTEST_PASSWORD = 10
_LONGEST_PASSWORD = 200
_WRONG_IN_A_ROW = 5
_LOCKED_FOR = timedelta(minutes=15)
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
# No 0/O, 1/l/I: a first password is read from a screen and typed.
SIGNS = "23456789abcdefghijkmnpqrstuvwxyz"
"""Of what is handed out."""
_NO_LOGIN = frozenset({Role.SYSTEM, Role.CITIZEN})

# OWASP's setting for many logins on a small machine: 19 MiB and about 30 ms each.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


class PasswordRefused(CaseError):
    """The new password is not good enough; the message says why."""


class Refusal(StrEnum):
    """Why a login failed. WRONG covers an unknown, a wrong and a disabled user alike."""

    WRONG = "wrong"
    LOCKED = "locked"


@dataclass(frozen=True)
class Refused:
    """A login that failed. `until`: the end of a lock."""

    why: Refusal
    until: datetime | None = None


# ---------------------------------------------------------------- log in


def authenticate(
    session: Session, username: str, password: str, now: datetime, address: str = ""
) -> User | Refused:
    """The user, or why not. Five wrong passwords in a row lock the account for 15 minutes.

    A user with a second factor has still to prove it (cases/second_factor.py): until then nobody has entered,
    and the wrong ones go on counting.

    It takes as long for a user who does not exist as for one who does. Every answer is in the audit.
    """
    name = clean.line(username, 64).lower()
    user = session.scalar(select(User).where(User.username == name).with_for_update())
    right = _verify(user.password_hash if user else _nobody(), password)
    if user is None or not user.active:
        audit(session, now, "", "login_failed", name, address)
        return Refused(Refusal.WRONG)
    if user.locked_until is not None and user.locked_until > now:
        audit(session, now, user.username, "login_locked", name, address)
        return Refused(Refusal.LOCKED, user.locked_until)
    if not right:
        return count_wrong(session, user, now, address)
    if _hasher.check_needs_rehash(user.password_hash):
        user.password_hash = _hasher.hash(password)
    if user.totp_since is not None:
        audit(session, now, user.username, "password_given", name, address)
    else:
        entered(session, user, now, address)
    return user


def entered(
    session: Session, user: User, now: datetime, address: str, detail: Mapping[str, Any] | None = None
) -> None:
    """This user is in: what went wrong before is forgotten."""
    user.failed_logins, user.locked_until, user.last_login_at = 0, None, now
    audit(session, now, user.username, "login", user.username, address, detail)


def is_password(
    session: Session, user: User, password: str, now: datetime, address: str = ""
) -> Refused | None:
    """Somebody who is logged in gives the password again; None: it is right. Wrong ones count."""
    if user.locked_until is not None and user.locked_until > now:
        return Refused(Refusal.LOCKED, user.locked_until)
    if not _verify(user.password_hash, password):
        return count_wrong(session, user, now, address)
    user.failed_logins = 0
    audit(session, now, user.username, "password_again", user.username, address)
    return None


def count_wrong(session: Session, user: User, now: datetime, address: str) -> Refused:
    """A wrong password or code: five in a row lock the account."""
    user.failed_logins += 1
    if user.failed_logins < _WRONG_IN_A_ROW:
        audit(session, now, user.username, "login_failed", user.username, address)
        return Refused(Refusal.WRONG)
    user.failed_logins, user.locked_until = 0, now + _LOCKED_FOR
    audit(session, now, user.username, "locked", user.username, address)
    return Refused(Refusal.LOCKED, user.locked_until)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password[:_LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """A hash that no password fits, so that an unknown user costs the same time."""
    return _hasher.hash(secrets.token_hex())


# ---------------------------------------------------------------- passwords


def generate_password() -> str:
    """A password to hand out: 80 random bits in four groups that can be read aloud."""
    return "-".join("".join(secrets.choice(SIGNS) for _ in range(4)) for _ in range(4))


def change_password(
    session: Session, user: User, old: str, new: str, now: datetime, address: str = ""
) -> None:
    """The user's own change. Every other session of this user ends. Raises PasswordRefused."""
    if not _verify(user.password_hash, old):
        raise PasswordRefused("the old password is wrong")
    if _verify(user.password_hash, new):
        raise PasswordRefused("the new password is the old one")
    _set_password(user, new)
    user.must_change_password = False
    audit(session, now, user.username, "password_changed", user.username, address)


def reset_password(session: Session, username: str, now: datetime, who: str, new: str | None = None) -> str:
    """An administrator's reset: a generated password (or `new`) that must be changed at the next login.

    Unlocks the account and ends its sessions. Raises NotFound, PasswordRefused.
    """
    user = find_user(session, username)
    password = new or generate_password()
    _set_password(user, password)
    user.must_change_password, user.failed_logins, user.locked_until = True, 0, None
    audit(session, now, who, "password_reset", user.username)
    return password


def end_sessions(session: Session, user: User, now: datetime, who: str, address: str = "") -> None:
    """Log out everywhere: a session that carries an older `session_version` is no longer good."""
    user.session_version += 1
    audit(session, now, who, "sessions_ended", user.username, address)


def _set_password(user: User, password: str) -> None:
    _check(password, user.username)
    user.password_hash = _hasher.hash(password)
    user.session_version = (user.session_version or 0) + 1


def _check(password: str, username: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordRefused(f"a password has at least {SHORTEST_PASSWORD} characters")
    if len(password) > _LONGEST_PASSWORD:
        raise PasswordRefused(f"a password has at most {_LONGEST_PASSWORD} characters")
    if username in password.lower() or len(set(password)) < 4:
        raise PasswordRefused("a password is not the username and not a few characters repeated")


# ---------------------------------------------------------------- users


def is_username(name: str) -> bool:
    """2 to 64 of a-z 0-9 . _ -"""
    return _USERNAME.fullmatch(name) is not None


def add_user(
    session: Session,
    username: str,
    role: Role,
    password: str,
    now: datetime,
    who: str,
    *,
    must_change_password: bool = True,
    **fields: Any,
) -> User:
    """A new user. `fields`: name, desk, phone, unit_id, language.

    Raises CaseError when the name is taken or no name, or nobody may have this role; PasswordRefused.
    """
    name = username.lower()
    if not is_username(name):
        raise CaseError(f"{clean.line(username, 64)!r} is no username: 2 to 64 of a-z 0-9 . _ -")
    if role in _NO_LOGIN:
        raise CaseError(f"nobody logs in as {role}")
    if session.scalar(select(User.id).where(User.username == name)) is not None:
        raise CaseError(f"there is a user {name} already")
    user = User(username=name, role=role, must_change_password=must_change_password, **fields)
    _set_password(user, password)
    session.add(user)
    session.flush()
    audit(session, now, who, "user_added", name, detail={"role": role.value})
    return user


def has_first_password(session: Session, username: str) -> bool:
    """Whether this user has still to choose a password of their own."""
    wanted = select(User.must_change_password).where(User.username == username)
    return bool(session.scalar(wanted))


def find_user(session: Session, username: str) -> User:
    """The user of this name, locked. Raises NotFound."""
    wanted = select(User).where(User.username == clean.line(username, 64).lower()).with_for_update()
    user = session.scalar(wanted)
    if user is None:
        raise NotFound(f"there is no user {clean.line(username, 64)!r}; `minsheng110 users list` shows them")
    return user


_SEEDS: Mapping[str, tuple[Role, str]] = {
    "admin": (Role.ADMIN, "管理员"),
    "agent": (Role.AGENT, "话务员"),
    "desk": (Role.DESK, "110接警台"),
    "dispatcher": (Role.DISPATCHER, "派单员"),
    "supervisor": (Role.SUPERVISOR, "督办员"),
    "leader": (Role.LEADER, "领导"),
    "visitor": (Role.VISITOR, "回访员"),
    "unit": (Role.UNIT, "承办单位"),
}
DEVELOPMENT_USERS = ("dispatcher1", "supervisor1", "leader1", "visitor1", "unit1")
"""Beside the administrator, the agents and the desks, whose names are settings."""


def seed_users(
    session: Session, passwords: Mapping[str, str], now: datetime, roles: Mapping[str, Role] | None = None
) -> list[str]:
    """Make the first users that do not exist yet, from `{"admin": …, "agent1": …, "desk1": …}`; their names.

    The role is in `roles`, else it is the name without its number; a desk's and an agent's telephone has the
    user's name. Only the administrator must change the password: the others' are for development.
    Raises CaseError for a name whose role cannot be told.
    """
    standing = set(session.scalars(select(User.username).where(User.username.in_(passwords))))
    fresh = [name for name in passwords if name not in standing]
    for name in fresh:
        role, title = _seed(name, roles or {})
        try:
            _check(passwords[name], name)
        except PasswordRefused as error:
            raise PasswordRefused(f"first user {name}: {error}") from error
        add_user(
            session,
            name,
            role,
            passwords[name],
            now,
            "system",
            must_change_password=role == Role.ADMIN,
            name=title + name.lstrip("abcdefghijklmnopqrstuvwxyz"),
            desk=name if role == Role.DESK else None,
            phone=name if role in (Role.DESK, Role.AGENT) else None,
        )
    return fresh


def seat(session: Session, username: str) -> str | None:
    """A unit's person who has no unit yet gets the one that is given most matters; -> its name.

    For the first users of development: a person without a unit sees an empty page.
    """
    user = session.scalars(select(User).where(User.username == username, User.unit_id.is_(None))).first()
    most = select(Matter.unit_id).where(Matter.active, Matter.unit_id.is_not(None)).group_by(Matter.unit_id)
    found = session.scalar(most.order_by(func.count().desc(), Matter.unit_id).limit(1))
    if user is None or found is None:
        return None
    user.unit_id = found
    return session.get_one(Unit, found).name


def _seed(name: str, roles: Mapping[str, Role]) -> tuple[Role, str]:
    kind = roles[name].value if name in roles else name.rstrip("0123456789")
    found = _SEEDS.get(kind)
    if found is None:
        raise CaseError(f"first user {name!r}: its name is one of {', '.join(_SEEDS)} and a number")
    return found
