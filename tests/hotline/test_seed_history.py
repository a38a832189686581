"""An invented past: the same for the same seed, whole, and refused where it would mix with real calls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, func, select

from cases import numbers, reporting
from cases.city import load_city
from cases.engine import make_engine
from cases.model import Assignment, Call, Case, CaseEvent, Fee, Report, Survey
from cases.opening import reserve_numbers
from cases.report_days import ReportKind
from cases.rules import Rules
from cases.unit_of_work import UnitOfWork, reading
from hotline.city import rows
from hotline.cli import command
from hotline.history.seed import HistoryRefused, Wanted, Written, seed_history
from hotline.settings import Settings
from router.city_file import path_of

LAST = date(2026, 11, 23)
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
WANTED = Wanted(1500, 20, 7, LAST)


@pytest.fixture
def city(engine: Engine) -> Engine:
    """A database with the city's units and matters, and no call."""
    _load(engine)
    return engine


def _load(engine: Engine) -> None:
    with UnitOfWork(engine) as work:
        load_city(work.session, rows(path_of("shaowu")), NOW)
        work.commit()


def _seed(engine: Engine, wanted: Wanted = WANTED, **more: Any) -> Written:
    return seed_history(engine, Rules(), ["desk1", "desk2"], wanted, lambda _: None, **more)


def _all(engine: Engine, row: Any) -> list[Any]:
    with engine.connect() as connection:
        return [tuple(each) for each in connection.execute(select(row.__table__).order_by(row.id))]


@pytest.fixture
def twice(sqlite_engine: Engine, postgres_engine: Engine) -> Iterator[tuple[Engine, Engine]]:
    for each in (sqlite_engine, postgres_engine):
        _load(each)
        _seed(each)
    return iter([(sqlite_engine, postgres_engine)])


def test_the_same_seed_makes_the_same_rows_on_both_databases(twice: Iterator[tuple[Engine, Engine]]) -> None:
    on_sqlite, on_postgres = next(twice)
    for row in (Call, Case, CaseEvent, Assignment, Survey, Fee):
        assert _all(on_sqlite, row) == _all(on_postgres, row), row.__tablename__


def test_another_seed_makes_another_past(city: Engine) -> None:
    _seed(city)
    before = _all(city, Call)
    _seed(city, Wanted(1500, 20, 8, LAST), anyway=True)
    assert len(_all(city, Call)) == 3000
    assert {each[0] for each in before} < {each[0] for each in _all(city, Call)}


def test_every_call_falls_within_its_days_and_no_case_lives_after_them(city: Engine) -> None:
    written = _seed(city)
    zone = Rules().zone
    with reading(city) as work:
        first, last, count = work.session.execute(
            select(func.min(Call.started_at), func.max(Call.started_at), func.count())
        ).one()
        latest = work.session.scalar(select(func.max(CaseEvent.at)))
        cases = work.session.scalar(select(func.count()).select_from(Case))
    assert (count, cases) == (1500, written.cases)
    assert first.astimezone(zone).date() >= written.first
    assert last.astimezone(zone).date() == LAST
    assert latest is not None
    assert latest.astimezone(zone).date() <= LAST


def test_every_case_has_a_valid_number_and_its_next_one_is_free(city: Engine) -> None:
    written = _seed(city)
    with UnitOfWork(city) as work:
        told = set(work.session.scalars(select(Case.number)))
        fresh = reserve_numbers(work.session, 1)[0]
    assert len(told) == written.cases
    assert all(numbers.check(each) for each in told)
    assert fresh not in told


def test_a_case_stands_where_its_last_move_led(city: Engine) -> None:
    _seed(city)
    with reading(city) as work:
        last = select(CaseEvent.case_id, func.max(CaseEvent.version).label("v")).group_by(CaseEvent.case_id)
        moves: dict[int, str | None] = {}
        for event in work.session.scalars(select(CaseEvent).order_by(CaseEvent.at, CaseEvent.id)):
            if event.from_state is not None:
                assert moves[event.case_id] == event.from_state, event.move
            moves[event.case_id] = event.to_state
        states = {each.id: each.state for each in work.session.scalars(select(Case))}
        assert len(work.session.execute(last).all()) == len(states)
    assert moves == {each: str(state) for each, state in states.items()}


def test_no_row_refers_to_one_that_is_not_there(sqlite_engine: Engine) -> None:
    _load(sqlite_engine)
    _seed(sqlite_engine)
    with sqlite_engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_indexes_and_keys_stand_again(city: Engine) -> None:
    from sqlalchemy import inspect

    def standing() -> Any:
        seen = inspect(city)
        return {
            each: (
                sorted(str(index["name"]) for index in seen.get_indexes(each)),
                sorted(str(key["name"]) for key in seen.get_foreign_keys(each)),
            )
            for each in seen.get_table_names()
        }

    before = standing()
    _seed(city)
    assert standing() == before


def test_a_new_case_finds_a_free_id(city: Engine) -> None:
    _seed(city)
    with UnitOfWork(city) as work:
        case = Case(number="999999", tracking_code="A", opened_at=NOW, changed_at=NOW, way_in="key")
        work.session.add(case)
        work.session.flush()
        highest = work.session.scalar(select(func.max(Case.id)))
        assert case.id == highest


def test_the_report_of_its_last_day_has_figures(city: Engine) -> None:
    _seed(city)
    with reading(city) as work:
        period = reporting.wanted(ReportKind.NIGHTLY, LAST, NOW, Rules())
        found = reporting.figures_of(work.session, period, Rules())
    assert found["calls_offered"] > 20
    assert found["cases_opened"] > 5
    assert found["calls_impossible"] == 0
    assert sum(found["cases_by_sector"].values()) == found["cases_opened"]


def test_a_database_with_calls_is_refused_unless_told(city: Engine) -> None:
    _seed(city)
    with pytest.raises(HistoryRefused, match="--yes"):
        _seed(city, Wanted(10, 2, 9, LAST))
    with pytest.raises(HistoryRefused, match="another seed"):
        _seed(city, anyway=True)
    assert len(_all(city, Call)) == 1500


def test_without_a_city_file_nothing_is_written(sqlite_engine: Engine) -> None:
    with pytest.raises(HistoryRefused, match="city load"):
        _seed(sqlite_engine)
    assert _all(sqlite_engine, Call) == []


def test_the_command_brings_the_city_and_says_how_many(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINSHENG110_RUN_DIR", str(settings.run_dir))
    monkeypatch.setenv("MINSHENG110_DATABASE_URL", settings.database)
    words = ["seed", "history", "--calls", "300", "--days", "5", "--seed", "3"]
    done = CliRunner().invoke(command, [*words, "--json"])
    assert done.exit_code == 0, done.output
    engine = make_engine(settings.database)
    assert len(_all(engine, Call)) == 300
    assert _all(engine, Report) == []
    engine.dispose()
