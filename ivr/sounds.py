"""What a recording holds, as the conversation needs to know it (transcribe/audio.py measures it)."""

from __future__ import annotations

from typing import Protocol


class Sounds(Protocol):
    @property
    def seconds(self) -> float: ...
    @property
    def spoken_seconds(self) -> float: ...
    @property
    def problem(self) -> str | None: ...
