"""What the moves of leaders and supervisors need and leave beside the event: M22, M23, M24."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from cases.evidence import evidence_of, missing
from cases.model import Accountability, ReceptionDay, ReceptionItem
from cases.moving import Scene

OUTCOME, REQUEST = "outcome", "request"
"""In the event's detail: what came of a reception; what a special report asks for."""


# ---------------------------------------------------------------- before the move


def may_receive(scene: Scene) -> None:
    """M22.3: there is a list, and the case is not on it; or something came of it there."""
    if OUTCOME in (scene.asked.detail or {}):
        return
    day = _newest_day(scene)
    standing = select(ReceptionItem.id).where(
        ReceptionItem.day_id == day.id, ReceptionItem.case_id == scene.case.id
    )
    if scene.session.scalar(standing) is not None:
        raise scene.refuse(3, f"case {scene.case.number} is on the list of {day.month} already")


def _newest_day(scene: Scene) -> ReceptionDay:
    newest = select(ReceptionDay).order_by(ReceptionDay.month.desc()).limit(1)
    day = scene.session.scalars(newest).first()
    if day is None:
        raise scene.refuse(3, "no reception day has a list yet")
    return day


def may_report_up(scene: Scene) -> None:
    """M23.1: what is asked for is said. The report is written by cases/reception_outcomes.py."""
    if not str((scene.asked.detail or {}).get(REQUEST) or "").strip():
        raise scene.refuse(1, "a special report says why it could not be solved and what is asked for")


def may_hold_to_account(scene: Scene) -> None:
    """M24.1: all three conditions; M24.3: once."""
    standing = select(Accountability.id).where(Accountability.case_id == scene.case.id)
    if scene.session.scalar(standing) is not None:
        raise scene.refuse(3, f"accountability was started for case {scene.case.number} already")
    lacking = missing(evidence_of(scene.session, [scene.case])[scene.case.id], scene.rules)
    if lacking:
        raise scene.refuse(1, f"not all three conditions are met: {', '.join(lacking)}")


# ---------------------------------------------------------------- what it leaves


def receive(scene: Scene) -> dict[str, Any]:
    """A case comes to the newest list, or something came of it there."""
    if OUTCOME in (scene.asked.detail or {}):
        return {}
    day = _newest_day(scene)
    why = [{"criterion": "added", "by": scene.actor.who}]
    scene.session.add(ReceptionItem(day_id=day.id, case_id=scene.case.id, why=why))
    return {"month": day.month, "held_on": day.held_on.isoformat()}


def report_up(scene: Scene) -> dict[str, Any]:
    scene.needs_reason(1, "why it could not be solved")
    return {}


def hold_to_account(scene: Scene) -> dict[str, Any]:
    """The evidence as it is on this day."""
    reason = scene.needs_reason(2)
    evidence = evidence_of(scene.session, [scene.case])[scene.case.id]
    limits = scene.rules.accountability.as_dict()
    row = Accountability(
        case_id=scene.case.id,
        unit_id=scene.case.unit_id,
        at=scene.now,
        who=scene.actor.who,
        reason=reason,
        evidence={"limits": limits, **evidence},
    )
    scene.session.add(row)
    return {"counts": {name: evidence[name]["count"] for name in limits}, "limits": limits}
