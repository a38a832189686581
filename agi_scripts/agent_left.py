"""An agent's talk is over: its recording has ended, and with it a call that a desk had brought by itself."""

from __future__ import annotations

from hotline.wiring import Wiring
from ivr import dialplan_variables as names
from ivr.agi import Agi
from ivr.transfers import Transfers

_BROUGHT_BY_A_DESK = ("attended", "conference")


def run(agi: Agi, wiring: Wiring) -> None:
    asked = agi.variables(names.CALL_ID, names.TALK, names.WAY_IN)
    talk = asked[names.TALK]
    if asked[names.CALL_ID] and talk:
        sound = wiring.examine(wiring.settings.recordings / f"{talk}.wav")
        transfers = Transfers(wiring.ledger, wiring.now, wiring.listener)
        transfers.agent_left(
            asked[names.CALL_ID], talk, sound, call_ends=asked[names.WAY_IN] in _BROUGHT_BY_A_DESK
        )
