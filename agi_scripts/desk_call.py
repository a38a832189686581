"""The way back to 110 has ended: a desk took the caller, or none did."""

from __future__ import annotations

from hotline.wiring import Wiring
from ivr import dialplan_variables as names
from ivr.agi import Agi
from ivr.transfers import Transfers


def run(agi: Agi, wiring: Wiring) -> None:
    call_id = agi.variable(names.CALL_ID)
    if call_id:
        desk, status = agi.variable(names.DESK_ANSWERED), agi.variable(names.DESK_STATUS)
        Transfers(wiring.ledger, wiring.now).desk_answered(call_id, desk, status)
