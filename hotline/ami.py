"""Orders to Asterisk over AMI: one connection, one order at a time, each with a time limit.

Why not pyst2's manager: docs/decisions/0012-our-own-ami-client.md.
"""

from __future__ import annotations

import socket
import threading
from typing import Any, BinaryIO, Self, cast

from asterisk_conf.render import AMI_HOST, AMI_USERNAME
from hotline.settings import Settings

SECONDS = 3.0
_LONGEST_LINE = 8192
_MOST_LINES = 500

Packet = dict[str, str]


class AmiError(Exception):
    """Asterisk cannot be reached, or refuses; one line without anybody's number."""


class Ami:
    """Logged in for as long as the `with`. May be shared by threads: the orders wait for each other."""

    def __init__(self, port: int, password: str, seconds: float = SECONDS) -> None:
        self._lock = threading.Lock()
        try:
            self._socket = socket.create_connection((AMI_HOST, port), seconds)
        except OSError as error:
            raise AmiError(f"Asterisk does not answer at AMI port {port}: is it running?") from error
        self._socket.settimeout(seconds)
        self._stream = cast(BinaryIO, self._socket.makefile("rwb"))
        try:
            self._line()  # its name and version
            self.ask("Login", Username=AMI_USERNAME, Secret=password, Events="off")
        except AmiError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """May be called twice."""
        self._stream.close()
        self._socket.close()

    def ask(self, action: str, **fields: str) -> Packet:
        """One order, one answer. Raises AmiError when it is refused or nothing comes in time."""
        with self._lock:
            return self._ask(action, fields)

    def listed(self, action: str, **fields: str) -> list[Packet]:
        """An order that is answered by a list of events."""
        with self._lock:
            self._ask(action, fields)
            found = []
            while (packet := self._packet()).get("EventList") != "Complete":
                found.append(packet)
            return found

    def _ask(self, action: str, fields: dict[str, str]) -> Packet:
        lines = {"Action": action, **fields}
        for name, value in lines.items():
            # A line break in a value would be another order.
            if any(sign in value for sign in "\r\n\0"):
                raise AmiError(f"AMI {action}: the value of {name} holds a line break")
        try:
            self._stream.write(
                "".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode() + b"\r\n"
            )
            self._stream.flush()
        except OSError as error:
            raise AmiError(f"AMI {action}: the connection broke") from error
        answer = self._packet()
        if answer.get("Response") != "Success":
            raise AmiError(f"AMI {action}: refused ({answer.get('Message', 'no reason given')})")
        return answer

    def _packet(self) -> Packet:
        packet: Packet = {}
        for _ in range(_MOST_LINES):
            text = self._line()
            if not text:
                return packet
            name, _, value = text.partition(":")
            packet[name] = value.strip()
        raise AmiError("AMI: an answer without an end")

    def _line(self) -> str:
        try:
            line = self._stream.readline(_LONGEST_LINE)
        except OSError as error:
            raise AmiError("AMI: no answer in time") from error
        if not line.endswith(b"\n"):
            raise AmiError("AMI: the connection ended")
        return line.decode("utf-8", "replace").rstrip("\r\n")


def connect(settings: Settings, **given: Any) -> Ami:
    """Log in to this installation's Asterisk. Raises AmiError."""
    return Ami(settings.ami_port, settings.ami_password.get_secret_value(), **given)
