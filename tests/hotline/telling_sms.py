"""A case for the tests of messages: accepted and sorted, as a call leaves it."""

from __future__ import annotations

from cases import intake
from cases.facts import CallEnded, CallStarted, CaseOpened, new_id
from hotline.wiring import Wiring


def a_sorted_case(wiring: Wiring, caller: str) -> str:
    """-> its number"""
    call_id, now = new_id(), wiring.now()
    with wiring.unit_of_work() as unit:
        (number,) = intake.reserve_numbers(unit.session, 1)
        for fact in (
            CallStarted(
                call_id=call_id, at=now, linked_id=call_id, channel="c", caller=caller, way_in="direct"
            ),
            CaseOpened(
                call_id=call_id,
                at=now,
                number=number,
                tracking_code="ABC234",
                text="路灯坏了",
                decision={"matter": "路灯照明", "unsure": False, "kind": "求助"},
            ),
            CallEnded(call_id=call_id, at=now, outcome="message"),
        ):
            intake.record(unit.session, fact)
        unit.commit()
    return number
