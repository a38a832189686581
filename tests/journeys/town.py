"""The town in which the journeys happen: one running system, telephones, and what is on record of a call."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select

from cases.model import Call as CallRow
from cases.model import CallBack, CallEvent, DeskNote, Recording
from cases.queries import calls_list, case_detail, cases_list
from hotline.ami import connect
from hotline.phone import alaw
from hotline.phone.accounts import accounts
from hotline.phone.call import Call
from hotline.phone.ears import Ears
from hotline.phone.phone import Login, Phone
from hotline.phone.voice import Voice
from hotline.settings import Settings
from hotline.supervisor import Supervisor
from hotline.wiring import Wiring

T = TypeVar("T")
COMPLAINT = "昭阳街道下水道堵了。"
STANDS = ("accepted", "sorted")
"""The states of a case that nobody has touched yet: once its words are known it is sorted by itself."""
SHORT = {
    "desk_ring_seconds": 2,
    "agent_wait_seconds": 3,
    "wrap_up_seconds": 0,
    "message_seconds": 9,
    "message_silence_seconds": 2,
    "sweep_seconds": 0.5,
    "survey_ring_seconds": 5,
}
"""Limits that keep the journeys short."""
_NOT_IN_USE = "1"
"""Asterisk's AST_DEVICE_NOT_INUSE."""
_NUMBERS = count(13800200001)


def wait_for(what: str, happened: Callable[[], T | None], within: float = 10.0) -> T:
    """Look again and again until there is something to see; fails with `what` was waited for."""
    until = time.monotonic() + within
    while not (found := happened()):
        if time.monotonic() > until:
            raise AssertionError(f"waited {within:g} s for {what}")
        time.sleep(0.05)
    return found


class Citizen(Phone):
    """Anybody in town; each has a number of his own, so that one journey never meets another's rows."""


class Town:
    """Telephones for one journey; leave it and every receiver is hung up."""

    def __init__(self, supervisor: Supervisor, wiring: Wiring, voice: Voice) -> None:
        self.supervisor, self.wiring, self.voice = supervisor, wiring, voice
        self.settings: Settings = supervisor.settings
        self.accounts = accounts(self.settings)
        self.ears = Ears(self.settings.prompt_sounds)
        self._phones = ExitStack()

    def close(self) -> None:
        self._phones.close()

    # ---------------------------------------------------------------- people
    def citizen(self, number: str | None = None, name: str = "") -> Citizen:
        number = number if number is not None else str(next(_NUMBERS))
        phone = Citizen(number, self.accounts.exchange, login=self.accounts.trunk, name=name, ears=self.ears)
        return self._phones.enter_context(phone)

    def desk(self, which: int = 1) -> Phone:
        return self._registered(self.accounts.desks[which - 1])

    def agent(self, which: int = 1) -> Phone:
        """An agent's telephone that the queue knows to be free; it hears of a registration a moment later."""
        phone = self._registered(self.accounts.agents[which - 1])
        wait_for(f"{phone.user} to be free in the queue", lambda: self._is_free(phone.user))
        return phone

    def _is_free(self, agent: str) -> bool:
        with connect(self.settings) as ami:
            members = ami.listed("QueueStatus", Queue="agents", Member=f"PJSIP/{agent}")
        return any(each.get("Status") == _NOT_IN_USE for each in members)

    def _registered(self, login: Login) -> Phone:
        phone = Phone(login.username, self.accounts.exchange, login=login, ears=self.ears)
        return self._phones.enter_context(phone).registers()

    # ---------------------------------------------------------------- ways in
    def dials_110(self, citizen: Phone, desk: Phone) -> tuple[Call, Call]:
        """A citizen and a desk talk to each other: (the citizen's call, the desk's)."""
        call = citizen.dials(self.settings.police_did)
        at_desk = desk.answers().hears_anything()
        call.is_answered().hears_anything()
        return call, at_desk

    def passed_on(self, citizen: Phone, desk: Phone) -> Call:
        """A citizen dials 110, the desk presses its key: the citizen's call."""
        call, at_desk = self.dials_110(citizen, desk)
        at_desk.presses(self.settings.desk_key).is_over()
        return call

    def dials_the_hotline(self, citizen: Phone) -> Call:
        """The short way in, for journeys that are about what follows."""
        return citizen.dials(self.settings.hotline_did).is_answered()

    def redirects(self, desk: Phone) -> None:
        """The exchange is ordered to pass on whom this desk is talking to."""
        from hotline.redirect import redirect

        redirect(self.settings, desk.user)

    @staticmethod
    def tone(hertz: float, seconds: float = 3.0) -> bytes:
        """What a party says in a conversation in which it must be told from the others."""
        return alaw.tone(hertz, seconds)

    # ---------------------------------------------------------------- what is on record
    def call_row(self, citizen: Phone) -> dict[str, Any] | None:
        with self.wiring.reading() as unit:
            rows = calls_list(unit.session, limit=1000)
        return next((row for row in rows if row["caller"] == citizen.user), None)

    def ended_call(self, citizen: Phone, within: float = 10.0) -> dict[str, Any]:
        """The row of this citizen's last call, once it has ended."""

        def ended() -> dict[str, Any] | None:
            row = self.call_row(citizen)
            return row if row and row["ended"] else None

        return wait_for(f"the end of the call of {citizen.user}", ended, within)

    def case_of(self, citizen: Phone, within: float = 10.0) -> dict[str, Any]:
        """The case of this citizen's last call, whole, once its recording is settled."""

        def settled() -> dict[str, Any] | None:
            row = self.call_row(citizen)
            if not row or not row["case"]:
                return None
            with self.wiring.reading() as unit:
                found = case_detail(unit.session, row["case"])
            going_on = found and found["recording"] and found["recording"]["state"] == "recording"
            return None if going_on else found

        return wait_for(f"the case of {citizen.user}", settled, within)

    def cases_of(self, citizen: Phone) -> list[dict[str, Any]]:
        """All cases of this citizen."""
        with self.wiring.reading() as unit:
            return cases_list(unit.session, caller=citizen.user)

    def case_numbered(self, number: str) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            with self.wiring.reading() as unit:
                return case_detail(unit.session, number)

        return wait_for(f"the case {number}", found)

    def call_back_of(self, citizen: Phone) -> str | None:
        """Why somebody will ring this citizen; None when nobody will."""
        with self.wiring.reading() as unit:
            return unit.session.scalar(
                select(CallBack.reason).join(CallRow).where(CallRow.caller == citizen.user)
            )

    def events_of(self, citizen: Phone) -> list[str]:
        with self.wiring.reading() as unit:
            return list(
                unit.session.scalars(
                    select(CallEvent.what)
                    .join(CallRow)
                    .where(CallRow.caller == citizen.user)
                    .order_by(CallEvent.id)
                )
            )

    def desk_note_of(self, citizen: Phone) -> DeskNote | None:
        with self.wiring.reading() as unit:
            return unit.session.scalar(select(DeskNote).join(CallRow).where(CallRow.caller == citizen.user))

    def recordings_of(self, citizen: Phone) -> list[Recording]:
        with self.wiring.reading() as unit:
            rows = select(Recording).join(CallRow).where(CallRow.caller == citizen.user)
            return list(unit.session.scalars(rows))

    # ---------------------------------------------------------------- the logs
    def logs_hold(self, *secrets: str) -> list[str]:
        """Which of these words stand in which log, Asterisk's own included, as `file: word`."""
        found = []
        for path in self._logs():
            text = path.read_text("utf-8", "replace")
            found += [f"{path.name}: {word}" for word in secrets if word in text]
        return found

    def _logs(self) -> list[Path]:
        folders = (self.settings.log_dir, self.settings.asterisk_dir / "log")
        return [path for folder in folders for path in folder.rglob("*") if path.is_file()]
