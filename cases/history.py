"""One line of a case's history: who did what, when, by which rule."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases.states import CaseState, Transition


def event(
    at: datetime,
    who: str,
    made: Transition,
    detail: dict[str, Any],
    *,
    reason: str = "",
    name: str = "",
) -> dict[str, Any]:
    """The values of a case event, as keep_history writes it. `name`: other than the move's own."""
    return {
        "at": at,
        "who": who,
        "move": name or made.move,
        "rule": made.rule,
        "from_state": made.from_state,
        "to_state": made.to_state,
        "reason": reason,
        "detail": detail,
    }


def stays(state: CaseState, made: Transition) -> Transition:
    """The same rule for another case that the move touches without moving it."""
    return Transition(made.rule, made.move, state, state)
