"""What follows a case's sorting: the router is asked about its other requests and about cases like it.

The two rooms do not know each other: cases/ finds and keeps, router/ compares and cuts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from cases import firm_turns, follow_up, linked, repeats
from cases.errors import Conflict, DatabaseAway
from cases.firm_turns import Turn
from cases.model import Case
from hotline import logs
from hotline.city import file_of
from hotline.wiring import Wiring
from router import repeats as alike
from router.city_file import load
from router.split import About, Piece, split
from router.whom import FirmState

log = logs.get(__name__)

Decide = Callable[..., Mapping[str, Any]]
"""(text, caller's number, firms=states by code) → what router/decide.py says, as a plain mapping."""

TRIES = 10
"""How often a firm's turn is asked for anew when somebody else took it meanwhile."""


@dataclass(frozen=True)
class Limits:
    """Of the city file: how long a request may be told again; how many callers in what time are a burst."""

    repeat: timedelta
    burst: timedelta
    callers: int


def states(turns: Mapping[str, Turn]) -> dict[str, FirmState]:
    """What the database knows of firms, as the router asks for it."""
    return {code: FirmState(turn.jobs, turn.rating, turn.active) for code, turn in turns.items()}


class Follower:
    """Follows up sorted cases, each exactly once."""

    def __init__(self, wiring: Wiring, decide: Decide) -> None:
        self._wiring = wiring
        self._decide = decide

    def follow(self, number: str) -> bool:
        """Split and compare this case. False: it was done already, or is not sorted. Raises DatabaseAway."""
        try:
            for _ in range(TRIES):
                try:
                    return self._once(number)
                except Conflict:
                    continue  # a firm's turn, or the case itself, has changed: look again
            log.warning("a case changes too often to be followed up; the sweep tries again", case=number)
        except DatabaseAway:
            raise
        except Exception as error:
            log.error("a case was not followed up", case=number, error=type(error).__name__)
        return False

    def follow_waiting(self) -> list[str]:
        """Whatever was sorted and nobody followed up; the numbers."""
        with self._wiring.reading() as unit:
            waiting = follow_up.cases_to_follow_up(unit.session)
        return [number for number in waiting if self.follow(number)]

    def _once(self, number: str) -> bool:
        with self._wiring.reading() as unit:
            pending = follow_up.pending(unit.session, number)
            seen = firm_turns.firm_turns(unit.session)
        if pending is None:
            return False
        requests = self._other_requests(pending, seen)
        now = self._wiring.now()
        with self._wiring.unit_of_work() as unit:
            case = follow_up.take(unit.session, number, pending.text)
            if case is None:
                return False
            opened = linked.open_linked(unit.session, case, requests, now, seen)
            self._compare(unit.session, case)
            follow_up.done(case, now)
            unit.commit()
        if opened:
            log.info("a message holds several requests", case=number, opened=opened)
        return True

    # ------------------------------------------------------------ several requests in one message
    def first_request(self, text: str) -> str:
        """The words by which the message's first case is sorted: its first request, or all of it."""
        return split(text, self._about)[0].text

    def _other_requests(self, pending: follow_up.Pending, seen: Mapping[str, Turn]) -> list[linked.Request]:
        """Every request of the message but the case's own."""
        if not pending.whole:
            return []
        pieces = split(pending.text, self._about)
        if len(pieces) == 1:
            return []
        own = _own(pieces, pending.matter_path)
        firms = states(seen)
        return [
            linked.Request(
                piece.start,
                piece.end,
                piece.text,
                self._decide(piece.text, pending.caller, firms=firms),
            )
            for piece in pieces
            if piece is not own
        ]

    def _about(self, text: str) -> About | None:
        said = self._decide(text, "")
        path = tuple(said.get("matter_path") or ())
        return (str(path[0]), str(path[1])) if len(path) == 2 and not said.get("unsure", True) else None

    # ------------------------------------------------------------ told before, told by many
    def _compare(self, session: Session, case: Case) -> None:
        now = self._wiring.now()
        repeats.alone_with(session, case.matter)
        others = [
            alike.Told(**each)
            for each in repeats.beside(session, case, max(self._limits.repeat, self._limits.burst))
        ]
        this = alike.Told(**follow_up.told(case))
        repeats.keep_offers(session, case, alike.repeats(this, others, self._limits.repeat), now)
        heard = alike.burst(this, others, self._limits.burst, self._limits.callers)
        if heard is not None:
            repeats.keep_burst(session, case, heard, now)

    @cached_property
    def _limits(self) -> Limits:
        sorting = load(file_of(self._wiring.settings)).sorting
        return Limits(
            timedelta(hours=sorting.repeat_hours),
            timedelta(minutes=sorting.burst_minutes),
            sorting.burst_callers,
        )


def _own(pieces: tuple[Piece, ...], matter_path: tuple[str, ...]) -> Piece:
    """The request that the case itself was sorted by; the first when none fits."""
    return next((piece for piece in pieces if piece.about == matter_path), pieces[0])
