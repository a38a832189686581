"""Digest authentication of a phone (RFC 2617; RFC 7616 for SHA-256)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from hotline.phone.sip import Message, token

_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
_ASKED_BY = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}


class UnknownChallenge(ValueError):
    """The exchange asks for an authentication that this phone does not know."""


@dataclass(frozen=True)
class Challenge:
    realm: str
    nonce: str
    algorithm: str = "MD5"
    qop: str = ""
    opaque: str = ""
    header: str = "Authorization"
    """The header in which the answer goes."""


def read(message: Message) -> Challenge:
    """The challenge in a 401 or 407; the first of those that we can answer. Raises UnknownChallenge."""
    asks, answers = _ASKED_BY[message.code]
    for value in message.all(asks):
        scheme, _, rest = value.partition(" ")
        given = {k.lower(): v or w for k, v, w in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', rest)}
        algorithm = given.get("algorithm", "MD5").upper()
        qops = [each.strip() for each in given.get("qop", "").split(",")]
        if scheme.lower() == "digest" and algorithm in _HASHES and ("auth" in qops or qops == [""]):
            qop = "auth" if "auth" in qops else ""
            return Challenge(
                given.get("realm", ""),
                given.get("nonce", ""),
                algorithm,
                qop,
                given.get("opaque", ""),
                answers,
            )
    raise UnknownChallenge(f"no digest that this phone knows in {message.start!r}")


def answer(
    challenge: Challenge,
    *,
    method: str,
    uri: str,
    username: str,
    password: str,
    cnonce: str = "",
    count: int = 1,
) -> str:
    """The value of the Authorization header. `count` says how often the nonce was used, from 1."""
    cnonce = cnonce or token(16)
    counted = f"{count:08x}"
    secret = _digest(challenge, f"{username}:{challenge.realm}:{password}")
    asked = _digest(challenge, f"{method}:{uri}")
    middle = ":".join([challenge.nonce, *([counted, cnonce, challenge.qop] if challenge.qop else [])])
    parts = [f'username="{username}"', f'realm="{challenge.realm}"', f'nonce="{challenge.nonce}"']
    parts += [f'uri="{uri}"', f'response="{_digest(challenge, f"{secret}:{middle}:{asked}")}"']
    parts += [f"algorithm={challenge.algorithm}"]
    if challenge.opaque:
        parts.append(f'opaque="{challenge.opaque}"')
    if challenge.qop:
        parts += [f"qop={challenge.qop}", f"nc={counted}", f'cnonce="{cnonce}"']
    return "Digest " + ", ".join(parts)


def _digest(challenge: Challenge, text: str) -> str:
    return _HASHES[challenge.algorithm](text.encode()).hexdigest()
