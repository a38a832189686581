"""A survey's call: what happens between two steps. The flow says what comes next, the channel does it.

As in ivr/conversation.py, a recording is told of before its first sample, and an answer is kept before
anything else is said. It never raises to the door: the citizen hears a word of apology and the try counts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from cases import facts
from cases.citizen_states import TryResult
from cases.states import CallOutcome
from ivr.conversation import CallFacts, Channel, Ledger
from ivr.flow import State, advance
from ivr.steps import (
    Ask,
    Event,
    Fault,
    HangUp,
    HungUp,
    KeepAnswer,
    KeepReason,
    NothingPressed,
    Pressed,
    Reached,
    Record,
    Recorded,
    Say,
    Step,
)
from ivr.survey_flow import RINGING, ROWS

log = logging.getLogger(__name__)

MOST_TURNS = 30


class Asker(Protocol):
    """Where a survey's answers are kept (hotline/survey_desk.py). Raises DatabaseAway."""

    def begins(self, call: CallFacts) -> tuple[str, ...] | None:
        """The citizen is on the line; the prompts that say what it is about. None: no longer to be asked."""
        ...

    def answered(self, answer: int) -> None: ...

    def said_why(self, recording_id: str) -> None: ...

    def ends(self, result: TryResult) -> None:
        """The call is over. `result`: why there is no answer, if there is none."""
        ...


class SurveyTalk:
    """One citizen, one question. `spoken_second`: how much speech is a reason."""

    def __init__(
        self,
        channel: Channel,
        ledger: Ledger,
        now: Callable[[], datetime],
        asker: Asker,
        *,
        spoken_second: float = 1.0,
    ) -> None:
        self._channel, self._ledger, self._now, self._asker = channel, ledger, now, asker
        self._spoken_second = spoken_second
        self._call_id = ""
        self._recording_id = ""
        self._over = False
        self._result = TryResult.HUNG_UP

    def run(self, call: CallFacts) -> None:
        """From the lifted receiver to the end. Never raises."""
        self._call_id = call.call_id
        try:
            about = self._asker.begins(call)
            self._talk(Fault() if about is None else Reached(about))
            if about is not None:
                self._tell_end()
        except Exception as error:
            # Whatever it is, the sweep finds a survey whose call did not end.
            log.error("a survey's call failed: %s", type(error).__name__)
            self._apologise()

    def _apologise(self) -> None:
        """Nobody who was rung is left in silence."""
        try:
            self._talk(Fault())
        except Exception as error:
            log.error("a survey's call failed again: %s", type(error).__name__)

    def _talk(self, event: Event) -> None:
        state = State(RINGING)
        for _ in range(MOST_TURNS):
            state, following = self._turn(state, event)
            if following is None or self._over:
                return
            event = following

    def _turn(self, state: State, event: Event) -> tuple[State, Event | None]:
        try:
            after, steps = advance(state, event, ROWS)
            return after, self._take(steps, gone=_hung_up(event))
        except Exception as error:
            log.error("a step of a survey failed: %s at %s", type(error).__name__, state.node)
            self._result = TryResult.FAILED
            self._over = isinstance(event, Fault)
            return state, Fault()

    def _take(self, steps: tuple[Step, ...], *, gone: bool) -> Event | None:
        for step in steps:
            answer = self._do(step)
            if answer is not None and not gone:
                return answer
        self._over = True
        return None

    def _do(self, step: Step) -> Event | None:
        match step:
            case Say():
                return self._channel.say(step)
            case Ask():
                return self._asked(self._channel.ask(step))
            case Record(keys=keys):
                return self._record(keys)
            case KeepAnswer(answer=answer):
                self._asker.answered(answer)
            case KeepReason():
                self._asker.said_why(self._recording_id)
            case HangUp():
                self._over = True
        return None

    def _asked(self, answer: Pressed | NothingPressed | HungUp) -> Event:
        if isinstance(answer, NothingPressed):
            self._result = TryResult.NO_CHOICE
        elif isinstance(answer, HungUp):
            self._result = TryResult.HUNG_UP
        return answer

    def _record(self, keys: str) -> Recorded:
        recording_id, at = facts.new_id(), self._now()
        path = f"{at:%Y/%m/%d}/{recording_id}.wav"
        self._ledger.record(
            facts.RecordingStarted(call_id=self._call_id, at=at, recording_id=recording_id, path=path)
        )
        end = self._channel.record(path, keys)
        self._ledger.record(
            facts.RecordingEnded(
                call_id=self._call_id,
                at=self._now(),
                recording_id=recording_id,
                ended_by=end.ended_by,
                seconds=end.seconds,
                spoken_seconds=end.spoken_seconds,
                problem=end.problem,
            )
        )
        self._recording_id = recording_id
        return Recorded(end.ended_by, end.key, end.spoken_seconds >= self._spoken_second)

    def _tell_end(self) -> None:
        self._ledger.record(
            facts.CallEnded(call_id=self._call_id, at=self._now(), outcome=CallOutcome.SURVEY)
        )
        self._asker.ends(self._result)


def _hung_up(event: Event) -> bool:
    return isinstance(event, HungUp) or (isinstance(event, Recorded) and event.ended_by == "hangup")
