"""A day in figures, read by aggregates: the same numbers as counting row by row, on both databases."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text, update
from supervision_scene import (
    CITY,
    DISPATCHED,
    RULES,
    UNIT_NAME,
    city,
    dispatched,
    make,
    unit_id,
    worker,
)

from cases import figures as f
from cases import report_calls, report_queries
from cases.model import Call, Case, Unit
from cases.report_days import ReportKind, ReportRules, period_of
from cases.states import CallOutcome, Kind, Move, Sector, WayIn
from cases.unit_of_work import UnitOfWork, reading

DAY = date(2026, 3, 2)
BEGINS = datetime(2026, 3, 1, 16, tzinfo=UTC)
Row = dict[str, Any]


def figures(engine: Engine, day: date = DAY, kind: ReportKind = ReportKind.NIGHTLY) -> f.Figures:
    with reading(engine) as work:
        return report_queries.read(work.session, period_of(kind, day, CITY, ReportRules()), CITY)


def put(engine: Engine, table: Any, *rows: Row) -> None:
    with UnitOfWork(engine) as work:
        work.session.execute(insert(table), list(rows))
        work.commit()


def call(key: int, at: float, wait: float | None, ends: float | None, **more: Any) -> Row:
    """`at`: seconds from the day's beginning; `wait` and `ends`: seconds from there."""
    begins = BEGINS + timedelta(seconds=at)
    return {
        "id": f"call-{key}",
        "linked_id": f"linked-{key}",
        "way_in": WayIn.KEY,
        "desk": "desk1",
        "outcome": CallOutcome.MESSAGE,
        "started_at": begins,
        "transferred_at": None,
        "answered_at": None if wait is None else begins + timedelta(seconds=wait),
        "ended_at": None if ends is None else begins + timedelta(seconds=ends),
        **more,
    }


def case_row(key: int, at: float, **more: Any) -> Row:
    opened = BEGINS + timedelta(seconds=at)
    return {
        "number": f"n-{key}",
        "tracking_code": "x",
        "opened_at": opened,
        "changed_at": opened,
        "way_in": WayIn.KEY,
        "version": 1,
        **more,
    }


def some_calls(seed: int, count: int) -> list[Row]:
    chance = random.Random(seed)  # noqa: S311 - a repeatable past
    rows = []
    for key in range(count):
        wait = chance.choice([None, round(chance.uniform(0, 40), 3)])
        ends = chance.choice([None, 60.0, 61.5]) if wait else 20.0
        rows.append(
            call(
                key,
                round(chance.uniform(-7200, 93600), 3),
                wait,
                ends,
                way_in=chance.choice(list(WayIn)),
                desk=chance.choice([None, "desk1", "desk2"]),
                outcome=chance.choice(list(CallOutcome)),
            )
        )
    return rows


def test_aggregates_say_what_counting_row_by_row_says(engine: Engine) -> None:
    rows = some_calls(7, 800)
    put(engine, Call, *rows)
    said = figures(engine)
    within = [
        row
        for row in rows
        if BEGINS <= row["started_at"] < BEGINS + timedelta(days=1) and row["way_in"] != WayIn.SURVEY
    ]
    answered = [row for row in within if row["answered_at"]]
    waits = sorted(ceil((row["answered_at"] - row["started_at"]).total_seconds()) for row in answered)
    assert said["calls_offered"] == len(within)
    assert said["calls_answered"] == len(answered)
    assert said["calls_abandoned"] == len(within) - len(answered)
    assert said["answered_within_15s"] == sum(wait <= 15 for wait in waits)
    assert said["wait_p95_s"] == waits[ceil(0.95 * len(waits)) - 1]
    assert said["wait_median_s"] == waits[ceil(0.5 * len(waits)) - 1]
    assert said["calls_by_way_in"] == Counter(row["way_in"].value for row in within)
    hours = Counter(row["started_at"].astimezone(CITY).hour for row in within)
    assert [hour["offered"] for hour in said["calls_by_hour"]] == [hours[hour] for hour in range(24)]
    assert said["messages"] == sum(row["outcome"] == CallOutcome.MESSAGE for row in within)


def test_the_wait_begins_with_the_desks_key(engine: Engine) -> None:
    put(engine, Call, call(1, 0, 1.0, 60, transferred_at=BEGINS - timedelta(seconds=14)))
    put(engine, Call, call(2, 0, 1.001, 60, transferred_at=BEGINS - timedelta(seconds=14)))
    said = figures(engine)
    assert (said["calls_answered"], said["answered_within_15s"]) == (2, 1)


def test_a_day_has_its_own_first_moment_and_not_the_next_days(engine: Engine) -> None:
    put(engine, Call, call(1, 0, 1, 9), call(2, 86399.999, 1, 9), call(3, 86400, 1, 9), call(4, -0.001, 1, 9))
    assert figures(engine)["calls_offered"] == 2
    assert figures(engine, DAY + timedelta(days=1))["calls_offered"] == 1


def test_impossible_times_are_named_and_not_averaged_in(engine: Engine) -> None:
    put(engine, Call, call(1, 10, 5, 60), call(2, 20, 30, 10), call(3, 30, -5, 60), call(4, 40, None, -1))
    said = figures(engine)
    assert said["impossible_times"] == ["call-2", "call-3", "call-4"]
    assert (said["calls_offered"], said["calls_impossible"], said["calls_answered"]) == (4, 3, 1)
    assert said["wait_p95_s"] == 5


def test_cases_are_counted_by_what_they_are(engine: Engine) -> None:
    dispatched(engine)
    unit = unit_id(engine)
    township = {"township": "昭阳街道"}
    put(
        engine,
        Case,
        case_row(1, 30, sector=Sector.MARKET, kind=Kind.HELP, matter="m1", unit_id=unit, place=township),
        case_row(2, 31, sector=Sector.MARKET, kind=Kind.HELP, matter="m1", place=township),
        case_row(3, 86400, matter="m9"),
        case_row(4, 33),
    )
    said = figures(engine)
    assert said["cases_opened"] == 4
    for name in ("sector", "kind", "matter", "unit", "township"):
        assert sum(said[f"cases_by_{name}"].values()) == 4
    assert said["cases_by_sector"]["market"] == 2
    assert said["cases_by_matter"]["m1"] == 2
    assert said["cases_by_township"]["昭阳街道"] >= 2


def test_a_unit_that_was_removed_keeps_its_name(engine: Engine) -> None:
    dispatched(engine)
    with UnitOfWork(engine) as work:
        work.session.execute(update(Unit).values(active=False))
        work.commit()
    assert UNIT_NAME in figures(engine)["names"]["units"].values()


def test_a_case_of_danger_stands_with_its_times(engine: Engine) -> None:
    put(engine, Case, case_row(1, 30, danger=True), case_row(2, 40))
    said = figures(engine)
    assert said["danger_calls"] == 1
    assert [(each["case"], each["to_110_at"]) for each in said["danger"]] == [("n-1", None)]
    assert said["danger"][0]["opened_at"] == (BEGINS + timedelta(seconds=30)).isoformat()


def test_many_matters_do_not_break_a_report(engine: Engine) -> None:
    put(engine, Case, *(case_row(key, key % 86000, matter=f"matter-{key}") for key in range(3000)))
    said = figures(engine)
    assert said["matters"] == 3000
    assert len(said["cases_by_matter"]) == f.MOST_LISTED + 1
    assert sum(said["cases_by_matter"].values()) == 3000


def test_work_is_judged_as_of_the_days_end(engine: Engine) -> None:
    number = dispatched(engine)
    first = figures(engine)
    assert (first["dispatches"], first["first_time_right"], first["response_rate"]) == (1, 1, 0.0)
    make(engine, number, Move.SIGN, worker(engine), city(3, 9))
    make(engine, number, Move.RETURN, worker(engine), city(3, 10), reason="不归我们管")
    assert figures(engine) == first | {"cases_by_unit": figures(engine)["cases_by_unit"]}
    second = figures(engine, date(2026, 3, 3))
    assert (second["returns"], second["dispatches"]) == (1, 0)


def test_a_report_in_time_and_one_that_is_overdue(engine: Engine) -> None:
    number = dispatched(engine)
    late = dispatched(engine, DISPATCHED + timedelta(minutes=1))
    make(engine, number, Move.SIGN, worker(engine), city(3, 9))
    make(engine, number, Move.REPORT, worker(engine), city(3, 10), answer="修好了")
    third = figures(engine, date(2026, 3, 3))
    assert (third["reports"], third["on_time"], third["late"], third["cases_overdue"]) == (1, 1, 0, 0)
    later = date(2026, 3, 20)
    assert figures(engine, later)["cases_overdue"] == 1
    make(engine, late, Move.SIGN, worker(engine), city(21, 9))
    make(engine, late, Move.REPORT, worker(engine), city(21, 10), answer="修好了")
    assert figures(engine, later)["cases_overdue"] == 1
    assert figures(engine, date(2026, 3, 21))["cases_overdue"] == 0
    assert figures(engine, date(2026, 3, 21))["late"] == 1


@pytest.mark.parametrize("kind", ReportKind)
def test_a_longer_report_is_the_sum_of_its_days(engine: Engine, kind: ReportKind) -> None:
    put(engine, Call, call(1, 0, 1, 9), call(2, 3600, 1, 9))
    put(engine, Case, case_row(1, 30, sector=Sector.MARKET))
    said = figures(engine, kind=kind)
    assert (said["calls_offered"], said["cases_opened"]) == (2, 1)


def test_a_day_without_anything_is_an_honest_empty_one(engine: Engine) -> None:
    said = figures(engine, date(1999, 1, 1))
    assert (said["calls_offered"], said["cases_opened"], said["connect_rate"]) == (0, 0, None)
    assert said["not_recorded"] == ["backups"]
    assert RULES.reports == ReportRules()


def test_sqlite_reads_a_day_from_an_index_and_sorts_nothing(sqlite_engine: Engine) -> None:
    with reading(sqlite_engine) as work:
        said = work.session.execute(
            text(f"EXPLAIN QUERY PLAN {report_calls.COUNTED}"), {"since": "a", "until": "b", "signs": 13}
        ).all()
    # What is sorted afterwards are the groups, not the calls.
    assert [row.detail for row in said if "call" in row.detail] == [
        "SEARCH call USING INDEX ix_call_report (<expr>>? AND <expr><?)"
    ]


def test_both_ways_to_count_calls_say_the_same(engine: Engine) -> None:
    rows = [
        *some_calls(11, 400),
        call(900, 20, 30, 10),
        call(901, 21, -5, 60),
        call(902, 22, 3, 60, desk=None),
    ]
    put(engine, Call, *rows)
    period = period_of(ReportKind.NIGHTLY, DAY, CITY, ReportRules())
    told: list[list[str]] = [[], []]
    with reading(engine) as work:
        usual = f.of_calls(report_calls.call_cells(work.session, period, CITY, told[0]))
        plain = f.of_calls(report_calls.by_hour(work.session, period, CITY, told[1]))
    assert usual == plain
    assert told[0] == told[1] == ["call-900", "call-901"]


def test_a_day_that_begins_at_an_odd_minute_is_counted_as_well(engine: Engine) -> None:
    put(engine, Call, call(1, 0, 1, 9), call(2, 7 * 60, 1, 9), call(3, 7 * 60 - 0.001, 1, 9))
    rules = ReportRules(day_starts=time(0, 7))
    with reading(engine) as work:
        said = report_queries.read(work.session, period_of(ReportKind.NIGHTLY, DAY, CITY, rules), CITY)
    assert said["calls_offered"] == 1


def test_the_index_names_every_way_in_and_every_outcome() -> None:
    assert set(report_calls.WAYS) == {each.value for each in WayIn}
    assert set(report_calls.OUTCOMES) == {each.value for each in CallOutcome}
