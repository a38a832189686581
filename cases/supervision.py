"""督办: what the supervision does by itself again and again, and what supervisors and leaders do by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cases import due
from cases.errors import CaseError
from cases.escalation import Done, take_due
from cases.handling import make_move
from cases.moving import SYSTEM, Asked
from cases.rules import Rules


@dataclass
class Part:
    """What one transaction of a run did."""

    steps: list[dict[str, Any]] = field(default_factory=list)
    placed: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)
    """Moves that a step asked for and a rule forbade: `case`, `move`, `rule`."""
    last: due.Key | None = None


def supervise_part(
    session: Session, now: datetime, rules: Rules, after: due.Key | None = None, limit: int = 500
) -> Part:
    """Do a part of what is due after this key, in this transaction; `.last` is None when nothing is left."""
    done = take_due(session, now, rules, after, limit)
    return Part(done.steps, done.placed, _make_moves(session, done, now, rules), done.last)


def _make_moves(session: Session, done: Done, now: datetime, rules: Rules) -> list[dict[str, Any]]:
    refused = []
    for number, what in done.to_move:
        try:
            make_move(session, number, what, SYSTEM, now, rules, Asked())
        except CaseError as error:
            refused.append({"case": number, "move": what, "rule": getattr(error, "rule", None)})
    return refused
