"""Taken ports, named before anything starts."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hotline.settings import Settings

Kind = Literal["tcp", "udp"]


@dataclass(frozen=True)
class Port:
    """A port that a setting names."""

    setting: str
    host: str
    number: int
    kind: Kind


def of(settings: Settings) -> list[Port]:
    """Every port the system listens on."""
    host = settings.host
    return [
        Port("sip_port", host, settings.sip_port, "udp"),
        Port("fastagi_port", host, settings.fastagi_port, "tcp"),
        Port("ami_port", "127.0.0.1", settings.ami_port, "tcp"),
        Port("ari_port", "127.0.0.1", settings.ari_port, "tcp"),
        Port("audiosocket_port", "127.0.0.1", settings.audiosocket_port, "tcp"),
        Port("web_port", settings.web_host, settings.web_port, "tcp"),
    ]


def taken(ports: Iterable[Port]) -> list[str]:
    """One clear line for each port that cannot be had."""
    return [complaint for port in ports if (complaint := _complaint(port))]


def _complaint(port: Port) -> str:
    try:
        _try(port)
    except OSError as error:
        name = f"MINSHENG110_{port.setting.upper()}"
        if error.errno == errno.EADDRINUSE:
            return (
                f"{port.setting}: port {port.number}/{port.kind} is taken{_held_by(port)}: "
                f"stop that, or set {name} to a free port"
            )
        where = f"{port.host}:{port.number}/{port.kind}"
        return f"{port.setting}: cannot listen on {where} ({error.strerror}): set {name}"
    return ""


def _try(port: Port) -> None:
    family = socket.AF_INET6 if ":" in port.host else socket.AF_INET
    style = socket.SOCK_STREAM if port.kind == "tcp" else socket.SOCK_DGRAM
    with socket.socket(family, style) as trial:
        if port.kind == "tcp":  # a port whose last connection is still cooling down is free
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trial.bind((port.host, port.number))


def _held_by(port: Port) -> str:
    """` by NAME (pid N)` as far as /proc tells us."""
    inodes = {inode for table in ("", "6") for inode in _inodes(Path(f"/proc/net/{port.kind}{table}"), port)}
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for process in Path("/proc").glob("[0-9]*"):
        if wanted and _holds(process, wanted):
            return f" by {_name(process)} (pid {process.name})"
    return ""


def _inodes(table: Path, port: Port) -> list[str]:
    found = []
    try:
        rows = table.read_text().splitlines()[1:]
    except OSError:
        return []
    for row in rows:
        fields = row.split()
        listening = port.kind == "udp" or fields[3] == "0A"
        if listening and int(fields[1].rsplit(":", 1)[1], 16) == port.number:
            found.append(fields[9])
    return found


def _holds(process: Path, sockets: set[str]) -> bool:
    try:
        return any(os.readlink(handle) in sockets for handle in (process / "fd").iterdir())
    except OSError:
        return False  # it ended meanwhile, or it is somebody else's


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return "a process"
