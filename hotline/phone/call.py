"""One call of a phone, with the verbs of a person on the telephone.

Verbs that wait take `within`, seconds; what does not happen in time raises NothingHappened (or
ears.NothingHeard), saying what happened instead. Verbs give the call back, so that they read in a row.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from hotline.phone import sip
from hotline.phone.ears import Ears, Listener
from hotline.phone.rtp import Stream
from hotline.phone.sip import Dialog, Message

if TYPE_CHECKING:
    from hotline.phone.phone import Phone

PATIENCE = 20.0


class NothingHappened(AssertionError):
    """What was waited for did not happen in time."""


class Refused(AssertionError):
    """The exchange did not take the call or the order; `code` is its answer."""

    def __init__(self, what: str, code: int) -> None:
        super().__init__(f"{what}: the exchange answered {code}")
        self.code = code


class Call:
    """A dialog and its audio. `state`: calling, ringing, talking, over."""

    def __init__(self, phone: Phone, dialog: Dialog, ears: Ears, invite: Message | None = None) -> None:
        self.phone = phone
        self.dialog = dialog
        self.invite = invite
        """What rang us; None for a call we dialled."""
        self.changed = threading.Condition()
        self.stream = Stream(phone.host, self.changed)
        self.listener = Listener(ears, self.stream.heard, self.changed)
        self.listener.over = lambda: self.state == "over"
        self.state = "ringing" if invite else "calling"
        self.code = 0
        """The last answer to our INVITE."""
        self.ended_by = ""
        """us, them, or refused"""
        self.began_at = time.monotonic()
        self.answered_at = 0.0
        self.ended_at = 0.0
        self.transfer_codes: list[int] = []
        """What the exchange told of the transfer we asked for."""
        self._description = 1

    # ---------------------------------------------------------------- who is it
    @property
    def caller_number(self) -> str:
        """The number of who rang us."""
        return sip.user_of(self.invite.get("from")) if self.invite else ""

    @property
    def caller_name(self) -> str:
        return sip.display_name(self.invite.get("from")) if self.invite else ""

    @property
    def is_over_now(self) -> bool:
        return self.state == "over"

    @property
    def first_packet_at(self) -> float:
        """When the first audio came (time.monotonic); 0 when none did."""
        arrivals = self.stream.heard.arrivals
        return arrivals[0][1] if arrivals else 0.0

    # ---------------------------------------------------------------- the call itself
    def is_ringing_there(self, within: float = PATIENCE) -> Self:
        """Wait until the other side rings (180 or 183)."""
        self._wait(lambda: self.code >= 180 or self.state != "calling", within, "ringing")
        return self

    def is_answered(self, within: float = PATIENCE) -> Self:
        """Raises Refused when the exchange turns the call away."""
        self._wait(lambda: self.state in ("talking", "over"), within, "an answer")
        if self.state == "over" and self.ended_by == "refused":
            raise Refused(f"{self.phone.user} dialled", self.code)
        return self

    def answers(self) -> Self:
        """Lift the receiver of a phone that rings."""
        if self.invite is None or self.state != "ringing":
            raise NothingHappened(f"{self.phone.user} cannot answer: the call is {self.state}")
        self._take_media(self.invite.body)
        self._become("talking")
        self.phone.answer_invite(self, self.invite, self._describe())
        return self

    def is_over(self, within: float = PATIENCE) -> Self:
        """Wait until either side has hung up."""
        self._wait(lambda: self.state == "over", within, "the end of the call")
        return self

    def hangs_up(self) -> Self:
        """End the call, whatever state it is in. Nothing happens when it is over."""
        before = self.state
        if before == "over":
            return self
        done = threading.Event()
        if before == "talking":
            self.phone.ask(self.dialog, "BYE", lambda _: done.set())
        elif self.invite:
            self.phone.reply(self.invite, 486, "Busy Here", self.dialog)
            done.set()
        else:
            self.phone.cancel(self.dialog, lambda _: done.set())
        self._end("us")
        done.wait(2.0)
        return self

    def vanishes(self) -> Self:
        """The network is gone: nothing is sent any more, no BYE either."""
        self.stream.stop_sending()
        self._end("us")
        return self

    # ---------------------------------------------------------------- what is said, pressed and heard
    def says(self, audio: bytes, *, wait: bool = True, within: float = 60.0) -> Self:
        """Speak A-law audio; wait until it is said unless told otherwise."""
        spoken = self.stream.say(audio)
        if wait:
            self._wait(lambda: spoken.is_set() or self.state == "over", within, "the end of the speech")
        return self

    def is_silent_for(self, seconds: float) -> Self:
        """Say nothing for a while; it ends early when the call does."""
        return self.says(b"\xd5" * int(seconds * 8000), within=seconds + PATIENCE)

    def presses(self, keys: str, *, hold: float = 0.1, gap: float = 0.08, wait: bool = True) -> Self:
        pressed = self.stream.press(keys, hold, gap)
        if wait:
            within = PATIENCE + len(keys) * (hold + gap)
            self._wait(lambda: pressed.is_set() or self.state == "over", within, "the keys to go out")
        return self

    def hears(self, *prompts: str, within: float = PATIENCE) -> Self:
        """Each of these prompts begins, in this order."""
        for name in prompts:
            self.listener.hears(name, within)
        return self

    def hears_all_of(self, prompt: str, within: float = 15.0) -> Self:
        """A prompt, from its beginning to its end."""
        self.listener.hears(prompt, within)
        self.listener.hears_the_end_of(prompt, within)
        return self

    def hears_any_of(self, *prompts: str, within: float = PATIENCE) -> str:
        return self.listener.hears_any_of(prompts, within)

    def hears_the_beep(self, within: float = 15.0) -> Self:
        self.listener.hears_the_beep(within)
        return self

    def hears_anything(self, within: float = PATIENCE) -> Self:
        """Audio comes, be it silence: somebody is connected."""
        heard = self.stream.heard
        already = len(heard.arrivals)
        self._wait(lambda: len(heard.arrivals) > already, within, "any audio")
        return self

    def hears_tone(self, hertz: float, within: float = PATIENCE) -> Self:
        self.listener.hears_tone(hertz, within)
        return self

    # ---------------------------------------------------------------- transfers
    def transfers_to(self, number: str, within: float = PATIENCE) -> Self:
        """The phone's transfer key: REFER; the phone hangs up once the exchange says that it is done."""
        return self._refer(f"<sip:{number}@{self.phone.exchange_name}>", within)

    def hands_over_to(self, other: Call, within: float = PATIENCE) -> Self:
        """Attended transfer: this call's other side takes the place of ours in `other` (REFER, Replaces)."""
        return self._refer(other.dialog.replaces(self.phone.exchange_name), within)

    def _refer(self, where: str, within: float) -> Self:
        extra = [("Refer-To", where), ("Referred-By", f"<{self.phone.address}>")]
        self.phone.ask(self.dialog, "REFER", self._refer_answered, extra=extra)
        self._wait(lambda: self._transfer_over() or self.state == "over", within, "the end of the transfer")
        code = self._transfer_over()
        if code >= 300:
            raise Refused(f"{self.phone.user} transferred to {where}", code)
        return self.hangs_up()

    def _refer_answered(self, response: Message) -> None:
        if response.code >= 300:
            with self.changed:
                self.transfer_codes.append(response.code)
                self.changed.notify_all()

    def _transfer_over(self) -> int:
        return next((code for code in self.transfer_codes if code >= 200), 0)

    def holds(self, within: float = PATIENCE) -> Self:
        return self._offers("sendonly", within)

    def resumes(self, within: float = PATIENCE) -> Self:
        return self._offers("sendrecv", within)

    def _offers(self, direction: str, within: float) -> Self:
        answers: list[Message] = []
        self._description += 1
        self.phone.ask(self.dialog, "INVITE", answers.append, body=self._describe(direction))
        self._wait(lambda: any(each.code >= 200 for each in answers), within, f"an answer to {direction}")
        if answers[-1].code >= 300:
            raise Refused(f"{self.phone.user} offered {direction}", answers[-1].code)
        return self

    # ---------------------------------------------------------------- what comes from the exchange
    def invite_answered(self, response: Message) -> None:
        """An answer to the INVITE by which we dialled."""
        with self.changed:
            self.code = response.code
            self.changed.notify_all()
        if response.code >= 300:
            self._end("refused")
        elif response.code >= 200 and self.state == "calling":
            self._take_media(response.body)
            self._become("talking")
        elif response.code < 200 and response.body:
            self._take_media(response.body)

    def received(self, message: Message) -> None:
        """A request inside this call. The phone has found it by its Call-ID."""
        handle: Callable[[Message], None] | None = {
            "BYE": self._received_bye,
            "CANCEL": self._received_cancel,
            "INVITE": self._received_offer,
            "NOTIFY": self._received_notify,
            "ACK": lambda _: None,
        }.get(message.method)
        if handle:
            handle(message)
        else:
            self.phone.reply(message, 200, "OK", self.dialog)

    def _received_bye(self, message: Message) -> None:
        self.phone.reply(message, 200, "OK", self.dialog)
        self._end("them")

    def _received_cancel(self, message: Message) -> None:
        self.phone.reply(message, 200, "OK", self.dialog)
        if self.invite and self.state == "ringing":
            self.phone.reply(self.invite, 487, "Request Terminated", self.dialog)
            self._end("them")

    def _received_offer(self, message: Message) -> None:
        self._take_media(message.body)
        media = sip.read_media(message.body)
        held = media is not None and media.direction in ("sendonly", "inactive")
        self.phone.answer_invite(self, message, self._describe("recvonly" if held else "sendrecv"))

    def _received_notify(self, message: Message) -> None:
        self.phone.reply(message, 200, "OK", self.dialog)
        told = re.match(r"SIP/2\.0 (\d{3})", message.body)
        if told:
            with self.changed:
                self.transfer_codes.append(int(told.group(1)))
                self.changed.notify_all()

    # ---------------------------------------------------------------- state
    def _describe(self, direction: str = "sendrecv") -> str:
        return sip.describe(self.phone.host, self.stream.port, direction, self._description)

    def offer(self) -> str:
        """Our description for the INVITE by which we dial."""
        return self._describe()

    def _take_media(self, body: str) -> None:
        media = sip.read_media(body)
        if media:
            self.stream.connect(media)

    def _become(self, state: str) -> None:
        with self.changed:
            self.state = state
            self.answered_at = time.monotonic()
            self.changed.notify_all()

    def _end(self, by: str) -> None:
        with self.changed:
            if self.state == "over":
                return
            self.state, self.ended_by, self.ended_at = "over", by, time.monotonic()
            self.changed.notify_all()
        self.stream.close()

    def _wait(self, happened: Callable[[], bool | int], within: float, what: str) -> None:
        until = time.monotonic() + within
        with self.changed:
            while not happened():
                left = until - time.monotonic()
                if left <= 0:
                    raise NothingHappened(
                        f"{self.phone.user} waited {within:g} s for {what}; the call is {self.state}, "
                        f"last answer {self.code}"
                    )
                self.changed.wait(min(left, 0.25))
