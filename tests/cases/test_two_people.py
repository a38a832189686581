"""Two people at one case at the same moment: one moves it, the other is told; nothing happens twice."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from handling_scene import LAMPS, WATER, City
from sqlalchemy import Engine

from cases.errors import CaseError, Conflict, MoveRefused


@pytest.fixture
def city(engine: Engine) -> City:
    return City(engine)


def at_once(*moves: Callable[[], object]) -> list[CaseError | None]:
    """Both begin together; what each was told."""
    told: list[CaseError | None] = [None] * len(moves)
    ready = Barrier(len(moves))

    def make(place: int) -> None:
        ready.wait(10)
        try:
            moves[place]()
        except CaseError as error:
            told[place] = error

    threads = [Thread(target=make, args=(place,)) for place in range(len(moves))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def test_two_who_dispatch_give_it_to_one_unit(city: City) -> None:
    number = city.case()
    told = at_once(
        lambda: city.move(number, "dispatch", "dispatcher", unit=WATER),
        lambda: city.move(number, "dispatch", "agent", unit=LAMPS),
    )
    (refused,) = [each for each in told if each is not None]
    assert isinstance(refused, MoveRefused)
    assert refused.rule == "M03"
    (row,) = city.assignments(number)
    assert city.look(number).unit_id == row.unit_id
    assert [each.move for each in city.events(number)].count("dispatch") == 1


def test_two_who_saw_the_same_case_are_not_both_right(city: City) -> None:
    number = city.signed()
    seen = city.look(number).version
    told = at_once(
        lambda: city.move(number, "note", "agent", reason="市民来电催问", version=seen),
        lambda: city.move(number, "note", "unit", reason="派人去看", version=seen),
    )
    (late,) = [each for each in told if each is not None]
    assert isinstance(late, Conflict)
    assert [each["move"] for each in late.changes] == ["note"]


def test_two_who_merge_each_into_the_other_leave_one(city: City) -> None:
    one, other = city.case(), city.case()
    told = at_once(
        lambda: city.move(one, "merge", "agent", into=other),
        lambda: city.move(other, "merge", "dispatcher", into=one),
    )
    assert len([each for each in told if each is not None]) == 1
    assert sorted(city.look(each).state for each in (one, other)) == ["merged", "sorted"]
