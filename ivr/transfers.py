"""What is told of a call after it has left the conversation: who took it, and its end.

An agent's talk is recorded from the moment the agent answers, and it is a case like a message is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from cases import facts
from cases.numbers import tracking_code
from cases.states import CallOutcome
from ivr.conversation import CallFacts, Ledger
from ivr.hearing import Listener, NobodyListens
from ivr.sounds import Sounds


class Transfers:
    """Tells the ledger. `now` is the edge's clock."""

    def __init__(self, ledger: Ledger, now: Callable[[], datetime], listener: Listener | None = None) -> None:
        self._ledger = ledger
        self._now = now
        self._listener = listener or NobodyListens()

    def began_at_a_desk(self, call: CallFacts) -> None:
        """A desk brought the caller to an agent by itself: the call begins here."""
        self._ledger.record(call.started(self._now()))

    def agent_answered(
        self, call_id: str, agent: str, channel: str, citizen_channel: str, talk: str, case_number: str
    ) -> str:
        """`talk`: the recording's path without `.wav`. -> the case's number, empty when none could be had."""
        at = self._now()
        recording_id = _id(talk)
        told: list[facts.Fact] = [
            facts.AgentConnected(call_id=call_id, at=at, agent=agent, channel=channel),
            facts.RecordingStarted(call_id=call_id, at=at, recording_id=recording_id, path=f"{talk}.wav"),
        ]
        if not case_number:
            case_number = self._ledger.reserve_number() or ""
            told.append(
                facts.CaseOpened(
                    call_id=call_id,
                    at=at,
                    number=case_number,
                    tracking_code=tracking_code(),
                    recording_id=recording_id,
                )
            )
        self._ledger.record(*told)
        self._listener.begin(recording_id, call_id, {"citizen": citizen_channel, "agent": channel})
        return case_number

    def agent_left(self, call_id: str, talk: str, sound: Sounds, *, call_ends: bool) -> None:
        """The talk is over. `call_ends`: a desk had brought the caller by itself, so the call is over too."""
        heard = self._listener.end(_id(talk), sound.seconds)
        ended = facts.RecordingEnded(
            call_id=call_id,
            at=self._now(),
            recording_id=_id(talk),
            ended_by="hangup",
            seconds=sound.seconds,
            spoken_seconds=sound.spoken_seconds,
            problem=sound.problem,
            heard=heard.as_fact() if heard else {},
        )
        self._ledger.record(ended)
        if heard:
            self._listener.sort(_id(talk))
        if call_ends:
            self.ended(call_id)

    def desk_answered(self, call_id: str, desk: str, status: str) -> None:
        """How the way back to 110 ended: the desk that took the caller, or why none did."""
        at = self._now()
        if desk:
            self._ledger.record(facts.DeskAnswered(call_id=call_id, at=at, desk=desk))
        else:
            detail = {"status": status}
            self._ledger.record(facts.CallNoted(call_id=call_id, at=at, what="no_desk", detail=detail))

    def ended(self, call_id: str) -> None:
        """The citizen's line is closed; the core knows by the facts what became of the call."""
        told = facts.CallEnded(call_id=call_id, at=self._now(), outcome=CallOutcome.HUNG_UP)
        self._ledger.record(told)


def _id(talk: str) -> str:
    return talk.rpartition("/")[2]
