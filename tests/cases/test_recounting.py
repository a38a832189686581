"""The administrator's days change: open deadlines are worked out again, and the cases say so."""

from __future__ import annotations

from datetime import UTC, date, datetime
from threading import Thread

import pytest
from handling_scene import DAYS, WATER, City
from sqlalchemy import Engine, select

from cases.calendar import load_calendar
from cases.handling import make_move
from cases.model import AuditEntry
from cases.recounting import Moved, own_days, recount, set_days, unset_days
from cases.unit_of_work import UnitOfWork, reading

HOLIDAY = date(2026, 3, 4)
"""A Wednesday between a dispatch on Monday and its deadline."""


@pytest.fixture
def city(engine: Engine) -> City:
    return City(engine)


def changes(city: City, days: dict[date, bool], name: str = "") -> list[Moved]:
    with UnitOfWork(city.engine) as work:
        set_days(work.session, days, "admin", city.now, name)
        _, moved = recount(work.session, city.now, city.rules)
        work.commit()
    return moved


def test_a_new_holiday_moves_open_deadlines_and_each_case_says_so(city: City) -> None:
    number = city.signed()
    before = city.look(number).due_at
    assert before is not None
    (moved,) = changes(city, {HOLIDAY: False}, "市庆")
    case = city.look(number)
    assert (moved.case, moved.before, moved.due) == (number, before, case.due_at)
    assert case.due_at == DAYS.due(before, 1)
    assert city.assignments(number)[0].due_at == case.due_at
    told = case.events[-1]
    assert (told.move, told.rule, told.from_state, told.to_state) == ("recounted", "M12", "signed", "signed")
    assert (told.detail["because"], told.detail["due"]) == ("calendar", moved.due.isoformat())


def test_a_day_that_is_left_to_the_country_again_moves_them_back(city: City) -> None:
    number = city.signed()
    before = city.look(number).due_at
    changes(city, {HOLIDAY: False})
    with UnitOfWork(city.engine) as work:
        assert unset_days(work.session, [HOLIDAY, date(2026, 3, 5)], "admin", city.now) == [HOLIDAY]
        recount(work.session, city.now, city.rules)
        work.commit()
    assert city.look(number).due_at == before


def test_what_is_reported_or_closed_or_not_touched_stays(city: City) -> None:
    reported, completed = city.reported(), city.completed()
    late = city.now
    city.now = datetime(2026, 5, 18, 2, 0, tzinfo=UTC)
    elsewhere = city.signed()
    before = city.everything()
    assert changes(city, {HOLIDAY: False}) == []
    assert city.everything() == before
    assert late < city.now
    assert {city.look(each).state for each in (reported, completed, elsewhere)} == {
        "reported",
        "completed",
        "signed",
    }


def test_co_units_and_stopped_clocks_are_counted_too(city: City) -> None:
    number = city.signed()
    city.move(number, "add-unit", "dispatcher", unit=WATER, days=3)
    city.move(number, "suspend", "supervisor", reason="等雨季过去")
    moved = changes(city, {HOLIDAY: False})
    assert [each.unit for each in moved] == ["市政管理处", "自来水公司"]
    city.later(days=7)
    case = city.move(number, "resume", "supervisor")
    with reading(city.engine) as work:
        calendar = load_calendar(work.session, city.rules)
    (first, part) = city.assignments(number)
    assert case.due_at == first.due_at
    for row, days in ((first, 5), (part, 3)):
        plain = calendar.worked(row.dispatched_at, calendar.due(row.dispatched_at, days))
        stood = calendar.worked(*(datetime.fromisoformat(each) for each in row.stops[0]))
        assert calendar.worked(row.dispatched_at, row.due_at) == pytest.approx(plain + stood, abs=0.01)


def test_many_open_cases_are_counted_part_by_part(city: City) -> None:
    numbers = [city.dispatched() for _ in range(5)]
    with UnitOfWork(city.engine) as work:
        set_days(work.session, {HOLIDAY: False}, "admin", city.now)
        work.commit()
    last: int | None = 0
    parts: list[list[str]] = []
    while last is not None:
        with UnitOfWork(city.engine) as work:
            last, moved = recount(work.session, city.now, city.rules, last, limit=2)
            work.commit()
        parts.append([each.case for each in moved])
    assert parts == [numbers[:2], numbers[2:4], numbers[4:], []]


def test_a_dispatch_that_is_under_way_while_the_days_change_is_counted_too(city: City) -> None:
    number, moved = city.case(), list[Moved]()
    with UnitOfWork(city.engine) as work:
        make_move(work.session, number, "dispatch", city.actor("dispatcher"), city.now, city.rules)
        admin = Thread(target=lambda: moved.extend(changes(city, {HOLIDAY: False})))
        admin.start()
        admin.join(0.5)
        assert admin.is_alive()
        work.commit()
    admin.join(20)
    assert [each.case for each in moved] == [number]


def test_the_table_is_told_with_who_and_when_and_saying_it_again_changes_nothing(city: City) -> None:
    changes(city, {HOLIDAY: False}, "市庆")
    with UnitOfWork(city.engine) as work:
        assert set_days(work.session, {HOLIDAY: False}, "other", city.now) == []
        work.commit()
    with reading(city.engine) as work:
        (day,) = own_days(work.session, 2026)
        assert own_days(work.session, 2027) == []
        (told,) = work.session.scalars(select(AuditEntry)).all()
    assert (day["day"], day["working"], day["name"], day["who"]) == ("2026-03-04", False, "市庆", "admin")
    assert (told.what, told.detail) == ("calendar_changed", {"days": {"2026-03-04": False}})
