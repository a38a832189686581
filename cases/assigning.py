"""A unit gets a case, or a part of it; its clock runs, stands still, and ends."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cases.deadlines import deadline, read_stops
from cases.firm_turns import give_back_turn, take_turn
from cases.model import Assignment, Case, Extension, Unit
from cases.moving import Scene, open_assignments
from cases.states import CaseState, ExtensionState
from cases.worktime import Calendar

CITIZEN, SUSPENDED = "citizen", "suspended"
"""For what a clock stands still."""


def give(
    scene: Scene,
    unit: Unit,
    working_days: int,
    *,
    main: bool = True,
    part: str = "",
    redo: bool = False,
) -> Assignment:
    """A new assignment whose clock begins now."""
    row = Assignment(
        case_id=scene.case.id,
        unit_id=unit.id,
        main=main,
        part=part,
        by=scene.actor.who,
        redo=redo,
        state=CaseState.DISPATCHED,
        dispatched_at=scene.now,
        working_days=working_days,
        extended_days=0,
        stops=[],
    )
    reckon(scene.calendar(unit), row)
    return _put(scene, row)


def give_again(scene: Scene, last: Assignment, *, final: bool) -> Assignment:
    """The unit that returned it has it again: its clock never stood still."""
    row = Assignment(
        case_id=last.case_id,
        unit_id=last.unit_id,
        main=True,
        by=scene.actor.who,
        redo=last.redo,
        state=CaseState.DISPATCHED,
        dispatched_at=last.dispatched_at,
        working_days=last.working_days,
        extended_days=last.extended_days,
        due_at=last.due_at,
        yellow_at=last.yellow_at,
        stops=list(last.stops),
        final=final,
    )
    return _put(scene, row)


def _put(scene: Scene, row: Assignment) -> Assignment:
    scene.session.add(row)
    scene.session.flush()
    if row.main:
        mirror(scene.case, row)
    return row


def mirror(case: Case, row: Assignment | None) -> None:
    """The case shows its main unit's clock; None: nobody has it."""
    case.dispatched_at = row.dispatched_at if row else None
    case.due_at, case.yellow_at = (row.due_at, row.yellow_at) if row else (None, None)
    case.clock_stopped_at, case.clock_stopped_for = (row.stopped_at, row.stopped_for) if row else (None, None)


def reckon(calendar: Calendar, row: Assignment) -> None:
    """Work out its deadline anew, of its own facts."""
    found = deadline(calendar, row.dispatched_at, row.working_days, row.extended_days, read_stops(row.stops))
    row.due_at, row.yellow_at = found.due_at, found.yellow_at


def turn_to(scene: Scene, unit: Unit) -> None:
    """The case becomes this unit's; a firm's turn is counted, and the one before keeps its place."""
    case = scene.case
    if case.unit_id != unit.id:
        _leave_turn(scene.session, case)
        case.unit_id = unit.id
        take_turn(scene.session, unit.id, scene.now)
    case.sector = case.sector or unit.sector


def turn_from(scene: Scene) -> None:
    """The case is taken from its unit, which stays named in it."""
    _leave_turn(scene.session, scene.case)


def turn_back(scene: Scene) -> None:
    """What `turn_from` took is given again."""
    if not _began(scene.session, scene.case):
        take_turn(scene.session, scene.case.unit_id, scene.now)


def _leave_turn(session: Session, case: Case) -> None:
    if not _began(session, case):
        give_back_turn(session, case.unit_id)


def _began(session: Session, case: Case) -> bool:
    """Whether the unit that the case names ever signed for it: then it had its turn."""
    mine = select(Assignment.id).where(Assignment.case_id == case.id, Assignment.unit_id == case.unit_id)
    return session.scalar(mine.where(Assignment.signed_at.is_not(None)).limit(1)) is not None


# ---------------------------------------------------------------- stops and ends


def stop(row: Assignment, what_for: str, now: datetime) -> None:
    """The clock stands still from now on; one that does already stands for `what_for`."""
    row.stopped_at, row.stopped_for = row.stopped_at or now, what_for


def start(scene: Scene, row: Assignment) -> None:
    """The clock runs again, with as much left as there was."""
    if row.stopped_at is None:
        return
    row.stops = [*row.stops, [row.stopped_at.isoformat(), max(scene.now, row.stopped_at).isoformat()]]
    row.stopped_at = row.stopped_for = None
    reckon(scene.calendar(row.unit), row)


def end(scene: Scene, row: Assignment, by: str) -> None:
    """The unit has it no longer. What it asked for and nobody answered has lapsed."""
    start(scene, row)
    row.ended_at, row.ended_by = scene.now, by
    lapse(scene, row)


def lapse(scene: Scene, row: Assignment) -> None:
    pending = update(Extension).where(
        Extension.assignment_id == row.id, Extension.state == ExtensionState.ASKED
    )
    scene.session.execute(pending.values(state=ExtensionState.LAPSED, answered_at=scene.now))


def end_all(scene: Scene, by: str) -> None:
    for row in open_assignments(scene.session, scene.case):
        end(scene, row, by)
