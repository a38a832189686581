"""An agent has answered and the talk is being recorded: it is written down before the two talk."""

from __future__ import annotations

from agi_scripts.request import call_facts
from hotline.wiring import Wiring
from ivr import dialplan_variables as names
from ivr.agi import Agi
from ivr.transfers import Transfers


def run(agi: Agi, wiring: Wiring) -> None:
    call, _ = call_facts(agi)
    transfers = Transfers(wiring.ledger, wiring.now, wiring.listener)
    asked = agi.variables(names.CALL_ID, names.AGENT, names.TALK)
    if not asked[names.CALL_ID]:
        # A desk asked the agent by itself: no conversation has written this call's row.
        transfers.began_at_a_desk(call)
        agi.set(names.CALL_ID, call.call_id)
    number = transfers.agent_answered(
        call.call_id,
        asked[names.AGENT],
        agi.env.get("channel", ""),
        call.channel,
        asked[names.TALK],
        call.case_number or "",
    )
    agi.set(names.CASE_NUMBER, number)
