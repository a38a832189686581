"""The survey's calls are placed here: by order to the exchange, over the trunk, a few at a time.

A pass settles what a dead call left, gives up calls whose end was never told, and rings who is due. Passes
may overlap: each citizen is claimed before the telephone rings. What the citizen says comes in by the
telephone's door (agi_scripts/survey_call.py).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from cases import survey, survey_calls, survey_settling
from cases.citizen_states import TryResult
from cases.clean import dialled
from cases.errors import CaseError
from cases.survey_calls import ToRing
from cases.survey_settling import CITIZEN
from hotline import ami, logs
from hotline.ami import Ami, AmiError
from hotline.host import HostError, tools
from hotline.wiring import Wiring
from ivr import phrases, speech

log = logs.get(__name__)

CONTEXT = "survey"
"""Of the dialplan (asterisk_conf: dialplan_survey.conf)."""
_NOT_THERE = ("UNAVAILABLE", "INVALID", "UNKNOWN", "")
_MARGIN = timedelta(minutes=3)
"""A call that is answered takes no longer than its ringing, a reason of full length, and this."""

Report = dict[str, Any]


class Surveys:
    """`run` is one pass. Raises DatabaseAway."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring, self._settings = wiring, wiring.settings
        self._looked_for_missing = False

    def run(self, now: datetime) -> Report:
        """What was done: `planned`, `placed` and `handed_over` (cases' numbers), `settled` and `lost` (ids of
        surveys), and `why` nobody more was rung though somebody was due.

        It costs what is due, not what is planned.
        """
        report: Report = {"now": now, "planned": self._plan_missing(now)}
        report |= {"settled": self._settle(now), "lost": self._give_up(now)}
        report |= {"placed": [], "handed_over": [], "why": None}
        self._place_due(now, report)
        return report

    def _place_due(self, now: datetime, report: Report) -> None:
        with self._wiring.reading() as unit:
            due = survey_calls.due(unit.session, now, self._settings.survey_calls_at_once)
            decent = survey_calls.may_ring(unit.session, now, self._wiring.rules) if due else False
        if not due:
            return
        if not self._settings.survey_calls:
            report["handed_over"] = self._hand_over(now)
        elif not decent:
            report["why"] = "not at this hour"
        else:
            self._ring(now, report)

    def _plan_missing(self, now: datetime) -> list[str]:
        """Once: every survey since is planned with the report itself."""
        if self._looked_for_missing:
            return []
        with self._wiring.unit_of_work() as unit:
            planned = survey.plan_missing(unit.session, now, self._wiring.rules)
            unit.commit()
        self._looked_for_missing = not planned
        return planned

    def _settle(self, now: datetime) -> list[int]:
        with self._wiring.reading() as unit:
            left = survey_settling.unsettled(unit.session, now)
        for survey_id in left:
            with self._wiring.unit_of_work() as unit:
                survey_settling.settle(unit.session, survey_id, CITIZEN, now, self._wiring.rules)
                unit.commit()
        return list(left)

    def _give_up(self, now: datetime) -> list[int]:
        with self._wiring.reading() as unit:
            lost = survey_calls.lost_calls(unit.session, now)
        for survey_id in lost:
            with self._wiring.unit_of_work() as unit:
                rules = self._wiring.rules
                survey_calls.in_vain(unit.session, survey_id, TryResult.FAILED, now, rules)
                unit.commit()
        return list(lost)

    def _hand_over(self, now: datetime) -> list[str]:
        """This site rings nobody: whoever is due is the visitor caller's."""
        with self._wiring.unit_of_work() as unit:
            numbers = survey_calls.hand_over_due(unit.session, now)
            unit.commit()
        return numbers

    # ------------------------------------------------------------ ringing
    def _ring(self, now: datetime, report: Report) -> None:
        try:
            with ami.connect(self._settings) as asterisk:
                if not self._line_is_there(asterisk):
                    report["why"] = "the police exchange takes no calls: it has not registered"
                    return
                self._ring_all(asterisk, now, report)
        except AmiError as error:
            report["why"] = str(error)

    def _ring_all(self, asterisk: Ami, now: datetime, report: Report) -> None:
        with self._wiring.reading() as unit:
            free = self._settings.survey_calls_at_once - survey_calls.being_rung(unit.session)
            due = survey_calls.due(unit.session, now, free) if free > 0 else []
        if not due:
            report["why"] = "as many are being rung as the site allows at once"
        for survey_id in due:
            claimed = self._claim(survey_id, now)
            if claimed is not None and self._place(asterisk, claimed, now):
                report["placed"].append(claimed.number)

    def ring_now(self, survey_id: int, now: datetime) -> bool:
        """Ring this citizen at once, whatever the hour: for tests and demonstrations. Raises AmiError."""
        with self._wiring.unit_of_work() as unit:
            survey_calls.due_now(unit.session, survey_id, now)
            unit.commit()
        with ami.connect(self._settings) as asterisk:
            claimed = self._claim(survey_id, now)
            return claimed is not None and self._place(asterisk, claimed, now)

    def _claim(self, survey_id: int, now: datetime) -> ToRing | None:
        settings = self._settings
        talking = timedelta(seconds=settings.survey_ring_seconds + settings.message_seconds)
        try:
            with self._wiring.unit_of_work() as unit:
                claimed = survey_calls.claim(
                    unit.session, survey_id, now, talking + _MARGIN, self._wiring.rules
                )
                unit.commit()
        except CaseError as error:
            log.warning("a citizen is not rung", survey=survey_id, kind=type(error).__name__)
            return None
        return claimed

    def _place(self, asterisk: Ami, to_ring: ToRing, now: datetime) -> bool:
        self._make_phrase(to_ring.matter)
        try:
            self._order(asterisk, to_ring)
        except AmiError as error:
            log.warning("a call was not placed", survey=to_ring.survey_id, problem=str(error))
            with self._wiring.unit_of_work() as unit:
                survey_calls.not_placed(unit.session, to_ring.survey_id, now)
                unit.commit()
            return False
        return True

    def _order(self, asterisk: Ami, to_ring: ToRing) -> None:
        """Raises AmiError."""
        settings = self._settings
        if not to_ring.caller or dialled(to_ring.caller) != to_ring.caller:
            raise AmiError("what stands for a number is none")
        asterisk.ask(
            "Originate",
            Channel=f"PJSIP/{to_ring.caller}@{settings.trunk_username}",
            Context=CONTEXT,
            Exten="s",
            Priority="1",
            Timeout=str(settings.survey_ring_seconds * 1000),
            CallerID=settings.hotline_did,
            Variable=f"SURVEY={to_ring.survey_id}",
            Async="true",
        )

    def _line_is_there(self, asterisk: Ami) -> bool:
        state = f"DEVICE_STATE(PJSIP/{self._settings.trunk_username})"
        return asterisk.ask("Getvar", Variable=state).get("Value", "") not in _NOT_THERE

    # ------------------------------------------------------------ what it is about
    def _make_phrase(self, matter: str | None) -> None:
        """The matter as a sound, before anybody listens. Without it the citizen hears `your request`."""
        if not matter or not self._espeak:
            return
        try:
            phrases.phrase(matter, self._settings.prompt_sounds, self._espeak)
        except speech.SpeechError as error:
            log.warning("a phrase was not made", error=str(error))

    @cached_property
    def _espeak(self) -> tuple[str, ...]:
        try:
            return tools.espeak(self._settings.cache_dir)
        except HostError as error:
            log.warning("citizens are not told the matter", error=str(error))
            return ()
