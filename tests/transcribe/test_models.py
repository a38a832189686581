"""Models are checked file by file before libvosk sees them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from transcribe.engine import EngineFault
from transcribe.models import EMBEDDED, check, find

FILES = ("am/final.mdl", "conf/model.conf", "conf/mfcc.conf", "graph/HCLG.fst", "graph/words.txt")
SMALL = ("am/final.mdl", "conf/model.conf", "conf/mfcc.conf", "graph/HCLr.fst", "graph/Gr.fst")


def a_model(path: Path, files: tuple[str, ...] = FILES, features: str = "--sample-frequency=16000\n") -> Path:
    for name in files:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(features if name.endswith("mfcc.conf") else "x")
    return path


def test_the_embedded_model_is_whole_and_hears_the_telephones_rate() -> None:
    model = check(EMBEDDED)
    assert (model.name, model.rate) == ("embedded", 8000)


@pytest.mark.parametrize("missing", FILES)
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    path = a_model(tmp_path / "cn")
    (path / missing).unlink()
    with pytest.raises(EngineFault, match=f"model cn: {missing} is missing"):
        check(path)


@pytest.mark.parametrize("empty", FILES)
def test_an_empty_file_of_a_half_copied_model_is_named(tmp_path: Path, empty: str) -> None:
    path = a_model(tmp_path / "cn")
    (path / empty).write_text("")
    with pytest.raises(EngineFault, match=f"{empty} is empty"):
        check(path)


def test_a_small_model_of_the_other_layout_wants_its_own_files(tmp_path: Path) -> None:
    path = a_model(tmp_path / "small", SMALL)
    with pytest.raises(EngineFault, match=r"graph/disambig_tid\.int is missing"):
        check(path)
    (path / "graph/disambig_tid.int").write_text("1")
    assert check(path).rate == 16000


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineFault, match="there is no folder"):
        check(tmp_path / "gone")


def test_a_rate_that_is_no_number_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineFault, match=r"mfcc\.conf has no rate"):
        check(a_model(tmp_path / "cn", features="--sample-frequency=fast\n"))


def test_the_chosen_folder_comes_before_the_newest_installed_before_the_embedded(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert find(None, cache).name == "embedded"  # type: ignore[union-attr]
    for age, name in ((100, "older"), (10, "newer")):
        path = a_model(cache / "models" / name)
        os.utime(path, (1_000_000 - age, 1_000_000 - age))
    assert find(None, cache).name == "newer"  # type: ignore[union-attr]
    assert find(a_model(tmp_path / "mine"), cache).name == "mine"  # type: ignore[union-attr]
