"""责任追究: a case that concerns many, stirs strong reaction, and is transferred without an end.

The three together put it on the list, each with its evidence; a supervisor or leader starts it (M24).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from cases import clean
from cases.errors import Conflict, NotFound
from cases.handling import make_move
from cases.model import Accountability, Burst, BurstMember, Case, CaseEvent, Survey, Unit, User
from cases.model.cases import TRANSFERS
from cases.moving import Actor, Asked, refusal
from cases.rules import Rules
from cases.states import CaseState, Move, Role

_ENDED = (CaseState.COMPLETED, CaseState.ARCHIVED, CaseState.MERGED, CaseState.HANDED_BACK)
_UNSATISFIED = 3
_AT_MOST = 500
_TRANSFERS = ("return", "rule", "redo", "reopen")
_UPSET = (Move.REDO, Move.REOPEN)
CITIZEN = "citizen"
Evidence = dict[str, Any]


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
    """Start it, with the evidence as it is now (M24).

    Raises NotFound, Conflict when it was started, MoveRefused when a condition is not met.
    """
    case = session.scalars(select(Case).where(Case.number == number)).first()
    if case is None:
        raise NotFound(f"there is no case {clean.line(number, 20)}")
    evidence = evidence_of(session, [case])[case.id]
    lacking = missing(evidence, rules)
    if lacking:
        raise refusal("M24.1", f"not all three conditions are met: {', '.join(lacking)}")
    if not reason.strip():
        raise refusal("M24.2", "accountability needs a reason")
    limits = rules.accountability.as_dict()
    counts = {name: evidence[name]["count"] for name in limits}
    asked = Asked(reason=reason, detail={"counts": counts, "limits": limits})
    case = make_move(session, number, Move.ACCOUNTABILITY, actor, now, rules, asked)
    if session.scalar(select(Accountability.id).where(Accountability.case_id == case.id)) is not None:
        raise Conflict(f"accountability was started for case {case.number} already")
    row = Accountability(
        case_id=case.id,
        unit_id=case.unit_id,
        at=now,
        who=actor.who,
        reason=clean.text(reason).strip(),
        evidence={"limits": limits, **evidence},
    )
    session.add(row)
    session.flush()
    return row


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
