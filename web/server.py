"""The console's process: gunicorn with threads.

    python -m web.server

An open page holds a thread that sleeps (web/live.py), so there are many threads and they cost little.
"""

from __future__ import annotations

from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker

from hotline import logs
from hotline.settings import Settings, load
from hotline.wiring import build
from web.app import create_app

_STOP_SECONDS = 3


class Worker(ThreadWorker):  # type: ignore[misc]
    """Open pages are let go at once, so that a restart waits for requests only."""

    def handle_exit(self, sig: int, frame: Any) -> None:
        if isinstance(self.wsgi, Flask):
            self.wsgi.extensions["feed"].close()
        super().handle_exit(sig, frame)


class Console(BaseApplication):  # type: ignore[misc]
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        settings = self._settings
        options: dict[str, Any] = {
            "bind": f"{settings.web_host}:{settings.web_port}",
            "worker_class": Worker,
            "workers": settings.web_workers,
            "threads": settings.web_threads,
            "worker_connections": settings.web_threads * 2,
            "graceful_timeout": _STOP_SECONDS,
            "timeout": 60,
            "keepalive": 15,
            "accesslog": None,
            "loglevel": "warning",
            "proc_name": "minsheng110-web",
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        # In the worker: nothing is opened before the fork.
        return create_app(build(self._settings))


def main() -> None:
    logs.configure("web")
    Console(load()).run()


if __name__ == "__main__":
    main()
