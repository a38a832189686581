"""One use case, one transaction; and a database that is away is called away, whatever the driver says."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Barrier, Event, Thread

import pytest
from sqlalchemy import Engine, make_url, select, text
from sqlalchemy import exc as sa_exc
from telling import NOON, Telling, at, call_of, write

from cases import queries
from cases.changes import changed
from cases.engine import make_engine
from cases.errors import CaseError, Conflict, DatabaseAway
from cases.model import AppliedFact, Base, Case, Counter
from cases.unit_of_work import UnitOfWork, reading


def count(engine: Engine) -> int:
    with reading(engine) as work:
        return len(work.session.scalars(select(AppliedFact)).all())


def fact_row(name: str) -> AppliedFact:
    return AppliedFact(id=name, at=NOON)


def add(engine: Engine, name: str) -> None:
    with UnitOfWork(engine) as work:
        work.session.add(fact_row(name))
        work.commit()


def test_without_commit_nothing_is_kept(engine: Engine) -> None:
    with UnitOfWork(engine) as work:
        work.session.add(fact_row("a"))
        changed(work.session, NOON, "call", "a")
        work.session.flush()
    assert count(engine) == 0


def test_an_exception_leaves_nothing_and_passes_through(engine: Engine) -> None:
    def fails() -> None:
        with UnitOfWork(engine) as work:
            work.session.add(fact_row("a"))
            raise KeyError("a mistake of the use case")

    with pytest.raises(KeyError):
        fails()
    assert count(engine) == 0


def test_a_violated_constraint_is_not_swallowed_and_not_called_away(engine: Engine) -> None:
    add(engine, "a")
    with pytest.raises(sa_exc.IntegrityError):
        add(engine, "a")
    assert count(engine) == 1


def test_a_row_that_points_nowhere_is_refused(engine: Engine) -> None:
    with pytest.raises(sa_exc.IntegrityError), UnitOfWork(engine) as work:
        work.session.execute(
            text(
                "INSERT INTO case_event (case_id, at, who, move, reason, detail) "
                "VALUES (4711, '2026-01-01', 'x', 'note', '', '{}')"
            )
        )


def test_a_wrong_statement_is_a_mistake_and_not_an_absence(engine: Engine) -> None:
    with pytest.raises(sa_exc.DBAPIError), UnitOfWork(engine) as work:
        work.session.execute(text("SELECT nothing FROM nowhere"))


def test_rows_are_readable_after_the_unit(engine: Engine) -> None:
    with UnitOfWork(engine) as work:
        row = fact_row("a")
        work.session.add(row)
        work.commit()
    assert row.id == "a"


def test_a_reading_unit_cannot_write(engine: Engine) -> None:
    with reading(engine) as work, pytest.raises(RuntimeError, match="nothing to commit"):
        work.commit()


def test_a_reader_does_not_wait_for_a_writer(engine: Engine) -> None:
    with UnitOfWork(engine) as work:
        work.session.add(fact_row("a"))
        work.session.flush()
        assert count(engine) == 0
        work.commit()
    assert count(engine) == 1


def save(engine: Engine, row: Base) -> None:
    with UnitOfWork(engine) as work:
        work.session.add(row)
        work.commit()


def test_two_who_change_one_case_the_second_is_told(engine: Engine) -> None:
    told = Telling().starts().speaks().hears_number("").ends("message")
    write(engine, *told.facts)
    case = call_of(engine, told).case
    assert case is not None
    with UnitOfWork(engine) as work:
        work.session.get_one(Case, case.id).text = "one"
        work.commit()
    case.text = "other"
    with pytest.raises(Conflict):
        save(engine, case)


def test_three_hundred_calls_that_end_at_once_are_all_written(sqlite_engine: Engine) -> None:
    calls = [Telling().starts().ends("hung_up") for _ in range(300)]
    write(sqlite_engine, *(told.facts[0] for told in calls))
    start, failed = Event(), []

    def end(told: Telling) -> None:
        start.wait()
        try:
            write(sqlite_engine, told.facts[1])
        except Exception as error:
            failed.append(error)

    threads = [Thread(target=end, args=(told,)) for told in calls]
    for thread in threads:
        thread.start()
    start.set()
    for thread in threads:
        thread.join()
    assert failed == []
    with reading(sqlite_engine) as work:
        assert queries.queue(work.session)["counts"] == {"calls": 0, "cases": 0, "call_backs": 300}


def test_a_database_file_that_was_moved_away_is_away_and_comes_back(sqlite_url: str) -> None:
    engine = make_engine(sqlite_url)
    path = Path(make_url(sqlite_url).database or "")
    write(engine, *Telling().starts().facts)
    os.rename(path, path.with_suffix(".away"))
    with pytest.raises(DatabaseAway, match="does not answer"):
        write(engine, *Telling().starts().facts)
    with pytest.raises(DatabaseAway), reading(engine) as work:
        queries.progress_of(work.session, "100005")
    assert not path.exists(), "an empty file must not take its place"
    os.rename(path.with_suffix(".away"), path)
    assert write(engine, *Telling().starts().facts) == [True]
    engine.dispose()


def test_a_file_that_is_no_database_is_away(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_text("a letter and not a database, though long enough to be read as a header of one" * 20)
    with pytest.raises(DatabaseAway), UnitOfWork(make_engine(f"sqlite:///{path}")):
        pass


def test_another_process_that_holds_the_file_for_long_makes_it_away(sqlite_url: str) -> None:
    ours, theirs = make_engine(sqlite_url + "?timeout=0.2"), make_engine(sqlite_url)
    with UnitOfWork(theirs) as work:
        work.session.add(fact_row("theirs"))
        with pytest.raises(DatabaseAway), UnitOfWork(ours):
            pass
        work.commit()
    add(ours, "ours")
    assert count(ours) == 2


def test_a_server_that_is_not_there_is_away() -> None:
    engine = make_engine("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(DatabaseAway), UnitOfWork(engine):
        pass


def test_a_connection_that_the_server_ends_in_mid_unit_is_away_and_the_next_is_good(
    postgres_engine: Engine,
) -> None:
    def is_cut_off() -> None:
        with UnitOfWork(postgres_engine) as work:
            pid = work.session.scalar(text("SELECT pg_backend_pid()"))
            with UnitOfWork(postgres_engine) as other:
                other.session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            work.session.add(fact_row("lost"))
            work.commit()

    with pytest.raises(DatabaseAway):
        is_cut_off()
    add(postgres_engine, "kept")
    assert count(postgres_engine) == 1


def test_a_standby_that_takes_no_writes_is_away(postgres_engine: Engine) -> None:
    def writes_to_a_standby() -> None:
        with UnitOfWork(postgres_engine) as work:
            work.session.execute(text("SET TRANSACTION READ ONLY"))
            work.session.add(fact_row("a"))
            work.commit()

    with pytest.raises(DatabaseAway):
        writes_to_a_standby()


def test_two_who_wait_for_each_other_one_is_sent_back_and_the_database_is_not_away(
    postgres_engine: Engine,
) -> None:
    for name in ("a", "b"):
        save(postgres_engine, Counter(name=name, next_value=1))
    both, errors = Barrier(2), []

    def take(first: str, second: str) -> None:
        try:
            with UnitOfWork(postgres_engine) as work:
                work.session.get_one(Counter, first, with_for_update=True)
                both.wait(10)
                work.session.get_one(Counter, second, with_for_update=True)
        except CaseError as error:
            errors.append(error)

    threads = [Thread(target=take, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(error) for error in errors] == [Conflict]


def test_the_message_of_an_absence_holds_no_words_of_a_caller(sqlite_url: str) -> None:
    engine = make_engine(sqlite_url)
    with UnitOfWork(engine) as work:
        work.session.execute(text("DROP TABLE counter"))
        work.commit()
    Path(make_url(sqlite_url).database or "").unlink()
    with pytest.raises(DatabaseAway) as away:
        write(engine, *Telling(caller="13912345678").starts().facts)
    assert "13912345678" not in str(away.value)
    engine.dispose()


def test_a_slow_writer_hides_no_change_from_a_reader_of_the_feed(postgres_engine: Engine) -> None:
    """The feed's ids become visible in their order, or a screen would miss one."""
    with UnitOfWork(postgres_engine) as slow:
        changed(slow.session, NOON, "call", "slow")
        slow.session.add(Counter(name="x", next_value=1))
        slow.session.flush()
        with UnitOfWork(postgres_engine) as fast:
            changed(fast.session, at(1), "call", "fast")
            fast.commit()
        with reading(postgres_engine) as work:
            seen = queries.changes_after(work.session, 0)
        slow.commit()
    with reading(postgres_engine) as work:
        later = queries.changes_after(work.session, seen[-1]["id"])
    assert [change["key"] for change in (*seen, *later)] == ["fast", "slow"]


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense"])
def test_another_kind_of_database_is_refused_by_name(url: str) -> None:
    with pytest.raises((ValueError, sa_exc.ArgumentError)):
        make_engine(url)
