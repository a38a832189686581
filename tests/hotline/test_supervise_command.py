"""`minsheng110 supervise run`: what it did, in JSON; once, however often it is called."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, update
from supervision_scene import DISPATCHED, city, dispatched

from cases.model import Watch
from hotline.cli import command
from hotline.supervising import supervise
from hotline.sweep import Sweep
from hotline.wiring import Wiring


@pytest.fixture
def call(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("MINSHENG110_RUN_DIR", str(wiring.settings.run_dir))
    monkeypatch.setenv("MINSHENG110_DATABASE_URL", wiring.settings.database)

    def run(*words: str) -> Result:
        return CliRunner().invoke(command, ["supervise", *words])

    return run


def told(answer: Result) -> dict[str, Any]:
    assert answer.exit_code == 0, answer.output
    said: dict[str, Any] = json.loads(answer.stdout)
    return said


def test_it_says_which_case_which_step_and_whom(wiring: Wiring, call: Callable[..., Result]) -> None:
    number = dispatched(wiring.engine)
    said = told(call("run", "--now", "2026-03-04T09:00", "--json"))
    assert said["now"] == "2026-03-04T01:00:00+00:00"
    assert [(each["case"], each["step"], each["move"], each["to"]) for each in said["steps"]] == [
        (number, "unsigned", "urge", ["unit"]),
        (number, "yellow", "urge", ["unit"]),
    ]
    assert said["steps"][0]["unit"] == "市政管理处"
    assert said["steps"][0]["planned"] == (DISPATCHED + timedelta(days=1)).isoformat()
    assert said["counts"]["steps"] == said["counts"]["notices"] == 2
    assert said["counts"]["by_step"] == {"unsigned": 1, "yellow": 1}


def test_called_again_it_does_nothing(wiring: Wiring, call: Callable[..., Result]) -> None:
    dispatched(wiring.engine)
    assert told(call("run", "--now", "2026-03-04T09:00+08:00", "--json"))["counts"]["steps"] == 2
    again = told(call("run", "--now", "2026-03-04T01:00Z", "--json"))
    assert again["steps"] == []
    assert again["counts"]["placed"] == 0


def test_a_clock_set_backwards_does_nothing(wiring: Wiring, call: Callable[..., Result]) -> None:
    dispatched(wiring.engine)
    told(call("run", "--now", "2026-03-04T09:00", "--json"))
    assert told(call("run", "--now", "2026-01-01T00:00", "--json"))["steps"] == []
    assert told(call("run", "--now", "2026-03-05T18:00", "--json"))["counts"]["by_step"] == {"red": 1}


def test_without_json_it_speaks_to_people(wiring: Wiring, call: Callable[..., Result]) -> None:
    number = dispatched(wiring.engine)
    answer = call("run", "--now", "2026-03-05T18:00")
    assert number in answer.stdout
    assert "3 steps, 4 notices, 1 clocks placed" in answer.stdout


@pytest.mark.parametrize("time", ["yesterday", "2026-13-01", ""])
def test_a_time_that_is_none_is_refused(call: Callable[..., Result], time: str) -> None:
    answer = call("run", "--now", time)
    assert answer.exit_code == 2
    assert "is no time" in answer.output


def test_one_clock_that_cannot_be_worked_off_holds_nobody_up(wiring: Wiring) -> None:
    broken = dispatched(wiring.engine)
    whole = [dispatched(wiring.engine, second=10 + n) for n in range(3)]
    supervise(wiring, city(2, 14))
    with wiring.unit_of_work() as unit:
        # A step that its ladder does not have: as after a change of the settings gone wrong.
        first = select(Watch.case_id).order_by(Watch.case_id).limit(1).scalar_subquery()
        unit.session.execute(update(Watch).where(Watch.case_id == first).values(step=-9, next_at=city(3)))
        unit.commit()
    said = supervise(wiring, city(3, 18))
    assert {each["case"] for each in said["steps"]} == set(whole)
    assert [each["error"] for each in said["failed"]] == ["IndexError"]
    assert broken not in whole


def test_the_sweep_supervises_once_a_minute(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> None:
    dispatched(wiring.engine)
    sweep = Sweep(wiring, lambda _seconds: None)
    clock = [city(4, 9)]
    monkeypatch.setattr(Wiring, "now", staticmethod(lambda: clock[0]))
    assert sweep.supervise(clock[0])["steps"] == 2
    clock[0] = city(5, 18)
    assert sweep.supervise(city(4, 9) + timedelta(seconds=30)) is None
    assert sweep.supervise(clock[0])["steps"] == 1


def test_a_run_that_ran_out_of_time_goes_on_with_the_next_pass(wiring: Wiring) -> None:
    dispatched(wiring.engine)
    none = supervise(wiring, city(5, 18), seconds=0)
    assert (none["complete"], none["steps"]) == (False, [])
    assert supervise(wiring, city(5, 18), seconds=60)["complete"] is True


def test_times_are_the_citys(wiring: Wiring, call: Callable[..., Result]) -> None:
    at = datetime(2026, 3, 2, 23, 0, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)
    assert told(call("run", "--now", "2026-03-02 23:00", "--json"))["now"] == at.isoformat()
    assert wiring.settings.time_zone == "Asia/Shanghai"
