"""An open console page, as the browser has it: the feed of changes, and the part fetched again after each."""

from __future__ import annotations

import re
import socket
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from threading import Thread
from types import TracebackType
from typing import Self
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

from cases.states import Role
from cases.users import add_user, generate_password
from hotline.settings import Settings
from hotline.wiring import build

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_AFTER = re.compile(r'data-feed="([^"]+)" data-after="(\d+)" data-part="([^"]+)"')
_ROW = re.compile(r'<article class="row case[^>]*data-row="(\d+)"(.*?)</article>', re.DOTALL)
_WHERE = re.compile(r'<span class="where"[^>]*>\s*[^\s<]')
_PATIENCE = 30.0


class OpenPage:
    """The queue, open for as long as the `with`. `routed`: number → when it stood there with its unit."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.web_url
        self._opener = logged_in(settings)
        self.routed: dict[str, datetime] = {}
        self._closing = False

    def __enter__(self) -> Self:
        page = self._get("/queue").decode()
        found = _AFTER.search(page)
        if found is None:
            raise RuntimeError("the queue's page names no feed")
        self._part = found[3]
        self._events = self._opener.open(f"{self._url}{found[1]}?after={found[2]}", timeout=_PATIENCE)
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        self._events.fp.raw._sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(_PATIENCE)

    def _watch(self) -> None:
        try:
            for line in self._events:
                if line.startswith(b"data:"):
                    self._look()
        except OSError:
            if not self._closing:
                raise

    def _look(self) -> None:
        page = self._get(self._part, {"HX-Request": "true", "X-Background": "1"}).decode()
        now = datetime.now(UTC)
        for number, row in _ROW.findall(page):
            if _WHERE.search(row):
                self.routed.setdefault(number, now)

    def _get(self, path: str, headers: dict[str, str] | None = None) -> bytes:
        asked = Request(self._url + path, headers=headers or {})  # noqa: S310 - our own console
        with self._opener.open(asked, timeout=_PATIENCE) as answer:
            return bytes(answer.read())


def logged_in(settings: Settings) -> OpenerDirector:
    """A browser in which a dispatcher of its own has logged in."""
    password, wiring = generate_password(), build(settings)
    try:
        with wiring.unit_of_work() as work:
            add_user(
                work.session,
                "bench",
                Role.DISPATCHER,
                password,
                wiring.now(),
                "bench",
                must_change_password=False,
            )
            work.commit()
    finally:
        wiring.close()
    opener = build_opener(HTTPCookieProcessor(CookieJar()))
    login = f"{settings.web_url}/login"
    with opener.open(login, timeout=_PATIENCE) as page:
        token = _TOKEN.search(page.read().decode())
    form = {"csrf_token": token[1] if token else "", "username": "bench", "password": password}
    with opener.open(login, urlencode(form).encode(), timeout=_PATIENCE):
        return opener
