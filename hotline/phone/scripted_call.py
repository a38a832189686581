"""A whole scripted call over the running system: a citizen dials 110, a desk passes it on, 民生110 takes it.

Real parts all the way: SIP and RTP to the exchange, the desk's own key, REFER or an ordered redirect. What
the citizen heard is told afterwards from the audio, with the moment of each prompt.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from cases.queries import calls_list
from hotline.ami import AmiError
from hotline.phone.accounts import Accounts, accounts
from hotline.phone.call import Call, NothingHappened, Refused
from hotline.phone.ears import Ears, NothingHeard
from hotline.phone.phone import Login, Phone
from hotline.phone.voice import Voice
from hotline.redirect import NothingToPassOn, redirect
from hotline.settings import Settings
from hotline.wiring import Wiring

GREETING, NUMBER_IS, DIGIT = "greeting", "your_number", "digit_"
GREETINGS_KEYS = "029"
"""The choices of the greeting: they are pressed there, everything else after the speech."""
CITIZEN = "13800110110"
_PATIENCE = 15.0
_LONGEST = 300.0
_ROW_PATIENCE = 10.0
Transfer = Literal["key", "refer", "redirect"]


class CallFailed(Exception):
    """The scripted call did not go as it should; one line says where."""


@dataclass(frozen=True)
class Order:
    """What the citizen and the desk are to do."""

    say: str = ""
    keys: str = ""
    hangup_after: float | None = None
    """Seconds from the moment the citizen begins to speak, or to press keys in the greeting."""
    transfer: Transfer = "key"
    caller: str = CITIZEN

    def at_the_greeting(self) -> list[str]:
        """Keys for the greeting, in pieces: each next one waits for the next prompt."""
        if self.keys and (not self.say or self.keys[0] in GREETINGS_KEYS):
            return self.keys.split(",")
        return []

    def begins_with_speech(self) -> bool:
        """Whether the first thing the citizen does is to speak."""
        return bool(self.say) and not self.at_the_greeting()

    def after_the_speech(self) -> list[str]:
        return [] if self.at_the_greeting() or not self.keys else self.keys.split(",")


@dataclass
class Story:
    """What happened, each thing at its second since the citizen dialled."""

    began: float = field(default_factory=time.monotonic)
    steps: list[dict[str, Any]] = field(default_factory=list)

    def tell(self, who: str, what: str, detail: str = "", at: float | None = None) -> None:
        moment = time.monotonic() if at is None else at
        self.steps.append({"at": round(moment - self.began, 2), "who": who, "what": what, "detail": detail})

    def in_order(self) -> list[dict[str, Any]]:
        return sorted(self.steps, key=lambda step: step["at"])


class ScriptedCall:
    """One call, from dialling to the row in the database.

    `redirect(desk)` orders the exchange to pass on whom this desk is talking to.
    """

    def __init__(
        self, settings: Settings, wiring: Wiring, voice: Voice, redirect: Callable[[str], object]
    ) -> None:
        self._settings, self._wiring, self._voice, self._redirect = settings, wiring, voice, redirect
        self._accounts: Accounts = accounts(settings)
        self._ears = Ears(settings.prompt_sounds)
        self._story = Story()

    def run(self, order: Order) -> dict[str, Any]:
        """Place the call: {"case", "outcome", "steps", "seconds"}. Raises CallFailed."""
        began = self._wiring.now()
        speech = self._voice.says(order.say) if order.say else b""
        try:
            with ExitStack() as phones:
                desk = phones.enter_context(self._desk_phone())
                citizen = phones.enter_context(self._citizen_phone(order.caller))
                call = self._reach_the_hotline(citizen, desk, order.transfer)
                _Visit(self._story, call, desk, order, speech).run()
        except (NothingHappened, NothingHeard, Refused, AmiError, NothingToPassOn) as error:
            raise CallFailed(str(error)) from error
        heard = self._tell_what_was_heard(call)
        seconds = round(call.ended_at - call.began_at, 1)
        return {**self._row(order.caller, began, heard), "steps": self._story.in_order(), "seconds": seconds}

    # ---------------------------------------------------------------- to 110 and on
    def _desk_phone(self) -> Phone:
        login = self._accounts.desks[0]
        phone = Phone(login.username, self._accounts.exchange, login=login, ears=self._ears)
        phone.registers()
        if phone.others:
            self._story.tell("desk", "shares its account", f"{phone.others} other telephones registered")
        return phone

    def _citizen_phone(self, number: str) -> Phone:
        trunk: Login | None = self._accounts.trunk
        return Phone(number, self._accounts.exchange, login=trunk, ears=self._ears)

    def _reach_the_hotline(self, citizen: Phone, desk: Phone, transfer: Transfer) -> Call:
        self._story.began = time.monotonic()
        call = citizen.dials(self._accounts.dids["police"])
        self._story.tell("citizen", "dialled", self._accounts.dids["police"])
        at_desk = desk.answers(_PATIENCE)
        self._story.tell("desk", "answered", at_desk.caller_number)
        call.is_answered(_PATIENCE)
        at_desk.says(self._voice.says("您好,这里是110。"))
        self._story.tell("desk", "talked")
        self._pass_on(at_desk, transfer)
        return call

    def _pass_on(self, at_desk: Call, transfer: Transfer) -> None:
        detail = {"key": self._accounts.desk_key, "refer": self._accounts.dids["hotline"], "redirect": ""}
        self._story.tell("desk", "passed the caller on", f"{transfer} {detail[transfer]}".strip())
        if transfer == "key":
            at_desk.presses(self._accounts.desk_key).is_over(_PATIENCE)
        elif transfer == "refer":
            at_desk.transfers_to(self._accounts.dids["hotline"], _PATIENCE)
        else:
            self._redirect(at_desk.phone.user)
            at_desk.is_over(_PATIENCE)
        self._story.tell("desk", "was free again")

    # ---------------------------------------------------------------- what came of it
    def _tell_what_was_heard(self, call: Call) -> str:
        """Adds the prompts to the story; gives back the digits after the number's announcement."""
        heard = call.stream.heard
        number, collecting = "", False
        for each in self._ears.prompts_in(heard.audio):
            if not each.name.startswith(DIGIT):
                collecting = each.name == NUMBER_IS and not number
            elif collecting:
                number += each.name.removeprefix(DIGIT)
            self._story.tell("citizen", "heard", each.name, heard.moment(each.offset))
        return number

    def _row(self, caller: str, since: datetime, heard: str) -> dict[str, Any]:
        row = self._ended_row(caller, since)
        number = row["case"]
        if heard and heard != number:
            raise CallFailed(f"the citizen heard the number {heard}, the call's case is {number}")
        return {"case": number, "outcome": str(row["outcome"])}

    def _ended_row(self, caller: str, since: datetime) -> dict[str, Any]:
        until = time.monotonic() + _ROW_PATIENCE
        while True:
            with self._wiring.reading() as unit:
                rows = [row for row in calls_list(unit.session) if row["caller"] == caller]
            mine = [row for row in rows if row["started"] >= since]
            if mine and mine[0]["ended"]:
                return mine[0]
            if time.monotonic() > until:
                what = "has not ended" if mine else "is not there"
                raise CallFailed(f"the call's row {what} {_ROW_PATIENCE:g} s after the call")
            time.sleep(0.1)  # between two looks at the database


class _Visit:
    """The citizen at 民生110: presses, hears, speaks, hangs up; the desk takes it back when it is rung."""

    def __init__(self, story: Story, call: Call, desk: Phone, order: Order, speech: bytes) -> None:
        self._story, self._call, self._desk, self._order, self._speech = story, call, desk, order, speech
        self._until = time.monotonic() + _LONGEST
        self._hang_up_at: float | None = None

    def run(self) -> None:
        self._call.listener.hears(GREETING, _PATIENCE)
        if not self._order.begins_with_speech():
            self._start_the_clock()
        self._press(self._order.at_the_greeting())
        while not self._finished():
            if self._speech and self._call.listener.beeped_now():
                self._speak()
            self._answer_at_the_desk()
            with self._call.changed:
                self._call.changed.wait(0.1)
        who = "citizen" if self._call.ended_by == "us" else "exchange"
        self._story.tell(who, "hung up")

    def _finished(self) -> bool:
        if self._call.is_over_now:
            return True
        now = time.monotonic()
        if now > self._until:
            raise CallFailed(f"the call was not over after {_LONGEST:g} s")
        if self._hang_up_at is not None and now >= self._hang_up_at:
            self._call.hangs_up()
        return self._call.is_over_now

    def _start_the_clock(self) -> None:
        if self._order.hangup_after is not None:
            self._hang_up_at = time.monotonic() + self._order.hangup_after

    def _speak(self) -> None:
        self._start_the_clock()
        self._story.tell("citizen", "said", self._order.say)
        spoken = self._call.stream.say(self._speech)
        self._speech = b""
        while not spoken.is_set() and not self._finished():
            spoken.wait(0.05)
        self._press(self._order.after_the_speech())

    def _press(self, pieces: list[str]) -> None:
        for count, keys in enumerate(pieces):
            if count:
                self._call.listener.hears_something_new(_PATIENCE)
            if not self._call.is_over_now:
                self._story.tell("citizen", "pressed", keys)
                self._call.presses(keys)

    def _answer_at_the_desk(self) -> None:
        ringing = [each for each in self._desk.calls if each.state == "ringing"]
        for each in ringing:
            each.answers()
            self._story.tell("desk", "answered", each.caller_number)
            each.is_silent_for(1.0).hangs_up()
            self._story.tell("desk", "hung up")


def place(settings: Settings, order: Order, voices: Path | None = None) -> dict[str, Any]:
    """Place a scripted call over the running system. Raises CallFailed, NotHere, Voiceless."""
    from hotline.host.tools import espeak
    from hotline.wiring import build

    voice = Voice(espeak(settings.cache_dir), voices or settings.cache_dir / "voices")
    wiring = build(settings)
    try:
        return ScriptedCall(settings, wiring, voice, lambda desk: redirect(settings, desk)).run(order)
    finally:
        wiring.close()
