"""Which calls live on Asterisk now: one question over AMI."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from typing import BinaryIO, cast

from asterisk_conf.render import AMI_USERNAME
from hotline.settings import Settings

_SECONDS = 3.0
_LONGEST_LINE = 8192


class AsteriskAway(Exception):
    """Asterisk does not answer this question now."""


def live_calls(settings: Settings) -> frozenset[str]:
    """The linked ids, unique ids and channel names of everything that lives now. Raises AsteriskAway."""
    password = settings.ami_password.get_secret_value()
    try:
        with closing(socket.create_connection((settings.host, settings.ami_port), _SECONDS)) as line:
            line.settimeout(_SECONDS)
            with line.makefile("rwb") as stream:
                return frozenset(_ask(cast(BinaryIO, stream), password))
    except OSError as error:
        raise AsteriskAway(f"AMI: {type(error).__name__}") from error


def _ask(stream: BinaryIO, password: str) -> Iterator[str]:
    stream.readline(_LONGEST_LINE)  # its name and version
    login = {"Action": "Login", "Username": AMI_USERNAME, "Secret": password, "Events": "off"}
    for action in (login, {"Action": "CoreShowChannels"}):
        stream.write("".join(f"{name}: {value}\r\n" for name, value in action.items()).encode() + b"\r\n")
        stream.flush()
        answer = _packet(stream)
        if answer.get("Response") != "Success":
            raise AsteriskAway("AMI refuses the question; render its configuration again")
    while (event := _packet(stream)).get("Event") != "CoreShowChannelsComplete":
        yield from (event[name] for name in ("Linkedid", "Uniqueid", "Channel") if event.get(name))


def _packet(stream: BinaryIO) -> dict[str, str]:
    packet: dict[str, str] = {}
    while True:
        line = stream.readline(_LONGEST_LINE)
        if not line:
            raise AsteriskAway("AMI hung up in mid-answer")
        text = line.decode("utf-8", "replace").strip()
        if not text:
            return packet
        name, _, value = text.partition(":")
        packet[name] = value.strip()
