"""The passwords of one installation: generated once, kept in `secrets.toml`, readable by its owner only."""

from __future__ import annotations

import os
import secrets
import tomllib
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from hotline.settings import Settings

MACHINE_SECRETS = ("ami_password", "ari_password", "web_secret_key", "trunk_password", "second_factor_key")
_PERSON_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""For passwords that a person types: nothing that looks like something else."""


def machine_password() -> str:
    """160 bits, in characters that no configuration file gives a meaning to."""
    return secrets.token_hex(20)


def person_password() -> str:
    """Four groups of four, about 79 bits."""
    groups = ["".join(secrets.choice(_PERSON_ALPHABET) for _ in range(4)) for _ in range(4)]
    return "-".join(groups)


def ensure(settings: Settings) -> Settings:
    """Generate what is missing, keep what is there; returns the settings with every secret set.

    A secret given by the environment or the TOML file is left alone and never written down.
    """
    kept = _read(settings.secrets_file)
    made: dict[str, Any] = {
        name: machine_password()
        for name in MACHINE_SECRETS
        if not _given(settings, name) and not kept.get(name)
    }
    if not _given(settings, "admin_password") and not kept.get("admin_password"):
        made["admin_password"] = person_password()
    phones = dict(kept.get("phone_passwords", {}))
    missing = [name for name in (*settings.desks, *settings.agents) if not settings.phone_passwords.get(name)]
    phones |= {name: machine_password() for name in missing if not phones.get(name)}
    together = {**kept, **made, "phone_passwords": phones}
    if together != kept:
        write(settings.secrets_file, together)
    return settings.model_copy(update=_as_settings(settings, together))


def _given(settings: Settings, name: str) -> bool:
    return bool(getattr(settings, name).get_secret_value())


def _as_settings(settings: Settings, together: dict[str, Any]) -> dict[str, Any]:
    plain = {
        name: SecretStr(value)
        for name, value in together.items()
        if isinstance(value, str) and not _given(settings, name)
    }
    phones = {name: SecretStr(value) for name, value in together["phone_passwords"].items()}
    return {**plain, "phone_passwords": phones | settings.phone_passwords}


def _read(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text("utf-8")) if file.exists() else {}


def write(file: Path, values: dict[str, Any]) -> None:
    """Write the file whole or not at all, mode 0600, in a folder for its owner only.

    `values` are strings, and tables of strings.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    file.parent.chmod(0o700)
    lines = ["# Generated at the first start. Keep it secret; delete a line to have that one made anew."]
    lines += [f'{name} = "{value}"' for name, value in values.items() if isinstance(value, str)]
    for name, table in values.items():
        if isinstance(table, dict):
            lines += ["", f"[{name}]", *(f'"{key}" = "{value}"' for key, value in table.items())]
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")
        out.flush()
        os.fsync(out.fileno())
    new.replace(file)
