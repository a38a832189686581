"""What the configuration needs to know of a site, and whether it can stand in a file of Asterisk's.

Asterisk's files and dialplan give a meaning to many signs; a value that holds one is refused, by the name of
its setting, before a file is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol


class ConfError(Exception):
    """A setting cannot stand in Asterisk's configuration; the message names it."""


class Secret(Protocol):
    def get_secret_value(self) -> str: ...


class Site(Protocol):
    """The settings that are rendered (hotline/settings.py: Settings)."""

    @property
    def host(self) -> str: ...
    @property
    def sip_port(self) -> int: ...
    @property
    def rtp_first_port(self) -> int: ...
    @property
    def rtp_last_port(self) -> int: ...
    @property
    def fastagi_port(self) -> int: ...
    @property
    def ami_port(self) -> int: ...
    @property
    def ari_port(self) -> int: ...
    @property
    def audiosocket_port(self) -> int: ...
    @property
    def police_did(self) -> str: ...
    @property
    def hotline_did(self) -> str: ...
    @property
    def trunk_username(self) -> str: ...
    @property
    def trunk_ip(self) -> str: ...
    @property
    def trunk_contact(self) -> str: ...
    @property
    def trunk_password(self) -> Secret: ...
    @property
    def desks(self) -> list[str]: ...
    @property
    def desk_key(self) -> str: ...
    @property
    def agents(self) -> list[str]: ...
    @property
    def phone_passwords(self) -> Mapping[str, Secret]: ...
    @property
    def ami_password(self) -> Secret: ...
    @property
    def ari_password(self) -> Secret: ...
    @property
    def desk_ring_seconds(self) -> int: ...
    @property
    def agent_wait_seconds(self) -> int: ...
    @property
    def wrap_up_seconds(self) -> int: ...
    @property
    def message_seconds(self) -> int: ...
    @property
    def message_silence_seconds(self) -> int: ...
    @property
    def recordings(self) -> Path: ...
    @property
    def fallback_dir(self) -> Path: ...
    @property
    def prompt_sounds(self) -> Path: ...


class Layout(Protocol):
    """Where Asterisk's own files are (hotline/host/asterisk.py: AsteriskLayout)."""

    @property
    def modules(self) -> Path: ...
    @property
    def data(self) -> Path: ...


_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_NUMBER = re.compile(r"[0-9]{2,15}")
_HOST = re.compile(r"[A-Za-z0-9.:-]+")
_PATH = re.compile(r"/[^\s\0,;&|^(){}$\"'\[\]\\]*")
_PASSWORD = re.compile(r"[!-:<-~]{8,200}")  # printable, no blank, no semicolon (it begins a comment)
_TAKEN_NAMES = frozenset({"any", "nobody", "s", "global", "system", "udp", "telephone", "desk", "agent"})


def name(setting: str, value: str) -> str:
    """The name of a telephone: also a section, an extension and a part of channel names."""
    if value.lower() in _TAKEN_NAMES:
        raise ConfError(
            f"setting {setting}: the name {value!r} has a meaning in the configuration; take another"
        )
    return _fits(_NAME, setting, value, "letters, digits, - and _, beginning with a letter")


def number(setting: str, value: str) -> str:
    return _fits(_NUMBER, setting, value, "2 to 15 digits")


def host(setting: str, value: str) -> str:
    return _fits(_HOST, setting, value, "a host name or an address")


def path(setting: str, value: Path) -> str:
    return _fits(
        _PATH, setting, str(value), "an absolute path without blanks and without the signs , ; & | ( ) $"
    )


def password(setting: str, value: Secret | None) -> str:
    """Raises ConfError without quoting the password."""
    plain = value.get_secret_value() if value is not None else ""
    if not _PASSWORD.fullmatch(plain):
        raise ConfError(
            f"setting {setting}: 8 to 200 letters, digits and signs, without blanks and semicolons"
        )
    return plain


def _fits(pattern: re.Pattern[str], setting: str, value: Any, takes: str) -> str:
    if not pattern.fullmatch(str(value)):
        raise ConfError(
            f"setting {setting}: {value!r} cannot stand in Asterisk's configuration; it takes {takes}"
        )
    return str(value)
