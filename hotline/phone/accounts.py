"""The telephones' accounts of a running system, for phones that are scripted or on somebody's table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hotline.phone.phone import Login
from hotline.settings import Settings


class NotHere(Exception):
    """On a production system the accounts are nobody's reading."""


@dataclass(frozen=True)
class Accounts:
    host: str
    port: int
    dids: dict[str, str]
    trunk: Login | None
    trunk_ip: str
    desks: list[Login]
    desk_key: str
    agents: list[Login]

    @property
    def exchange(self) -> tuple[str, int]:
        return self.host, self.port

    def to_json(self) -> dict[str, Any]:
        """The shape of `minsheng110 sip accounts --json`."""
        trunk = _account(self.trunk) if self.trunk else {"username": "", "ip": self.trunk_ip}
        return {
            "host": self.host,
            "port": self.port,
            "dids": self.dids,
            "trunk": trunk,
            "desks": [{**_account(desk), "key": self.desk_key} for desk in self.desks],
            "agents": [_account(agent) for agent in self.agents],
        }


def accounts(settings: Settings) -> Accounts:
    """Raises NotHere on the production profile."""
    if settings.profile == "production":
        raise NotHere("the telephones' accounts are not shown on a production system (setting profile)")

    def login(name: str) -> Login:
        password = settings.phone_passwords.get(name)
        return Login(name, password.get_secret_value() if password else "")

    by_ip = bool(settings.trunk_ip)
    return Accounts(
        host=settings.host,
        port=settings.sip_port,
        dids={"police": settings.police_did, "hotline": settings.hotline_did},
        trunk=None if by_ip else Login(settings.trunk_username, settings.trunk_password.get_secret_value()),
        trunk_ip=settings.trunk_ip,
        desks=[login(name) for name in settings.desks],
        desk_key=settings.desk_key,
        agents=[login(name) for name in settings.agents],
    )


def _account(login: Login) -> dict[str, str]:
    return {"username": login.username, "password": login.password}
