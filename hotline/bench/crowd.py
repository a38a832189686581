"""Many callers in one process: the scripted phone's messages, driven by one event loop and two sockets.

A phone of hotline/phone/ has threads of its own and hears every word; hundreds of them would measure
themselves. A caller here counts packets, knows the beep, and speaks. All callers share one RTP socket: the
exchange sends each call from a port of its own, which tells them apart.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from hotline.phone import alaw, digest, sip
from hotline.phone.phone import Login
from hotline.phone.rtp import TICK, key_event
from hotline.phone.sip import KEY_EVENTS, PCMA, Dialog, Message

_HEADER = struct.Struct("!BBHII")
_SLOTS = 4
"""The callers' 20 ms begin at this many different moments, as those of real callers do."""
_SILENCE = alaw.SILENCE * alaw.FRAME


class Caller:
    """One call. The moments are time.perf_counter's, in seconds."""

    def __init__(self, crowd: Crowd, dialog: Dialog) -> None:
        self._crowd = crowd
        self.dialog = dialog
        self.dialled_at = 0.0
        self.answered_at = 0.0
        self.first_packet_at = 0.0
        self.code = 0
        self.answered = asyncio.Event()
        self.heard_something = asyncio.Event()
        self.beeped = asyncio.Event()
        self.over = asyncio.Event()
        self.remote: tuple[str, int] | None = None
        self._speech: list[bytes] = []
        self._spoken = 0
        self._key: tuple[str, int] | None = None
        self._sequence = secrets.randbelow(30000)
        self._timestamp = secrets.randbelow(1 << 20)
        self._source = secrets.randbits(31)

    @property
    def failed(self) -> bool:
        return self.code >= 300 or (self.over.is_set() and not self.answered.is_set())

    def speak(self, audio: bytes) -> None:
        """From the next packet on; silence follows."""
        self._speech = [audio[at : at + alaw.FRAME] for at in range(0, len(audio), alaw.FRAME)]
        self._spoken = 0

    def press(self, key: str) -> None:
        """One key for a tenth of a second."""
        self._key = (key, 0)

    def hang_up(self) -> None:
        if not self.over.is_set():
            self._crowd.ask(self, "BYE")
            self._crowd.forget(self)

    def send_packet(self, rtp: socket.socket) -> None:
        """The packet that is due now."""
        if self.remote is None:
            return
        if self._key:
            kind, timestamp, payload = self._key_packet(*self._key)
        else:
            kind, timestamp, payload = PCMA, self._timestamp, self._next_sound()
        self._sequence += 1
        self._timestamp += alaw.FRAME
        head = _HEADER.pack(0x80, kind, self._sequence & 0xFFFF, timestamp & 0xFFFFFFFF, self._source)
        with suppress(OSError):
            rtp.sendto(head + payload, self.remote)

    def _next_sound(self) -> bytes:
        if self._spoken >= len(self._speech):
            return _SILENCE
        self._spoken += 1
        return self._speech[self._spoken - 1]

    def _key_packet(self, key: str, ticks: int) -> tuple[int, int, bytes]:
        ticks += 1
        last = ticks == 5
        self._key = None if last else (key, ticks)
        payload = key_event(key, ticks * alaw.FRAME, end=last)
        marker = 0x80 if ticks == 1 else 0
        return KEY_EVENTS | marker, self._timestamp - (ticks - 1) * alaw.FRAME, payload


class Crowd:
    """Callers behind one trunk account. Use with `async with`."""

    def __init__(self, exchange: tuple[str, int], login: Login, beep: bytes, host: str = "127.0.0.1") -> None:
        self._exchange, self._login, self._host = exchange, login, host
        self._beep = {beep[at : at + alaw.FRAME] for at in range(0, len(beep) - alaw.FRAME + 1, alaw.FRAME)}
        self._callers: dict[str, Caller] = {}
        self._by_port: dict[int, Caller] = {}
        self._slots: list[list[Caller]] = [[] for _ in range(_SLOTS)]
        self._pending: dict[str, tuple[Message, int]] = {}
        self._made = 0

    async def __aenter__(self) -> Self:
        self._sip, self._rtp = self._socket(), self._socket()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._sip, self._drain, self._sip, self._received)
        self._loop.add_reader(self._rtp, self._drain, self._rtp, self._heard)
        self._pacing = asyncio.create_task(self._pace())
        return self

    async def __aexit__(self, *_: object) -> None:
        for caller in list(self._callers.values()):
            caller.hang_up()
        self._pacing.cancel()
        for each in (self._sip, self._rtp):
            self._loop.remove_reader(each)
            each.close()

    def _socket(self) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        made.bind((self._host, 0))
        made.setblocking(False)
        return made

    # ---------------------------------------------------------------- calls
    def dial(self, number: str, caller_number: str) -> Caller:
        """Send the INVITE; what comes of it is in the caller."""
        contact = f"sip:{caller_number}@{self._host}:{self._sip.getsockname()[1]}"
        dialog = Dialog(
            sip.token(20),
            f"<{contact}>;tag={sip.token()}",
            f"<sip:{number}@{self._exchange[0]}>",
            f"sip:{number}@{self._exchange[0]}:{self._exchange[1]}",
        )
        caller = Caller(self, dialog)
        self._callers[dialog.call_id] = caller
        self._slots[self._made % _SLOTS].append(caller)
        self._made += 1
        caller.dialled_at = time.perf_counter()
        self.ask(caller, "INVITE", self._description())
        return caller

    def forget(self, caller: Caller) -> None:
        """The call is over."""
        caller.over.set()
        if caller.remote:
            self._by_port.pop(caller.remote[1], None)
        for slot in self._slots:
            if caller in slot:
                slot.remove(caller)

    def _description(self) -> str:
        return sip.describe(self._host, self._rtp.getsockname()[1])

    def ask(
        self, caller: Caller, method: str, body: str = "", signature: tuple[str, str] | None = None
    ) -> None:
        dialog = caller.dialog
        dialog.cseq += 1
        headers = self._headers(dialog, dialog.cseq, method)
        message = sip.request(method, dialog.target, [*headers, *([signature] if signature else [])], body)
        if method == "INVITE":
            dialog.invite = message
        self._pending[message.branch] = (message, 0)
        self._loop.call_later(0.5, self._resend, message.branch)
        self._send(message)

    def _resend(self, branch: str) -> None:
        message, tries = self._pending.get(branch, (None, 0))
        if message is None:
            return
        if tries >= 5:
            del self._pending[branch]
            return
        self._pending[branch] = (message, tries + 1)
        self._send(message)
        self._loop.call_later(1.0, self._resend, branch)

    def _headers(self, dialog: Dialog, cseq: int, method: str) -> list[tuple[str, str]]:
        port = self._sip.getsockname()[1]
        return [
            ("Via", f"SIP/2.0/UDP {self._host}:{port};rport;branch=z9hG4bK{sip.token(16)}"),
            ("From", dialog.local),
            ("To", dialog.remote),
            ("Call-ID", dialog.call_id),
            ("CSeq", f"{cseq} {method}"),
            ("Contact", f"<{sip.address(dialog.local)}>"),
        ]

    def _send(self, message: Message) -> None:
        with suppress(OSError):
            self._sip.sendto(message.to_bytes(), self._exchange)

    # ---------------------------------------------------------------- SIP
    def _received(self, raw: bytes, _port: int, now: float) -> None:
        try:
            message = sip.parse(raw)
        except sip.BadMessage:
            return
        caller = self._callers.get(message.get("call-id"))
        if message.is_response and caller:
            self._pending.pop(message.branch, None)
            if message.method == "INVITE":
                self._invite_answered(caller, message, now)
        elif not message.is_response and message.method != "ACK":
            self._asked(caller, message)

    def _invite_answered(self, caller: Caller, message: Message, now: float) -> None:
        if message.code in (401, 407) and caller.code == 0:
            self._acknowledge(caller, message)
            challenge = digest.read(message)
            caller.code = message.code
            value = digest.answer(
                challenge,
                method="INVITE",
                uri=caller.dialog.target,
                username=self._login.username,
                password=self._login.password,
            )
            self.ask(caller, "INVITE", self._description(), (challenge.header, value))
        elif message.code >= 200:
            self._acknowledge(caller, message)
            if not caller.answered.is_set():
                self._settle(caller, message, now)

    def _settle(self, caller: Caller, message: Message, now: float) -> None:
        caller.code = message.code
        if message.code >= 300:
            self.forget(caller)
            return
        caller.answered_at = now
        media = sip.read_media(message.body)
        if media:
            caller.remote = (media.host, media.port)
            self._by_port[media.port] = caller
            # At once: the exchange waits for the first packet of a call before it goes on.
            caller.send_packet(self._rtp)
        caller.answered.set()

    def _acknowledge(self, caller: Caller, message: Message) -> None:
        dialog = caller.dialog
        if message.code < 300:
            dialog.remote = message.get("to")
            dialog.target = sip.address(message.get("contact")) or dialog.target
            self._send(sip.request("ACK", dialog.target, self._headers(dialog, message.cseq, "ACK")))
        elif dialog.invite:
            kept = [each for each in dialog.invite.headers if each[0] in ("Via", "From", "Call-ID")]
            more = [("To", message.get("to")), ("CSeq", f"{message.cseq} ACK")]
            self._send(sip.request("ACK", dialog.target, [*kept, *more]))

    def _asked(self, caller: Caller | None, message: Message) -> None:
        body = self._description() if message.method == "INVITE" else ""
        contact = f"<sip:crowd@{self._host}:{self._sip.getsockname()[1]}>"
        self._send(sip.response(message, 200, "OK", tag=sip.token(), contact=contact, body=body))
        if caller and message.method == "BYE":
            self.forget(caller)

    # ---------------------------------------------------------------- RTP
    def _drain(self, source: socket.socket, take: Callable[[bytes, int, float], Any]) -> None:
        now = time.perf_counter()
        with suppress(BlockingIOError):
            for _ in range(512):
                raw, sender = source.recvfrom(65535)
                take(raw, sender[1], now)

    def _heard(self, raw: bytes, port: int, now: float) -> None:
        caller = self._by_port.get(port)
        if caller is None:
            return
        if not caller.first_packet_at:
            caller.first_packet_at = now
            caller.heard_something.set()
        if raw[12:] in self._beep:
            caller.beeped.set()

    async def _pace(self) -> None:
        due = time.perf_counter()
        slot = 0
        while True:
            due += TICK / _SLOTS
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            for caller in self._slots[slot]:
                caller.send_packet(self._rtp)
            slot = (slot + 1) % _SLOTS
