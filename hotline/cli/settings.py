"""`minsheng110 settings …`: what is set, and where it came from."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Any

import click
from pydantic import SecretStr

from hotline import settings as settings_module
from hotline.cli.showing import as_json as json_option
from hotline.cli.showing import print_json, table

MASK = "********"


@click.group()
def command() -> None:
    """What is set, and where it came from."""


@command.command("show")
@json_option
def show(as_json: bool) -> None:
    """Every setting. Secrets are masked; one that is not set is shown as empty."""
    settings = settings_module.load()
    origins = settings_module.origins(settings)
    rows = [
        {"name": name, "value": shown(name, getattr(settings, name)), "from": origins[name]}
        for name in type(settings).model_fields
    ]
    if as_json:
        print_json({row["name"]: {"value": row["value"], "from": row["from"]} for row in rows})
    else:
        table({"name": "setting", "value": "value", "from": "from"}, rows)


def shown(name: str, value: Any) -> Any:
    """The value as anybody may see it."""
    if isinstance(value, SecretStr):
        return MASK if value.get_secret_value() else ""
    if isinstance(value, dict):
        return {key: shown(name, each) for key, each in value.items()}
    if isinstance(value, Path | time):
        return str(value)
    if name.endswith("_url") and value:
        return _without_password(value)
    return value


def _without_password(url: str) -> str:
    """A URL's password may stand in front of its host, or among its options."""
    scheme, separator, rest = url.partition("://")
    before, at, host = rest.rpartition("@")
    if at and ":" in before:
        before = f"{before.partition(':')[0]}:{MASK}"
    host, question, options = host.partition("?")
    kept = [
        f"{key}={MASK}" if "password" in key.lower() else f"{key}{equals}{value}"
        for key, equals, value in (option.partition("=") for option in options.split("&"))
    ]
    return f"{scheme}{separator}{before}{at}{host}{question}{'&'.join(kept)}"
