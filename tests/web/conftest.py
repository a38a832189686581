"""The console on each kind of database; and a whole served one, for a real browser."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from console import Console
from runs import make_settings
from scene import Scene
from servers import RedisServer

from hotline.settings import PREFIX
from hotline.wiring import build

_START_SECONDS = 20


@pytest.fixture
def console(tmp_path: Path, database_url: str, redis_server: RedisServer) -> Iterator[Console]:
    """On SQLite and on PostgreSQL."""
    yield from _console(tmp_path, database_url, redis_server.url)


@pytest.fixture
def sqlite_console(tmp_path: Path, sqlite_url: str, redis_server: RedisServer) -> Iterator[Console]:
    yield from _console(tmp_path, sqlite_url, redis_server.url)


def _console(run_dir: Path, database_url: str, redis_url: str) -> Iterator[Console]:
    wiring = build(make_settings(run_dir, database_url, redis_url))
    console = Console(wiring)
    yield console
    console.app.extensions["feed"].close()
    wiring.close()


class Served:
    """`python -m web.server` with two workers, over its own database."""

    def __init__(self, run_dir: Path, database_url: str, redis_url: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.settings = make_settings(run_dir, database_url, redis_url, web_port=port)
        self.wiring = build(self.settings)
        self.scene = Scene(self.wiring, self.wiring.now())
        self.url = self.settings.web_url
        self._log = run_dir / "web.log"
        values = {
            "RUN_DIR": run_dir, "DATABASE_URL": database_url, "REDIS_URL": redis_url, "WEB_PORT": port,
            "PROFILE": "test", "WEB_WORKERS": 2, "WEB_THREADS": 32, "WEB_SECRET_KEY": "k" * 40,
        }  # fmt: skip
        self._environment = {**os.environ, **{PREFIX + name: str(value) for name, value in values.items()}}
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "web.server"]
            self._process = subprocess.Popen(command, env=self._environment, stderr=log, stdout=log)
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            assert self._process.poll() is None, self._log.read_text()
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=2):  # noqa: S310 - ours
                    return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)
        raise AssertionError(f"the console does not answer: {self._log.read_text()}")

    def stop(self) -> float:
        """Seconds until it was gone."""
        began = time.monotonic()
        self._process.terminate()
        self._process.wait(timeout=20)
        return time.monotonic() - began

    @contextmanager
    def away(self) -> Iterator[None]:
        self.stop()
        yield
        self.start()

    def close(self) -> None:
        if self._process.poll() is None:
            self.stop()
        self.wiring.close()

    @property
    def log(self) -> str:
        return self._log.read_text()


@pytest.fixture
def served(tmp_path: Path, sqlite_url: str, redis_server: RedisServer) -> Iterator[Served]:
    console = Served(tmp_path, sqlite_url, redis_server.url)
    yield console
    console.close()
    assert '"level": "error"' not in console.log, console.log


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The packaged browser, without a screen and without a word to anybody outside."""
    from playwright.sync_api import sync_playwright

    from hotline.host.tools import chromium as packaged

    path = packaged()
    assert path, "Chromium is missing: apt-get install chromium"
    quiet = (
        "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
        "disable-component-update", "disable-sync", "autoplay-policy=no-user-gesture-required", "mute-audio",
    )  # fmt: skip
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[f"--{flag}" for flag in quiet])
        yield browser
        browser.close()
