"""`minsheng110 survey`: who is to be asked, and what a pass does when the exchange is not there."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from telling_sms import a_sorted_case

from cases import survey_calls
from cases.facts import CallStarted, new_id
from cases.handling import Actor, Asked, make_move
from cases.model import Case, Survey, Unit
from cases.states import Role, Sector, UnitType
from hotline.cli import command
from hotline.settings import Settings
from hotline.wiring import Wiring, build

NUMBER = "13800000001"


@pytest.fixture(autouse=True)
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINSHENG110_RUN_DIR", str(settings.run_dir))
    monkeypatch.setenv("MINSHENG110_DATABASE_URL", settings.database)
    monkeypatch.setenv("MINSHENG110_REDIS_URL", settings.redis)
    monkeypatch.setenv("MINSHENG110_AMI_PASSWORD", "nobody is there")
    monkeypatch.setenv("MINSHENG110_AMI_PORT", "1")


def run(*words: str) -> Result:
    return CliRunner().invoke(command, words)


def answer(*words: str) -> Any:
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture
def number(wiring: Wiring) -> str:
    """A case that was reported now."""
    number = a_sorted_case(wiring, NUMBER)
    with wiring.unit_of_work() as unit:
        row = Unit(code="x", name="市政管理处", type=UnitType.DEPARTMENT, sector=Sector.GOVERNMENT)
        unit.session.add(row)
        unit.session.flush()
        for what, who, asked in (
            ("dispatch", Actor("paidan", Role.DISPATCHER), {"unit": "x"}),
            ("sign", Actor("li", Role.UNIT, row.id), {}),
            ("report", Actor("li", Role.UNIT, row.id), {"answer": "修好了"}),
        ):
            make_move(unit.session, number, what, who, wiring.now(), wiring.rules, Asked(**asked))
        unit.commit()
    return number


def test_the_list_names_who_is_to_be_asked_and_when(number: str) -> None:
    (row,) = answer("survey", "list")
    assert (row["case"], row["state"], row["tries"], row["unit"]) == (number, "planned", 0, "市政管理处")
    assert row["next"] > row["planned"]
    assert number in run("survey", "list").stdout
    assert answer("survey", "list", "--answered") == []
    assert "no survey has an answer yet" in run("survey", "list", "--answered").stdout


def test_before_its_hour_nobody_is_rung_and_the_exchange_is_not_asked(number: str) -> None:
    report = answer("survey", "run")
    assert (report["placed"], report["why"]) == ([], None)
    assert report["waiting"] == {"planned": 1, "calling": 0, "visitor": 0}


def test_at_a_bad_hour_it_says_so(number: str) -> None:
    planned = answer("survey", "list")[0]["next"]
    for hour in ("12:30", "20:00"):
        report = answer("survey", "run", "--now", f"{planned[:10]}T{hour}")
        assert (report["placed"], report["why"]) == ([], "not at this hour")


def test_without_an_exchange_nobody_loses_a_try(number: str) -> None:
    planned = answer("survey", "list")[0]["next"]
    for _ in range(2):
        report = answer("survey", "run", "--now", planned)
        assert report["placed"] == []
        assert "Asterisk does not answer" in report["why"]
    assert answer("survey", "list")[0]["tries"] == 0
    assert "nobody more was rung: Asterisk does not answer" in run("survey", "run", "--now", planned).stdout


def test_a_site_that_rings_nobody_hands_them_to_the_visitor_caller(
    number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = answer("survey", "list")[0]["next"]
    monkeypatch.setenv("MINSHENG110_SURVEY_CALLS", "false")
    assert answer("survey", "run", "--now", planned)["handed_over"] == [number]
    assert answer("survey", "list")[0]["state"] == "visitor"
    assert answer("survey", "run", "--now", planned)["handed_over"] == []


def test_a_time_that_is_none_is_wrong_usage() -> None:
    done = run("survey", "run", "--now", "tomorrow")
    assert done.exit_code == 2
    assert "2026-03-02T09:30" in done.stderr


def test_an_empty_town_asks_nobody() -> None:
    assert answer("survey", "list") == []
    assert "nobody is to be asked" in run("survey", "list").stdout


def test_what_a_dead_call_left_is_settled_by_a_pass(number: str, settings: Settings) -> None:
    wiring = build(settings)
    with wiring.unit_of_work() as unit:
        row = unit.session.scalars(select(Survey)).one()
        when = row.next_at
        assert when is not None
        survey_calls.claim(unit.session, row.id, when, timedelta(minutes=3), wiring.rules)
        call = CallStarted(
            call_id=new_id(), at=when, linked_id=new_id(), channel="c", caller="", way_in="survey"
        )
        survey_calls.begins(unit.session, row.id, call)
        survey_calls.answered(unit.session, row.id, call.call_id, 1, when)
        unit.commit()
    later = (when + timedelta(minutes=10)).isoformat()
    assert answer("survey", "run", "--now", later)["settled"] == [row.id]
    with wiring.reading() as unit:
        assert unit.session.scalars(select(Case.state)).one() == "completed"
    wiring.close()
