"""Asterisk's whole configuration, rendered from the settings of one installation.

The files hold secrets: all of them are written 0600, their folders 0700.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from asterisk_conf import site as check
from asterisk_conf.hold import hold_sound
from asterisk_conf.modules import MODULE_GROUPS
from asterisk_conf.site import Layout, Site
from ivr import dialplan_variables as names

AMI_HOST = "127.0.0.1"
AMI_USERNAME = ARI_USERNAME = "minsheng110"
THREE_WAY_KEY, ATTENDED_KEY = "*3", "*2"
TONES = "cn"
TAP_CONTEXT = "listening"
"""Where a snoop channel of the listener sends what it hears (hotline/listening/tap.py)."""
PROMPTS = ("apology", "thanks", "survey_fault")
"""The prompts that the dialplan plays by itself (ivr/prompts.py)."""
_TEMPLATES = Path(__file__).parent / "templates"
_FOLDERS = (
    "etc",
    "lib",
    "spool",
    "run",
    "log",
    "hold",
    "records",
    "records/cdr-custom",
    "records/cel-custom",
)


@dataclass(frozen=True)
class Telephone:
    name: str
    password: str
    number: str = ""
    """What a desk dials to reach this one."""


def render(settings: Site, out_dir: Path, layout: Layout) -> None:
    """Write `out_dir`/etc and make the folders Asterisk wants around it.

    Raises ConfError, naming the setting, before anything is written.
    """
    files = render_texts(settings, out_dir, layout)
    for folder in _FOLDERS:
        (out_dir / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, text in files.items():
        write_private(out_dir / "etc" / name, text.encode())
    hold_sound(out_dir / "hold" / "hold.wav")


def render_texts(settings: Site, out_dir: Path, layout: Layout) -> dict[str, str]:
    """Every file's name and content. Raises ConfError."""
    values = _values(settings, out_dir, layout)
    templates = _environment()
    return {
        name.removesuffix(".j2"): templates.get_template(name).render(values)
        for name in sorted(templates.list_templates(extensions=["j2"]))
    }


@cache
def _environment() -> Environment:
    # These are configuration files, not web pages: what a value may hold is checked before (site.py).
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701
    )


def _values(settings: Site, out_dir: Path, layout: Layout) -> dict[str, Any]:
    return {
        **_places(settings, out_dir, layout),
        **_telephones(settings),
        **_limits(settings),
        "module_groups": MODULE_GROUPS,
        "scripts": {name: name for name in names.SCRIPTS},
        "attended_key": ATTENDED_KEY,
        "threeway_key": THREE_WAY_KEY,
        "tones": TONES,
    }


def _places(settings: Site, out_dir: Path, layout: Layout) -> dict[str, Any]:
    host = check.host("host", settings.host)
    agi_host = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - it is compared, not bound
    base = check.path("run_dir", out_dir.absolute())
    return {
        "base": base,
        "etc": f"{base}/etc",
        "modules": check.path("cache_dir", layout.modules),
        "data": check.path("cache_dir", layout.data),
        "recordings": check.path("recordings_dir", settings.recordings.absolute()),
        "fallback_dir": check.path("run_dir", settings.fallback_dir.absolute()),
        "prompts": check.path("run_dir", settings.prompt_sounds.absolute()),
        "host": host,
        "agi": f"agi://{agi_host}:{settings.fastagi_port}",
        "audiosocket": f"{AMI_HOST}:{settings.audiosocket_port}",
        "tap_context": TAP_CONTEXT,
    }


def _telephones(settings: Site) -> dict[str, Any]:
    trunk = check.name("trunk_username", settings.trunk_username)
    desks = [_telephone(settings, "desks", name) for name in settings.desks]
    hotline = check.number("hotline_did", settings.hotline_did)
    agents = [
        _telephone(settings, "agents", name, f"{hotline}{count}")
        for count, name in enumerate(settings.agents, 1)
    ]
    together = [trunk, *(each.name for each in (*desks, *agents))]
    if len({name.lower() for name in together}) != len(together):
        raise check.ConfError("settings desks, agents and trunk_username: every name may be used once")
    by_ip = bool(settings.trunk_ip)
    return {
        "trunk": trunk,
        "trunk_ip": check.host("trunk_ip", settings.trunk_ip) if by_ip else "",
        "trunk_contact": _contact(settings),
        "trunk_password": "" if by_ip else check.password("trunk_password", settings.trunk_password),
        "desks": [asdict(each) for each in desks],
        "agents": [asdict(each) for each in agents],
        "police_did": check.number("police_did", settings.police_did),
        "hotline_did": hotline,
        "ami_username": AMI_USERNAME,
        "ari_username": ARI_USERNAME,
        "ami_password": check.password("ami_password", settings.ami_password),
        "ari_password": check.password("ari_password", settings.ari_password),
    }


def _contact(settings: Site) -> str:
    """Where the police exchange takes our calls; empty: where it has registered."""
    if settings.trunk_contact:
        return check.host("trunk_contact", settings.trunk_contact)
    return check.host("trunk_ip", settings.trunk_ip) if settings.trunk_ip else ""


def _telephone(settings: Site, setting: str, name: str, number: str = "") -> Telephone:
    given = settings.phone_passwords.get(name)
    return Telephone(check.name(setting, name), check.password(f"phone_passwords.{name}", given), number)


_PLAIN = (
    "sip_port",
    "rtp_first_port",
    "rtp_last_port",
    "ami_port",
    "ari_port",
    "desk_key",
    "desk_ring_seconds",
    "agent_wait_seconds",
    "wrap_up_seconds",
    "message_seconds",
    "message_silence_seconds",
)


def _limits(settings: Site) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in _PLAIN}


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(content)
    part.replace(path)
