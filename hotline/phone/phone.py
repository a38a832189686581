"""A SIP telephone that a script moves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hotline.phone import digest, sip
from hotline.phone.call import PATIENCE, Call, NothingHappened, Refused
from hotline.phone.ears import Ears
from hotline.phone.line import Line
from hotline.phone.sip import Dialog, Message

_NO_EARS = Ears(Path("/nonexistent"))


@dataclass(frozen=True)
class Login:
    """The digest account. Its name need not be the number in From: a trunk passes on other people's calls."""

    username: str
    password: str


class Phone:
    """One telephone: a number, an account at the exchange, and any number of calls.

    Ports are taken where the machine has free ones. Close it (or use `with`): that ends its calls, takes back
    its registration and stops its threads.
    """

    def __init__(
        self,
        user: str,
        exchange: tuple[str, int],
        *,
        login: Login | None = None,
        name: str = "",
        asserted: str = "",
        ears: Ears | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.user, self.name, self.asserted = user, name, asserted
        self.exchange, self.host, self.login = exchange, host, login
        self.ears = ears or _NO_EARS
        self.exchange_name = f"{exchange[0]}:{exchange[1]}"
        self.calls: list[Call] = []
        self.declines = False
        """Answer every call with 486: the desk is busy."""
        self.others = 0
        """How many other telephones are registered with the same account."""
        self._changed = threading.Condition()
        self._ringing: list[Call] = []
        self._registered = False
        self._registration = self._dialog(f"sip:{self.exchange_name}", self.user)
        self._line = Line(host, exchange, self._received)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up, take the registration back, give the ports back. May be called twice."""
        for call in list(self.calls):
            call.hangs_up()
        if self._registered:
            self._register(0)
        self._line.close()

    @property
    def address(self) -> str:
        return f"sip:{self.user}@{self.host}:{self._line.port}"

    # ---------------------------------------------------------------- verbs
    def registers(self, within: float = PATIENCE) -> Self:
        """Tell the exchange where this phone is. Raises Refused (wrong password, unknown account)."""
        self._registered = True
        code = self._register(600, within)
        if code != 200:
            self._registered = False
            raise Refused(f"{self.user} registered", code)
        return self

    def _register(self, seconds: int, within: float = 2.0) -> int:
        answers: list[int] = []
        done = threading.Event()

        def answered(response: Message) -> None:
            answers.append(response.code)
            self.others = max(0, len(response.all("contact")) - 1)
            if response.code >= 200:
                done.set()

        self.ask(self._registration, "REGISTER", answered, extra=[("Expires", str(seconds))])
        done.wait(within)
        return answers[-1] if answers else 408

    def dials(self, number: str) -> Call:
        """Send the INVITE; `call.is_answered()` waits for the answer."""
        dialog = self._dialog(f"sip:{number}@{self.exchange_name}", number)
        call = self._keep(Call(self, dialog, self.ears))
        extra = [("P-Asserted-Identity", f"<sip:{self.asserted}@{self.host}>")] if self.asserted else []
        self.ask(dialog, "INVITE", call.invite_answered, extra=extra, body=call.offer())
        return call

    def is_rung(self, within: float = PATIENCE) -> Call:
        """Wait until somebody rings this phone."""
        until = time.monotonic() + within
        with self._changed:
            while not (ringing := [each for each in self._ringing if each.state == "ringing"]):
                left = until - time.monotonic()
                if left <= 0:
                    raise NothingHappened(f"nobody rang {self.user} within {within:g} s")
                self._changed.wait(min(left, 0.25))
        return ringing[0]

    def answers(self, within: float = PATIENCE) -> Call:
        """Wait until somebody rings, and lift the receiver."""
        return self.is_rung(within).answers()

    @property
    def was_rung(self) -> int:
        """How often this phone has been rung."""
        return len(self._ringing)

    # ---------------------------------------------------------------- requests of ours
    def ask(
        self,
        dialog: Dialog,
        method: str,
        answered: Callable[[Message], None],
        *,
        extra: Sequence[tuple[str, str]] = (),
        body: str = "",
    ) -> None:
        """Send a request; sign it when the exchange asks for that; tell `answered` every other answer."""
        sent = self._request(dialog, method, extra, body)

        def sign(response: Message) -> None:
            if response.code not in (401, 407) or self.login is None:
                settle(sent, response)
                return
            if method == "INVITE":
                self._line.send(self._ack_of_refusal(sent, response))
            signature = self._signature(response, method, dialog.target, self.login)
            again = self._request(dialog, method, [*extra, signature], body)
            self._line.request(again, lambda answer: settle(again, answer))

        def settle(message: Message, response: Message) -> None:
            if method == "INVITE":
                self._settle_invite(dialog, message, response)
            answered(response)

        self._line.request(sent, sign)

    def _settle_invite(self, dialog: Dialog, message: Message, response: Message) -> None:
        if response.code >= 300:
            self._line.send(self._ack_of_refusal(message, response))
        elif response.code >= 200:
            dialog.remote = response.get("to")
            dialog.target = sip.address(response.get("contact")) or dialog.target
            self._line.send(self._ack(dialog, response.cseq))

    def cancel(self, dialog: Dialog, answered: Callable[[Message], None]) -> None:
        """Take back an INVITE that is not answered yet."""
        if dialog.invite:
            cseq = ("CSeq", f"{dialog.invite.cseq} CANCEL")
            kept = [each for each in dialog.invite.headers if each[0] in ("Via", "From", "To", "Call-ID")]
            self._line.request(sip.request("CANCEL", dialog.target, [*kept, cseq]), answered)

    def reply(self, message: Message, code: int, reason: str, dialog: Dialog, body: str = "") -> None:
        tag = sip.tag_of(dialog.local)
        self._line.send(sip.response(message, code, reason, tag=tag, contact=f"<{self.address}>", body=body))

    def answer_invite(self, call: Call, message: Message, body: str) -> None:
        """200 to an INVITE, until its ACK is here."""
        answer = sip.response(
            message, 200, "OK", tag=sip.tag_of(call.dialog.local), contact=f"<{self.address}>", body=body
        )
        self._line.insist(_ack_key(message), answer)

    # ---------------------------------------------------------------- what comes from the exchange
    def _received(self, message: Message) -> None:
        call = next((each for each in self.calls if each.dialog.call_id == message.get("call-id")), None)
        if message.is_response:
            if call and message.method == "INVITE" and 200 <= message.code < 300:
                self._line.send(self._ack(call.dialog, message.cseq))
        elif message.method == "ACK":
            self._line.relent(_ack_key(message))
        elif call and (message.method != "INVITE" or sip.tag_of(message.get("to"))):
            call.received(message)
        elif call:
            self.reply(message, 180, "Ringing", call.dialog)
        elif message.method == "INVITE":
            self._rung(message)
        else:
            self.reply(message, 200 if message.method == "OPTIONS" else 481, "OK", self._registration)

    def _rung(self, message: Message) -> None:
        dialog = Dialog(
            message.get("call-id"),
            local=f"{message.get('to')};tag={sip.token()}",
            remote=message.get("from"),
            target=sip.address(message.get("contact")),
        )
        if self.declines:
            self.reply(message, 486, "Busy Here", dialog)
            return
        call = self._keep(Call(self, dialog, self.ears, message))
        self.reply(message, 180, "Ringing", dialog)
        with self._changed:
            self._ringing.append(call)
            self._changed.notify_all()

    def _keep(self, call: Call) -> Call:
        self.calls.append(call)
        return call

    # ---------------------------------------------------------------- messages
    def _dialog(self, target: str, number: str) -> Dialog:
        local = f"<sip:{self.user}@{self.host}>;tag={sip.token()}"
        if self.name:
            local = f"{sip.quoted(self.name)} {local}"
        return Dialog(sip.token(20), local, f"<sip:{number}@{self.exchange[0]}>", target)

    def _request(self, dialog: Dialog, method: str, extra: Sequence[tuple[str, str]], body: str) -> Message:
        dialog.cseq += 1
        message = sip.request(
            method, dialog.target, [*self._headers(dialog, dialog.cseq, method), *extra], body
        )
        if method == "INVITE":
            dialog.invite = message
        return message

    def _headers(self, dialog: Dialog, cseq: int, method: str) -> list[tuple[str, str]]:
        via = f"SIP/2.0/UDP {self.host}:{self._line.port};rport;branch=z9hG4bK{sip.token(16)}"
        return [
            ("Via", via),
            ("From", dialog.local),
            ("To", dialog.remote),
            ("Call-ID", dialog.call_id),
            ("CSeq", f"{cseq} {method}"),
            ("Contact", f"<{self.address}>"),
            ("Allow", sip.ALLOW),
        ]

    def _ack(self, dialog: Dialog, cseq: int) -> Message:
        return sip.request("ACK", dialog.target, self._headers(dialog, cseq, "ACK"))

    def _ack_of_refusal(self, invite: Message, response: Message) -> Message:
        # It belongs to the refused transaction: the same Via, the To of the answer.
        kept = [each for each in invite.headers if each[0] in ("Via", "From", "Call-ID")]
        more = [("To", response.get("to")), ("CSeq", f"{response.cseq} ACK")]
        return sip.request("ACK", invite.start.split(" ")[1], [*kept, *more])

    @staticmethod
    def _signature(response: Message, method: str, uri: str, login: Login) -> tuple[str, str]:
        challenge = digest.read(response)
        value = digest.answer(
            challenge, method=method, uri=uri, username=login.username, password=login.password
        )
        return challenge.header, value


def _ack_key(message: Message) -> str:
    return f"{message.get('call-id')} {message.cseq} ACK"
