"""Progress, and clocks that stand still: a case is suspended 挂账, or waits for the citizen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cases.assigning import CITIZEN, SUSPENDED, mirror, start, stop
from cases.model import Assignment
from cases.moving import Scene, main_assignment, open_assignments
from cases.states import CaseState, Role


def note(scene: Scene) -> dict[str, Any]:
    """What is being done, with photos; or a remark. A unit may say that it waits for the citizen."""
    asked = scene.asked
    if not (scene.reason or asked.photos or asked.detail or asked.confidential is not None):
        raise scene.refuse(1, "a note needs a text or a photo")
    return {**_keep_silent(scene), **_clock(scene)}


def _keep_silent(scene: Scene) -> dict[str, Any]:
    """保密: units see neither name nor number."""
    wanted = scene.asked.confidential
    if wanted is None:
        return {}
    if scene.actor.role in (Role.UNIT, Role.LEADER):
        raise scene.refuse(3, "whether a caller is kept secret is said by those who talk to callers")
    scene.case.confidential = wanted
    return {"confidential": wanted}


def _clock(scene: Scene) -> dict[str, Any]:
    row = scene.own if scene.actor.role == Role.UNIT else main_assignment(scene.session, scene.case)
    if scene.asked.waiting is None or row is None:
        return {}
    if scene.asked.waiting:
        return _wait(scene, row)
    return _go_on(scene, row)


def _wait(scene: Scene, row: Assignment) -> dict[str, Any]:
    if scene.actor.role != Role.UNIT:
        raise scene.refuse(2, "only the unit says that it waits for the citizen")
    if row.stopped_at is not None or scene.now > row.due_at:
        raise scene.refuse(2, "its clock stands still already, or its deadline has passed")
    stop(row, CITIZEN, scene.now)
    _show(scene, row)
    return {"waiting": True}


def _go_on(scene: Scene, row: Assignment) -> dict[str, Any]:
    if row.stopped_for != CITIZEN:
        return {}
    start(scene, row)
    _show(scene, row)
    return {"waiting": False, "due": row.due_at.isoformat()}


def _show(scene: Scene, row: Assignment) -> None:
    if row.main:
        mirror(scene.case, row)


# ---------------------------------------------------------------- suspended


def suspend(scene: Scene) -> dict[str, Any]:
    """It cannot be done now: all its clocks stand still until it is looked at again."""
    scene.needs_reason(1)
    rules, calendar = scene.rules, scene.days
    today, until = calendar.day_of(scene.now), scene.asked.until
    until = until or today + timedelta(days=rules.review_calendar_days)
    last = today + timedelta(days=rules.longest_suspension_calendar_days)
    if not today < until <= last:
        raise scene.refuse(2, f"the review is after today and by {last}, not {until}")
    scene.case.review_at = calendar.opening(until)
    for row in open_assignments(scene.session, scene.case):
        stop(row, SUSPENDED, scene.now)
        _show(scene, row)
    return {"until": until.isoformat()}


def resume(scene: Scene) -> dict[str, Any]:
    scene.case.review_at = None
    for row in open_assignments(scene.session, scene.case):
        start(scene, row)
        if row.main:
            row.state = CaseState.IN_PROGRESS
        _show(scene, row)
    return {"due": scene.case.due_at.isoformat()} if scene.case.due_at else {}
