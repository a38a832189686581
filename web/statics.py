"""Addresses of static files carry a piece of their content's digest: kept for a year, never out of date."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask

_DIGEST_LENGTH = 10


def init_app(app: Flask) -> None:
    folder = Path(app.static_folder or "")

    @app.url_defaults
    def _version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "filename" in values and "v" not in values:
            values["v"] = digest(folder / values["filename"])


@cache
def digest(path: Path) -> str:
    """The file's version; empty when there is no such file."""
    return sha256(path.read_bytes()).hexdigest()[:_DIGEST_LENGTH] if path.is_file() else ""
