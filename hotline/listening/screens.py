"""What is heard now, on the recording's row: the screens are told like of any other change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cases import hearing
from cases.errors import DatabaseAway
from hotline import logs
from hotline.breaker import Breaker
from hotline.listening.session import Session
from hotline.wiring import Wiring

log = logs.get(__name__)

_SHOWN = ("matter", "unit", "kind", "place")


class Screens:
    """Called by one thread. While the database is away, nothing is shown and nothing is lost."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._breaker = Breaker(pause=1.0, longest_pause=5.0)

    def show(self, session: Session, decision: Mapping[str, Any]) -> None:
        """Keep who has said what, and what the router makes of it so far."""
        if not self._breaker.due:
            return
        shown = {"said": session.shows(), **{name: decision.get(name) for name in _SHOWN}}
        order = session.order
        try:
            with self._wiring.unit_of_work() as unit:
                hearing.show(unit.session, order.recording_id, order.call_id, shown, self._wiring.now())
                unit.commit()
        except DatabaseAway as error:
            if self._breaker.failed():
                log.warning("live words are not shown: the database is away", error=str(error))
            return
        self._breaker.worked()
        self._wiring.bell.nudge()
