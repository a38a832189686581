"""How often somebody may ask: counted in Redis, in this process while Redis is away."""

from __future__ import annotations

from flask import Response
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(
    get_remote_address,
    in_memory_fallback_enabled=True,
    swallow_errors=True,
    storage_options={"socket_connect_timeout": 0.3, "socket_timeout": 0.5},
)
LOGINS = "20 per minute; 200 per hour"
"""Wrong passwords from one address: a whole office may come through one. An account's own lock-out is in
cases/users.py."""


def was_refused(response: Response) -> bool:
    """Only what failed counts."""
    return response.status_code in (400, 401)


logins = limiter.shared_limit(LOGINS, scope="logins", methods=["POST"], deduct_when=was_refused)
"""Passwords and codes are counted together."""
