"""The citizen's line is closed: every call gets its end, also when it ended outside the conversation."""

from __future__ import annotations

from hotline.wiring import Wiring
from ivr import dialplan_variables as names
from ivr.agi import Agi
from ivr.transfers import Transfers


def run(agi: Agi, wiring: Wiring) -> None:
    call_id = agi.variable(names.CALL_ID)
    if call_id:
        Transfers(wiring.ledger, wiring.now).ended(call_id)
