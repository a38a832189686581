"""A scripted citizen who is rung and asked whether a case is solved, over the running system.

The telephone registers as the police exchange would, so the call takes the way that it takes in production.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from cases import survey_list
from cases.citizen_states import SurveyState
from cases.model import Case, Survey
from hotline.phone.accounts import accounts
from hotline.phone.call import Call, NothingHappened, Refused
from hotline.phone.ears import Ears, NothingHeard
from hotline.phone.phone import Phone
from hotline.phone.scripted_call import CallFailed, Story
from hotline.phone.voice import Voice
from hotline.settings import Settings
from hotline.surveys import Surveys
from hotline.wiring import Wiring

_PATIENCE = 20.0
_COMPLAINTS = "34"


@dataclass(frozen=True)
class Answering:
    """What the citizen does: `key` 1 to 4, empty: hangs up; `say`: why, after 3 and 4."""

    key: str = "1"
    say: str = ""


class ScriptedCitizen:
    """Raises CallFailed when the call does not go as it should, NotHere in production."""

    def __init__(self, settings: Settings, wiring: Wiring, voice: Voice) -> None:
        self._settings, self._wiring, self._voice = settings, wiring, voice
        self._accounts = accounts(settings)
        self._ears = Ears(settings.prompt_sounds)
        self._story = Story()

    def run(self, number: str, answering: Answering) -> dict[str, Any]:
        """Be rung for this case, now: {"case", "answer", "state", "case_state", "steps"}."""
        survey_id, caller = self._survey(number)
        login = self._accounts.trunk
        try:
            with Phone(caller, self._accounts.exchange, login=login, ears=self._ears) as phone:
                phone.registers()
                if not Surveys(self._wiring).ring_now(survey_id, self._wiring.now()):
                    raise CallFailed(
                        "the exchange took no order to ring: is it running, is the case waiting?"
                    )
                self._talk(phone.answers(_PATIENCE), answering)
        except (NothingHappened, NothingHeard, Refused) as error:
            raise CallFailed(str(error)) from error
        return {**self._outcome(survey_id), "steps": self._story.in_order()}

    def _survey(self, number: str) -> tuple[int, str]:
        wanted = select(Survey.id, Case.caller).join(Case).where(Case.number == number)
        open_one = wanted.where(Survey.state.in_((SurveyState.PLANNED, SurveyState.VISITOR)))
        with self._wiring.reading() as unit:
            found = unit.session.execute(open_one).first()
        if found is None:
            raise CallFailed(f"case {number} has no survey that waits: report or complete it first")
        return found[0], found[1]

    def _talk(self, call: Call, answering: Answering) -> None:
        self._story.tell("citizen", "lifted the receiver", call.caller_number)
        call.hears("survey_hello", within=_PATIENCE)
        self._story.tell("citizen", "heard", "survey_hello")
        if not answering.key:
            call.hangs_up()
            self._story.tell("citizen", "hung up")
            return
        call.hears("survey_question", within=_PATIENCE)
        self._story.tell("citizen", "heard", "survey_question")
        call.presses(answering.key)
        self._story.tell("citizen", "pressed", answering.key)
        if answering.key in _COMPLAINTS:
            self._say_why(call, answering.say)
        call.is_over(3 * _PATIENCE)
        self._story.tell("exchange", "hung up")

    def _say_why(self, call: Call, say: str) -> None:
        call.hears("survey_why", within=_PATIENCE).hears_the_beep()
        self._story.tell("citizen", "heard", "survey_why")
        if say:
            call.says(self._voice.says(say))
            self._story.tell("citizen", "said", say)
        call.presses("#")
        call.hears("survey_kept", within=_PATIENCE)
        self._story.tell("citizen", "heard", "survey_kept")

    def _outcome(self, survey_id: int) -> dict[str, Any]:
        with self._wiring.reading() as unit:
            row = survey_list.survey_line(unit.session, survey_id) or {}
        return {name: row.get(name) for name in ("case", "answer", "state", "case_state")}


def be_rung(settings: Settings, number: str, answering: Answering) -> dict[str, Any]:
    """As ScriptedCitizen.run, with a wiring and a voice of its own. Raises CallFailed, NotHere, Voiceless."""
    from hotline.host.tools import espeak
    from hotline.wiring import build

    voice = Voice(espeak(settings.cache_dir), settings.cache_dir / "voices")
    wiring = build(settings)
    try:
        return ScriptedCitizen(settings, wiring, voice).run(number, answering)
    finally:
        wiring.close()
