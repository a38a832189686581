"""What is due is done: clocks are placed after a move, steps are taken when their moment has come.

`take_due` is one transaction over a part of what is due. Its rows are claimed by SKIP LOCKED (PostgreSQL) or
by being the only writer (SQLite), and all that a step does is committed with the row that says it was done:
nothing is lost by a restart, and two supervisors do nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, select
from sqlalchemy.orm import Session

from cases import due
from cases.calendar import load_calendar
from cases.clocks import Facts, Standing, clock_of, placed
from cases.history import event as case_event
from cases.ladders import Audience, Clock, Place, Step, after
from cases.model import Assignment, Case, Watch
from cases.opening import SYSTEM
from cases.rules import Rules
from cases.staff_notices import notices, tell
from cases.states import CaseState, Move, Role, move
from cases.watch import mark
from cases.worktime import Calendar

_BY_HANDLING = frozenset({Move.ARCHIVE, Move.RESUME})
"""They change the state: they are made as everybody's moves are (cases/handling.py)."""


@dataclass
class Done:
    """What one transaction did."""

    steps: list[dict[str, Any]] = field(default_factory=list)
    """`case`, `unit`, `ladder`, `step`, `times`, `planned`, `move`, `to`"""
    placed: int = 0
    """Clocks that were read anew after a move."""
    last: due.Key | None = None
    """The last one that was looked at; None: nothing was due."""
    to_move: list[tuple[str, Move]] = field(default_factory=list)
    """(case number, move) that the same transaction is still to make."""


def take_due(
    session: Session, now: datetime, rules: Rules, after_key: due.Key | None = None, limit: int = 500
) -> Done:
    """Take up to `limit` of what is due after this key. `.last` is None when nothing is left."""
    keys = due.due_keys(session, now, after_key, limit)
    if not keys:
        return Done()
    claimed = due.claim(session, now, keys)
    pass_ = _Pass(session, now, rules, claimed)
    for row in claimed:
        pass_.work_off(row)
    due.write(session, now, pass_.rows)
    pass_.done.last = keys[-1]
    return pass_.done


class _Pass:
    """One pass over claimed rows; it collects what is to be written."""

    def __init__(self, session: Session, now: datetime, rules: Rules, claimed: list[Row[Any]]) -> None:
        self.now, self.rules = now, rules
        self.done, self.rows = Done(), due.Written()
        self._days: Calendar = load_calendar(session, rules)
        self._parts = due.parts(session, (row.assignment_id for row in claimed if row.assignment_id))
        units = [row.unit_id for row in claimed] + [part.unit_id for part in self._parts.values()]
        self._units = due.unit_names(session, units)

    def work_off(self, row: Row[Any]) -> None:
        """Place this clock and take its steps up to now."""
        part = self._parts.get(row.assignment_id)
        facts = _part_facts(row, part) if row.assignment_id else _case_facts(row)
        clock = clock_of(facts, row.since, self.rules.ladders) if facts else None
        if facts is None or clock is None:
            self.rows.ended.append((row.case_id, row.assignment_id))
            return
        ladders, zone = self.rules.ladders, self.rules.zone
        standing = placed(_standing(row), clock, ladders, row.marked_at or self.now, self._days, zone)
        self.done.placed += row.marked_at is not None
        place = standing.place
        unit_id = part.unit_id if part is not None else row.unit_id
        while place.next_at is not None and place.next_at <= self.now:
            step = ladders[clock.ladder][place.step]
            if not step.states or facts.state in step.states:
                self._take(row, step, Standing(clock, place, standing.round), unit_id)
            place = after(ladders[clock.ladder], place, self.now, clock, self._days, zone)
        self._keep(row, Standing(clock, place, standing.round))

    def _take(self, row: Row[Any], step: Step, at: Standing, unit_id: int | None) -> None:
        told = [str(each) for each in step.to]
        detail = {"step": step.name, "ladder": at.clock.ladder, "times": at.place.times, "to": told}
        if step.move in _BY_HANDLING:
            self.done.to_move.append((row.number, step.move))
        elif step.move is not None:
            made = move(CaseState(row.state), step.move, Role.SYSTEM)
            known = {"case_id": row.case_id, "version": row.version}
            self.rows.events.append({**known, **case_event(self.now, SYSTEM, made, detail)})
            self.rows.touched[row.case_id] = row.number
            if step.move == Move.SUPERVISE:
                self.rows.supervised.add(row.case_id)
        said = {**detail, "due_at": at.clock.due_at and at.clock.due_at.isoformat()}
        self.rows.notices += notices(self.now, step.name, step.to, row.case_id, unit_id, said)
        self._record(row, step, at, unit_id)

    def _record(self, row: Row[Any], step: Step, at: Standing, unit_id: int | None) -> None:
        told = [str(each) for each in step.to]
        kept = {
            "ladder": at.clock.ladder,
            "step": step.name,
            "times": at.place.times,
            "move": step.move,
        }
        key = {"case_id": row.case_id, "assignment_id": row.assignment_id, "round": at.round}
        planned = at.place.next_at
        self.rows.escalations.append({**key, **kept, "planned_at": planned, "at": self.now, "told": told})
        unit = self._units.get(unit_id) if unit_id is not None else None
        self.done.steps.append({"case": row.number, "unit": unit, **kept, "planned": planned, "to": told})

    def _keep(self, row: Row[Any], at: Standing) -> None:
        self.rows.watches.append(
            {
                "of_case": row.case_id,
                "of_assignment": row.assignment_id,
                "ladder": at.clock.ladder,
                "yellow_at": at.clock.yellow_at,
                "due_at": at.clock.due_at,
                "marked_at": None,
                "round": at.round,
                "step": at.place.step,
                "times": at.place.times,
                "next_at": at.place.next_at,
            }
        )


def _standing(row: Row[Any]) -> Standing:
    clock = Clock(row.ladder, row.since, row.watch_yellow, row.watch_due)
    return Standing(clock, Place(row.step, row.times, row.next_at), row.round)


def _case_facts(row: Row[Any]) -> Facts:
    return Facts(
        state=CaseState(row.state),
        priority=row.priority,
        deadline_class=row.deadline_class,
        yellow_at=row.yellow_at,
        due_at=row.due_at,
        review_at=row.review_at,
        stopped=row.stopped_at is not None,
    )


def _part_facts(row: Row[Any], part: Row[Any] | None) -> Facts | None:
    """Of a co-unit's part; None: it is done."""
    if part is None or part.ended_at is not None or part.reported_at is not None:
        return None
    return Facts(
        state=CaseState(part.state),
        priority=row.priority,
        deadline_class=row.deadline_class,
        yellow_at=part.yellow_at,
        due_at=part.due_at,
        review_at=None,
        stopped=part.stopped_at is not None,
    )


# ---------------------------------------------------------------- after a person's move

_UNIT, _HEAD, _DISPATCHER = Audience.UNIT, Audience.HEAD, Audience.DISPATCHER
_TOLD: Mapping[Move, tuple[Audience, ...]] = {
    Move.DISPATCH: (_UNIT,),
    Move.RULE: (_UNIT,),
    Move.RETURN: (_DISPATCHER,),
    Move.ASK_EXTENSION: (_DISPATCHER, Audience.SUPERVISOR),
    Move.GRANT_EXTENSION: (_UNIT,),
    Move.REFUSE_EXTENSION: (_UNIT,),
    Move.REPORT: (Audience.VISITOR,),
    Move.REDO: (_UNIT, _HEAD),
    Move.SUSPEND: (_UNIT,),
    Move.RESUME: (_UNIT,),
    Move.REOPEN: (_DISPATCHER,),
    Move.URGE: (_UNIT,),
    Move.SUPERVISE: (_UNIT, _HEAD, Audience.SUPERVISOR),
    Move.RECEPTION_DAY: (_UNIT, _HEAD),
    Move.SPECIAL_REPORT: (_UNIT, _HEAD, Audience.LEADER),
    Move.ACCOUNTABILITY: (_UNIT, _HEAD, Audience.LEADER),
}
_LONGEST_REASON = 200


def follow(session: Session, case: Case, event: Mapping[str, Any], now: datetime, rules: Rules) -> None:
    """What a move means for supervision: clocks are marked, and those whom it concerns are told.

    A change of state has marked the case's own clock already (cases/watch.py).
    """
    del rules  # Every follower takes them; the moments are worked out when the clock is placed.
    what = Move(event["move"])
    if what == Move.NOTE:
        # It may have stopped the clock, or let it run again.
        mark(session, case.id, now)
    _mark_parts(session, case, now)
    to = _TOLD.get(what, ())
    if what == Move.RULE and case.state == CaseState.SORTED:
        to = (_DISPATCHER,)
    said = {"who": event.get("who", ""), "reason": str(event.get("reason") or "")[:_LONGEST_REASON]}
    tell(session, notices(now, what, to, case.id, case.unit_id, said))


def _mark_parts(session: Session, case: Case, now: datetime) -> None:
    """Co-units' parts have clocks of their own; a new one is told."""
    open_parts = (Assignment.case_id == case.id, Assignment.main.is_(False), Assignment.ended_at.is_(None))
    watched = and_(Watch.case_id == Assignment.case_id, Watch.assignment_id == Assignment.id)
    wanted = select(Assignment.id, Assignment.unit_id, Assignment.dispatched_at, Watch.case_id)
    for id_, unit_id, since, known in session.execute(wanted.outerjoin(Watch, watched).where(*open_parts)):
        mark(session, case.id, now if known else since, assignment_id=id_)
        if known is None:
            tell(session, notices(now, Move.ADD_UNIT, (_UNIT,), case.id, unit_id))
