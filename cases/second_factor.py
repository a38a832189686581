"""The second factor: codes of half a minute from a device (TOTP, RFC 6238), and codes for when it is lost.

The secret is locked up with a key that is not in the database; it is shown once, when it is made. A code is
good once, and half a minute to either side. Wrong codes count like wrong passwords: five in a row, of both
together, lock the account. Nothing here commits.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from sqlalchemy.orm import Session

from cases import clean
from cases.audit_trail import audit
from cases.errors import CaseError
from cases.model import User
from cases.users import SIGNS, Refusal, Refused, count_wrong, entered, find_user

STEP_SECONDS = 30
_DIGITS = 6
_SECRET_BYTES = 20
_BESIDE = (0, -1, 1)
"""Steps beside the present one whose codes are good: clocks differ, and people type slowly."""
_RECOVERY_CODES = 10
_GROUPS, _GROUP = 4, 4
_NONCE = 16
_TAG = 16


class SecondFactorRefused(CaseError):
    """Not possible as things stand; the message says why."""


@dataclass(frozen=True)
class Offer:
    """A secret that its person has still to confirm with a code: base32, and as an address."""

    secret: str
    uri: str

    @property
    def grouped(self) -> str:
        """In groups of four, to be typed."""
        return " ".join(self.secret[at : at + 4] for at in range(0, len(self.secret), 4))


# ---------------------------------------------------------------- codes


def code_at(secret: bytes, step: int, digits: int = _DIGITS, algorithm: str = "sha1") -> str:
    """The code of this step (RFC 4226, 5.3)."""
    digest = hmac.digest(secret, struct.pack(">Q", step), algorithm)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def step_at(now: datetime) -> int:
    """Half minutes since 1970."""
    return int(now.timestamp()) // STEP_SECONDS


def _matching(secret: bytes, said: str, now: datetime) -> int | None:
    """The step whose code this is. All are compared, so that the time tells nothing."""
    here, found = step_at(now), None
    for beside in _BESIDE:
        if hmac.compare_digest(code_at(secret, here + beside), said) and found is None:
            found = here + beside
    return found


# ---------------------------------------------------------------- setting up


def offer(session: Session, username: str, key: str, issuer: str) -> Offer:
    """A new secret, on offer until it is confirmed. Raises SecondFactorRefused when one is in use."""
    user = find_user(session, username)
    if user.totp_since is not None:
        raise SecondFactorRefused(f"{username} has a second factor; turn it off first")
    secret = secrets.token_bytes(_SECRET_BYTES)
    user.totp_secret = lock_up(secret, key, user.username)
    return _offer(secret, user.username, issuer)


def offered(session: Session, username: str, key: str, issuer: str) -> Offer | None:
    """The secret that is still on offer, while its person tries to confirm it."""
    user = find_user(session, username)
    if user.totp_since is not None or user.totp_secret is None:
        return None
    return _offer(unlock(user.totp_secret, key, user.username), user.username, issuer)


def _offer(secret: bytes, username: str, issuer: str) -> Offer:
    told = base64.b32encode(secret).decode().rstrip("=")
    values = {
        "secret": told,
        "issuer": issuer,
        "algorithm": "SHA1",
        "digits": _DIGITS,
        "period": STEP_SECONDS,
    }
    return Offer(told, f"otpauth://totp/{quote(f'{issuer}:{username}')}?{urlencode(values, quote_via=quote)}")


def confirm(
    session: Session, username: str, said: str, key: str, now: datetime, address: str = ""
) -> list[str] | Refused:
    """The offered secret is in use from now on, every other session ends; -> the recovery codes, told once.

    Raises SecondFactorRefused when nothing is on offer.
    """
    user = find_user(session, username)
    if user.totp_since is not None or user.totp_secret is None:
        raise SecondFactorRefused(f"no second factor is on offer to {username}")
    if (refused := _locked(user, now)) is not None:
        return refused
    step = _matching(unlock(user.totp_secret, key, user.username), _digits(said), now)
    if step is None:
        return count_wrong(session, user, now, address)
    user.totp_since, user.totp_step, user.failed_logins = now, step, 0
    user.session_version += 1
    audit(session, now, user.username, "second_factor_set", user.username, address)
    return _new_codes(user)


def new_codes(session: Session, user: User, now: datetime, address: str = "") -> list[str]:
    """Recovery codes in place of the old ones; told once."""
    audit(session, now, user.username, "recovery_codes_made", user.username, address)
    return _new_codes(user)


def turn_off(session: Session, user: User, now: datetime, who: str, address: str = "") -> None:
    """No second factor any more, every session of this person ends."""
    user.totp_secret, user.totp_since, user.recovery_codes = None, None, None
    # totp_step stays: a code that was used is used, also after a new start.
    user.session_version += 1
    audit(session, now, who, "second_factor_reset", user.username, address)


def _new_codes(user: User) -> list[str]:
    codes = ["-".join("".join(secrets.choice(SIGNS) for _ in range(_GROUP)) for _ in range(_GROUPS))
             for _ in range(_RECOVERY_CODES)]  # fmt: skip
    user.recovery_codes = [_digest(user, code) for code in codes]
    return codes


# ---------------------------------------------------------------- proving


def prove(
    session: Session, user: User, said: str, key: str, now: datetime, address: str = ""
) -> User | Refused:
    """The second half of a login: a code of the device, or a recovery code, which is used up.

    `user`: the locked row. Wrong ones count together with wrong passwords.
    """
    if (refused := _locked(user, now)) is not None:
        audit(session, now, user.username, "login_locked", user.username, address)
        return refused
    how = _proof(user, said, key, now)
    if how is None:
        return count_wrong(session, user, now, address)
    entered(session, user, now, address, {"by": how})
    return user


def _proof(user: User, said: str, key: str, now: datetime) -> str | None:
    if user.totp_since is None or user.totp_secret is None:
        return None
    step = _matching(unlock(user.totp_secret, key, user.username), _digits(said), now)
    if step is not None and step > (user.totp_step or 0):
        user.totp_step = step
        return "code"
    digest, good = _digest(user, said), user.recovery_codes or []
    found = [each for each in good if hmac.compare_digest(each, digest)]
    if not found:
        return None
    user.recovery_codes = [each for each in good if each not in found]
    return "recovery_code"


def _locked(user: User, now: datetime) -> Refused | None:
    locked = user.locked_until is not None and user.locked_until > now
    return Refused(Refusal.LOCKED, user.locked_until) if locked else None


def codes_left(codes: Sequence[str] | None) -> int:
    """How many recovery codes are still good."""
    return len(codes or ())


def _digits(said: str) -> str:
    digits = "".join(clean.line(said, 64).split())
    return digits if digits.isascii() and digits.isdigit() else ""


def _digest(user: User, code: str) -> str:
    """80 random bits need no slow hash; the person's name keeps equal codes of two people apart."""
    plain = "".join(sign for sign in clean.line(code, 64).lower() if sign in SIGNS)
    return hashlib.sha256(f"{user.username}:{plain}".encode()).hexdigest()


# ---------------------------------------------------------------- the secret at rest


def lock_up(secret: bytes, key: str, name: str) -> str:
    """The secret as it is kept: hidden by a stream that only `key` makes, with a tag against a changed one.

    At most 32 bytes: the stream is one HMAC of a nonce that is never used twice.
    """
    if len(secret) > hashlib.sha256().digest_size:
        raise ValueError("a secret has at most 32 bytes")
    nonce = secrets.token_bytes(_NONCE)
    hidden = bytes(a ^ b for a, b in zip(secret, _derived(key, "stream", nonce), strict=False))
    tag = _derived(key, "tag", nonce + hidden + name.encode())[:_TAG]
    return base64.b64encode(nonce + tag + hidden).decode()


def unlock(kept: str, key: str, name: str) -> bytes:
    """The secret again. Raises SecondFactorRefused when another key, person or hand was at it."""
    whole = base64.b64decode(kept)
    nonce, tag, hidden = whole[:_NONCE], whole[_NONCE : _NONCE + _TAG], whole[_NONCE + _TAG :]
    if not hmac.compare_digest(tag, _derived(key, "tag", nonce + hidden + name.encode())[:_TAG]):
        raise SecondFactorRefused(
            f"the second factor of {name} cannot be read: the setting second_factor_key is another than when"
            f" it was set up; `minsheng110 users reset-second-factor {name}` lets it be set up anew"
        )
    return bytes(a ^ b for a, b in zip(hidden, _derived(key, "stream", nonce), strict=False))


def _derived(key: str, purpose: str, content: bytes) -> bytes:
    return hmac.digest(
        key.encode(), b"minsheng110 second factor " + purpose.encode() + b"\0" + content, "sha256"
    )
