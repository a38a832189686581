"""What the telephone's door tells of one survey's call, kept at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from cases import survey_calls, survey_settling
from cases.citizen_states import TryResult
from cases.errors import MoveRefused, NotFound
from cases.model import Survey
from cases.states import WayIn
from cases.survey_settling import CITIZEN
from hotline import logs
from hotline.wiring import Wiring
from ivr import phrases
from ivr.conversation import CallFacts

log = logs.get(__name__)

_UNKNOWN_MATTER = "survey_request"
_WHY = {"3": TryResult.NO_ANSWER, "5": TryResult.BUSY}
"""Asterisk's numbers for a call that nobody answered: it rang in vain, it was busy. Of a refusal by SIP it
tells no more than that it failed."""


class SurveyDesk:
    """The survey `survey_id`; also the ivr.survey_talk.Asker of its call. Raises DatabaseAway."""

    def __init__(self, wiring: Wiring, survey_id: int) -> None:
        self._wiring, self._survey_id = wiring, survey_id
        self._call_id = ""
        self._placed_at: datetime | None = None

    def now(self) -> datetime:
        """This moment; never before the one at which the call was placed."""
        if self._placed_at is None:
            with self._wiring.reading() as unit:
                row = unit.session.get(Survey, self._survey_id)
            self._placed_at = (row and row.called_at) or self._wiring.now()
        return max(self._wiring.now(), self._placed_at)

    def not_answered(self, reason: str) -> None:
        """`reason`: Asterisk's number."""
        log.info("a citizen was not reached", survey=self._survey_id, reason=reason[:8])
        self._in_vain(_WHY.get(reason, TryResult.FAILED))

    # ------------------------------------------------------------ the Asker of a call
    def begins(self, call: CallFacts) -> tuple[str, ...] | None:
        self._call_id = call.call_id
        started = replace(call, way_in=WayIn.SURVEY, caller="", caller_name="").started(self.now())
        with self._wiring.unit_of_work() as unit:
            asked = survey_calls.begins(unit.session, self._survey_id, started)
            unit.commit()
        if asked is None:
            return None
        self._wiring.bell.nudge()
        phrase = phrases.made(asked.matter, self._wiring.settings.prompt_sounds) if asked.matter else None
        return (phrase or _UNKNOWN_MATTER,)

    def answered(self, answer: int) -> None:
        with self._wiring.unit_of_work() as unit:
            survey_calls.answered(unit.session, self._survey_id, self._call_id, answer, self.now())
            unit.commit()

    def said_why(self, recording_id: str) -> None:
        with self._wiring.unit_of_work() as unit:
            survey_calls.said_why(unit.session, self._survey_id, self._call_id, recording_id)
            unit.commit()

    def ends(self, result: TryResult) -> None:
        """An answer has its consequence now; without one there is a next try."""
        with self._wiring.unit_of_work() as unit:
            done = survey_settling.settle(
                unit.session, self._survey_id, CITIZEN, self.now(), self._wiring.rules
            )
            unit.commit()
        if not done:
            self._in_vain(result)
        self._wiring.bell.nudge()

    def _in_vain(self, result: TryResult) -> None:
        try:
            with self._wiring.unit_of_work() as unit:
                survey_calls.in_vain(unit.session, self._survey_id, result, self.now(), self._wiring.rules)
                unit.commit()
        except (MoveRefused, NotFound) as error:
            log.warning("a try was not written down", survey=self._survey_id, kind=type(error).__name__)
