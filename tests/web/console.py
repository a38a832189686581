"""The console as people meet it: an application over one database, and somebody with a browser at it."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from scene import PASSWORD, Scene
from sqlalchemy import select
from werkzeug.test import TestResponse

from cases.model import AuditEntry
from cases.states import Role
from hotline.wiring import Wiring
from web.app import create_app

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Browser:
    """One browser with its cookies. Forms are sent as a page would send them, token and all."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **given: Any) -> TestResponse:
        return self.client.get(path, **given)

    def part(self, path: str) -> TestResponse:
        """As the live page fetches it by itself."""
        return self.client.get(path, headers={"HX-Request": "true", "X-Background": "1"})

    def post(self, path: str, data: dict[str, Any] | None = None, **given: Any) -> TestResponse:
        page = self.client.get("/password" if self._logged_in() else "/login").text
        found = _TOKEN.search(page)
        assert found, page
        return self.client.post(path, data={"csrf_token": found[1], **(data or {})}, **given)

    def post_as(self, path: str, data: dict[str, Any]) -> TestResponse:
        """Exactly this form, and no token of ours."""
        return self.client.post(path, data=data)

    def login(self, username: str, password: str = PASSWORD, **given: Any) -> TestResponse:
        return self.post("/login", {"username": username, "password": password}, **given)

    def _logged_in(self) -> bool:
        with self.client.session_transaction() as session:
            return "_user_id" in session


class Console:
    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring
        self.app = create_app(wiring)
        self.scene = Scene(wiring, wiring.now())

    def browser(self) -> Browser:
        return Browser(self.app.test_client())

    def somebody(self, role: Role, username: str = "", **fields: Any) -> Browser:
        """A browser in which somebody of this role has just logged in."""
        browser = self.browser()
        answer = browser.login(self.scene.person(role, username, **fields))
        assert answer.status_code == 302, answer.text
        return browser

    def audit(self, what: str) -> list[AuditEntry]:
        with self.wiring.reading() as unit:
            found = unit.session.scalars(
                select(AuditEntry).where(AuditEntry.what == what).order_by(AuditEntry.id)
            )
            return list(found)
