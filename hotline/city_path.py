"""Which file is this installation's city file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from router.city_file import path_of

if TYPE_CHECKING:
    from hotline.settings import Settings


def own_file(settings: Settings) -> Path:
    """Where the administrator's changes are kept; it need not be there."""
    return settings.city_file or settings.run_dir / "city" / f"{settings.city}.toml"


def file_of(settings: Settings) -> Path:
    """The city file in use: the setting's, the one that an administrator changed, else the project's."""
    own = own_file(settings)
    return own if settings.city_file or own.exists() else path_of(settings.city)
