"""SIP messages and the little of SDP that a telephone needs (RFC 3261, RFC 4566, RFC 4733).

Written for a phone that talks to one exchange over UDP: no proxies between them, so no route sets.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote

ALLOW = "INVITE,ACK,BYE,CANCEL,OPTIONS,REFER,NOTIFY,INFO,UPDATE"
PCMA = 8
KEY_EVENTS = 101
_COMPACT = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "l": "content-length",
    "c": "content-type",
    "r": "refer-to",
    "b": "referred-by",
}


_QUOTED = re.compile(r'\s*"((?:[^"\\]|\\.)*)"')


class BadMessage(ValueError):
    """These bytes are no SIP message."""


def token(length: int = 10) -> str:
    """A fresh tag, branch or call id."""
    return secrets.token_hex((length + 1) // 2)[:length]


@dataclass
class Message:
    """A request or a response. Header names are kept as given and compared without case."""

    start: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str = ""

    def get(self, name: str) -> str:
        """The first header of this name; an empty string when there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def is_response(self) -> bool:
        return self.start.startswith("SIP/2.0 ")

    @property
    def code(self) -> int:
        """A response's status code; 0 for a request."""
        return int(self.start.split(" ")[1]) if self.is_response else 0

    @property
    def method(self) -> str:
        return self.get("cseq").split()[1] if self.is_response else self.start.split(" ")[0]

    @property
    def cseq(self) -> int:
        return int(self.get("cseq").split()[0])

    @property
    def branch(self) -> str:
        return _parameter(self.get("via"), "branch")

    def to_bytes(self) -> bytes:
        body = self.body.encode()
        lines = [self.start, *(f"{key}: {value}" for key, value in self.headers)]
        lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def parse(raw: bytes) -> Message:
    """The message in one datagram. Raises BadMessage."""
    head, _, body = raw.decode("utf-8", "replace").partition("\r\n\r\n")
    # A header may be folded over several lines; the next ones then begin with a blank.
    lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            raise BadMessage(f"a header without a colon in {lines[0]!r}")
        name = _COMPACT.get(name.strip().lower(), name.strip())
        if name.lower() != "content-length":
            headers.append((name, value.strip()))
    message = Message(lines[0], headers, body)
    if not re.match(r"(SIP/2\.0 \d{3}( .*)?|\S+ \S+ SIP/2\.0)$", lines[0]):
        raise BadMessage(f"no SIP message: {lines[0][:60]!r}")
    if not re.match(r"\d+\s+\S+", message.get("cseq")) or not message.get("call-id"):
        raise BadMessage(f"no CSeq or Call-ID in {lines[0]!r}")
    return message


def request(method: str, uri: str, headers: Iterable[tuple[str, str]], body: str = "") -> Message:
    """A request with what every one of ours carries; `headers` come before those."""
    return Message(
        f"{method} {uri} SIP/2.0",
        [*headers, ("Max-Forwards", "70"), ("User-Agent", "minsheng110-phone"), *_content(body)],
        body,
    )


def response(to: Message, code: int, reason: str, *, tag: str, contact: str, body: str = "") -> Message:
    """An answer to a request, with our tag where the request had none."""
    callee = to.get("to")
    if ";tag=" not in callee:
        callee = f"{callee};tag={tag}"
    headers = [("Via", via) for via in to.all("via")]
    headers += [("From", to.get("from")), ("To", callee), ("Call-ID", to.get("call-id"))]
    headers += [("CSeq", to.get("cseq")), ("Contact", contact), ("Allow", ALLOW), *_content(body)]
    return Message(f"SIP/2.0 {code} {reason}", headers, body)


def _content(body: str) -> list[tuple[str, str]]:
    return [("Content-Type", "application/sdp")] if body else []


def address(header: str) -> str:
    """The URI in a From, To, Contact or Refer-To header."""
    rest = _QUOTED.sub("", header)
    bracketed = re.search(r"<([^>]+)>", rest)
    return bracketed.group(1) if bracketed else rest.split(";")[0].strip()


def user_of(header: str) -> str:
    """The user part of the URI in a header: the caller's number."""
    found = re.match(r"sips?:([^@;>]+)@", address(header))
    return found.group(1) if found else ""


def display_name(header: str) -> str:
    """The name before the URI, without its quotes."""
    name = _QUOTED.match(header)
    if name:
        return re.sub(r"\\(.)", r"\1", name.group(1))
    return header.split("<")[0].strip() if "<" in header else ""


def quoted(name: str) -> str:
    """A display name as a quoted string; line breaks cannot stand in a header and become blanks."""
    flat = re.sub(r"[\r\n]+", " ", name)
    return '"' + flat.replace("\\", "\\\\").replace('"', '\\"') + '"'


def tag_of(header: str) -> str:
    return _parameter(header.rpartition(">")[2] or header, "tag")


def _parameter(header: str, name: str) -> str:
    found = re.search(rf";\s*{name}=([^;\s,]+)", header)
    return found.group(1) if found else ""


# ---------------------------------------------------------------- a dialog


@dataclass
class Dialog:
    """One call as SIP sees it: who we are in it, who the other side is, and the next sequence number."""

    call_id: str
    local: str
    remote: str
    target: str
    cseq: int = 0
    invite: Message | None = None
    """The INVITE of ours that was sent last: what a CANCEL takes back."""

    def replaces(self, host: str) -> str:
        """The Refer-To that asks the other side to take this dialog over (RFC 3891)."""
        value = f"{self.call_id};to-tag={tag_of(self.remote)};from-tag={tag_of(self.local)}"
        return f"<sip:{user_of(self.remote)}@{host}?Replaces={quote(value, safe='')}>"


# ---------------------------------------------------------------- SDP


@dataclass(frozen=True)
class Media:
    """Where the other side wants our audio, and under which payload type our keys."""

    host: str
    port: int
    key_events: int = KEY_EVENTS
    direction: str = "sendrecv"


def describe(host: str, port: int, direction: str = "sendrecv", version: int = 1) -> str:
    """Our offer or answer: A-law and telephone events."""
    return "\r\n".join(
        [
            "v=0",
            f"o=phone 1 {version} IN IP4 {host}",
            "s=-",
            f"c=IN IP4 {host}",
            "t=0 0",
            f"m=audio {port} RTP/AVP {PCMA} {KEY_EVENTS}",
            f"a=rtpmap:{PCMA} PCMA/8000",
            f"a=rtpmap:{KEY_EVENTS} telephone-event/8000",
            f"a=fmtp:{KEY_EVENTS} 0-15",
            "a=ptime:20",
            f"a={direction}",
            "",
        ]
    )


def read_media(body: str) -> Media | None:
    """What a description says of its audio; None when it holds none."""
    port = re.search(r"^m=audio (\d+)", body, re.M)
    host = re.search(r"^c=IN IP4 (\S+)", body, re.M)
    if not port or not host:
        return None
    events = re.search(r"^a=rtpmap:(\d+) telephone-event", body, re.M)
    direction = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)\s*$", body, re.M)
    return Media(
        host.group(1),
        int(port.group(1)),
        int(events.group(1)) if events else KEY_EVENTS,
        direction.group(1) if direction else "sendrecv",
    )
