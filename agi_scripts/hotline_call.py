"""A caller has come to 民生110, or back from a transfer that found nobody: the conversation."""

from __future__ import annotations

from contextlib import suppress

from agi_scripts.request import call_facts_of_anybody
from hotline.wiring import Wiring
from ivr import dialplan_variables as names
from ivr.agi import Agi, HangUp
from ivr.agi_channel import AgiChannel, Limits
from ivr.conversation import Conversation, Leaving


def run(agi: Agi, wiring: Wiring) -> None:
    settings = wiring.settings
    call, entry = call_facts_of_anybody(agi)
    with suppress(HangUp):  # the conversation finds out, after it has written the call's row
        agi.set(names.CALL_ID, call.call_id)
    limits = Limits(settings.message_seconds, settings.message_silence_seconds)
    channel = AgiChannel(agi, settings.prompt_sounds, settings.recordings, limits, wiring.examine)
    conversation = Conversation(
        channel,
        wiring.ledger,
        wiring.now,
        spoken_second=settings.spoken_second,
        listener=wiring.listener,
    )
    leaving = conversation.run(call, entry)
    if leaving.next != "gone":
        agi.set(names.CASE_NUMBER, leaving.case_number or "")
        agi.set(names.NOTE, note(leaving))
        agi.set(names.NEXT, leaving.next)


def note(leaving: Leaving) -> str:
    """One line for the desk's telephone: why the caller comes back, and the case's number."""
    if leaving.next != "desk":
        return ""
    reason = {"key": "按9", "danger": "危险"}.get(leaving.reason, leaving.reason)
    return f"民生110回转 {reason} {leaving.case_number or ''}".strip()
