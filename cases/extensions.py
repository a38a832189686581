"""More time: asked for once and before the deadline, granted or refused."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from cases.assigning import mirror, reckon
from cases.model import Assignment, Extension
from cases.moving import Scene
from cases.states import ExtensionState


def may_ask(scene: Scene) -> None:
    """Before the deadline, and for the first time."""
    row = scene.mine
    if row.stopped_at is None and scene.now > row.due_at:
        raise scene.refuse(2, "more time is asked for before the deadline, and it has passed")
    if _asked_before(scene, row):
        raise scene.refuse(3, "more time is asked for once")


def ask(scene: Scene) -> dict[str, Any]:
    row, most = scene.mine, scene.rules.extension_days
    reason = scene.needs_reason(1)
    days = scene.asked.days if scene.asked.days is not None else most
    if not 1 <= days <= most:
        raise scene.refuse(4, f"an extension has 1 to {most} working days, not {days}")
    scene.session.add(
        Extension(
            case_id=row.case_id,
            assignment_id=row.id,
            days=days,
            reason=reason,
            asked_at=scene.now,
            asked_by=scene.actor.who,
        )
    )
    return {"days": days}


def _asked_before(scene: Scene, row: Assignment) -> bool:
    """Whether the unit asked since it was given the case, also when it returned it and got it again."""
    asked = select(Extension.id).join(Assignment, Extension.assignment_id == Assignment.id)
    same = (
        Assignment.case_id == row.case_id,
        Assignment.unit_id == row.unit_id,
        Assignment.dispatched_at == row.dispatched_at,
    )
    return scene.session.scalar(asked.where(*same).limit(1)) is not None


def grant(scene: Scene) -> dict[str, Any]:
    """As many days as asked for, or fewer. The deadline moves by them."""
    found = pending(scene)
    row = found.assignment
    days = scene.asked.days if scene.asked.days is not None else found.days
    if not 1 <= days <= found.days:
        raise scene.refuse(2, f"{found.days} working days were asked for, {days} cannot be granted")
    before = row.due_at
    found.days = days
    _answer(scene, found, ExtensionState.GRANTED)
    row.extended_days += days
    reckon(scene.calendar(row.unit), row)
    if row.main:
        mirror(scene.case, row)
    due = {"due_before": before.isoformat(), "due": row.due_at.isoformat()}
    return {"unit": row.unit.name, "days": days, **due}


def refuse(scene: Scene) -> dict[str, Any]:
    found = pending(scene)
    _answer(scene, found, ExtensionState.REFUSED)
    return {"unit": found.assignment.unit.name, "days": found.days}


def pending(scene: Scene) -> Extension:
    """What waits for an answer: the named unit's, else the one that waits longest."""
    wanted = select(Extension).where(
        Extension.case_id == scene.case.id, Extension.state == ExtensionState.ASKED
    )
    if scene.asked.unit is not None:
        unit = scene.unit(scene.asked.unit, 1)
        wanted = wanted.join(Assignment, Extension.assignment_id == Assignment.id)
        wanted = wanted.where(Assignment.unit_id == unit.id)
    found = scene.session.scalars(wanted.order_by(Extension.id).limit(1)).first()
    if found is None:
        raise scene.refuse(1, "no unit has asked for more time")
    return found


def _answer(scene: Scene, found: Extension, state: ExtensionState) -> None:
    found.state, found.answer = state, scene.reason
    found.answered_at, found.answered_by = scene.now, scene.actor.who
