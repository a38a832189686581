"""责任追究: a case that concerns many, stirs strong reaction, and is transferred without an end.

The three together put it on the list, each with its evidence; a supervisor or leader starts it (M24).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases.evidence import Evidence, evidence_of, missing
from cases.handling import make_move
from cases.model import Accountability, Case, CaseEvent, Unit
from cases.model.cases import TRANSFERS
from cases.moving import Actor, Asked
from cases.rules import Rules
from cases.states import CaseState, Move

_ENDED = (CaseState.COMPLETED, CaseState.ARCHIVED, CaseState.MERGED, CaseState.HANDED_BACK)
_AT_MOST = 500


def candidates(session: Session, rules: Rules) -> list[dict[str, Any]]:
    """Open cases that meet all three conditions, the most people first; those that were started stay listed.

    Each: `number`, `matter`, `place`, `unit`, `state`, `opened`, `evidence` (see `evidence_of`), `started`
    (when it was started, by whom) or None. Reads the few events that are transfers, and then only the cases
    that have enough of them.
    """
    counted = select(CaseEvent.case_id).where(TRANSFERS).group_by(CaseEvent.case_id)
    often = counted.having(func.count() >= rules.accountability.transfers)
    wanted = select(Case).where(Case.id.in_(often), Case.state.not_in(_ENDED)).order_by(Case.opened_at)
    cases = session.scalars(wanted.limit(_AT_MOST)).all()
    evidence = evidence_of(session, cases)
    due = [each for each in cases if not missing(evidence[each.id], rules)]
    due.sort(key=lambda each: (-evidence[each.id]["people"]["count"], each.opened_at))
    started = _started(session, due)
    units = _unit_names(session, due)
    return [
        _shown(case, evidence[case.id], units.get(case.unit_id or 0), started.get(case.id)) for case in due
    ]


def start(
    session: Session, number: str, reason: str, actor: Actor, now: datetime, rules: Rules
) -> Accountability:
    """Start it, with the evidence as it is now (M24; cases/hard_cases.py).

    Raises NotFound, MoveRefused when a condition is not met or it was started before.
    """
    case = make_move(session, number, Move.ACCOUNTABILITY, actor, now, rules, Asked(reason=reason))
    return session.scalars(select(Accountability).where(Accountability.case_id == case.id)).one()


# ---------------------------------------------------------------- showing


def _started(session: Session, cases: Iterable[Case]) -> dict[int, Accountability]:
    ids = [case.id for case in cases]
    rows = session.scalars(select(Accountability).where(Accountability.case_id.in_(ids)))
    return {row.case_id: row for row in rows}


def _unit_names(session: Session, cases: Iterable[Case]) -> dict[int, tuple[str, Any]]:
    ids = {case.unit_id for case in cases if case.unit_id is not None}
    rows = session.execute(select(Unit.id, Unit.name, Unit.detail).where(Unit.id.in_(ids)))
    return {id_: (name, detail.get("head")) for id_, name, detail in rows}


def _shown(
    case: Case, evidence: Evidence, unit: tuple[str, Any] | None, started: Accountability | None
) -> dict[str, Any]:
    return {
        "number": case.number,
        "matter": case.matter,
        "place": case.place,
        "unit": unit[0] if unit else None,
        "head": unit[1] if unit else None,
        "state": case.state,
        "opened": case.opened_at,
        "evidence": evidence,
        "started": {"at": started.at, "who": started.who, "reason": started.reason} if started else None,
    }
