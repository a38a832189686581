"""Settings of a system in a test's own run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hotline import settings as settings_module
from hotline.settings import Settings


def make_settings(run_dir: Path, database_url: str, redis_url: str, **given: Any) -> Settings:
    return settings_module.load(
        run_dir=run_dir, profile="test", database_url=database_url, redis_url=redis_url, **given
    )
