"""Scores over rows: the city's days, few queries, and each score down to its cases."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from handling_scene import LAMPS
from money_scene import FIRM, OTHER, Market
from sqlalchemy import Engine, event

from cases import assessing
from cases.errors import MoveRefused
from cases.model import FirmTurn
from cases.states import Role
from cases.unit_of_work import UnitOfWork, reading

MARCH = (date(2026, 3, 1), date(2026, 3, 31))


def assess(city: Market, first: date = MARCH[0], last: date = MARCH[1]) -> assessing.Assessment:
    with reading(city.engine) as work:
        return assessing.assess(work.session, first, last, city.now, city.rules)


def score(found: assessing.Assessment, code: str) -> dict[str, object]:
    return next(
        each.to_json() for each in (*found.departments, *found.firms, *found.teams) if each.unit.code == code
    )


def test_departments_and_firms_are_scored_by_the_cases_they_had(engine: Engine) -> None:
    city = Market(engine)
    good, bad, waits = city.completed(), city.completed(), city.dispatched()
    job = city.done()
    city.answers(good, 1)
    city.answers(bad, 3, founded=True)
    city.answers(job, 2)
    city.later(days=30)
    found = assess(city)
    lamps, firm = score(found, LAMPS), score(found, FIRM)
    assert lamps["cases"]["given"] == [good, bad, waits]  # type: ignore[index]
    assert lamps["cases"]["overdue"] == [waits]  # type: ignore[index]
    assert lamps["scores"] == {
        "handling": 0.6667, "quality": 0.5, "satisfaction": 0.5, "overdue": 0.6667, "returns": 1.0,
    }  # fmt: skip
    assert (firm["cases"]["jobs"], firm["fees_fen"]) == ([job], 7204)  # type: ignore[index]
    assert found.departments[0].unit.code == LAMPS
    assert score(found, OTHER)["score"] is None


def test_the_days_are_the_citys_and_both_are_included(engine: Engine) -> None:
    city = Market(engine)
    city.now = datetime(2026, 3, 2, 15, 59, tzinfo=UTC)  # 23:59 in the city
    late = city.dispatched()
    city.later(minutes=1)
    early = city.dispatched()
    second, third = date(2026, 3, 2), date(2026, 3, 3)
    assert score(assess(city, second, second), LAMPS)["cases"]["given"] == [late]  # type: ignore[index]
    assert score(assess(city, third, third), LAMPS)["cases"]["given"] == [early]  # type: ignore[index]
    with pytest.raises(MoveRefused, match="A01"):
        assess(city, third, second)


def test_four_queries_whatever_there_is(engine: Engine) -> None:
    city = Market(engine)
    for _ in range(3):
        city.answers(city.done(), 1)
        city.completed()
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    with reading(engine) as work:
        work.session.connection()
        asked.clear()
        assessing.assess(work.session, *MARCH, city.now, city.rules)
    assert len(asked) == 4


def test_what_citizens_say_goes_back_into_the_firms_turn(engine: Engine) -> None:
    city = Market(engine)
    city.answers(city.done(), 4)
    with UnitOfWork(engine) as work:
        assert assessing.rate(work.session, city.units[FIRM], city.now, city.rules) == 3.5
        assert assessing.rate(work.session, city.units[LAMPS], city.now, city.rules) is None
        assert assessing.rate(work.session, None, city.now, city.rules) is None
        work.commit()
    with reading(engine) as work:
        turn = work.session.get_one(FirmTurn, city.units[FIRM])
        assert turn.rating == 3.5
    city.later(days=400)
    with UnitOfWork(engine) as work:
        assert assessing.rate_all(work.session, city.now, city.rules) == 1
        assert assessing.rate_all(work.session, city.now, city.rules) == 0
        assert work.session.get_one(FirmTurn, city.units[FIRM]).rating is None


def test_a_firm_is_rated_anew_with_the_move_that_an_answer_brings(engine: Engine) -> None:
    city = Market(engine)
    number = city.done()
    city.answers(number, 3)
    city.move(number, "redo", "visitor", reason="不满意")
    with reading(engine) as work:
        assert work.session.get_one(FirmTurn, city.units[FIRM]).rating == round(22 / 6, 2)


def test_the_years_best_are_named_with_their_reward_once_the_year_has_begun(engine: Engine) -> None:
    city = Market(engine)
    for _ in range(12):
        number = city.done()
        city.answers(number, 1)
    with reading(engine) as work:
        found = assessing.best_of_year(work.session, 2026, city.now, city.rules)
        with pytest.raises(MoveRefused, match="A02"):
            assessing.best_of_year(work.session, 2027, city.now, city.rules)
    [best] = found
    assert (best.code, best.jobs, best.fees_fen) == (FIRM, 12, 12 * 7204)
    assert best.reward_fen == 12 * 7204 * 15 // 100
    assert len(best.cases) == 12


def test_a_firm_whose_contract_was_stopped_is_still_in_the_list(engine: Engine) -> None:
    from cases import contracts

    city = Market(engine)
    number = city.done()
    with UnitOfWork(engine) as work:
        contracts.suspend(work.session, FIRM, city.actor(Role.SUPERVISOR), city.now, "查实")
        work.commit()
    firm = score(assess(city), FIRM)
    assert (firm["contract"], firm["cases"]["jobs"]) == ("suspended", [number])  # type: ignore[index]
