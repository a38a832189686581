"""The result is reported, confirmed, done again, closed; and a closed case is opened again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from cases.assigning import CITIZEN, end, end_all, give, lapse, mirror, start, turn_back
from cases.model import Assignment, Unit
from cases.moving import Scene, open_assignments
from cases.states import CaseState, Role
from cases.survey import refuse_handler


def report(scene: Scene) -> dict[str, Any]:
    """The unit's clock ends. From now on the case waits for the citizen."""
    row, case = scene.mine, scene.case
    answer = scene.answer or scene.reason
    if not answer:
        raise scene.refuse(1, "a report needs an answer for the citizen")
    start(scene, row)
    lapse(scene, row)
    row.reported_at, row.answer = scene.now, answer
    detail: dict[str, Any] = {"answer": answer, "in_time": scene.now <= row.due_at}
    if row.main:
        case.answer = answer
        mirror(case, row)
        case.clock_stopped_at, case.clock_stopped_for = scene.now, CITIZEN
        open_parts = [each.unit.name for each in open_assignments(scene.session, case) if _is_owed(each)]
        detail |= {"open_parts": open_parts} if open_parts else {}
    return detail


def _is_owed(row: Assignment) -> bool:
    return not row.main and row.reported_at is None


def may_ask_citizen(scene: Scene) -> None:
    """A visitor caller does not ask about, or close, what that person has handled (S01)."""
    if scene.actor.role == Role.VISITOR:
        refuse_handler(scene.session, scene.case, scene.actor)


def call_back(scene: Scene) -> dict[str, Any]:
    scene.case.closed_at = None
    return {}


def complete(scene: Scene) -> dict[str, Any]:
    """The citizen was asked, or needs not be; every part ends."""
    case, open_parts = (
        scene.case,
        [row.unit.name for row in open_assignments(scene.session, scene.case) if _is_owed(row)],
    )
    if scene.answer:
        case.answer = scene.answer
    end_all(scene, scene.made.move)
    case.clock_stopped_at = case.clock_stopped_for = None
    case.completed_at = case.completed_at or scene.now
    case.closed_at = scene.now
    return {"open_parts": open_parts} if open_parts else {}


def answer_at_once(scene: Scene) -> dict[str, Any]:
    """A question answered without any unit."""
    answer = scene.answer or scene.reason
    if not answer:
        raise scene.refuse(1, "a question is closed with its answer")
    case = scene.case
    case.answer, case.completed_at, case.closed_at = answer, scene.now, scene.now
    return {"answer": answer}


# ---------------------------------------------------------------- once more


def may_redo(scene: Scene) -> Unit:
    """Some unit had it, and the completion is not long ago."""
    may_ask_citizen(scene)
    unit = _last_unit(scene)
    if unit is None:
        raise scene.refuse(1, "no unit ever had it; reopen it and dispatch it")
    if scene.case.completed_at is not None:
        _in_time(scene, 2)
    return unit


def redo(scene: Scene) -> dict[str, Any]:
    """The citizen is not satisfied: the same unit does it again, with a new clock."""
    case, unit = scene.case, may_redo(scene)
    for row in open_assignments(scene.session, case):
        if row.main or row.reported_at is not None:
            end(scene, row, scene.made.move)
    case.redo_count += 1
    case.completed_at = case.closed_at = None
    given = give(scene, unit, scene.rules.days_of(case.deadline_class), redo=True)
    return {"unit": unit.name, "count": case.redo_count, "due": given.due_at.isoformat()}


def _last_unit(scene: Scene) -> Unit | None:
    """Who had it last; nobody, when that return was right."""
    wanted = select(Assignment).where(Assignment.case_id == scene.case.id, Assignment.main)
    last = scene.session.scalars(wanted.order_by(Assignment.id.desc()).limit(1)).first()
    return last.unit if last and not last.return_upheld else None


def _in_time(scene: Scene, condition: int) -> None:
    """Who is not satisfied says so within the time for it; a supervisor at any time."""
    closed = scene.case.completed_at or scene.case.closed_at
    days = scene.rules.reopen_calendar_days
    if closed is None or scene.actor.role == Role.SUPERVISOR:
        return
    if scene.now > closed + timedelta(days=days):
        raise scene.refuse(condition, f"it was closed more than {days} days ago; a supervisor may open it")


def may_reopen(scene: Scene) -> None:
    _in_time(scene, 1)


def reopen(scene: Scene) -> dict[str, Any]:
    case, from_state = scene.case, scene.made.from_state
    detail: dict[str, Any] = {"answer_before": case.answer} if case.answer else {}
    case.reopen_count += 1
    case.completed_at = case.closed_at = None
    case.answer = ""
    mirror(case, None)
    if from_state == CaseState.HANDED_BACK:
        turn_back(scene)
    return {**detail, "count": case.reopen_count}


def archive(scene: Scene) -> dict[str, Any]:
    scene.case.closed_at = scene.case.closed_at or scene.now
    return {}
