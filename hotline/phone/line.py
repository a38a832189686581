"""The wire of a phone: SIP over UDP, with what UDP loses sent again (RFC 3261 §17).

One thread reads the socket and sends again what is due. It calls back into the phone; the phone never waits
in that thread.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from hotline.phone.sip import BadMessage, Message, parse

FIRST_RESEND = 0.5
LONGEST_RESEND = 4.0
TRIES = 7
_WAKE = b"\r\n\r\n"


@dataclass
class _Pending:
    """What is sent again until it is answered."""

    raw: bytes
    due: float
    message: Message
    answered: Callable[[Message], None] | None
    interval: float = FIRST_RESEND
    tries: int = 1


class Line:
    """Sends to one exchange, hands over what comes from it."""

    def __init__(self, host: str, exchange: tuple[str, int], received: Callable[[Message], None]) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.settimeout(0.1)
        self._exchange = exchange
        self._received = received
        self._pending: dict[str, _Pending] = {}
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"sip-{self.port}", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def send(self, message: Message) -> None:
        """Send once."""
        with suppress(OSError):
            self._socket.sendto(message.to_bytes(), self._exchange)

    def request(self, message: Message, answered: Callable[[Message], None]) -> None:
        """Send until it is answered. `answered` gets every response; after the last try a made-up 408."""
        self._insist(_request_key(message), message, answered)

    def insist(self, key: str, message: Message) -> None:
        """Send until `relent(key)`: the final answer to an INVITE, until its ACK is here."""
        self._insist(key, message, None)

    def relent(self, key: str) -> None:
        with self._lock:
            self._pending.pop(key, None)

    def close(self) -> None:
        self._closed.set()
        with suppress(OSError):
            self._socket.sendto(_WAKE, self._socket.getsockname())
        if self._thread is not threading.current_thread():
            self._thread.join(1.0)
        self._socket.close()

    def _insist(self, key: str, message: Message, answered: Callable[[Message], None] | None) -> None:
        pending = _Pending(message.to_bytes(), time.monotonic() + FIRST_RESEND, message, answered)
        with self._lock:
            self._pending[key] = pending
        with suppress(OSError):
            self._socket.sendto(pending.raw, self._exchange)

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                raw = self._socket.recv(65535)
            except TimeoutError:
                raw = b""
            except OSError:
                return
            if raw.strip():
                self._take(raw)
            self._resend()

    def _take(self, raw: bytes) -> None:
        try:
            message = parse(raw)
        except BadMessage:
            return
        if message.is_response:
            self._answered(message)
        else:
            self._received(message)

    def _answered(self, message: Message) -> None:
        key = _request_key(message)
        with self._lock:
            pending = self._pending.get(key)
            if pending:
                pending.due = float("inf")
                if message.code >= 200:
                    del self._pending[key]
        # Called without the lock: the phone has one of its own, and the two must not wait for each other.
        if pending is None:
            self._received(message)  # it came twice: our ACK may have been lost
        elif pending.answered:
            pending.answered(message)

    def _resend(self) -> None:
        now = time.monotonic()
        with self._lock:
            due = [(key, each) for key, each in self._pending.items() if each.due <= now]
        for key, each in due:
            if each.tries >= TRIES:
                self._give_up(key, each)
                continue
            each.tries += 1
            each.interval = min(LONGEST_RESEND, each.interval * 2)
            each.due = now + each.interval
            with suppress(OSError):
                self._socket.sendto(each.raw, self._exchange)

    def _give_up(self, key: str, each: _Pending) -> None:
        self.relent(key)
        if each.answered:
            each.answered(Message("SIP/2.0 408 No Answer From The Exchange", each.message.headers))


def _request_key(message: Message) -> str:
    return f"{message.branch} {message.method}"
