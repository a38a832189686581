"""The learned model: what it sees, what it says, and what it is on disk."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.examples import Example
from router.features import MOST_LEARNED, see, weights_of
from router.learn import train
from router.model import Model, ModelError
from router.text import fold, misheard, sounds


@pytest.fixture(scope="module")
def lamps_and_water() -> Model:
    lamps = ("路灯不亮", "路灯坏了没人修", "楼下的路灯又不亮了", "巷子里路灯全黑")
    water = ("家里停水了", "自来水停了两天", "什么时候来水", "水管没有水")
    return train([*(Example(t, "lamp") for t in lamps), *(Example(t, "water") for t in water)])


def test_it_tells_apart_what_it_learned(lamps_and_water: Model) -> None:
    lamp, water = lamps_and_water.probabilities("我家门口的路灯坏了")
    assert lamp > 0.5 > water
    assert lamp + water == pytest.approx(1, abs=1e-5)


def test_a_homophone_is_heard(lamps_and_water: Model) -> None:
    lamp, water = lamps_and_water.probabilities("鹿灯不量")
    assert lamp > water


def test_it_says_which_piece_spoke(lamps_and_water: Model) -> None:
    text = "我们这里啊,那个路灯真的坏了好久"
    pieces = lamps_and_water.evidence(lamps_and_water.read(text), "lamp")
    assert "路灯" in text[pieces[0].start : pieces[0].end]
    assert all(0 <= piece.start < piece.end <= len(text) for piece in pieces)
    assert sum(piece.weight for piece in pieces) <= 1 + 1e-6


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_no_text_is_too_odd_for_it(lamps_and_water: Model, text: str) -> None:
    reading = lamps_and_water.read(text)
    chances = lamps_and_water.probabilities_of(reading)
    assert np.isfinite(chances).all()
    for piece in lamps_and_water.evidence(reading, "water"):
        assert text[piece.start : piece.end]


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_every_gram_stands_where_it_says(text: str) -> None:
    seen = see(text)
    assert len(seen.grams) == len(seen.starts) == len(seen.lengths)
    assert (weights_of(seen.grams) > 0).all()
    for start, length in zip(seen.starts.tolist(), seen.lengths.tolist(), strict=True):
        assert fold(text)[start : start + length].replace("_", "").isalnum()


def test_grams_do_not_reach_over_a_mark_and_repeat_as_often_as_they_are_said() -> None:
    assert set(see("路灯,坏了").grams.tolist()) <= set(see("路灯坏了").grams.tolist())
    twice = see("路灯,路灯").grams.tolist()
    assert {twice.count(gram) for gram in twice} == {2}
    assert see("").grams.size == 0


def test_what_is_very_long_is_cut() -> None:
    assert see("水" * 100_000).size == MOST_LEARNED


def test_homophones_keep_the_sounds() -> None:
    text = "小区门口的路灯坏了两个星期没有人来修理"
    other = misheard(text, 0.5)
    assert other != text
    assert other == misheard(text, 0.5)
    assert sounds(other) == sounds(text)


def test_it_is_the_same_from_disk(lamps_and_water: Model, tmp_path: Path) -> None:
    lamps_and_water.save(tmp_path)
    again = Model.load(tmp_path)
    assert again.labels == lamps_and_water.labels
    assert again.about == lamps_and_water.about
    assert (again.scores("路灯不亮") == lamps_and_water.scores("路灯不亮")).all()


def test_its_folder_says_what_it_learned_from(lamps_and_water: Model, tmp_path: Path) -> None:
    lamps_and_water.save(tmp_path)
    told = json.loads((tmp_path / "model.json").read_text("utf-8"))
    assert told["format"] > 0
    assert len(told["about"]["digest"]) == 64
    assert told["about"]["texts"] == 8


def _cut_short(folder: Path) -> None:
    arrays = folder / "arrays.npz"
    arrays.write_bytes(arrays.read_bytes()[:-100])


def _other_format(folder: Path) -> None:
    told = json.loads((folder / "model.json").read_text("utf-8"))
    (folder / "model.json").write_text(json.dumps({**told, "format": 0}), "utf-8")


@pytest.mark.parametrize(
    ("harm", "what"),
    [
        (_cut_short, "damaged"),
        (_other_format, "format 0"),
        (lambda folder: (folder / "model.json").unlink(), "No such file"),
        (lambda folder: (folder / "arrays.npz").unlink(), "No such file"),
        (lambda folder: (folder / "model.json").write_text("{", "utf-8"), "no model of this program"),
        (lambda folder: (folder / "model.json").write_text("[]", "utf-8"), "no model of this program"),
        (lambda folder: (folder / "model.json").write_bytes(b"\xff\xfe"), "no model of this program"),
    ],
)
def test_a_damaged_model_is_refused_by_name(lamps_and_water: Model, tmp_path: Path, harm, what: str) -> None:
    lamps_and_water.save(tmp_path)
    harm(tmp_path)
    with pytest.raises(ModelError, match=what) as refused:
        Model.load(tmp_path)
    assert str(tmp_path) in str(refused.value)


def test_a_model_with_a_pickle_in_it_is_not_opened(lamps_and_water: Model, tmp_path: Path) -> None:
    lamps_and_water.save(tmp_path)
    arrays = tmp_path / "arrays.npz"
    digest = json.loads((tmp_path / "model.json").read_text("utf-8"))["arrays"]
    np.savez(arrays, weights=np.array([{"any": "object"}], dtype=object))
    from hashlib import sha256

    told = (tmp_path / "model.json").read_text("utf-8")
    (tmp_path / "model.json").write_text(
        told.replace(digest, sha256(arrays.read_bytes()).hexdigest()), "utf-8"
    )
    with pytest.raises(ModelError, match="no model of this program"):
        Model.load(tmp_path)


def test_sorting_loads_no_scikit_learn() -> None:
    script = "import sys, router.ready; sys.exit(bool({'sklearn', 'scipy'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
