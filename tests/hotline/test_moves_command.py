"""`minsheng110 cases move`, `cases moves`, `deadline`, `clock`, `calendar`: from the command line."""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from runs import make_settings
from sqlalchemy import select

from cases import numbers
from cases.city import CityRows, UnitRow, load_city
from cases.model import Case, Photo, User
from cases.opening import reserve_numbers
from cases.states import CaseState, Role, Sector, UnitType, WayIn
from cases.users import add_user
from hotline import cli
from hotline import settings as settings_module
from hotline.cli import showing
from hotline.settings import Settings
from hotline.wiring import Wiring, build

PEOPLE = (Role.ADMIN, Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR, Role.VISITOR)


@pytest.fixture
def here(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A run folder with a unit, a firm and people; the command line reads its settings."""
    settings = make_settings(tmp_path, database_url, "unix:///nowhere.sock")
    monkeypatch.setattr(settings_module, "load", lambda: settings)
    monkeypatch.setattr(showing, "load", lambda: settings)
    wiring = build(settings)
    with wiring.unit_of_work() as work:
        lamps = UnitRow("lamps", "市政管理处", UnitType.DEPARTMENT, Sector.GOVERNMENT)
        water = UnitRow("water", "自来水公司", UnitType.DEPARTMENT, Sector.GOVERNMENT)
        load_city(work.session, CityRows("小城", "digest", [lamps, water], []), wiring.now())
        people = [(f"{role}1", role, None) for role in PEOPLE]
        for name, role, unit in [*people, ("lamp1", Role.UNIT, 1), ("water1", Role.UNIT, 2)]:
            add_user(work.session, name, role, "long enough 7", wiring.now(), "system", unit_id=unit)
        work.commit()
    wiring.close()
    return settings


@pytest.fixture
def number(here: Settings) -> str:
    return open_case(here)


def open_case(here: Settings, **values: Any) -> str:
    wiring = build(here)
    with wiring.unit_of_work() as work:
        number = reserve_numbers(work.session, 1)[0]
        fields: dict[str, Any] = {
            "state": CaseState.SORTED,
            "unit_id": 1,
            "deadline_class": "complaint",
            "caller": "13800000001",
            "caller_name": "王五",
            **values,
        }
        now = wiring.now()
        code = numbers.tracking_code()
        case = Case(
            number=number, tracking_code=code, opened_at=now, changed_at=now, way_in=WayIn.KEY, **fields
        )
        work.session.add(case)
        work.commit()
    wiring.close()
    return number


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.command, words)


def said(*words: str) -> Any:
    result = run(*words, "--json")
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def refused(*words: str) -> dict[str, str]:
    result = run(*words, "--json")
    assert result.exit_code == 3, (result.output, result.exception)
    return dict(json.loads(result.stdout))


def move(number: str, what: str, who: str, *more: str) -> Any:
    return said("cases", "move", number, what, "--as", who, *more)


# ---------------------------------------------------------------- moves


def test_a_whole_life_from_the_command_line(number: str) -> None:
    case = move(number, "dispatch", "dispatcher1", "--unit", "lamps")
    assert (case["state"], case["colour"], case["assignments"][0]["unit"]) == (
        "dispatched",
        "green",
        "市政管理处",
    )
    assert case == {**said("cases", "show", number), "colour": "green"}
    for what, who, more in (
        ("sign", "lamp1", []),
        ("ask-extension", "lamp1", ["--reason", "等灯具", "--days", "3"]),
        ("refuse-extension", "supervisor1", ["--reason", "有库存"]),
        ("add-unit", "dispatcher1", ["--unit", "自来水公司", "--part", "停水"]),
        ("note", "lamp1", ["--reason", "派人去看"]),
        ("suspend", "supervisor1", ["--reason", "等雨季过去"]),
        ("resume", "supervisor1", []),
        ("report", "lamp1", ["--reason", "修好了"]),
        ("call-back", "visitor1", []),
        ("redo", "visitor1", ["--reason", "还是不亮"]),
        ("return", "lamp1", ["--reason", "是电力的"]),
        ("rule", "dispatcher1", ["--unit", "lamps"]),
        ("to-110", "agent1", ["--reason", "有人触电"]),
        ("archive", "admin1", []),
        ("reopen", "agent1", []),
    ):
        case = move(number, what, who, *more)
    assert (case["state"], case["redo_count"], case["return_count"]) == ("sorted", 1, 1)
    assert case["answer"] == ""
    assert [each["move"] for each in case["events"]][-2:] == ["archive", "reopen"]


def test_a_refused_move_exits_3_and_says_by_which_rule(number: str) -> None:
    assert refused("cases", "move", number, "sign", "--as", "lamp1")["refused"] == "M04"
    assert refused("cases", "move", number, "fly", "--as", "lamp1")["refused"] == "M00"
    assert "admin" in refused("cases", "move", number, "dispatch", "--as", "admin1")["why"]
    long = refused("cases", "move", number, "note", "--reason", "长" * 34_000, "--as", "agent1")
    assert long == {"refused": "M00.1", "why": "a text has at most 5000 characters"}
    assert said("cases", "show", number)["events"] == []


def test_an_unknown_user_case_or_photo_is_one_clear_error(number: str, tmp_path: Path) -> None:
    for words, error in (
        (["move", number, "dispatch", "--as", "nobody"], "no user 'nobody'"),
        (["moves", number, "--as", "nobody"], "no user 'nobody'"),
        (["move", "100005", "dispatch", "--as", "dispatcher1"], "no case 100005"),
        (["move", number, "note", "--photo", str(tmp_path / "none.jpg"), "--as", "agent1"], "No such file"),
    ):
        result = run("cases", *words)
        assert result.exit_code == 1
        assert error in str(result.exception) + result.output


def test_somebody_who_may_not_log_in_any_more_moves_nothing(here: Settings, number: str) -> None:
    wiring = build(here)
    with wiring.unit_of_work() as work:
        work.session.scalars(select(User).where(User.username == "dispatcher1")).one().active = False
        work.commit()
    wiring.close()
    result = run("cases", "move", number, "dispatch", "--as", "dispatcher1")
    assert "not active" in str(result.exception)


def test_what_is_allowed_is_listed_with_its_rules(number: str) -> None:
    found = {each["move"]: each for each in said("cases", "moves", number, "--as", "dispatcher1")}
    assert found["dispatch"]["rule"] == "M03"
    assert found["dispatch"]["to"] == "dispatched"
    assert {"note", "merge", "to-110", "complete"} <= set(found)
    assert said("cases", "moves", number, "--as", "lamp1") == []
    assert "can do nothing" in run("cases", "moves", number, "--as", "lamp1").output
    assert "M03" in run("cases", "moves", number, "--as", "dispatcher1").output


def test_an_older_version_is_told_what_changed(number: str) -> None:
    seen = str(said("cases", "show", number)["version"])
    move(number, "dispatch", "dispatcher1")
    result = run(
        "cases", "move", number, "note", "--reason", "x", "--as", "agent1", "--version", seen, "--json"
    )
    assert result.exit_code == 1
    assert [each["move"] for each in json.loads(result.stdout)["changes"]] == ["dispatch"]


def test_a_unit_sees_no_silent_caller_and_no_strangers_case(here: Settings) -> None:
    number = open_case(here, confidential=True)
    seen = move(number, "dispatch", "dispatcher1")
    assert (seen["caller"], seen["caller_name"]) == ("13800000001", "王五")
    for shown in (
        move(number, "sign", "lamp1"),
        said("cases", "show", number, "--as", "lamp1"),
    ):
        text = json.dumps(shown, ensure_ascii=False)
        assert "13800000001" not in text
        assert "王五" not in text
        assert shown["tracking_code"] == ""
    assert run("cases", "show", number, "--as", "water1").exit_code == 1


# ---------------------------------------------------------------- photos


def picture(kind: str = "JPEG", size: tuple[int, int] = (2400, 1200)) -> bytes:
    written = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif[0x0112] = 6  # turned by a quarter
    Image.new("RGB", size, (180, 60, 60)).save(written, kind, exif=exif)
    return written.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_made_anew_without_what_the_camera_wrote(
    here: Settings, number: str, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "photo").write_bytes(picture(kind) + b"<script>alert(1)</script>")
    move(number, "dispatch", "dispatcher1")
    move(number, "sign", "lamp1")
    case = move(number, "report", "lamp1", "--answer", "修好了", "--photo", str(tmp_path / "photo"))
    (photo,) = case["photos"]
    kept = Path(photo["path"])
    assert kept.is_relative_to(here.run_dir)
    data = kept.read_bytes()
    assert b"SecretCamera" not in data
    assert b"script" not in data
    with Image.open(kept) as shown:
        assert (shown.format, shown.size, dict(shown.getexif())) == ("JPEG", (960, 1920), {})
    assert (photo["width"], photo["height"], photo["size"]) == (960, 1920, len(data))


def test_what_is_no_photo_is_refused_and_nothing_is_stored(
    here: Settings, number: str, tmp_path: Path
) -> None:
    wrong = {
        "program.jpg": Path(sys.executable).resolve().read_bytes()[:100_000],
        "page.png": b"<html><script>alert(1)</script></html>",
        "half.jpg": picture()[:2000],
        "empty.jpg": b"",
        "large.jpg": picture()[:-2] + bytes(13 * 1024 * 1024),
        "script.gif": b"GIF89a/*" + b"\x00" * 100,
        "bomb.png": picture("PNG", (7000, 6000)),
    }
    for name, data in wrong.items():
        path = tmp_path / name
        path.write_bytes(data)
        told = refused(
            "cases", "move", number, "note", "--reason", "x", "--photo", str(path), "--as", "agent1"
        )
        assert told["refused"] == "M00.6", name
    assert not here.photos.exists()
    assert photos(here) == []


def test_a_refused_move_keeps_none_of_its_photos(here: Settings, number: str, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(picture())
    words = ("cases", "move", number, "report", "--answer", "好了", "--photo", str(path), "--as", "lamp1")
    assert refused(*words)["refused"] == "M15"
    assert [each for each in here.photos.rglob("*") if each.is_file()] == []
    assert photos(here) == []


def photos(here: Settings) -> list[Photo]:
    wiring = build(here)
    with wiring.reading() as work:
        found = list(work.session.scalars(select(Photo)))
    wiring.close()
    return found


# ---------------------------------------------------------------- deadlines and calendars


def test_a_deadline_is_told_in_city_time_with_its_warning(here: Settings) -> None:
    told = said("deadline", "--class", "help", "--from", "2026-02-13T10:00")
    assert (told["due"], told["working_days"], told["warnings"]) == ("2026-02-25T17:30:00+08:00", 3, [])
    same = said("deadline", "--class", "help", "--from", "2026-02-13T02:00:00+00:00")
    assert same["due"] == told["due"]
    assert said("deadline", "--class", "emergency", "--from", "2026-02-17T10:00")["due"][:10] == "2026-02-17"
    late = said("deadline", "--class", "complex", "--from", "2026-12-28T10:00")
    assert late["due"] == "2027-01-18T17:30:00+08:00"
    assert "2027" in late["warnings"][0]
    assert "warning: " in run("deadline", "--class", "complex", "--from", "2026-12-28T10:00").output
    assert run("deadline", "--class", "soon", "--from", "2026-02-13T10:00").exit_code == 2
    assert run("deadline", "--class", "help", "--from", "tomorrow").exit_code == 2


def test_a_calendar_that_is_set_moves_open_deadlines_and_shows_itself(here: Settings, number: str) -> None:
    due = datetime.fromisoformat(move(number, "dispatch", "dispatcher1")["due"])
    day = due.astimezone(here.zone).date().isoformat()
    told = said("calendar", "set", day, "--off", "--name", "停电", "--as", "admin1")
    assert told["days"] == [day]
    assert [each["case"] for each in told["moved"]] == [number]
    shown = said("calendar", "show", "--year", day[:4])
    assert day in shown["off"]
    assert (shown["own"][0]["name"], shown["own"][0]["who"]) == ("停电", "admin1")
    assert said("cases", "show", number)["events"][-1]["move"] == "recounted"
    said("calendar", "unset", day)
    assert datetime.fromisoformat(said("cases", "show", number)["due"]) == due
    assert said("calendar", "recompute") == {"days": [], "moved": []}
    assert run("calendar", "set", day, "--off", "--as", "agent1").exit_code == 1
    assert run("calendar", "set", day).exit_code == 2


# ---------------------------------------------------------------- the clock


def test_a_sandboxs_clock_goes_forward_for_every_process_that_is_built_on_it(here: Settings) -> None:
    standing = build(here)
    ahead = standing.now() + timedelta(days=3)
    told = said("clock", "advance", "--to", ahead.isoformat())
    assert datetime.fromisoformat(told["now"]) >= ahead
    for wiring in (standing, build(here)):
        assert ahead <= wiring.now() < ahead + timedelta(minutes=5)
        wiring.close()
    city_time = (ahead + timedelta(hours=1)).astimezone(here.zone).replace(tzinfo=None)
    said("clock", "advance", "--to", city_time.isoformat())
    assert standing.now() >= ahead + timedelta(hours=1)
    assert f"{city_time:%Y-%m-%d %H:%M}" in run("clock", "show").output


def test_a_clock_is_not_set_back_and_in_production_not_at_all(here: Settings) -> None:
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    assert refused("clock", "advance", "--to", past)["refused"] == "M00.5"
    assert not (here.run_dir / "sandbox_clock.json").exists()
    ahead = datetime.now(UTC) + timedelta(days=2)
    said("clock", "advance", "--to", ahead.isoformat())
    back = (ahead - timedelta(days=1)).isoformat()
    assert refused("clock", "advance", "--to", back)["refused"] == "M00.5"


def test_productions_clock_is_nobodys_to_set(here: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    said("clock", "advance", "--to", (datetime.now(UTC) + timedelta(days=2)).isoformat())
    production = here.model_copy(update={"profile": "production"})
    monkeypatch.setattr(settings_module, "load", lambda: production)
    later = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    assert refused("clock", "advance", "--to", later)["refused"] == "M00.5"
    assert Wiring(production).now() < datetime.now(UTC) + timedelta(minutes=1)


def test_an_emergency_that_is_dispatched_today_turns_red_tomorrow(here: Settings) -> None:
    number = open_case(here, deadline_class="emergency")
    assert move(number, "dispatch", "dispatcher1")["colour"] == "yellow"
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    said("clock", "advance", "--to", tomorrow)
    assert said("cases", "show", number)["colour"] == "red"
