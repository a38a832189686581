"""Two cases that tell the same become one, and apart again; and a case goes back to the police."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from cases.assigning import end_all, mirror, turn_back, turn_from
from cases.history import event, stays
from cases.model import Call, Case, DeskNote
from cases.moving import Scene
from cases.opening import keep_history
from cases.states import CLOSED

TO_110 = "to_110"
"""Why the desk is told of this caller."""


def merge(scene: Scene) -> dict[str, Any]:
    """Into the case with the number `into`, which goes on for both."""
    case, target = scene.case, _target(scene)
    if target is None or target.id == case.id:
        raise scene.refuse(1, "it is merged into another case, named by its number")
    if target.merged_into_id is not None:
        raise scene.refuse(2, f"case {target.number} is merged itself; merge into the one it went to")
    if target.state in CLOSED:
        raise scene.refuse(3, f"case {target.number} is closed; reopen it first: whoever asks again waits")
    turn_from(scene)
    end_all(scene, scene.made.move)
    mirror(case, None)
    case.merged_into_id, case.closed_at = target.id, scene.now
    _tell(scene, target, {"merged": case.number})
    return {"into": target.number}


def _tell(scene: Scene, target: Case, detail: dict[str, Any]) -> None:
    """The other case says so, too; its history keeps its order."""
    at = max(scene.now, target.changed_at)
    told = event(at, scene.actor.who, stays(target.state, scene.made), detail, reason=scene.reason)
    keep_history(scene.session, target, at, [told])


def _target(scene: Scene) -> Case | None:
    wanted = select(Case).where(Case.number == (scene.asked.into or ""))
    return scene.session.scalars(wanted).first()


def unmerge(scene: Scene) -> dict[str, Any]:
    case = scene.case
    target = scene.session.get(Case, case.merged_into_id) if case.merged_into_id is not None else None
    case.merged_into_id = case.closed_at = None
    turn_back(scene)
    if target is None:
        return {}
    _tell(scene, target, {"unmerged": case.number})
    return {"from": target.number}


def to_110(scene: Scene) -> dict[str, Any]:
    """It is the police's: the desks are told, with what the caller said."""
    case = scene.case
    turn_from(scene)
    end_all(scene, scene.made.move)
    mirror(case, None)
    case.closed_at = scene.now
    calls = select(Call.id).where(Call.case_id == (case.part_of_id or case.id))
    call_id = scene.session.scalar(calls.order_by(Call.started_at.desc()).limit(1))
    if call_id is not None:
        heard = f"{scene.reason}\n{case.text}".strip()
        scene.session.add(DeskNote(call_id=call_id, created_at=scene.now, reason=TO_110, heard=heard))
    return {"desk_told": call_id is not None}
