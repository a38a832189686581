"""A month's statement: by the city's month, adding up whatever happened, with a version when it changed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from money_scene import CHANGE_LOCK, FIRM, OTHER, Market
from sqlalchemy import Engine

from cases import money, statements
from cases.errors import MoveRefused, NotFound
from cases.money import Amounts
from cases.moving import Actor
from cases.states import FeeState, Role
from cases.unit_of_work import UnitOfWork, reading

ENTITLED = "13800000001"
APRIL = datetime(2026, 4, 2, tzinfo=UTC)


def adds_up(found: statements.MonthStatement) -> None:
    rows = found.rows
    assert money.total(rows) == found.total == money.total([firm.total for firm in found.firms])
    whole = found.total
    assert whole.discount_fen + whole.price_fen == whole.reference_fen
    assert whole.citizen_fen + whole.government_fen == whole.price_fen == sum(row.price_fen for row in rows)
    assert sum(row.government_fen for row in found.government) == whole.government_fen


def test_a_month_by_hand(engine: Engine) -> None:
    city = Market(engine)
    paid, free, dearer = city.done(), city.given(caller=ENTITLED), city.given(OTHER)
    city.claims(free)
    city.says(free, "张三")
    city.finish(free)
    city.agrees(dearer, service=CHANGE_LOCK, quantity=2)
    city.finish(dearer, OTHER)
    found = city.statement("2026-03")
    adds_up(found)
    assert [(row.case, row.firm, row.household) for row in found.rows] == [
        (paid, FIRM, None), (free, FIRM, "low_income"), (dearer, OTHER, None),
    ]  # fmt: skip
    assert found.total == Amounts(46_110, 4612, 41_498, 34_294, 7204)
    assert [row.case for row in found.government] == [free]
    assert [(firm.code, firm.total.price_fen) for firm in found.firms] == [(FIRM, 14_408), (OTHER, 27_090)]


def test_the_month_is_the_citys_and_not_the_clocks(engine: Engine) -> None:
    city = Market(engine)
    city.now = datetime(2026, 3, 31, 15, 59, tzinfo=UTC)  # 23:59 in the city
    last = city.done()
    city.later(minutes=1)
    first = city.done()
    assert [row.case for row in city.statement("2026-03").rows] == [last]
    assert [row.case for row in city.statement("2026-04").rows] == [first]


@pytest.mark.parametrize(
    ("month", "rule"),
    [
        ("2026-04", "F08"),
        ("9999-12", "F08"),
        ("2026-13", "F07"),
        ("2026-3", "F07"),
        ("0000-01", "F07"),
        ("", "F07"),
    ],
)
def test_a_month_that_has_not_begun_or_is_none_is_refused(engine: Engine, month: str, rule: str) -> None:
    with pytest.raises(MoveRefused) as error:
        Market(engine).statement(month)
    assert error.value.rule == rule


def hand_out(city: Market) -> statements.MonthStatement:
    with UnitOfWork(city.engine) as work:
        found = statements.hand_out(work.session, "2026-03", "admin", city.now, city.rules)
        work.commit()
    return found


def test_a_statement_gets_another_version_when_a_fee_has_changed_and_not_before(engine: Engine) -> None:
    city = Market(engine)
    number = city.done()
    assert [hand_out(city).version, hand_out(city).version] == [1, 1]
    city.agrees(number, Role.SUPERVISOR, service=CHANGE_LOCK)
    assert city.statement("2026-03").version == 2
    assert hand_out(city).version == 2
    with reading(engine) as work:
        kept = statements.versions(work.session)
    assert [(each["version"], each["totals"]["price_fen"]) for each in kept] == [(2, 13_545), (1, 7204)]


def settle(city: Market, firm: str = FIRM, role: Role = Role.ADMIN) -> int:
    with UnitOfWork(city.engine) as work:
        actor = Actor("admin", role)
        count = statements.settle(work.session, "2026-03", firm, actor, city.now, city.rules)
        work.commit()
    return count


def test_fees_are_settled_when_the_month_is_over_once_and_for_good(engine: Engine) -> None:
    city = Market(engine)
    number, other = city.done(), city.done(OTHER)
    with pytest.raises(MoveRefused, match="F09"):
        settle(city)
    city.now = APRIL
    before = city.statement("2026-03").digest
    assert (settle(city), settle(city)) == (1, 0)
    assert (city.fee(number).state, city.fee(other).state) == (FeeState.SETTLED, FeeState.BILLED)
    assert city.statement("2026-03").digest == before
    with pytest.raises(MoveRefused, match="F02"):
        city.agrees(number, Role.SUPERVISOR, service=CHANGE_LOCK)
    city.move(number, "redo", "supervisor", reason="又坏了")
    city.finish(number)
    assert [fee.state for fee in city.fees(number)] == [FeeState.SETTLED]
    with pytest.raises(MoveRefused, match="F10"):
        settle(city, role=Role.UNIT)
    with pytest.raises(NotFound):
        settle(city, "nobody")


_DONE = st.tuples(
    st.sampled_from("ab"), st.integers(1, 7), st.booleans(), st.sampled_from(["", "redo", "other"])
)


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(jobs=st.lists(_DONE, max_size=4))
def test_whatever_was_done_the_statement_adds_up(
    sqlite_engine: Engine, jobs: list[tuple[str, int, bool, str]]
) -> None:
    city = Market(sqlite_engine)
    for firm, quantity, free, then in jobs:
        number = city.given(firm, caller=ENTITLED)
        city.agrees(number, quantity=quantity)
        if free:
            city.claims(number)
            city.says(number, "张三")
        city.finish(number, firm)
        if then == "redo":
            city.move(number, "redo", "visitor", reason="没修好")
            city.finish(number, firm)
        if then == "other":
            city.move(number, "reopen", "citizen")
            city.move(number, "dispatch", "dispatcher", unit="b" if firm == "a" else "a")
    found = city.statement("2026-03")
    adds_up(found)
    assert len({row.case for row in found.rows}) == len(found.rows)
