"""A whole console, served: `python -m web.server` with two workers over its own database."""

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

from runs import make_settings
from scene import Scene
from sqlalchemy import delete

from cases.model import Base
from hotline.settings import PREFIX
from hotline.wiring import build

_START_SECONDS = 20


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

    def begin_anew(self) -> None:
        """An empty database, as after the installation; the server runs."""
        with self.wiring.unit_of_work() as unit:
            for table in reversed(Base.metadata.sorted_tables):
                unit.session.execute(delete(table))
            unit.commit()
        self.scene = Scene(self.wiring, self.wiring.now())
        self._log.write_text("")
        if self._process.poll() is not None:
            self.start()

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
