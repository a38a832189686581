"""`minsheng110 report`, and the sweep that makes what is due."""

from __future__ import annotations

import csv
import errno
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from telling import Telling, write

from cases.figures import HEADLINES, digest
from cases.model import Call, Report
from hotline.cli import command
from hotline.reports import make_due, write_whole
from hotline.sweep import Sweep
from hotline.wiring import Wiring

NIGHT = datetime(2026, 3, 2, 16, 11, tzinfo=UTC)
REQUIRED = (
    "calls_offered",
    "calls_answered",
    "calls_abandoned",
    "answer_within_15s_rate",
    "connect_rate",
    "wait_p95_s",
    "messages",
    "cases_opened",
    "cases_by_sector",
    "cases_by_matter",
    "cases_overdue",
    "satisfaction_rate",
)


@pytest.fixture
def say(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("MINSHENG110_RUN_DIR", str(wiring.settings.run_dir))
    monkeypatch.setenv("MINSHENG110_DATABASE_URL", wiring.settings.database)
    return lambda *words: CliRunner().invoke(command, ["report", *words])


def told(answer: Result) -> Any:
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def a_call(wiring: Wiring) -> Telling:
    telling = Telling().starts().is_answered().ends("message")
    write(wiring.engine, *telling.facts)
    return telling


def test_a_report_is_printed_as_it_is_kept(wiring: Wiring, say: Callable[..., Result]) -> None:
    a_call(wiring)
    said = told(say("nightly", "--date", "2026-03-02", "--json"))
    assert list(said) == ["date", "version", "digest", "late", "figures"]
    assert (said["date"], said["version"], said["late"]) == ("2026-03-02", 1, True)
    assert set(REQUIRED) | set(HEADLINES) <= set(said["figures"])
    assert (said["figures"]["calls_offered"], said["figures"]["messages"]) == (1, 1)
    assert said["digest"] == digest(said["figures"])
    assert told(say("nightly", "--date", "2026-03-02", "--json")) == said
    a_call(wiring)
    assert told(say("nightly", "--date", "2026-03-02", "--json")) == said
    second = told(say("nightly", "--date", "2026-03-02", "--again", "--json"))
    assert (second["version"], second["figures"]["calls_offered"]) == (2, 2)
    rows = told(say("list", "--json"))
    assert [(row["kind"], row["version"], row["corrects"]) for row in rows] == [
        ("nightly", 2, 1),
        ("nightly", 1, None),
    ]


def test_it_holds_no_number_of_a_caller(wiring: Wiring, say: Callable[..., Result]) -> None:
    a_call(wiring)
    with wiring.reading() as work:
        number = work.session.scalars(select(Call.caller)).one()
    assert number
    assert number not in say("nightly", "--date", "2026-03-02", "--json").stdout


def test_a_day_in_the_future_is_wrong_usage(say: Callable[..., Result]) -> None:
    for name in ("nightly", "weekly", "reconcile"):
        answer = say(name, "--date", "2999-01-01", "--json")
        assert answer.exit_code == 2
        assert "is in the future" in answer.stderr
        assert answer.stdout == ""


def test_a_day_before_the_first_call_is_an_honest_empty_report(
    wiring: Wiring, say: Callable[..., Result]
) -> None:
    a_call(wiring)
    said = told(say("nightly", "--date", "2020-01-01", "--json"))["figures"]
    assert (said["calls_offered"], said["connect_rate"]) == (0, None)


def test_a_day_that_runs_is_told_so_far_and_kept_nowhere(wiring: Wiring, say: Callable[..., Result]) -> None:
    today = wiring.now().astimezone(wiring.rules.zone).date().isoformat()
    assert told(say("nightly", "--date", today, "--json"))["version"] == 0
    assert told(say("list", "--json")) == []
    assert "kept nowhere" in say("nightly", "--date", today).stdout


@pytest.mark.parametrize("kind", ["weekly", "monthly", "yearly"])
def test_longer_reports_are_made_by_the_same_code(
    wiring: Wiring, say: Callable[..., Result], kind: str
) -> None:
    a_call(wiring)
    assert told(say(kind, "--date", "2026-03-02", "--json"))["figures"]["calls_offered"] == 1


def test_a_page_for_people_names_the_headlines(wiring: Wiring, say: Callable[..., Result]) -> None:
    a_call(wiring)
    answer = say("nightly", "--date", "2026-03-02")
    assert answer.exit_code == 0
    assert all(title in answer.stdout for title in HEADLINES.values())


def test_a_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("the old one")

    def fills_the_disk(draft: Path) -> None:
        draft.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_whole(path, fills_the_disk)
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]
    assert path.read_text() == "the old one"


def test_a_file_that_cannot_be_written_is_named(
    wiring: Wiring, say: Callable[..., Result], tmp_path: Path
) -> None:
    a_call(wiring)
    path = tmp_path / "no such folder" / "report.html"
    answer = say("nightly", "--date", "2026-03-02", "--html", str(path))
    assert answer.exit_code == 1
    assert f"{path} was not written" in answer.stderr


# ---------------------------------------------------------------- the sweep


def test_three_days_off_are_made_up_for_in_order_and_marked_late(wiring: Wiring) -> None:
    a_call(wiring)
    back = datetime(2026, 3, 5, 3, 0, tzinfo=UTC)
    made = make_due(wiring, back, seconds=60)
    assert [(each.date.day, each.late) for each in made] == [(2, True), (3, True), (4, True)]
    assert make_due(wiring, back, seconds=60) == []


def test_what_takes_long_is_made_in_the_next_pass(wiring: Wiring) -> None:
    a_call(wiring)
    back = datetime(2026, 3, 5, 3, 0, tzinfo=UTC)
    assert [len(make_due(wiring, back, seconds=0)) for _ in range(4)] == [1, 1, 1, 0]


def test_the_sweep_makes_the_report_of_the_night(wiring: Wiring) -> None:
    a_call(wiring)
    sweep = Sweep(wiring, lambda _seconds: None)
    assert sweep.make_reports(datetime(2026, 3, 2, 16, 9, tzinfo=UTC)) == []
    assert sweep.make_reports(NIGHT) == ["nightly 2026-03-02"]
    assert sweep.make_reports(NIGHT) == []
    with wiring.reading() as work:
        row = work.session.scalars(select(Report)).one()
    assert (row.made_by, row.late, row.made_at) == ("system", False, NIGHT)


# ---------------------------------------------------------------- Asterisk's records


def records(wiring: Wiring, folder: str, *lines: list[str]) -> None:
    path = wiring.settings.asterisk_dir / "records" / folder / "Master.csv"
    path.parent.mkdir(parents=True)
    said = io.StringIO()
    csv.writer(said, quoting=csv.QUOTE_ALL).writerows(lines)
    path.write_text(said.getvalue() + '"torn')


def cdr(linked: str, context: str) -> list[str]:
    return [linked, linked, "13800000001", "s", context, "PJSIP/police-trunk-1", "", "AGI"]


def cel(linked: str, context: str) -> list[str]:
    moment = "2026-03-02 12:00:00.000"
    return ["APP_START", moment, "13800000001", "s", context, "PJSIP/x", "AGI", linked, linked]


def test_calls_that_only_one_side_knows_are_listed(wiring: Wiring, say: Callable[..., Result]) -> None:
    noon = int(datetime(2026, 3, 2, 4, 0, tzinfo=UTC).timestamp())
    both, running, alone = f"{noon}.1", f"{noon}.2", f"{noon}.3"
    known = [Telling(linked_id=linked).starts().ends() for linked in (both, running, f"{noon}.9")]
    for telling in known:
        write(wiring.engine, *telling.facts)
    yesterday = str(noon - 86400) + ".1"
    records(
        wiring,
        "cdr-custom",
        cdr(both, "minsheng110"),
        cdr(alone, "minsheng110"),
        cdr(f"{noon}.4", "from-desk"),
        cdr(yesterday, "minsheng110"),
    )
    records(wiring, "cel-custom", cel(running, "minsheng110"))
    said = told(say("reconcile", "--date", "2026-03-02", "--json"))
    assert [each["linked_id"] for each in said["only_asterisk"]] == [alone]
    assert [each["linked_id"] for each in said["only_rows"]] == [f"{noon}.9"]
    assert (said["asterisk"], said["rows"], said["both"]) == (3, 3, 2)
    assert "13800000001" not in json.dumps(said)
    assert alone in say("reconcile", "--date", "2026-03-02").stdout


def test_where_asterisk_kept_nothing_it_says_so(wiring: Wiring, say: Callable[..., Result]) -> None:
    a_call(wiring)
    answer = say("reconcile", "--date", "2026-03-02")
    assert "kept no records" in answer.stderr
    assert len(told(say("reconcile", "--date", "2026-03-02", "--json"))["only_rows"]) == 1
