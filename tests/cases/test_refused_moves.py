"""What is refused says by which rule, and changes nothing; who saw an older case is told what happened."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from handling_scene import LAMPS, WATER, City
from sqlalchemy import Engine

from cases.errors import Conflict, MoveRefused, NotFound
from cases.handling import Actor, Asked, make_move, moves_now
from cases.moving import KeptPhoto
from cases.states import CaseState, Move, Role
from cases.unit_of_work import UnitOfWork, reading

PHOTO = KeptPhoto("8b0b1a3e-0000-4000-8000-000000000000", "2026/03/02/a.jpg", 10, 10, 100)
LONG = "长" * 34_000
"""100 kB."""


@pytest.fixture
def city(engine: Engine) -> City:
    return City(engine)


def nothing_changes(city: City, rule: str, number: str, what: str, role: str, **asked: Any) -> None:
    before = city.everything()
    with pytest.raises(MoveRefused) as error:
        city.move(number, what, role, **asked)
    assert error.value.rule == rule
    assert error.value.why
    assert city.everything() == before


@pytest.mark.parametrize(
    ("rule", "state", "what", "role", "asked"),
    [
        ("M00", CaseState.SORTED, "fly", "dispatcher", {}),
        ("M01", CaseState.SORTED, "accept", "agent", {}),
        ("M02", CaseState.SORTED, "sort", "agent", {}),
        ("M03", CaseState.SORTED, "dispatch", "supervisor", {}),
        ("M03", CaseState.SORTED, "dispatch", "admin", {}),
        ("M03", CaseState.DISPATCHED, "dispatch", "dispatcher", {}),
        ("M03.1", CaseState.SORTED, "dispatch", "dispatcher", {"unit": "nobody"}),
        ("M03.2", CaseState.SORTED, "dispatch", "dispatcher", {"deadline_class": "soon"}),
        ("M03.3", CaseState.SORTED, "dispatch", "dispatcher", {"units": (LAMPS,)}),
        ("M04", CaseState.SIGNED, "sign", "unit", {}),
        ("M05.1", CaseState.DISPATCHED, "return", "unit", {}),
        ("M05.1", CaseState.DISPATCHED, "return", "unit", {"reason": " \n"}),
        ("M06", CaseState.DISPATCHED, "rule", "dispatcher", {"unit": WATER}),
        ("M06.2", CaseState.RETURNED, "rule", "dispatcher", {"unit": "nobody"}),
        ("M10.1", CaseState.SIGNED, "add-unit", "dispatcher", {}),
        ("M10.3", CaseState.SIGNED, "add-unit", "dispatcher", {"unit": WATER, "days": 16}),
        ("M11.1", CaseState.SIGNED, "note", "unit", {}),
        ("M11.3", CaseState.SIGNED, "note", "unit", {"confidential": True}),
        ("M12.1", CaseState.SIGNED, "note", "agent", {"reason": ""}),
        ("M12.3", CaseState.SIGNED, "note", "leader", {"confidential": False}),
        ("M15", CaseState.DISPATCHED, "report", "unit", {"answer": "好了"}),
        ("M15", CaseState.REPORTED, "report", "unit", {"answer": "好了"}),
        ("M15.1", CaseState.SIGNED, "report", "unit", {}),
        ("M16", CaseState.SIGNED, "call-back", "visitor", {}),
        ("M17", CaseState.SIGNED, "complete", "visitor", {}),
        ("M17", CaseState.COMPLETED, "complete", "visitor", {}),
        ("M18.1", CaseState.SORTED, "complete", "agent", {}),
        ("M19", CaseState.SIGNED, "redo", "visitor", {}),
        ("M20", CaseState.SIGNED, "suspend", "dispatcher", {"reason": "等"}),
        ("M21", CaseState.SIGNED, "resume", "supervisor", {}),
        ("M25", CaseState.SIGNED, "reopen", "citizen", {}),
        ("M27", CaseState.SORTED, "unmerge", "dispatcher", {}),
        ("M28", CaseState.COMPLETED, "to-110", "agent", {}),
        ("M29", CaseState.SORTED, "archive", "admin", {}),
        ("M00.4", CaseState.SORTED, "dispatch", "dispatcher", {"photos": (PHOTO,)}),
        ("M00.1", CaseState.DISPATCHED, "return", "unit", {"reason": LONG}),
        ("M00.1", CaseState.SIGNED, "report", "unit", {"answer": LONG}),
        ("M00.1", CaseState.SIGNED, "add-unit", "dispatcher", {"unit": WATER, "part": LONG}),
    ],
)
def test_a_move_by_the_wrong_role_at_the_wrong_time_or_without_what_it_needs_is_refused(
    city: City, rule: str, state: CaseState, what: str, role: str, asked: dict[str, Any]
) -> None:
    nothing_changes(city, rule, city.at(state), what, role, **asked)


def test_a_merged_case_is_not_moved(city: City) -> None:
    number = city.at(CaseState.MERGED)
    before, given = city.everything(), Asked(reason="为什么", unit=WATER, answer="好了")
    with UnitOfWork(city.engine) as work:
        for what in Move:
            for role in Role:
                if what not in (Move.NOTE, Move.UNMERGE):
                    with pytest.raises(MoveRefused, match=r"M\d\d"):
                        make_move(work.session, number, what, city.actor(role), city.now, city.rules, given)
        work.commit()
    assert city.everything() == before


def test_a_unit_moves_only_what_it_has(city: City) -> None:
    number = city.dispatched()
    nothing_changes(city, "M00.3", number, "sign", "unit", unit_of=WATER)
    city.move(number, "return", "unit", reason="不归我们管")
    city.move(number, "rule", "dispatcher", unit=WATER)
    nothing_changes(city, "M00.3", number, "sign", "unit", unit_of=LAMPS)
    with UnitOfWork(city.engine) as work, pytest.raises(MoveRefused, match=r"M00\.3"):
        make_move(work.session, number, "sign", Actor("x", Role.UNIT), city.now, city.rules)


def test_a_desk_opens_only_what_it_passed_on(city: City) -> None:
    number = city.completed()
    before = city.everything()
    for desk in ("desk2", None):
        with UnitOfWork(city.engine) as work, pytest.raises(MoveRefused, match=r"M00\.3"):
            make_move(work.session, number, "reopen", Actor("x", Role.DESK, desk=desk), city.now, city.rules)
    assert city.everything() == before
    assert city.move(number, "reopen", "desk").state == "sorted"


def test_a_clock_that_was_set_back_moves_nothing(city: City) -> None:
    number = city.signed()
    city.now -= timedelta(minutes=2)
    nothing_changes(city, "M00.2", number, "note", "unit", reason="派人去看")


def test_two_machines_whose_clocks_differ_a_little_write_one_history(city: City) -> None:
    number = city.signed()
    signed = city.now
    city.now -= timedelta(seconds=30)
    assert city.move(number, "note", "unit", reason="派人去看").events[-1].at == signed


def test_a_unit_out_of_use_is_given_nothing(city: City) -> None:
    number = city.case(unit=None)
    nothing_changes(city, "M03.1", number, "dispatch", "dispatcher")


def test_there_is_no_such_case(city: City) -> None:
    for number in ("100005", "", "'; --", "9" * 400):
        with pytest.raises(NotFound):
            city.move(number, "dispatch", "dispatcher")


# ---------------------------------------------------------------- two at once


def test_who_saw_an_older_case_is_told_what_changed_and_by_whom(city: City) -> None:
    number = city.dispatched()
    seen = city.look(number).version
    city.move(number, "sign", "unit")
    city.move(number, "note", "unit", reason="派人去看")
    before = city.everything()
    with pytest.raises(Conflict) as error:
        city.move(number, "add-unit", "dispatcher", unit=WATER, version=seen)
    assert [(each["who"], each["move"]) for each in error.value.changes] == [
        ("unit1", "sign"),
        ("unit1", "note"),
    ]
    assert "unit1: sign, unit1: note" in str(error.value)
    assert city.everything() == before
    city.move(number, "add-unit", "dispatcher", unit=WATER, version=city.look(number).version)


def test_every_event_knows_the_version_it_led_to(city: City) -> None:
    number = city.reported()
    case = city.look(number)
    versions = [each.version for each in case.events]
    assert versions == sorted(versions, key=int)
    assert versions[-1] == case.version


# ---------------------------------------------------------------- what is allowed now


def allowed(city: City, number: str, role: str, unit: str = LAMPS) -> list[str]:
    with reading(city.engine) as work:
        found = moves_now(work.session, number, city.actor(role, unit), city.now, city.rules)
    return [each["move"] for each in found]


def test_only_what_can_be_done_now_is_offered(city: City) -> None:
    number = city.dispatched()
    assert allowed(city, number, "unit") == ["sign", "return"]
    assert allowed(city, number, "unit", WATER) == []
    assert "grant-extension" not in allowed(city, number, "dispatcher")
    assert allowed(city, number, "admin") == []
    city.move(number, "sign", "unit")
    assert allowed(city, number, "unit") == ["return", "ask-extension", "note", "report"]
    city.move(number, "ask-extension", "unit", reason="等灯具")
    assert "grant-extension" in allowed(city, number, "dispatcher")
    city.later(days=20)
    assert allowed(city, number, "unit") == ["note", "report"]


def test_every_move_that_is_offered_can_be_made_and_no_other(city: City) -> None:
    """In every state, by those who work on a case, given whatever it takes."""
    other = city.case()
    for state in CaseState:
        if state == CaseState.ACCEPTED:
            continue
        number = city.at(state)
        for role in ("dispatcher", "supervisor", "visitor", "unit", "desk"):
            offered = set(allowed(city, number, role))
            assert offered == can_be_made(city, number, role, other), (state, role)


def can_be_made(city: City, number: str, role: str, other: str) -> set[Move]:
    """Each is tried, and taken back."""
    made = set()
    with UnitOfWork(city.engine) as work:
        for what in Move:
            unit = WATER if what in (Move.ADD_UNIT, Move.RULE) else None
            given = Asked(reason="为什么", answer="好了", days=1, into=other, unit=unit)
            tried = work.session.begin_nested()
            try:
                make_move(work.session, number, what, city.actor(role), city.now, city.rules, given)
            except MoveRefused:
                continue
            finally:
                tried.rollback()
            made.add(what)
    return made
