"""What Asterisk tells of a call, read in one question."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import get_args

from ivr import dialplan_variables as names
from ivr.agi import Agi, HangUp
from ivr.conversation import CallFacts, new_call_id
from ivr.steps import Entry

_LINKED_ID = "CHANNEL(linkedid)"
_ASKED = (
    names.CALL_ID,
    names.ENTRY,
    names.WAY_IN,
    names.FROM_DESK,
    names.TRANSFERRED_AT,
    names.CITIZEN,
    names.CASE_NUMBER,
    names.LINKED_ID,
    names.CITIZEN_CHANNEL,
    _LINKED_ID,
)


def call_facts(agi: Agi) -> tuple[CallFacts, Entry]:
    """-> (the call, where it enters the conversation). Raises HangUp when nothing can be asked any more."""
    return _facts(agi, agi.variables(*_ASKED))


def call_facts_of_anybody(agi: Agi) -> tuple[CallFacts, Entry]:
    """As call_facts; of a caller who is gone before the first question, what the request itself says."""
    try:
        return call_facts(agi)
    except HangUp:
        return _facts(agi, dict.fromkeys(_ASKED, ""))


def _facts(agi: Agi, asked: Mapping[str, str]) -> tuple[CallFacts, Entry]:
    entry = asked[names.ENTRY]
    call = CallFacts(
        call_id=asked[names.CALL_ID] or new_call_id(),
        linked_id=asked[names.LINKED_ID] or asked[_LINKED_ID] or agi.env.get("uniqueid", ""),
        channel=asked[names.CITIZEN_CHANNEL] or agi.env.get("channel", ""),
        caller=_caller(asked[names.CITIZEN], asked[names.CITIZEN_CHANNEL], agi),
        caller_name=_told(agi.env.get("calleridname", "")),
        did=_told(agi.env.get("dnid", "")),
        way_in=asked[names.WAY_IN] or "direct",
        desk=asked[names.FROM_DESK] or None,
        transferred_at=moment(asked[names.TRANSFERRED_AT]),
        case_number=asked[names.CASE_NUMBER] or None,
    )
    return call, next((each for each in get_args(Entry) if each == entry), "start")


def _caller(citizen: str, citizen_channel: str, agi: Agi) -> str:
    """On the agent's channel a citizen without a number is nobody: the number there would be our own."""
    elsewhere = citizen_channel and citizen_channel != agi.env.get("channel", "")
    return citizen or ("" if elsewhere else _told(agi.env.get("callerid", "")))


def moment(seconds: str) -> datetime | None:
    """Seconds since 1970 with a fraction, as the dialplan writes them; None for anything else."""
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _told(value: str) -> str:
    """AGI says `unknown` for what a line did not give."""
    return "" if value == "unknown" else value
