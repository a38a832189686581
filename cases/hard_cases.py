"""What the moves of leaders and supervisors need and leave beside the event: M22, M23, M24."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from cases.errors import Conflict
from cases.evidence import evidence_of, missing
from cases.model import Accountability, ReceptionDay, ReceptionItem
from cases.moving import Scene

OUTCOME, REQUEST = "outcome", "request"
"""In the event's detail: what came of a reception; what a special report asks for."""


def receive(scene: Scene) -> dict[str, Any]:
    """A case comes to the newest list, or something came of it there."""
    if OUTCOME in (scene.asked.detail or {}):
        return {}
    newest = select(ReceptionDay).order_by(ReceptionDay.month.desc()).limit(1)
    day = scene.session.scalars(newest).first()
    if day is None:
        raise scene.refuse(3, "no reception day has a list yet")
    standing = select(ReceptionItem.id).where(
        ReceptionItem.day_id == day.id, ReceptionItem.case_id == scene.case.id
    )
    if scene.session.scalar(standing) is not None:
        raise scene.refuse(3, f"case {scene.case.number} is on the list of {day.month} already")
    why = [{"criterion": "added", "by": scene.actor.who}]
    scene.session.add(ReceptionItem(day_id=day.id, case_id=scene.case.id, why=why))
    return {"month": day.month, "held_on": day.held_on.isoformat()}


def report_up(scene: Scene) -> dict[str, Any]:
    """The report itself is written by cases/reception_outcomes.py, in the same transaction."""
    asked_for = str((scene.asked.detail or {}).get(REQUEST) or "").strip()
    if not scene.reason or not asked_for:
        raise scene.refuse(1, "a special report says why it could not be solved and what is asked for")
    return {}


def hold_to_account(scene: Scene) -> dict[str, Any]:
    """All three conditions, once, with the evidence of this day."""
    case, session = scene.case, scene.session
    evidence = evidence_of(session, [case])[case.id]
    lacking = missing(evidence, scene.rules)
    if lacking:
        raise scene.refuse(1, f"not all three conditions are met: {', '.join(lacking)}")
    reason = scene.needs_reason(2)
    if session.scalar(select(Accountability.id).where(Accountability.case_id == case.id)) is not None:
        raise Conflict(f"accountability was started for case {case.number} already")
    limits = scene.rules.accountability.as_dict()
    kept = {"limits": limits, **evidence}
    session.add(
        Accountability(
            case_id=case.id,
            unit_id=case.unit_id,
            at=scene.now,
            who=scene.actor.who,
            reason=reason,
            evidence=kept,
        )
    )
    return {"counts": {name: evidence[name]["count"] for name in limits}, "limits": limits}
