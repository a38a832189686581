"""What speaks for 责任追究: whom a case concerns, how strong the reaction is, how often it went round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import literal, or_, select, union_all
from sqlalchemy.orm import Session

from cases.model import Burst, BurstMember, Case, CaseEvent, Survey, User
from cases.rules import Rules
from cases.states import Move, Role

_UNSATISFIED = 3
_TRANSFERS = ("return", "rule", "redo", "reopen")
_UPSET = (Move.REDO, Move.REOPEN)
CITIZEN = "citizen"
Evidence = dict[str, Any]


def missing(evidence: Evidence, rules: Rules) -> list[str]:
    """Which of the three conditions are not met: people, reactions, transfers."""
    limits = rules.accountability.as_dict()
    return [name for name, limit in limits.items() if evidence[name]["count"] < limit]


# ---------------------------------------------------------------- the evidence


def evidence_of(session: Session, cases: Sequence[Case]) -> dict[int, Evidence]:
    """By case id: `people`, `reactions`, `transfers`, each with its `count` and what makes it.

    people: `cases` (numbers that were merged into it or burst with it), `bursts`; reactions and transfers:
    `events` [{"at", "move", "who", "reason"}]. No number or name of a caller is in it. Five queries.
    """
    ids = [case.id for case in cases]
    if not ids:
        return {}
    people, events = _people(session, cases), _events(session, ids)
    answers = _bad_answers(session, ids)
    found = {}
    for case_id in ids:
        mine = events.get(case_id, [])
        transfers = [each for each in mine if each["move"] in _TRANSFERS]
        upset = [each for each in mine if each["move"] in _UPSET or each["move"] == Move.URGE]
        reactions = sorted([*upset, *answers.get(case_id, [])], key=lambda each: str(each["at"]))
        found[case_id] = {
            "people": people[case_id],
            "reactions": {"count": len(reactions), "events": reactions},
            "transfers": {"count": len(transfers), "events": transfers},
        }
    return found


def _people(session: Session, cases: Sequence[Case]) -> dict[int, dict[str, Any]]:
    """Different callers of the case, of what was merged into it, and of its bursts."""
    members: dict[int, dict[int, tuple[str, str]]] = {
        case.id: {case.id: (case.number, case.caller)} for case in cases
    }
    bursts: dict[int, set[int]] = {case.id: set() for case in cases}
    for root, id_, number, caller, burst in session.execute(_members(list(members))):
        members[root][id_] = (number, caller)
        if burst is not None:
            bursts[root].add(burst)
    return {
        root: {
            # Everybody without a number may be somebody else: each such case is one.
            "count": len({caller or f"case {number}" for number, caller in rows.values()}),
            "cases": sorted(number for id_, (number, _) in rows.items() if id_ != root),
            "bursts": len(bursts[root]),
        }
        for root, rows in members.items()
    }


def _members(ids: Sequence[int]) -> Any:
    """(root, case id, number, caller, burst) of what was merged into these and of what burst with them."""
    merged = select(
        Case.merged_into_id, Case.id, Case.number, Case.caller, literal(None).label("burst")
    ).where(Case.merged_into_id.in_(ids))
    own = select(BurstMember.burst_id, BurstMember.case_id.label("root")).where(BurstMember.case_id.in_(ids))
    of = own.subquery()
    burst = (
        select(of.c.root, Case.id, Case.number, Case.caller, of.c.burst_id)
        .join(BurstMember, BurstMember.burst_id == of.c.burst_id)
        .join(Case, Case.id == BurstMember.case_id)
        .join(Burst, Burst.id == of.c.burst_id)
    )
    return union_all(merged, burst)


def _events(session: Session, ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Transfers, and urgings by citizens or by agents whom they called again."""
    citizens = select(User.username).where(User.role.in_((Role.AGENT, Role.VISITOR)))
    urged = (CaseEvent.move == Move.URGE) & or_(CaseEvent.who == CITIZEN, CaseEvent.who.in_(citizens))
    wanted = select(CaseEvent).where(CaseEvent.case_id.in_(ids), or_(CaseEvent.move.in_(_TRANSFERS), urged))
    found: dict[int, list[dict[str, Any]]] = {}
    for row in session.scalars(wanted.order_by(CaseEvent.at, CaseEvent.id)):
        line = {"at": row.at.isoformat(), "move": row.move, "who": row.who, "reason": row.reason}
        found.setdefault(row.case_id, []).append(line)
    return found


def _bad_answers(session: Session, ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Answers "unsatisfied" and "not solved", without their words."""
    bad = (Survey.case_id.in_(ids), Survey.answer >= _UNSATISFIED)
    found: dict[int, list[dict[str, Any]]] = {}
    for row in session.scalars(select(Survey).where(*bad).order_by(Survey.answered_at)):
        at = row.answered_at.isoformat() if row.answered_at else ""
        line = {"at": at, "move": "survey", "who": CITIZEN, "answer": row.answer, "reason": ""}
        found.setdefault(row.case_id, []).append(line)
    return found
