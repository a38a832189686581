"""Is each part healthy? Real questions to the real parts, each with its own time limit."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hotline.host import asterisk
from hotline.processes import alive
from hotline.services import conf_file
from hotline.settings import Settings

PARTS = ("asterisk", "fastagi", "redis", "worker", "listener", "sweep", "web", "database")
_ONE_PROBE_SECONDS = 1.5
STATE_FILE = "supervisor.json"

Answer = dict[str, Any]
"""{"ok": bool, "why": what is wrong (only when not ok), …}"""


def state(settings: Settings) -> dict[str, Any]:
    """What the supervisor last wrote: {"pid", "services": {name: {"pid", "restarts"}}}; {} without one."""
    try:
        found = json.loads((settings.run_dir / STATE_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def probe(part: str, settings: Settings) -> Answer:
    """Ask one part. Never raises; `why` says what is wrong."""
    try:
        return {"ok": True, **_PROBES[part](settings)}
    except Exception as error:  # a probe that fails in whatever way is an answer
        return {"ok": False, "why": _words(error), **({"url": settings.web_url} if part == "web" else {})}


def probe_all(settings: Settings) -> dict[str, Answer]:
    """Ask every part at once; takes at most two seconds."""
    pool = ThreadPoolExecutor(len(PARTS))
    asked = {part: pool.submit(probe, part, settings) for part in PARTS}
    answers: dict[str, Answer] = {}
    for part, future in asked.items():
        try:
            answers[part] = future.result(timeout=_ONE_PROBE_SECONDS + 0.3)
        except TooLate:
            answers[part] = {"ok": False, "why": "no answer in time"}
    pool.shutdown(wait=False, cancel_futures=True)
    return answers


def _words(error: Exception) -> str:
    reason = getattr(error, "reason", error)  # urllib's own wraps what happened
    if isinstance(reason, (ConnectionRefusedError, FileNotFoundError)) or "connecting to" in str(error):
        return "not running"
    return (str(error) or type(error).__name__).splitlines()[0][:200]


class _Unwell(Exception):
    """The part answers, and the answer is no good."""


def _asterisk(settings: Settings) -> Answer:
    conf = conf_file(settings)
    layout = asterisk.find(settings.cache_dir) if conf.exists() else None
    if layout is None:
        raise _Unwell("not installed yet: make run")
    command = layout.command(conf, "-rx", "core waitfullybooted")
    said = subprocess.run(command, capture_output=True, text=True, timeout=_ONE_PROBE_SECONDS, check=False)
    if "fully booted" not in said.stdout:
        raise _Unwell("not running" if said.returncode else "not fully booted")
    return {"version": layout.version}


def _fastagi(settings: Settings) -> Answer:
    with socket.create_connection((settings.host, settings.fastagi_port), _ONE_PROBE_SECONDS) as line:
        line.settimeout(_ONE_PROBE_SECONDS)
        line.sendall(b"agi_network: yes\nagi_network_script: health\nagi_request: agi://localhost/health\n\n")
        if not line.recv(200):
            raise _Unwell("it closed the line without a word")
    return {}


def _connection(settings: Settings) -> Any:
    import redis

    return redis.Redis.from_url(
        settings.redis, socket_timeout=_ONE_PROBE_SECONDS, socket_connect_timeout=_ONE_PROBE_SECONDS
    )


def _redis(settings: Settings) -> Answer:
    with closing(_connection(settings)) as connection:
        connection.ping()
    return {}


def _worker(settings: Settings) -> Answer:
    """A worker is healthy when its row in Redis is there and its process lives."""
    with closing(_connection(settings)) as connection:
        keys = connection.smembers("rq:workers")
        rows = [connection.hmget(key, "hostname", "pid", "last_heartbeat") for key in keys]
    here = socket.gethostname()
    living = [beat for host, pid, beat in rows if beat and (not _here(host, here) or alive(int(pid or 0)))]
    if not living:
        raise _Unwell("no worker has registered" if not rows else "the registered worker does not live")
    return {"workers": len(living)}


def _here(host: bytes | None, here: str) -> bool:
    return host is not None and host.decode() == here


def _listener(settings: Settings) -> Answer:
    from hotline.listening.client import ListenerClient

    told = ListenerClient(settings.listener_socket).status()
    if not told:
        raise _Unwell("not running")
    return told


def _sweep(settings: Settings) -> Answer:
    row = state(settings).get("services", {}).get("sweep", {})
    if not alive(int(row.get("pid") or 0)):
        raise _Unwell("not running")
    return {}


def _web(settings: Settings) -> Answer:
    url = settings.web_url
    with urllib.request.urlopen(f"{url}/health", timeout=_ONE_PROBE_SECONDS) as answer:  # noqa: S310 - http, ours
        answer.read()
    return {"url": url}


def _database(settings: Settings) -> Answer:
    if (
        settings.database.startswith("sqlite:///")
        and not Path(settings.database[len("sqlite:///") :]).exists()
    ):
        raise _Unwell("no database yet: make run")
    from sqlalchemy import text

    from cases.engine import make_engine

    engine = make_engine(settings.database)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    finally:
        engine.dispose()
    return {}


_PROBES: dict[str, Callable[[Settings], Answer]] = {
    "asterisk": _asterisk,
    "fastagi": _fastagi,
    "redis": _redis,
    "worker": _worker,
    "listener": _listener,
    "sweep": _sweep,
    "web": _web,
    "database": _database,
}


def report(settings: Settings, now: datetime | None = None) -> dict[str, Any]:
    """The whole answer of `minsheng110 status --json`."""
    answers = probe_all(settings)
    written = state(settings)
    for name, row in written.get("services", {}).items():
        if name in answers and alive(int(row.get("pid") or 0)):
            answers[name].update(pid=row["pid"], restarts=row["restarts"])
    running = alive(int(written.get("pid") or 0))
    return {
        "ok": all(answer["ok"] for answer in answers.values()),
        "at": (now or datetime.now(UTC)).isoformat(timespec="seconds"),
        "supervisor": {"ok": running, "pid": written.get("pid") if running else None},
        "services": answers,
        "run_dir": os.fspath(settings.run_dir),
    }
