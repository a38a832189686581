"""The database gets its shape from migrations, and the shape is the rows'."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from alembic import command
from servers import PostgresServer
from sqlalchemy import inspect
from telling import Telling, write

from cases import migrate
from cases.engine import make_engine
from cases.errors import DatabaseAway
from cases.model import Base


def test_a_migrated_database_is_what_the_rows_say(database_url: str) -> None:
    assert migrate.current(database_url) == migrate.head()
    assert migrate.differences(database_url) == []


def test_upgrading_again_is_harmless_and_loses_nothing(database_url: str) -> None:
    engine = make_engine(database_url)
    told = Telling().starts()
    write(engine, *told.facts)
    assert migrate.upgrade(database_url) is False
    assert write(engine, *told.facts) == [False]
    engine.dispose()


def test_a_new_file_is_made_with_its_folder(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new folder/with # and ?/the.db"
    assert migrate.upgrade(url) is True
    assert migrate.differences(url) == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_several_who_upgrade_at_once_wait_for_each_other(
    kind: str, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    empty = f"sqlite:///{tmp_path}/all.db"
    url = empty if kind == "sqlite" else postgres_server.url(postgres_server.make())
    done: list[bool] = []
    threads = [Thread(target=lambda: done.append(migrate.upgrade(url))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False, False, True]


def test_the_way_down_leaves_an_empty_database(database_url: str) -> None:
    with migrate._connection(database_url, create=False) as connection:
        command.downgrade(migrate._config(connection), "base")
        connection.commit()
        left = set(inspect(connection).get_table_names())
    assert left == {"alembic_version"}
    assert migrate.upgrade(database_url) is True
    assert migrate.differences(database_url) == []


def test_an_empty_database_stands_nowhere(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/empty.db"
    (tmp_path / "empty.db").touch()
    assert migrate.current(url) is None
    assert len(migrate.differences(url)) >= len(Base.metadata.tables)


def test_a_database_that_is_away_is_named(tmp_path: Path) -> None:
    for use in (migrate.current, migrate.differences):
        with pytest.raises(DatabaseAway):
            use(f"sqlite:///{tmp_path}/nothing.db")
    with pytest.raises(DatabaseAway):
        migrate.upgrade("postgresql://nobody@127.0.0.1:1/nothing")


def test_it_works_from_any_folder_and_prints_nothing(tmp_path: Path) -> None:
    program = "from cases import migrate; migrate.upgrade('sqlite:///here.db')"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout + done.stderr == ""
    assert migrate.current(f"sqlite:///{tmp_path}/here.db") == migrate.head()
