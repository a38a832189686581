"""Thousands of cases are moved at random by everybody: the table holds, every clock sums."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from handling_scene import DAYS, LAMPS, RULES, WATER, City
from sqlalchemy import Engine, select
from telling import at

from cases import numbers
from cases.deadlines import deadline, read_stops
from cases.errors import MoveRefused
from cases.handling import Actor, Asked, make_move
from cases.history import event
from cases.model import Assignment, Case, CaseEvent
from cases.opening import keep_history, reserve_numbers
from cases.states import RULES as TABLE
from cases.states import CaseState, Move, Role, WayIn, move
from cases.unit_of_work import UnitOfWork, reading

CASES, MOVES = {"sqlite": 250, "postgresql": 150}, 7
"""For each seed, so thousands in all; moves that are tried on each case."""
SEEDS = (20260302, 110, 350781, 12345)
_STEP = tuple(timedelta(hours=hours) for hours in (0, 0.3, 0.3, 3, 3, 20, 150))

_WEIGHTS = {
    Move.DISPATCH: 20,
    Move.SIGN: 12,
    Move.RETURN: 3,
    Move.RULE: 12,
    Move.ASK_EXTENSION: 5,
    Move.GRANT_EXTENSION: 4,
    Move.REFUSE_EXTENSION: 3,
    Move.ADD_UNIT: 2,
    Move.REPORT: 5,
    Move.CALL_BACK: 3,
    Move.REDO: 3,
    Move.RESUME: 8,
    Move.REOPEN: 3,
    Move.UNMERGE: 3,
    **dict.fromkeys((Move.RECEPTION_DAY, Move.SPECIAL_REPORT, Move.ACCOUNTABILITY, Move.TO_110), 0.3),
}
"""So that lives go on for long, and not only to the next merge; of the others 1."""


class Walk:
    """One database, one seed: everything that happens comes out of it."""

    def __init__(self, engine: Engine, seed: int) -> None:
        self.city, self.dice = City(engine, "a", "b"), random.Random(seed)  # noqa: S311 - a walk
        self.units = [LAMPS, WATER, "a", "b"]
        self.done: Counter[str] = Counter()
        self.numbers: list[str] = []

    def opens(self, count: int) -> None:
        """Sorted cases, many in a transaction."""
        with UnitOfWork(self.city.engine) as work:
            for number in reserve_numbers(work.session, count):
                case = Case(
                    number=number,
                    tracking_code=numbers.tracking_code(),
                    state=CaseState.SORTED,
                    opened_at=at(0),
                    changed_at=at(0),
                    way_in=WayIn.KEY,
                    desk="desk1",
                    unit_id=self.city.units[self.dice.choice(self.units)],
                    deadline_class=self.dice.choice([None, *RULES.working_days]),
                )
                work.session.add(case)
                work.session.flush()
                made = move(None, Move.ACCEPT, Role.SYSTEM)
                sorted_ = move(CaseState.ACCEPTED, Move.SORT, Role.SYSTEM)
                keep_history(
                    work.session,
                    case,
                    at(0),
                    [event(at(0), "system", each, {}) for each in (made, sorted_)],
                )
                self.numbers.append(number)
            work.commit()

    def lives(self, number: str) -> None:
        """A case's life in one transaction; each move in a savepoint: a refused one leaves nothing."""
        now = self.city.now + timedelta(minutes=self.dice.randrange(600_000))
        with UnitOfWork(self.city.engine) as work:
            for _ in range(MOVES):
                now += self.dice.choice(_STEP)
                moved_at = now - timedelta(days=2) if self.dice.random() < 0.03 else now
                self._tries(work.session, number, moved_at)
            work.commit()

    def _tries(self, session: Any, number: str, now: datetime) -> None:
        case = session.scalars(select(Case).where(Case.number == number)).one()
        what, actor = self._chosen(session, case)
        before = case.version
        try:
            with session.begin_nested():
                make_move(session, number, what, actor, now, RULES, self._asked())
        except MoveRefused:
            session.expire_all()
            self.done["refused"] += 1
            assert case.version == before
        else:
            self.done[what] += 1

    def _chosen(self, session: Any, case: Case) -> tuple[Move, Actor]:
        """Mostly what the table allows; sometimes anything by anybody."""
        dice = self.dice
        rows = [rule for rule in TABLE if case.state in rule.sources]
        if rows and dice.random() < 0.85:
            (rule,) = dice.choices(rows, [_WEIGHTS.get(row.move, 1) for row in rows])
            return rule.move, self._somebody(session, case, dice.choice(rule.roles))
        return dice.choice(list(Move)), self._somebody(session, case, dice.choice(list(Role)))

    def _somebody(self, session: Any, case: Case, role: Role) -> Actor:
        """Of units mostly those that have it."""
        if role != Role.UNIT:
            return Actor(f"{role}1", role, desk="desk1")
        having = select(Assignment.unit_id).where(
            Assignment.case_id == case.id, Assignment.ended_at.is_(None)
        )
        has = session.scalars(having).all() if self.dice.random() < 0.95 else []
        return Actor("unit1", role, self.dice.choice(has or list(self.city.units.values())))

    def _asked(self) -> Asked:
        dice = self.dice
        return Asked(
            reason=dice.choice(["为什么", "为什么", "为什么", None]),
            unit=dice.choice([None] * 6 + self.units),
            days=dice.choice([None, None, None, 1, 3, 11]),
            answer=dice.choice(["好了", None]),
            into=dice.choice(self.numbers),
            waiting=dice.choice([None, None, True, False]),
        )


@pytest.fixture(params=SEEDS)
def walk(engine: Engine, request: pytest.FixtureRequest) -> Walk:
    walk = Walk(engine, request.param)
    walk.opens(CASES[engine.dialect.name])
    for number in walk.numbers:
        walk.lives(number)
    return walk


def test_thousands_of_random_lives_keep_every_promise(walk: Walk) -> None:
    with reading(walk.city.engine) as work:
        cases = {row.id: row for row in work.session.scalars(select(Case))}
        assignments = work.session.scalars(select(Assignment).order_by(Assignment.id)).all()
        events = work.session.scalars(select(CaseEvent).order_by(CaseEvent.id)).all()
        _ = [row.unit.code for row in assignments]
    assert len(walk.done) > 15, walk.done
    the_table_holds(cases, events)
    every_move_left_an_event(walk, cases, events)
    every_clock_sums(cases, assignments, events)
    cases_and_assignments_agree(cases, assignments)


def the_table_holds(cases: dict[int, Case], events: list[CaseEvent]) -> None:
    """No state outside the table; every event is a row of it and begins where the one before ended."""
    rows = {rule.id: rule for rule in TABLE}
    lives: dict[int, list[CaseEvent]] = {}
    for each in events:
        lives.setdefault(each.case_id, []).append(each)
    for case_id, life in lives.items():
        for each in life:
            the_row_allows(rows, each)
        for one, other in pairwise(life):
            assert other.from_state == one.to_state
            assert other.at >= one.at
        assert life[-1].to_state == cases[case_id].state
        assert [each.version for each in life] == sorted(each.version or 0 for each in life)


def the_row_allows(rows: dict[str, Any], each: CaseEvent) -> None:
    row = rows[each.rule or ""]
    part = each.detail.get("part")
    source, target = part if part else (each.from_state, each.to_state)
    assert row.move == each.move
    if "merged" in each.detail or "unmerged" in each.detail:
        assert source == target  # the other one of the two stays as it is
        return
    assert not row.sources if source is None else source in row.sources
    assert target in (row.targets or (source,))
    assert part is None or each.from_state == each.to_state


def every_move_left_an_event(walk: Walk, cases: dict[int, Case], events: list[CaseEvent]) -> None:
    """As many as were made: no event missing, none too many."""
    other = [each for each in events if "merged" in each.detail or "unmerged" in each.detail]
    brought = [each for each in events if each.move == "supervise" and "because" in each.detail]
    made = sum(count for what, count in walk.done.items() if what != "refused")
    by_redo = [each for each in brought if each.detail["because"] == "redo"]
    assert len(events) - 2 * len(cases) == made + len(other) + len(brought) - len(by_redo)


def every_clock_sums(cases: dict[int, Case], rows: list[Assignment], events: list[CaseEvent]) -> None:
    """No deadline before its dispatch; each is what its class, its extensions and its stops give."""
    granted = Counter(
        (each.case_id, each.detail["unit"]) for each in events if each.move == "grant-extension"
    )
    for row in rows:
        assert row.due_at >= row.dispatched_at
        assert row.dispatched_at <= row.yellow_at
        stops = read_stops(row.stops)
        assert all(since <= until for since, until in stops)
        assert all(one[1] <= other[0] for one, other in pairwise(stops))
        again = deadline(DAYS, row.dispatched_at, row.working_days, row.extended_days, stops)
        assert (again.due_at, again.yellow_at) == (row.due_at, row.yellow_at)
        assert row.extended_days == 0 or granted[row.case_id, row.unit.name]
        if row.working_days:
            plain = DAYS.due(row.dispatched_at, row.working_days)
            allowed = DAYS.worked(row.dispatched_at, plain) + row.extended_days * DAYS.hours.seconds
            stood = sum(DAYS.worked(since, until) for since, until in stops if since < row.due_at)
            assert DAYS.worked(row.dispatched_at, row.due_at) <= allowed + stood + 0.01
            assert DAYS.worked(row.dispatched_at, row.due_at) >= allowed - 0.01


def cases_and_assignments_agree(cases: dict[int, Case], rows: list[Assignment]) -> None:
    """A case at a unit has one main unit, whose clock it shows; a closed one has none."""
    for case in cases.values():
        open_ = [row for row in rows if row.case_id == case.id and row.ended_at is None]
        main = [row for row in open_ if row.main]
        with_a_unit = ("dispatched", "signed", "in_progress", "suspended", "reported", "calling_back")
        if case.state in with_a_unit and not (case.completed_at and not main):
            assert len(main) == 1, case.state
            assert (case.due_at, case.dispatched_at) == (main[0].due_at, main[0].dispatched_at)
            assert case.unit_id == main[0].unit_id
        elif case.state != CaseState.RETURNED:
            assert not open_, case.state
        assert len({row.unit_id for row in open_}) == len(open_)
        assert (case.closed_at is None) == (
            case.state not in ("completed", "archived", "merged", "handed_back")
        )
