"""The audit trail is a chain: whoever changes, removes, inserts or swaps an entry is found out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from sqlalchemy import Engine, text
from telling import NOON, at

from cases import audit_trail, migrate
from cases.audit_trail import Damage, Harm, Head, Verdict, audit, verify
from cases.engine import make_engine
from cases.unit_of_work import UnitOfWork, reading

ENTRIES = 6


def writes(engine: Engine, *whats: str, who: str = "ming") -> None:
    with UnitOfWork(engine) as work:
        for second, what in enumerate(whats):
            audit(
                work.session, at(second), who, what, "100005", "10.0.0.7", {"case": "一", "n": [1, 2.5, None]}
            )
        work.commit()


def verdict(engine: Engine, noted: Head | None = None) -> Verdict:
    with reading(engine) as work:
        return verify(work.session, noted)


def damage(engine: Engine) -> tuple[Harm, int | None]:
    found = verdict(engine).damage
    assert isinstance(found, Damage)
    return found.harm, found.place


def sql(engine: Engine, statement: str) -> None:
    """Somebody at the database, past the program."""
    with engine.begin() as connection:
        connection.execute(text(statement))


@pytest.fixture
def chain(engine: Engine) -> Engine:
    """Six entries of three transactions."""
    for turn in range(3):
        writes(engine, f"login{turn}", f"logout{turn}")
    return engine


def test_an_empty_trail_is_whole(engine: Engine) -> None:
    assert verdict(engine) == Verdict(0, Head(), None)


def test_what_the_program_wrote_is_whole(chain: Engine) -> None:
    found = verdict(chain)
    assert (found.entries, found.head.place, found.damage) == (ENTRIES, ENTRIES, None)


def test_what_was_rolled_back_leaves_no_gap(chain: Engine) -> None:
    with UnitOfWork(chain) as work:
        audit(work.session, NOON, "ming", "login")
    writes(chain, "login")
    assert verdict(chain).damage is None


@pytest.mark.parametrize(
    "change", ["who = 'hua'", "what = 'login'", "target = ''", "address = '::1'", "detail = '{}'",
               "at = (SELECT at FROM audit_entry WHERE place = 1)"],
)  # fmt: skip
def test_a_changed_entry_is_named(chain: Engine, change: str) -> None:
    sql(chain, f"UPDATE audit_entry SET {change} WHERE place = 4")  # noqa: S608 - a test's own
    assert damage(chain) == (Harm.CHANGED, 4)


def test_an_entry_that_is_changed_with_its_own_seal_gives_itself_away_at_the_next(chain: Engine) -> None:
    content = {"at": NOON, "who": "hua", "what": "x", "target": "", "address": "", "detail": {}}
    with UnitOfWork(chain) as work:
        (before,) = work.session.execute(text("SELECT seal FROM audit_entry WHERE place = 1")).one()
        work.session.execute(
            text("UPDATE audit_entry SET who='hua', what='x', target='', address='', detail='{}',"
                 " seal=:seal WHERE place = 2"), {"seal": audit_trail.seal(2, content, before)},
        )  # fmt: skip
        work.commit()
    assert damage(chain)[0] is Harm.CHANGED


@pytest.mark.parametrize("place", [1, 3, ENTRIES])
def test_a_removed_entry_is_named_be_it_the_first_or_the_last(chain: Engine, place: int) -> None:
    sql(chain, f"DELETE FROM audit_entry WHERE place = {place}")  # noqa: S608 - a test's own
    assert damage(chain) == (Harm.REMOVED, place)
    writes(chain, "login")
    assert damage(chain) == (Harm.REMOVED, place)


def test_an_emptied_trail_is_found_out(chain: Engine) -> None:
    sql(chain, "DELETE FROM audit_entry")
    assert damage(chain) == (Harm.REMOVED, 1)


def test_an_inserted_entry_is_named(chain: Engine) -> None:
    sql(chain, "INSERT INTO audit_entry (at, who, what, target, address, detail)"
               " SELECT at, 'hua', 'login', '', '', '{}' FROM audit_entry WHERE place = 1")  # fmt: skip
    assert damage(chain) == (Harm.INSERTED, None)


def test_an_entry_with_a_seal_behind_the_end_is_inserted(chain: Engine) -> None:
    sql(chain, "INSERT INTO audit_entry (at, who, what, target, address, detail, place, seal)"
               " SELECT at, 'hua', '', '', '', '{}', 7, seal FROM audit_entry WHERE place = 1")  # fmt: skip
    assert damage(chain) == (Harm.INSERTED, ENTRIES + 1)


def test_two_swapped_entries_are_found_out(chain: Engine) -> None:
    sql(chain, "UPDATE audit_entry SET place = 99 WHERE place = 2")
    sql(chain, "UPDATE audit_entry SET place = 2 WHERE place = 5")
    sql(chain, "UPDATE audit_entry SET place = 5 WHERE place = 99")
    assert damage(chain) == (Harm.CHANGED, 2)


def test_a_chain_that_was_computed_anew_is_found_out_by_a_head_noted_elsewhere(chain: Engine) -> None:
    noted = verdict(chain).head
    assert verdict(chain, noted).damage is None
    writes(chain, "later")
    assert verdict(chain, noted).damage is None
    sql(chain, "DELETE FROM audit_entry")
    sql(chain, "DELETE FROM audit_head")
    writes(chain, *"abcdefgh", who="hua")
    assert verdict(chain).damage is None
    found = verdict(chain, noted).damage
    assert found is not None
    assert (found.harm, found.place) == (Harm.CHANGED, ENTRIES)
    sql(chain, "DELETE FROM audit_entry")
    sql(chain, "DELETE FROM audit_head")
    found = verdict(chain, noted).damage
    assert found is not None
    assert found.harm is Harm.REMOVED


def test_many_who_write_at_once_make_one_chain(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda turn: writes(engine, "login", "logout", who=f"w{turn}"), range(40)))
    found = verdict(engine)
    assert (found.entries, found.damage) == (80, None)


def test_a_long_chain_is_walked_in_pages(engine: Engine) -> None:
    writes(engine, *["login"] * (2 * audit_trail._AT_ONCE + 3))
    assert verdict(engine).damage is None
    place = 2 * audit_trail._AT_ONCE
    sql(engine, f"DELETE FROM audit_entry WHERE place = {place}")  # noqa: S608 - a test's own
    assert damage(engine) == (Harm.REMOVED, place)


def test_entries_from_before_the_chain_are_taken_in(database_url: str) -> None:
    with migrate._connection(database_url, create=False) as connection:
        command.downgrade(migrate._config(connection), "0008")
        connection.execute(
            text("INSERT INTO audit_entry (at, who, what, target, address, detail)"
                 " VALUES (:at, :who, 'login', '', '', :detail)"),
            [{"at": f"2026-03-02 04:00:00.{n:06}", "who": f"w{n}", "detail": '{"b": "民生", "a": [1, 0.1]}'}
             for n in range(1003)],
        )  # fmt: skip
        connection.commit()
    assert migrate.upgrade(database_url) is True
    engine = make_engine(database_url)
    writes(engine, "login")
    found = verdict(engine)
    assert (found.entries, found.damage) == (1004, None)
    sql(engine, "UPDATE audit_entry SET who = 'hua' WHERE who = 'w500'")
    assert damage(engine) == (Harm.CHANGED, 501)
    engine.dispose()
