"""A citizen whom we rang: the receiver was lifted, and we ask; or it was not, and we try again later."""

from __future__ import annotations

from agi_scripts.request import call_facts_of_anybody
from hotline.wiring import Wiring
from ivr import dialplan_variables as names
from ivr.agi import Agi
from ivr.agi_channel import AgiChannel, Limits
from ivr.survey_talk import SurveyTalk


def run(agi: Agi, wiring: Wiring) -> None:
    settings = wiring.settings
    asked = agi.variables(names.SURVEY, names.SURVEY_STATUS)
    desk = wiring.survey_desk(asked[names.SURVEY])
    if desk is None:
        return
    if asked[names.SURVEY_STATUS]:
        desk.not_answered(asked[names.SURVEY_STATUS])
        return
    call, _entry = call_facts_of_anybody(agi)
    limits = Limits(settings.message_seconds, settings.message_silence_seconds)
    channel = AgiChannel(agi, settings.prompt_sounds, settings.recordings, limits, wiring.examine)
    talk = SurveyTalk(channel, wiring.ledger, desk.now, desk, spoken_second=settings.spoken_second)
    talk.run(call)
