"""A case is given to a unit, signed for, returned, ruled on; co-units get parts of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from cases.assigning import end, end_all, give, give_again, mirror, turn_from, turn_to
from cases.model import Assignment, Unit
from cases.moving import Scene, assignment_of, open_assignments
from cases.states import CaseState, Move, Role


def dispatch(scene: Scene) -> dict[str, Any]:
    """To the unit that is named, else the one the case names. Its clock begins now."""
    case, asked = scene.case, scene.asked
    if asked.unit is None and case.unit_id is None:
        raise scene.refuse(1, "nobody said to which unit")
    unit = scene.unit(asked.unit, 1) if asked.unit is not None else _standing(scene)
    if asked.deadline_class is not None:
        _choose_class(scene, asked.deadline_class)
    turn_to(scene, unit)
    case.deadline_class = case.deadline_class or scene.rules.default_class
    row = give(scene, unit, scene.rules.days_of(case.deadline_class))
    detail = _told(scene, unit, row)
    if asked.units:
        detail["units"] = [each.name for each in _add(scene, asked.units, 1, 3)]
    return detail


def _standing(scene: Scene) -> Unit:
    unit = scene.session.get_one(Unit, scene.case.unit_id)
    if not unit.active:
        raise scene.refuse(1, f"the unit {unit.name} is out of use; name another one")
    return unit


def _choose_class(scene: Scene, named: str) -> None:
    known = scene.rules.working_days
    if named not in known:
        raise scene.refuse(2, f"there is no deadline class {named[:32]!r}; there are {', '.join(known)}")
    scene.case.deadline_class = named


def _told(scene: Scene, unit: Unit, row: Assignment) -> dict[str, Any]:
    """What the event says of a clock that begins."""
    calendar = scene.calendar(unit)
    warnings = calendar.warnings(calendar.day_of(scene.now), calendar.day_of(row.due_at))
    said = {
        "unit": unit.name,
        "class": scene.case.deadline_class,
        "working_days": row.working_days,
        "due": row.due_at.isoformat(),
    }
    return {**said, "warnings": warnings} if warnings else said


def sign(scene: Scene) -> dict[str, Any]:
    row = scene.mine
    row.signed_at = row.signed_at or scene.now
    return {}


# ---------------------------------------------------------------- returned, and ruled on


def may_return(scene: Scene) -> None:
    """In time, and nobody has ruled that this unit does it."""
    row = scene.mine
    if row.final:
        raise scene.refuse(3, "a supervisor ruled that this unit does it; that ruling is final")
    until = scene.calendar(row.unit).due(row.dispatched_at, scene.rules.return_days)
    if scene.now > until:
        days = scene.rules.return_days
        raise scene.refuse(2, f"a case is returned within {days} working days from its dispatch")


def return_it(scene: Scene) -> dict[str, Any]:
    """A wrongly sent case comes back with a reason. A co-unit's part ends with it."""
    row, case = scene.mine, scene.case
    scene.needs_reason(1)
    row.returned_at = scene.now
    end(scene, row, Move.RETURN)
    if not row.main:
        return {}
    case.return_count += 1
    if case.return_count >= scene.rules.returns_before_supervision:
        case.supervised_at = scene.now
        scene.also(Move.SUPERVISE, {"because": "returns", "count": case.return_count}, CaseState.RETURNED)
    return {"count": case.return_count}


def may_rule(scene: Scene) -> None:
    """After the third return only a supervisor rules."""
    count = scene.case.return_count
    if count >= scene.rules.returns_before_supervision and scene.actor.role != Role.SUPERVISOR:
        raise scene.refuse(1, f"it was returned {count} times: a supervisor rules on it")


def rule(scene: Scene) -> dict[str, Any]:
    """The ruling ends the return: the same unit has it again, or another one; or it is sorted anew."""
    case, supervisor = scene.case, scene.actor.role == Role.SUPERVISOR
    last = _last_returned(scene)
    if scene.made.to_state == CaseState.SORTED:
        last.return_upheld = True
        end_all(scene, Move.RULE)  # co-units: whoever gets it next asks for the parts that it needs
        turn_from(scene)
        case.unit_id = None
        mirror(case, None)
        return {"upheld": True}
    unit = scene.unit(scene.asked.unit, 2) if scene.asked.unit is not None else last.unit
    last.return_upheld = unit.id != last.unit_id
    if not last.return_upheld:
        row = give_again(scene, last, final=supervisor)
    else:
        row = _to_another(scene, unit)
        row.final = supervisor
    return {**_told(scene, unit, row), "upheld": last.return_upheld, "final": supervisor}


def _to_another(scene: Scene, unit: Unit) -> Assignment:
    standing = assignment_of(scene.session, scene.case, unit.id)
    if standing is not None:  # a co-unit becomes the main one
        end(scene, standing, Move.RULE)
    turn_to(scene, unit)
    return give(scene, unit, scene.rules.days_of(scene.case.deadline_class))


def _last_returned(scene: Scene) -> Assignment:
    wanted = select(Assignment).where(
        Assignment.case_id == scene.case.id, Assignment.main, Assignment.ended_by == Move.RETURN
    )
    return scene.session.scalars(wanted.order_by(Assignment.id.desc()).limit(1)).one()


# ---------------------------------------------------------------- co-units


def add_unit(scene: Scene) -> dict[str, Any]:
    """Co-units, each with a part and a clock of its own."""
    asked = scene.asked
    named = [*([asked.unit] if asked.unit is not None else []), *asked.units]
    if not named:
        raise scene.refuse(1, "nobody said which unit")
    added = _add(scene, named, 1, 2)
    rows = {row.unit_id: row for row in open_assignments(scene.session, scene.case)}
    due = {unit.name: rows[unit.id].due_at.isoformat() for unit in added}
    return {"units": list(due), "due": due}


def _add(scene: Scene, named: Sequence[str], unknown: int, twice: int) -> list[Unit]:
    units = [scene.unit(each, unknown) for each in named]
    has = {row.unit_id for row in open_assignments(scene.session, scene.case)}
    for unit in units:
        if unit.id in has:
            raise scene.refuse(twice, f"{unit.name} has this case already")
        has.add(unit.id)
        part = (scene.asked.part or scene.reason).strip()
        give(scene, unit, _part_days(scene), main=False, part=part)
    return units


def _part_days(scene: Scene) -> int:
    days = scene.asked.days
    if scene.made.move != Move.ADD_UNIT or days is None:
        return scene.rules.days_of(scene.case.deadline_class)
    most = max(scene.rules.working_days.values())
    if not 0 <= days <= most:
        raise scene.refuse(3, f"a part has 0 to {most} working days, not {days}")
    return days
