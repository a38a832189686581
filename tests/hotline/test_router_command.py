"""`minsheng110 router …` and `bench router`: what they print, and how they fail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from told import opened, started

from cases.facts import new_id
from cases.model import Case, Example
from hotline.cli import command
from hotline.install import InstallError, make_sorter
from hotline.settings import Settings
from hotline.wiring import Wiring, build
from router import learn
from router.city_file import path_of

CSV = "text,label\n" + "".join(
    f"{place}的{what},{label}\n"
    for place in ("东街", "西街", "南门", "北门", "学校", "车站")
    for what, label in (("路灯坏了", "照明"), ("自来水停了", "供水"), ("垃圾没人收", "环卫"))
)


@pytest.fixture(autouse=True)
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINSHENG110_RUN_DIR", str(settings.run_dir))
    monkeypatch.setenv("MINSHENG110_DATABASE_URL", settings.database)


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "cases.csv"
    path.write_text(CSV, "utf-8")
    return path


@pytest.fixture
def small_city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's city with the examples of one first level, so that learning takes no time."""
    folder = tmp_path / "city"
    (folder / "examples").mkdir(parents=True)
    for name in ("shaowu.toml", "examples/traffic.txt"):
        (folder / name).write_text((path_of("shaowu").parent / name).read_text("utf-8"), "utf-8")
    monkeypatch.setenv("MINSHENG110_CITY_FILE", str(folder / "shaowu.toml"))
    monkeypatch.setenv("MINSHENG110_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(learn, "_PASSES", 6)
    monkeypatch.setattr(learn, "_FOLDS", 2)
    return folder / "shaowu.toml"


def run(*words: str) -> Result:
    return CliRunner().invoke(command, ["router", *words], catch_exceptions=False)


def answer(*words: str) -> Any:
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_text_is_decided_on(settings: Settings) -> None:
    told = answer("decide", "解放路十二号那边的路灯坏了", "--caller", "13800000000")
    assert told["matter_path"] == ["道路交通", "路灯照明"]
    assert told["place"]["road"] == "解放路"
    assert all(each["text"] in "解放路十二号那边的路灯坏了" for each in told["reasons"])


def test_a_person_reads_it_without_json(settings: Settings) -> None:
    told = run("decide", "解放路十二号那边的路灯坏了").stdout
    assert told.startswith("matter: 道路交通 / 路灯照明 (")
    assert "unit: 市政管理处" in told
    assert "unsure" in run("decide", "嗯").stdout


def test_a_line_in_is_a_line_out(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_bytes(
        "家里停水了\r\n\n路灯不亮\u2028了\n\xff老板不发工资".encode("utf-8", "replace") + b"\xff\n"
    )
    done = run("decide", "--lines", str(path), "--json")
    told = [json.loads(line) for line in done.stdout.split("\n")[:-1]]
    assert [each["matter"] for each in told] == ["停水与水压", None, "路灯照明", "拖欠工资"]
    assert told[1]["unsure"]


def test_many_lines_keep_their_order(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    texts = ["家里停水了", "路灯不亮", ""] * 700
    path.write_text("\n".join(texts) + "\n", "utf-8")
    told = [json.loads(line) for line in run("decide", "--lines", str(path), "--json").stdout.splitlines()]
    assert [each["matter"] for each in told] == ["停水与水压", "路灯照明", None] * 700


def test_either_a_text_or_lines(settings: Settings, tmp_path: Path) -> None:
    assert run("decide").exit_code == 2
    assert run("decide", "水", "--lines", str(tmp_path)).exit_code == 2
    missing = run("decide", "--lines", str(tmp_path / "none.txt"))
    assert missing.exit_code == 1
    assert "none.txt: No such file" in missing.output


def test_a_place_is_found() -> None:
    assert answer("place", "拿口镇解放路十二号") == {
        "township": "拿口镇",
        "community": None,
        "road": "解放路",
        "number": "12号",
        "poi": None,
        "ambiguous": [],
    }
    assert run("place", "不知道").stdout.strip() == "no place found"


def test_training_and_trying(csv: Path, tmp_path: Path) -> None:
    trained = run("train", str(csv), "--out", str(tmp_path / "model"))
    assert "a model of 3 labels, learned from 18 texts" in trained.stdout
    told = answer("evaluate", str(csv), "--model", str(tmp_path / "model"))
    assert told["macro_f1"] == 1.0
    assert told["texts_per_second"] > 0
    assert set(told["per_class"]) == {"照明", "供水", "环卫"}
    assert told["confusion"]["照明"] == {"照明": 6}
    assert told["calibration"][-1]["right"] == 1.0
    assert "macro-F1 1.0000" in run("evaluate", str(csv), "--model", str(tmp_path / "model")).stdout


def test_training_again_replaces_the_model_and_nothing_else(csv: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    for _ in range(2):
        assert run("train", str(csv), "--out", str(out)).exit_code == 0
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear", "utf-8")
    refused = run("train", str(csv), "--out", str(tmp_path / "full"))
    assert refused.exit_code == 1
    assert "holds other things" in refused.output
    assert (tmp_path / "full" / "letter.txt").read_text("utf-8") == "dear"


def test_the_learner_is_tried_by_parts(csv: Path) -> None:
    told = answer("evaluate", str(csv), "--folds", "3")
    assert told["texts"] == 18
    assert told["macro_f1"] > 0.8
    assert run("evaluate", str(csv)).exit_code == 2


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", ":1: is empty"),
        ("text\n路灯\n", ":1: lacks the column label"),
        ("text,label\n路灯,照明\n灯,照明\n", ":2: every text has the label"),
        ('text,label\n"路灯,照明\n', ":2: the row that begins here is no CSV"),
    ],
)
def test_a_wrong_csv_is_one_clear_line(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(content, "utf-8")
    done = run("train", str(path), "--out", str(tmp_path / "model"))
    assert done.exit_code == 1
    assert done.stderr.startswith(f"Error: {path}{told}")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "model").exists()


def test_a_folder_that_is_no_model_is_named(csv: Path, tmp_path: Path) -> None:
    done = run("evaluate", str(csv), "--model", str(tmp_path / "none"))
    assert done.exit_code == 1
    assert "none/model.json: No such file or directory; train a model into this folder" in done.output


def test_a_wrong_city_file_is_named_by_line(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "city.toml"
    path.write_text("schema = \n", "utf-8")
    monkeypatch.setenv("MINSHENG110_CITY_FILE", str(path))
    done = run("decide", "停水了")
    assert done.exit_code == 1
    assert str(path) in done.stderr


def test_what_dispatchers_corrected_is_learned(wiring: Wiring, small_city: Path) -> None:
    first = answer("learn")
    assert first["switched"]
    assert first["corrections"] == 0
    assert not answer("learn")["switched"]
    correct_a_case(wiring, "有轨电车又晚点了", "traffic.bus")
    told = answer("learn")
    assert told["corrections"] == 1
    assert told["held_out"] > 0
    assert told["switched"] == (told["score"] >= told["score_before"])


def correct_a_case(wiring: Wiring, text: str, matter: str) -> None:
    call, number = new_id(), wiring.ledger.reserve_number()
    assert number
    wiring.ledger.record(started(call), opened(call, number))
    with wiring.unit_of_work() as unit:
        case = unit.session.scalars(select(Case).where(Case.number == number)).one()
        example = Example(case_id=case.id, at=wiring.now(), who="dispatcher", text=text, matter=matter)
        unit.session.add(example)
        unit.commit()


def test_closed_cases_of_a_csv_are_learned_too(wiring: Wiring, small_city: Path, tmp_path: Path) -> None:
    path = tmp_path / "closed.csv"
    path.write_text("text,label\n有轨电车晚点,公交与客运\n飞机晚点,没有的事项\n", "utf-8")
    told = answer("learn", "--cases", str(path))
    assert (told["corrections"], told["unknown"]) == (1, 1)


# ---------------------------------------------------------------- installing and measuring


def test_installing_lets_the_sorter_learn_once_and_the_wiring_uses_it(
    wiring: Wiring, settings: Settings, small_city: Path, tmp_path: Path
) -> None:
    told: list[str] = []
    mine = settings.model_copy(update={"city_file": small_city, "cache_dir": tmp_path / "cache"})
    before = build(mine).decide("路灯", "")
    for _ in range(2):
        make_sorter(mine, told.append)
    assert told == ["the sorter learns from the city's examples (some seconds, once)"]
    after = build(mine).decide("路灯", "")
    assert "学到的特征" not in str(before["reasons"])
    assert "学到的特征" in str(after["reasons"])


def test_a_wrong_example_file_stops_the_installation_in_one_line(
    settings: Settings, small_city: Path, tmp_path: Path
) -> None:
    (small_city.parent / "examples" / "water.txt").write_text("停水了\n", "utf-8")
    mine = settings.model_copy(update={"city_file": small_city, "cache_dir": tmp_path / "cache"})
    with pytest.raises(InstallError, match=r"water\.txt:1: must be MANNER:TEXT"):
        make_sorter(mine)


def test_without_a_place_for_the_model_the_words_alone_sort(
    settings: Settings, small_city: Path, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("a file is in the way", "utf-8")
    told: list[str] = []
    mine = settings.model_copy(update={"city_file": small_city, "cache_dir": tmp_path / "cache"})
    make_sorter(mine, told.append)
    assert "the city's words alone sort" in told[-1]
    assert build(mine).decide("门口的路灯不亮", "")["matter"] == "路灯照明"


def test_the_benchmark_has_the_shape_of_all_benchmarks(small_city: Path) -> None:
    done = CliRunner().invoke(command, ["bench", "router", "--messages", "100", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert list(told) == ["bench", "machine", "results"]
    values = {each["measure"]: each["value"] for each in told["results"]}
    assert values["decide, 60 characters, median"] > 0
    assert values["messages a second"] > 0
    assert values["memory of the process"] <= 80
    assert 0.5 < values["macro-F1, second-level matter"] <= 1
