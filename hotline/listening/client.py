"""How the telephone's door asks the listener: a line of JSON there, one back, by a socket in the run folder.

The listener may be away, dead or frozen: a caller is then not heard live, and waits for nothing.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hotline import logs
from ivr.hearing import Heard

log = logs.get(__name__)

_BEGIN_SECONDS = 0.15
_END_SECONDS = 1.5
"""The call script: after the last word, not longer than this."""
_LONGEST_ANSWER = 4 * 1024 * 1024


class ListenerClient:
    """ivr.hearing.Listener. Safe for threads; a connection a question."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def begin(
        self, recording_id: str, call_id: str, channels: Mapping[str, str], *, offer_danger: bool = False
    ) -> bool:
        answer = self._ask(
            _BEGIN_SECONDS,
            do="begin",
            recording=recording_id,
            call=call_id,
            channels=dict(channels),
            offer_danger=offer_danger,
        )
        return bool(answer.get("slot"))

    def end(self, recording_id: str, seconds: float, ended: float | None = None) -> Heard | None:
        answer = self._ask(_END_SECONDS, do="end", recording=recording_id, seconds=seconds, ended=ended)
        said = answer.get("heard")
        if not isinstance(said, dict):
            return None
        return Heard(
            text=said["text"],
            words=said["words"],
            model=said["model"],
            ready_ms=said["ready_ms"],
            decision=said["decision"],
            danger=said["danger"],
            read_back=tuple(said["read_back"]),
        )

    def sort(self, recording_id: str) -> None:
        self._ask(_BEGIN_SECONDS, do="sort", recording=recording_id)

    def status(self) -> dict[str, Any]:
        """{"slots", "busy", "model", "ready"}; empty when nobody answers."""
        return self._ask(_END_SECONDS, do="status")

    def _ask(self, patience: float, /, **question: Any) -> dict[str, Any]:
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(patience)
                line.connect(str(self._path))
                line.sendall(json.dumps(question).encode() + b"\n")
                with line.makefile("rb") as reader:
                    found = json.loads(reader.readline(_LONGEST_ANSWER))
        except (OSError, ValueError) as error:
            log.info("the listener does not answer", question=question["do"], error=type(error).__name__)
            return {}
        return found if isinstance(found, dict) else {}
