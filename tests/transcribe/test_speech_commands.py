"""`minsheng110 transcribe` and `minsheng110 model`: what they print, and how they fail."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from sounds import murmur, silence, write_wav

from hotline.cli import command
from hotline.host.tools import espeak
from hotline.phone import alaw
from hotline.phone.voice import Voice
from hotline.settings import default_cache_dir
from transcribe.models import EMBEDDED


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINSHENG110_RUN_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("MINSHENG110_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spoken")
    samples = np.asarray(alaw.decode(Voice(espeak(default_cache_dir()), folder).says("昭阳街道的下水道堵了")))
    return write_wav(folder / "spoken.wav", np.concatenate([silence(0.4), samples, silence(0.6)]))


def run(*words: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words], catch_exceptions=False)


def answer(*words: object) -> Any:
    return json.loads(run(*words, "--json").stdout)


def test_a_recording_is_written_down_with_its_words_its_length_and_its_model(spoken: Path) -> None:
    (told,) = answer("transcribe", spoken)
    assert "昭阳街道" in told["text"]
    assert set(told["words"][0]) == {"word", "start", "end", "confidence"}
    assert told["seconds"] == pytest.approx(3.7, abs=1)
    assert 0 < told["seconds_taken"] < 30
    assert told["model"] == "embedded"


def test_each_bad_file_is_one_line_and_the_others_are_done(tmp_path: Path, spoken: Path) -> None:
    for name, content in (
        ("zero", b""),
        ("one", b"R"),
        ("alaw", bytes([0x55]) * 8000),
        ("png", b"\x89PNG\r\n\x1a\n"),
    ):
        (tmp_path / name).write_bytes(content)
    write_wav(tmp_path / "stereo", murmur(1), channels=2)
    write_wav(tmp_path / "fast", murmur(1), rate=44100)
    bad = [tmp_path / name for name in ("zero", "one", "alaw", "png", "stereo", "fast", "missing")]
    done = run("transcribe", *bad[:4], spoken, *bad[4:])
    assert done.exit_code == 1
    assert "昭阳街道" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    errors = done.stderr.splitlines()
    assert [line.partition(": ")[0] for line in errors] == [str(path) for path in bad]
    assert [line.partition(": ")[2] for line in errors] == [
        *("empty", "not a recording", "not a recording", "not a recording"),
        *("wrong channels: stereo", "wrong rate: 44100 Hz", "missing"),
    ]


def test_an_hour_of_a_silent_line_is_done_and_nothing_was_said(tmp_path: Path) -> None:
    done = run("transcribe", write_wav(tmp_path / "hour.wav", silence(3600)))
    assert done.exit_code == 0
    assert "(nothing was said)" in done.stdout


def test_a_model_that_is_named_must_work(tmp_path: Path, spoken: Path) -> None:
    done = run("transcribe", spoken, "--model", tmp_path / "gone")
    assert done.exit_code == 1
    assert "there is no folder" in done.stderr


def test_models_are_installed_listed_and_tried(tmp_path: Path, spoken: Path) -> None:
    folder = Path(shutil.copytree(EMBEDDED, tmp_path / "ours"))
    assert "is installed" in run("model", "install", folder).stdout
    rows = {row["name"]: row for row in answer("model", "list")}
    assert rows["ours"]["in_use"]
    assert not rows["embedded"]["in_use"]
    told = answer("model", "test", spoken)
    assert told["model"] == "ours"
    assert "昭阳街道" in told["text"]
    assert told["load_seconds"] > 0


def test_a_broken_model_is_listed_with_its_fault_and_the_embedded_one_serves(
    tmp_path: Path, spoken: Path
) -> None:
    folder = Path(shutil.copytree(EMBEDDED, tmp_path / "ours"))
    run("model", "install", folder)
    (tmp_path / "cache/models/ours/am/final.mdl").unlink()
    rows = {row["name"]: row for row in answer("model", "list")}
    assert "am/final.mdl is missing" in rows["ours"]["problem"]
    assert rows["embedded"]["in_use"]
    done = run("transcribe", spoken)
    assert done.exit_code == 0
    assert "am/final.mdl is missing" in done.stderr
    assert "昭阳街道" in done.stdout


def test_what_cannot_be_installed_is_one_line(tmp_path: Path) -> None:
    done = run("model", "install", tmp_path / "gone.zip")
    assert done.exit_code == 1
    assert "there is no such folder or file" in done.stderr


def test_half_a_sample_at_the_end_is_left_out(tmp_path: Path, spoken: Path) -> None:
    cut = tmp_path / "cut.wav"
    cut.write_bytes(spoken.read_bytes()[:-1])
    assert "昭阳街道" in run("transcribe", cut).stdout
