"""Two supervisors at once, and one that dies in the middle: nothing twice, nothing lost."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from threading import Barrier, Thread

import pytest
from query_plans import plans
from sqlalchemy import Engine, func, select
from supervision_scene import RULES, city, dispatched, names, run, taken

from cases import due
from cases.engine import make_engine
from cases.model import Case, CaseEvent, StaffNotice
from cases.states import Move
from cases.supervision import supervise_part
from cases.unit_of_work import UnitOfWork, reading

_CASES = 12
_STEPS = ("unsigned", "yellow", "red")


class PowerCut(Exception):
    """The process is gone."""


def reminders(engine: Engine) -> tuple[int, int]:
    """How many urgings stand in the histories, how many notices were written of them."""
    with reading(engine) as work:
        urged = select(func.count()).where(CaseEvent.move == Move.URGE)
        told = select(func.count()).where(StaffNotice.what.in_(_STEPS))
        return work.session.scalar(urged) or 0, work.session.scalar(told) or 0


def test_several_supervisors_at_once_do_nothing_twice(engine: Engine, database_url: str) -> None:
    for second in range(_CASES):
        dispatched(engine, second=9 + second)
    start, did, failed = Barrier(4), [], []

    def supervise() -> None:
        own = make_engine(database_url)
        try:
            start.wait()
            did.append(run(own, city(5, 18), limit=2))
        except Exception as error:
            failed.append(error)
        finally:
            own.dispose()

    threads = [Thread(target=supervise) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    steps = Counter((each["case"], each["step"]) for part in did for each in part)
    assert len(steps) == _CASES * len(_STEPS)
    assert set(steps.values()) == {1}
    assert len(taken(engine)) == len(set(taken(engine))) == _CASES * len(_STEPS)
    # The red step tells the unit and its head.
    assert reminders(engine) == (_CASES * 3, _CASES * 4)


@pytest.mark.parametrize("done_before", [0, 1, 3])
def test_what_dies_in_the_middle_leaves_nothing_half_done(engine: Engine, done_before: int) -> None:
    for second in range(4):
        dispatched(engine, second=9 + second)
    now, last = city(5, 18), None
    for _ in range(done_before):
        with UnitOfWork(engine) as work:
            last = supervise_part(work.session, now, RULES, last, 1).last
            work.commit()
    with pytest.raises(PowerCut):
        _dies(engine, now, last)
    assert len(taken(engine)) == 3 * done_before
    assert names(run(engine, now)) == list(_STEPS) * (4 - done_before)
    assert reminders(engine) == (12, 16)
    assert run(engine, now) == []


def _dies(engine: Engine, now: datetime, last: due.Key | None) -> None:
    """All is written, and the power goes before the commit."""
    with UnitOfWork(engine) as work:
        assert names(supervise_part(work.session, now, RULES, last, 1).steps) == list(_STEPS)
        raise PowerCut


def test_a_case_in_somebodys_hands_is_not_waited_for(postgres_engine: Engine, postgres_url: str) -> None:
    held, free = dispatched(postgres_engine), dispatched(postgres_engine, second=12)
    other = make_engine(postgres_url)
    with UnitOfWork(other) as person:
        person.session.scalars(select(Case).where(Case.number == held).with_for_update()).one()
        assert {each["case"] for each in run(postgres_engine, city(3, 18))} == {free}
    assert {each["case"] for each in run(postgres_engine, city(3, 18))} == {held}
    other.dispose()


def test_a_run_reads_what_is_due_from_the_index_alone(engine: Engine) -> None:
    for second in range(3):
        dispatched(engine, second=9 + second)
    with reading(engine) as work:
        asked = (None, (city(2), 1, 0))
        for after in asked:
            (plan,) = plans(work.session, lambda after=after: due.due_keys(work.session, city(5), after))
            assert "ix_watch_next_at_case_id_assignment_id" in plan
            assert "Index Only Scan" in plan or "USING COVERING INDEX" in plan, plan
            assert "Sort" not in plan
            assert "TEMP B-TREE" not in plan
