"""Asking Asterisk for a channel's audio (ARI), and for a key in a caller's name (AMI).

A tap is a snoop channel whose frames Asterisk sends to our AudioSocket from its dialplan. It ends with the
channel it listens to, with our connection, or with `remove`, whichever comes first: nothing is left behind.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread
from typing import Any
from urllib.parse import quote, urlencode

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect as connect_websocket

from asterisk_conf.render import ARI_USERNAME, TAP_CONTEXT
from hotline import logs
from hotline.ami import AmiError, connect
from hotline.settings import Settings

log = logs.get(__name__)

APP = "minsheng110"
HOST = "127.0.0.1"
"""Asterisk and the listener are on one machine."""
_SECONDS = 2.0
_RETRY_SECONDS = 1.0


class TapError(Exception):
    """Asterisk does not give a channel's audio; one line without anybody's number."""


class Taps:
    """Opens and removes taps. Safe for threads. `start` before use, `close` at the end."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._closing = Event()
        self._ready = Event()
        self._thread = Thread(target=self._follow, name="taps", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing.set()

    @property
    def ready(self) -> bool:
        """Whether Asterisk knows us and would answer."""
        return self._ready.is_set()

    def open(self, channel: str, tap: str) -> None:
        """Send what comes in on `channel` to our AudioSocket, as `tap` (a UUID). Raises TapError."""
        path = f"/ari/channels/{quote(channel, safe='')}/snoop/{tap}"
        self._ask("POST", path, spy="in", whisper="none", app=APP)

    def remove(self, tap: str) -> None:
        """End it; what was sent before still arrives. One that is gone is no error."""
        self._ask("DELETE", f"/ari/channels/{tap}", gone_is_fine=True)

    def press(self, channel: str, key: str) -> bool:
        """As if this channel's caller had pressed a key. False: Asterisk did not take it."""
        try:
            with connect(self._settings) as ami:
                ami.ask("PlayDTMF", Channel=channel, Digit=key, Receive="true")
        except AmiError as error:
            log.warning("a key was not pressed for a caller", error=str(error))
            return False
        return True

    # ------------------------------------------------------------ ARI
    def _ask(self, method: str, path: str, *, gone_is_fine: bool = False, **query: str) -> None:
        secret = f"{ARI_USERNAME}:{self._settings.ari_password.get_secret_value()}"
        headers = {"Authorization": f"Basic {b64encode(secret.encode()).decode()}", "Content-Length": "0"}
        address = f"{path}?{urlencode(query)}" if query else path
        try:
            with closing(HTTPConnection(HOST, self._settings.ari_port, timeout=_SECONDS)) as line:
                line.request(method, address, headers=headers)
                answer = line.getresponse()
                answer.read()
        except (OSError, HTTPException) as error:
            raise TapError(f"ARI does not answer: {type(error).__name__}") from error
        if answer.status >= 300 and not (gone_is_fine and answer.status == 404):
            raise TapError(f"ARI refuses: {answer.status} {answer.reason}")

    def _follow(self) -> None:
        """Stay known to Asterisk as an application, and send each new tap to the dialplan."""
        told = False
        while not self._closing.is_set():
            try:
                self._events()
            except (OSError, WebSocketException, TimeoutError) as error:
                if not told:
                    log.warning(
                        "Asterisk's events are away: nobody is heard live", error=type(error).__name__
                    )
                told = True
            else:
                told = False
            self._ready.clear()
            self._closing.wait(_RETRY_SECONDS)

    def _events(self) -> None:
        secret = f"{ARI_USERNAME}:{self._settings.ari_password.get_secret_value()}"
        address = f"ws://{HOST}:{self._settings.ari_port}/ari/events?app={APP}"
        headers = {"Authorization": f"Basic {b64encode(secret.encode()).decode()}"}
        with connect_websocket(
            address, additional_headers=headers, open_timeout=_SECONDS, proxy=None
        ) as line:
            self._ready.set()
            for message in _messages(line.recv, self._closing):
                if message.get("type") == "StasisStart":
                    self._send_on(str(message["channel"]["id"]))

    def _send_on(self, tap: str) -> None:
        try:
            self._ask(
                "POST", f"/ari/channels/{tap}/continue", context=TAP_CONTEXT, extension="s", priority="1"
            )
        except TapError as error:
            log.warning("a tap was not opened", error=str(error))


def _messages(receive: Callable[..., Any], closing_down: Event) -> Any:
    while not closing_down.is_set():
        try:
            yield json.loads(receive(timeout=_SECONDS))
        except TimeoutError:
            continue
