"""The command line: what it prints, and how it fails."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from told import CALLER, a_call, ended, opened, recorded, started

from cases.facts import new_id
from hotline.cli import FAMILIES, command
from hotline.settings import Settings, load
from hotline.wiring import Wiring

BIN = Path(sys.executable).parent / "minsheng110"


@pytest.fixture(autouse=True)
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands read the test's own system from the environment."""
    monkeypatch.setenv("MINSHENG110_RUN_DIR", str(settings.run_dir))
    monkeypatch.setenv("MINSHENG110_DATABASE_URL", settings.database)
    monkeypatch.setenv("MINSHENG110_REDIS_URL", settings.redis)


def run(*words: str) -> Result:
    return CliRunner().invoke(command, words, catch_exceptions=False)


def answer(*words: str) -> Any:
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def the_real_one(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BIN, *words], capture_output=True, text=True, check=False)


def a_case(wiring: Wiring) -> str:
    call_id, recording_id = new_id(), new_id()
    number = wiring.ledger.reserve_number()
    assert number
    wiring.ledger.record(
        started(call_id),
        *recorded(call_id, recording_id),
        opened(call_id, number, recording_id),
        ended(call_id),
    )
    return number


def is_a_moment_with_a_zone(text: str) -> bool:
    return datetime.fromisoformat(text).tzinfo is not None


# ---------------------------------------------------------------- the skeleton


def test_help_names_every_family_and_loads_none() -> None:
    code = "import sys; from hotline.cli import command; command(['--help'], standalone_mode=False);"
    code += "sys.exit(any(name in sys.modules for name in ('sqlalchemy', 'rq', 'flask', 'numpy')))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for family in ("calls", "cases", "db", "settings", "sweep", "serve"):
        assert re.search(rf"^  {family} ", shown.stdout, re.MULTILINE)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_every_family_that_is_there_explains_itself(family: str) -> None:
    if family in command.list_commands(None):  # type: ignore[arg-type]
        assert run(family, "--help").exit_code == 0


def test_an_unknown_command_is_wrong_usage() -> None:
    assert run("nonsense").exit_code == 2


# ---------------------------------------------------------------- calls and cases


def test_calls_are_listed_newest_first_in_the_promised_shape(wiring: Wiring) -> None:
    number = a_case(wiring)
    (call,) = answer("calls", "list")
    wanted = {"id", "caller", "way_in", "desk", "started", "answered", "ended", "outcome", "case"}
    assert wanted <= call.keys()
    assert (call["caller"], call["case"], call["outcome"]) == (CALLER, number, "message")
    assert is_a_moment_with_a_zone(call["started"])


def test_a_case_is_shown_in_the_promised_shape(wiring: Wiring) -> None:
    number = a_case(wiring)
    (line,) = answer("cases", "list")
    assert line["number"] == number
    case = answer("cases", "show", number)
    wanted = (
        "number state caller desk matter kind sector unit place priority reasons recording transcript events"
    )
    assert set(wanted.split()) <= case.keys()
    assert case["recording"]["seconds"] == 3.0
    assert case["recording"]["path"].endswith(".wav")
    assert Path(case["recording"]["path"]).is_absolute()
    assert case["transcript"].keys() >= {"state", "text"}
    assert [event["move"] for event in case["events"]] == ["accept"]
    assert {"at", "who", "move", "from", "to"} <= case["events"][0].keys()


def test_chinese_is_printed_as_chinese(wiring: Wiring) -> None:
    wiring.ledger.record(started(new_id(), caller_name="李雷", desk="民警一"))
    assert "民警一" in run("calls", "list", "--json").stdout
    assert "民警一" in run("calls", "list").stdout


def test_people_get_tables(wiring: Wiring) -> None:
    number = a_case(wiring)
    assert number in run("cases", "list").stdout
    assert f"case {number}" in run("cases", "show", number).stdout
    assert CALLER in run("calls", "list").stdout


def test_nothing_yet_is_said_so() -> None:
    assert "no calls yet" in run("calls", "list").stdout
    assert "no cases yet" in run("cases", "list").stdout
    assert answer("cases", "list") == []


@pytest.mark.parametrize("number", ["123456", "nonsense", "9" * 500, ""])
def test_an_unknown_case_is_one_clear_line(number: str) -> None:
    done = the_real_one("cases", "show", number)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"minsheng110: there is no case {number}")
    assert len(done.stderr.splitlines()) == 1


def test_a_database_that_is_away_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINSHENG110_DATABASE_URL", "sqlite:////nonexistent/minsheng110.db")
    done = the_real_one("calls", "list", "--json")
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "database" in done.stderr


def test_a_wrong_setting_is_one_clear_line_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINSHENG110_SIP_PORT", "many")
    done = the_real_one("calls", "list")
    assert done.returncode == 1
    assert "setting sip_port" in done.stderr
    assert "Traceback" not in done.stderr


# ---------------------------------------------------------------- db, settings, sweep


def test_a_new_database_is_brought_to_shape_and_a_second_time_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MINSHENG110_DATABASE_URL", f"sqlite:///{tmp_path / 'new' / 'm.db'}")
    assert "is now at" in run("db", "upgrade").stdout
    assert "was already at" in run("db", "upgrade").stdout
    assert answer("calls", "list") == []


def test_settings_say_where_they_came_from(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    (settings.run_dir / "minsheng110.toml").write_text("workers = 3\n")
    (settings.run_dir / "secrets.toml").write_text('ami_password = "s3cret-ami"\n')
    (settings.run_dir / "ari").write_text("s3cret-ari\n")
    monkeypatch.setenv("MINSHENG110_ARI_PASSWORD_FILE", str(settings.run_dir / "ari"))
    shown = answer("settings", "show")
    assert shown["workers"] == {"value": 3, "from": "minsheng110.toml"}
    assert shown["sip_port"]["from"] == "default"
    assert shown["database_url"]["from"] == "environment MINSHENG110_DATABASE_URL"
    assert shown["ami_password"]["from"] == "secrets.toml"
    assert shown["ari_password"]["from"] == "file of MINSHENG110_ARI_PASSWORD_FILE"
    assert shown.keys() == Settings.model_fields.keys()


def test_no_secret_is_shown(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    (settings.run_dir / "secrets.toml").write_text(
        'ami_password = "s3cret-a"\nweb_secret_key = "s3cret-b"\n[phone_passwords]\ndesk1 = "s3cret-c"\n'
    )
    monkeypatch.setenv(
        "MINSHENG110_DATABASE_URL", "postgresql://me:s3cret-d@db.example/ms?sslpassword=s3cret-e"
    )
    monkeypatch.setenv("MINSHENG110_REDIS_URL", "redis://:s3cret-f@redis.example/0")
    for words in (("settings", "show"), ("settings", "show", "--json")):
        shown = run(*words).stdout
        assert "s3cret" not in shown
        assert "db.example" in shown
        assert "desk1" in shown
    assert load().ami_password.get_secret_value() == "s3cret-a", "they are only masked"


def test_one_pass_of_the_sweep_tells_what_it_did(wiring: Wiring) -> None:
    from hotline.journal import Journal

    journal = Journal(wiring.settings.journal_dir, wiring.now())
    journal.append(a_call())
    journal.close()
    done = the_real_one("sweep", "--once", "--json")
    report = json.loads(done.stdout)
    assert report["journal"]["facts"] == 5
    assert done.returncode == 0, done.stderr
    assert "facts replayed" in the_real_one("sweep", "--once").stdout


def test_a_failing_step_of_the_sweep_is_seen_in_the_exit_code(settings: Settings) -> None:
    (settings.run_dir / "journal" / ".replay.lock").mkdir(parents=True)
    done = the_real_one("sweep", "--once")
    assert done.returncode == 1
    assert "the step journal failed" in done.stderr
