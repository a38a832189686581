"""A whole running system that lives as long as a `with`: for the journeys and the benchmarks.

Its run folder is a fresh one with a short name (sockets live in it), its ports are free ones, its passwords
its own; nothing of it is left.
"""

from __future__ import annotations

import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from hotline import settings
from hotline.settings import Settings
from hotline.supervisor import Supervisor

_RTP_PORTS = 1400


def free_ports(count: int, kind: int = socket.SOCK_STREAM) -> list[int]:
    """Ports that nobody listens at now. They are told apart, not kept: take them soon."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket(socket.AF_INET, kind)) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def free_rtp_range(size: int = _RTP_PORTS) -> tuple[int, int]:
    """A range of UDP ports below those the kernel gives out, of which none is taken now."""
    for first in range(12000, 32000 - size, size):
        if all(_is_free(port) for port in range(first, first + size, 7)):
            return first, first + size - 1
    raise RuntimeError("no free range of UDP ports between 12000 and 32000")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def temporary_settings(run_dir: Path, **given: Any) -> Settings:
    """Settings of a system with free ports in this run folder; `given` wins."""
    names = ("fastagi_port", "ami_port", "ari_port", "audiosocket_port", "web_port")
    ports: dict[str, Any] = dict(zip(names, free_ports(len(names)), strict=True))
    ports["sip_port"] = free_ports(1, socket.SOCK_DGRAM)[0]
    ports["rtp_first_port"], ports["rtp_last_port"] = free_rtp_range()
    return settings.load(**{"profile": "test", "demo": False, **ports, **given, "run_dir": run_dir})


@contextmanager
def temporary_system(
    prepare: Callable[[Settings], None] = lambda _: None, *, patience: float = 60.0, **given: Any
) -> Iterator[Supervisor]:
    """Install, start, wait until healthy; in the end stop everything and remove the run folder.

    `prepare` is called between installing and starting.
    """
    from hotline.install import install

    run_dir = Path(tempfile.mkdtemp(prefix="ms-", dir="/tmp"))  # sockets need a short name
    try:
        chosen = install(temporary_settings(run_dir, **given))
        prepare(chosen)
        supervisor = Supervisor(chosen)
        try:
            supervisor.start()
            supervisor.wait_healthy(patience)
            yield supervisor
        finally:
            supervisor.stop()
    finally:
        shutil.rmtree(run_dir, ignore_errors=True)


@contextmanager
def temporary_sqlite() -> Iterator[str]:
    """The URL of a database file that is not made yet; its folder is removed in the end."""
    with tempfile.TemporaryDirectory(prefix="ms-bench-", ignore_cleanup_errors=True) as folder:
        yield f"sqlite:///{Path(folder) / 'bench.db'}"
