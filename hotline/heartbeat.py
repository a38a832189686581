"""Signs of life in the run folder: who worked last, and when. They need no Redis and no database."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hotline.files import write_json
from hotline.settings import Settings


@dataclass(frozen=True)
class Heartbeat:
    """The last sign of one process."""

    at: datetime
    pid: int
    detail: Mapping[str, Any] = field(default_factory=dict)

    def fresh(self, now: datetime, within: timedelta) -> bool:
        """Whether the process lives and has shown itself lately."""
        return now - self.at <= within and Path(f"/proc/{self.pid}").exists()


def folder(settings: Settings) -> Path:
    return settings.run_dir / "health"


def beat(settings: Settings, service: str, now: datetime, **detail: Any) -> None:
    """Say that `service` (a name; several processes of it add `-NUMBER`) is at work."""
    sign = {"at": now.isoformat(), "pid": os.getpid(), **detail}
    write_json(folder(settings) / f"{service}.json", sign)


def last(settings: Settings, service: str) -> Heartbeat | None:
    """The last sign of `service`; None when it never gave one."""
    try:
        sign = json.loads((folder(settings) / f"{service}.json").read_text("utf-8"))
        return Heartbeat(datetime.fromisoformat(sign.pop("at")), int(sign.pop("pid")), sign)
    except (OSError, ValueError, KeyError):
        return None


def forget_dead(settings: Settings, pattern: str) -> None:
    """Remove the signs of processes that have ended; their names carry a number that does not come again."""
    for path in folder(settings).glob(f"{pattern}.json"):
        sign = last(settings, path.stem)
        if sign is None or not Path(f"/proc/{sign.pid}").exists():
            path.unlink(missing_ok=True)
