"""What happens between two steps of a call; the same for every channel.

The conversation asks the flow what comes next, has the channel do it, and tells the ledger every fact: the
call's row before anything is heard, a recording before its first sample. It never raises to the door.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from cases import facts
from cases.clean import dialled
from cases.errors import DatabaseAway
from cases.numbers import tracking_code
from cases.states import CallOutcome
from ivr.flow import State, advance
from ivr.hearing import Heard, Listener, NobodyListens
from ivr.steps import (
    Ask,
    CaseStands,
    ClaimFree,
    Ending,
    Entered,
    Entry,
    Event,
    Fault,
    HangUp,
    HungUp,
    LookUp,
    NothingPressed,
    OpenCase,
    Pressed,
    Progress,
    PromiseCallBack,
    Record,
    Recorded,
    Reword,
    Say,
    Step,
    Transfer,
)

log = logging.getLogger(__name__)

MOST_TURNS = 100
"""More turns than any caller takes: beyond it a person has to help."""
_KEYS_KEPT = 16


# ---------------------------------------------------------------- what it needs, and what it tells


@dataclass(frozen=True)
class CallFacts:
    """What the door knows of a call when it comes in."""

    call_id: str
    linked_id: str
    channel: str
    caller: str
    """As the line gave it; what is no number counts as anonymous."""
    caller_name: str = ""
    did: str = ""
    way_in: str = "direct"
    desk: str | None = None
    transferred_at: datetime | None = None
    door: str = "agi"
    case_number: str | None = None
    """The case that this call already has, when it comes back from a transfer that failed."""

    def started(self, at: datetime) -> facts.CallStarted:
        """The first fact of the call, which the caller hears from now on."""
        return facts.CallStarted(
            call_id=self.call_id,
            at=at,
            linked_id=self.linked_id,
            channel=self.channel,
            caller=dialled(self.caller),
            caller_name=self.caller_name,
            did=self.did,
            way_in=self.way_in,
            desk=self.desk,
            transferred_at=self.transferred_at,
            answered_at=at,
            door=self.door,
        )


def new_call_id() -> str:
    """For a call that comes in now."""
    return facts.new_id()


@dataclass(frozen=True)
class RecordingEnd:
    """How a recording ended. `problem` as in facts.RecordingEnded."""

    ended_by: Ending
    key: str
    seconds: float
    spoken_seconds: float
    problem: str | None = None
    cut_seconds: float = 0.0
    """Silence at the end that was heard and not kept."""
    ended: float | None = field(default=None, compare=False)
    """When it ended, by this machine's monotonic clock."""


@dataclass(frozen=True)
class Leaving:
    """What the dialplan does now. `gone`: the caller has hung up."""

    next: Literal["agent", "desk", "hangup", "gone"]
    reason: str = ""
    case_number: str | None = None


class Channel(Protocol):
    """One caller's line. Nothing here raises because the caller hung up: that is an event."""

    def say(self, step: Say) -> Pressed | HungUp | None: ...

    def ask(self, step: Ask) -> Pressed | NothingPressed | HungUp: ...

    def record(self, path: str, keys: str) -> RecordingEnd:
        """`path` is relative to the recordings folder."""
        ...


class Ledger(Protocol):
    """Where facts are told (hotline/ledger.py)."""

    def record(self, *facts: facts.Fact) -> None:
        """Keep them, whatever is away. Never raises."""
        ...

    def reserve_number(self) -> str | None: ...

    def progress(self, number: str) -> str | None:
        """The case's state, None when there is no such case. Raises DatabaseAway."""
        ...


# ---------------------------------------------------------------- the conversation


class Conversation:
    """One caller's way through the flow. `spoken_second`: how much speech makes a message a request."""

    def __init__(
        self,
        channel: Channel,
        ledger: Ledger,
        now: Callable[[], datetime],
        *,
        spoken_second: float = 1.0,
        listener: Listener | None = None,
    ) -> None:
        self._channel = channel
        self._ledger = ledger
        self._now = now
        self._spoken_second = spoken_second
        self._listener = listener or NobodyListens()

    def run(self, call: CallFacts, entry: Entry = "start") -> Leaving:
        """From the entry to the transfer or the end. Never raises."""
        visit = _Visit(self._channel, self._ledger, self._now, self._spoken_second, self._listener, call)
        try:
            return visit.run(entry)
        except Exception as error:
            # The net under the net: whatever it is, a person takes the caller.
            log.error("a conversation failed: %s", type(error).__name__)
            return Leaving("agent", "fault", call.case_number)


class _Visit:
    def __init__(
        self,
        channel: Channel,
        ledger: Ledger,
        now: Callable[[], datetime],
        spoken_second: float,
        listener: Listener,
        call: CallFacts,
    ) -> None:
        self._channel = channel
        self._ledger = ledger
        self._now = now
        self._spoken_second = spoken_second
        self._listener = listener
        self._call = call
        self._case_number = call.case_number
        self._recording_id: str | None = None
        self._heard: Heard | None = None
        self._outcome = CallOutcome.HUNG_UP
        self._leaving: Leaving | None = None

    def run(self, entry: Entry) -> Leaving:
        if entry == "start":
            self._begin()
        state = State()
        event: Event = Entered(entry, self._case_number)
        for _ in range(MOST_TURNS):
            state, next_event = self._turn(state, event)
            if self._leaving is not None or next_event is None:
                break
            event = next_event
        leaving = self._leaving or Leaving("agent", "lost", self._case_number)
        if leaving.next in ("hangup", "gone"):
            self._tell(facts.CallEnded(call_id=self._call.call_id, at=self._now(), outcome=self._outcome))
        return leaving

    def _begin(self) -> None:
        # One fact and no more: the caller waits for it.
        self._tell(self._call.started(self._now()))

    def _turn(self, state: State, event: Event) -> tuple[State, Event | None]:
        """One row of the table. A fault of ours is an event like any other: the caller hears something."""
        try:
            after, steps = advance(state, event)
            return after, self._take(steps, gone=_hung_up(event))
        except Exception as error:
            log.error("a step of the conversation failed: %s at %s", type(error).__name__, state.node)
            self._outcome = CallOutcome.FAILED
            self._note(facts.FAULT, node=state.node, kind=type(error).__name__)
            if isinstance(event, Fault):
                self._leaving = Leaving("agent", "fault", self._case_number)
            return state, Fault()

    def _take(self, steps: tuple[Step, ...], *, gone: bool) -> Event | None:
        """Take the steps until one answers; the rest of the steps is then out of date."""
        for step in steps:
            answer = self._do(step)
            if answer is not None and not gone:
                return answer
            if self._leaving is not None:
                return None
        self._leaving = Leaving("gone" if gone else "hangup", case_number=self._case_number)
        return None

    def _do(self, step: Step) -> Event | None:
        match step:
            case Say():
                return self._noted(self._channel.say(step))
            case Ask():
                return self._noted(self._channel.ask(step))
            case Record(keys=keys):
                return self._record(keys)
            case OpenCase():
                return self._open_case()
            case Reword():
                return self._reword()
            case ClaimFree():
                self._note("free_claimed")
            case PromiseCallBack(reason=reason):
                self._tell(facts.CallBackPromised(call_id=self._call.call_id, at=self._now(), reason=reason))
            case LookUp(number=number):
                return self._look_up(number)
            case Transfer(to=to, reason=reason):
                self._transfer(to, reason)
            case HangUp():
                self._leaving = Leaving("hangup", case_number=self._case_number)
        return None

    def _noted(self, answer: Event | None) -> Event | None:
        if isinstance(answer, Pressed):
            self._note("keys", keys=answer.digits[:_KEYS_KEPT])
        return answer

    def _record(self, keys: str) -> Recorded:
        recording_id, at = facts.new_id(), self._now()
        path = f"{at:%Y/%m/%d}/{recording_id}.wav"
        call_id = self._call.call_id
        self._tell(facts.RecordingStarted(call_id=call_id, at=at, recording_id=recording_id, path=path))
        listens = self._listener.begin(
            recording_id, call_id, {"citizen": self._call.channel}, offer_danger=True
        )
        end = self._channel.record(path, keys)
        heard = (
            self._listener.end(recording_id, end.seconds + end.cut_seconds, end.ended) if listens else None
        )
        spoken = end.spoken_seconds >= self._spoken_second
        self._tell(
            facts.RecordingEnded(
                call_id=call_id,
                at=self._now(),
                recording_id=recording_id,
                ended_by=end.ended_by,
                seconds=end.seconds,
                spoken_seconds=end.spoken_seconds,
                problem=end.problem,
                heard=heard.as_fact() if heard else {},
            )
        )
        self._recording_id, self._heard = recording_id, heard if spoken else None
        return Recorded(end.ended_by, end.key, spoken, danger=bool(self._heard and self._heard.danger))

    def _open_case(self) -> CaseStands:
        number = self._ledger.reserve_number()
        self._tell(
            facts.CaseOpened(
                call_id=self._call.call_id,
                at=self._now(),
                number=number or "",
                tracking_code=tracking_code(),
                recording_id=self._recording_id,
                **self._words(),
            )
        )
        self._case_number = number or self._case_number
        return self._stands(number)

    def _reword(self) -> CaseStands:
        if self._case_number is None or self._recording_id is None:
            return self._open_case()
        self._tell(
            facts.CaseReworded(
                call_id=self._call.call_id,
                at=self._now(),
                recording_id=self._recording_id,
                **self._words(),
            )
        )
        return self._stands(self._case_number)

    def _words(self) -> dict[str, Any]:
        """What was heard in the last recording, as facts tell it."""
        heard = self._heard
        return {"text": heard.text if heard else "", "danger": bool(heard and heard.danger)}

    def _stands(self, number: str | None) -> CaseStands:
        self._outcome = CallOutcome.MESSAGE
        heard = self._heard
        if heard is None:
            return CaseStands(number)
        self._listener.sort(self._recording_id or "")
        return CaseStands(number, heard.read_back, charged=bool(heard.read_back) and heard.charged)

    def _look_up(self, number: str) -> Progress:
        try:
            found = self._ledger.progress(number)
        except DatabaseAway:
            return Progress(None, away=True)
        if found is not None and self._outcome is CallOutcome.HUNG_UP:
            self._outcome = CallOutcome.PROGRESS_TOLD
        return Progress(found)

    def _transfer(self, to: Literal["agent", "desk"], reason: str) -> None:
        self._note("transfer", to=to, reason=reason)
        if to == "desk":
            heard = self._words()["text"]
            self._tell(
                facts.HandedBack(call_id=self._call.call_id, at=self._now(), reason=reason, heard=heard)
            )
        self._leaving = Leaving(to, reason, self._case_number)

    def _note(self, what: str, **detail: str) -> None:
        self._tell(
            facts.CallNoted(call_id=self._call.call_id, at=self._now(), what=what, detail=dict(detail))
        )

    def _tell(self, *told: facts.Fact) -> None:
        self._ledger.record(*told)


def _hung_up(event: Event) -> bool:
    return isinstance(event, HungUp) or (isinstance(event, Recorded) and event.ended_by == "hangup")
