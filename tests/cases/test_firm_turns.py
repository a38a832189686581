"""Firms are given cases in turn: counted once, with the case, and fair when many sort at once."""

from __future__ import annotations

from threading import Thread

import pytest
from sorting_scene import LOCKS, accepted, case, decision, jobs, load, sort, turns
from sqlalchemy import Engine
from telling import Telling, at, numbers_for, write

from cases.errors import Conflict
from cases.firm_turns import take_turn
from cases.model import FirmTurn, Unit
from cases.unit_of_work import UnitOfWork


def given_to(firm: str) -> dict[str, object]:
    return decision(LOCKS, f"{firm}锁店", sector="market")


def test_a_firm_that_is_given_a_case_has_had_its_turn_once(engine: Engine) -> None:
    load(engine, "a", "b")
    number = accepted(engine)
    assert sort(engine, number, given_to("a"), turns(engine))
    assert not sort(engine, number, given_to("a"), turns(engine))
    assert jobs(engine) == {"a": 1, "b": 0}
    assert turns(engine)["a"].last_at is not None


def test_a_department_takes_no_turn(engine: Engine) -> None:
    load(engine, "a")
    assert sort(engine, accepted(engine), decision(), turns(engine))
    assert jobs(engine) == {"a": 0}


def test_a_firm_whose_turn_was_taken_meanwhile_is_chosen_anew_and_nothing_is_kept(engine: Engine) -> None:
    load(engine, "a", "b")
    seen = turns(engine)
    first, second = accepted(engine), accepted(engine)
    assert sort(engine, first, given_to("a"), seen)
    with pytest.raises(Conflict):
        sort(engine, second, given_to("a"), seen)
    assert case(engine, second).matter is None
    assert jobs(engine) == {"a": 1, "b": 0}


def test_a_case_that_was_sorted_in_the_call_counts_as_a_turn_too(engine: Engine) -> None:
    load(engine, "a", "b")
    number = numbers_for(engine, 1)[0]
    told = Telling().starts().speaks().hears_number(number, text="门锁打不开", decision=given_to("b"))
    write(engine, *told.facts)
    write(engine, *told.facts)
    assert jobs(engine) == {"a": 0, "b": 1}


def test_a_firm_that_is_new_does_not_catch_up_years_of_work(engine: Engine) -> None:
    load(engine, "a", "b")
    for firm in ("a", "a", "a", "b", "b"):
        sort(engine, accepted(engine), given_to(firm))
    load(engine, "a", "b", "c")
    assert jobs(engine) == {"a": 3, "b": 2, "c": 2}
    sort(engine, accepted(engine), given_to("c"), turns(engine))
    assert jobs(engine)["c"] == 3


def test_a_rating_in_the_database_and_a_firm_out_of_use_are_told(engine: Engine) -> None:
    load(engine, "a", "b")
    with UnitOfWork(engine) as work:
        unit = work.session.query(Unit).filter_by(code="a").one()
        work.session.add(FirmTurn(unit_id=unit.id, jobs=4, rating=3.5))
        work.commit()
    load(engine, "a")
    told = turns(engine)
    assert (told["a"].jobs, told["a"].rating, told["a"].active) == (4, 3.5, True)
    assert told["b"].active is False


def test_many_who_sort_at_once_share_the_cases_fairly(engine: Engine) -> None:
    load(engine, "a", "b", "c")
    numbers = [accepted(engine) for _ in range(12)]
    failed: list[BaseException] = []

    def work(mine: list[str]) -> None:
        try:
            for number in mine:
                while not _sorted_in_turn(engine, number):
                    pass
        except BaseException as error:
            failed.append(error)

    threads = [Thread(target=work, args=(numbers[k::4],)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert jobs(engine) == {"a": 4, "b": 4, "c": 4}


def _sorted_in_turn(engine: Engine, number: str) -> bool:
    """As the worker does it: look, choose the one with the fewest, keep; False: again."""
    seen = turns(engine)
    firm = min(seen, key=lambda code: (seen[code].jobs, code))
    try:
        return sort(engine, number, given_to(firm), seen)
    except Conflict:
        return False


def test_a_unit_that_is_not_there_takes_nothing(engine: Engine) -> None:
    load(engine, "a")
    with UnitOfWork(engine) as work:
        take_turn(work.session, None, at(1))
        take_turn(work.session, 999_999, at(1))
        work.commit()
    assert jobs(engine) == {"a": 0}
