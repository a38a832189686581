"""The reference price list: imported by name of column, with days, and asked for the price of a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest
from sqlalchemy import Engine

from cases import prices
from cases.csv_table import TableRefused
from cases.prices import PriceRow
from cases.unit_of_work import UnitOfWork, reading

HEADER = "trade,service,name,reference,valid_from,valid_until,usual\n"
LIST = HEADER + (
    "开锁,open,开普通门锁,80,2026-01-01,,是\n"
    "开锁,home.lock.change,换锁芯,150.50,2026-01-01,2026-12-31,\n"
    "管道疏通,pipe,疏通马桶,60,2026-01-01,,是\n"
)


def rows(text: str) -> list[PriceRow]:
    return prices.from_csv(text.encode())[1]


def put(engine: Engine, text: str) -> prices.Differences:
    with UnitOfWork(engine) as work:
        found = prices.put(work.session, rows(text))
        work.commit()
    return found


def price(engine: Engine, trades: Sequence[str], matter: str | None, day: date) -> tuple[str, int] | None:
    with reading(engine) as work:
        found = prices.price_for(work.session, trades, matter, day)
        return (found.service, found.reference_fen) if found else None


def test_a_list_is_imported_once_and_a_second_time_changes_nothing(engine: Engine) -> None:
    assert put(engine, LIST).to_json() == {"new": 3, "changed": 0, "same": 0}
    assert put(engine, LIST).to_json() == {"new": 0, "changed": 0, "same": 3}
    dearer = put(engine, HEADER + "开锁,open,开普通门锁,85,2026-01-01,,是\n")
    assert dearer.to_json() == {"new": 0, "changed": 1, "same": 0}
    assert price(engine, ["开锁"], None, date(2026, 3, 1)) == ("open", 8500)


def test_the_matters_own_service_goes_before_the_usual_one(engine: Engine) -> None:
    put(engine, LIST)
    day = date(2026, 3, 1)
    assert price(engine, ["开锁"], "home.lock.change", day) == ("home.lock.change", 15_050)
    assert price(engine, ["开锁"], "home.lock.other", day) == ("open", 8000)
    assert price(engine, ["管道疏通", "开锁"], None, day) == ("pipe", 6000)
    assert price(engine, ["搬家"], None, day) is None


def test_a_price_holds_from_its_first_day_to_its_last_and_the_newest_counts(engine: Engine) -> None:
    put(engine, LIST)
    put(engine, HEADER + "开锁,open,开普通门锁,90,2026-07-01,,是\n")
    assert price(engine, ["开锁"], None, date(2025, 12, 31)) is None
    assert price(engine, ["开锁"], None, date(2026, 6, 30)) == ("open", 8000)
    assert price(engine, ["开锁"], None, date(2026, 7, 1)) == ("open", 9000)
    assert price(engine, ["开锁"], "home.lock.change", date(2026, 12, 31)) == ("home.lock.change", 15_050)
    assert price(engine, ["开锁"], "home.lock.change", date(2027, 1, 1)) == ("open", 9000)


@pytest.mark.parametrize(
    ("line", "rule", "said"),
    [
        ("开锁,open,开锁,80.555,2026-01-01,,\n", "T04", "line 2, column 4 (reference)"),
        ("开锁,open,开锁,-80,2026-01-01,,\n", "T04", "line 2, column 4 (reference)"),
        ("开锁,open,开锁,80,2026-02-30,,\n", "T04", "line 2, column 5 (valid_from)"),
        ("开锁,open,开锁,80,2026-02-02,2026-02-01,\n", "T04", "line 2, column 6 (valid_until)"),
        ("开锁,open,开锁,80,2026-01-01,,maybe\n", "T04", "line 2, column 7 (usual)"),
        (",open,开锁,80,2026-01-01,,\n", "T04", "line 2, column 1 (trade)"),
        ("开锁,open,甲,80,2026-01-01,,\n开锁,open,乙,90,2026-01-01,,\n", "T05", "line 3"),
    ],
)
def test_a_wrong_line_is_refused_with_its_place(line: str, rule: str, said: str) -> None:
    with pytest.raises(TableRefused) as error:
        rows(HEADER + line)
    assert error.value.rule == rule
    assert said in error.value.why
