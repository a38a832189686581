"""Learning, trying, and learning again beside the model in use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router import learn, relearn
from router.city_file import City
from router.examples import Example
from router.learn import folds, train
from router.model import Model, ModelError
from router.ready import CURRENT, Decider, learned_model, save
from router.relearn import TRIAL, is_held_out
from router.trial import cross_validate, evaluate, report


def quiet(_: str) -> None:
    return


def test_the_same_texts_give_the_same_model(few: list[Example]) -> None:
    one, other = train(few), train(few)
    assert one.sharpness == other.sharpness
    assert (one.scores("路灯坏了没有水") == other.scores("路灯坏了没有水")).all()


def test_it_learns_any_labels_and_says_how_sure_it_is(few: list[Example]) -> None:
    told = evaluate(train(few), few)
    assert told.macro_f1 == 1.0
    assert told.texts == 18
    assert told.texts_per_second > 0
    assert set(told.per_class) == {"lamp", "water", "wages"}


def test_two_labels_and_hardly_any_texts_are_enough() -> None:
    model = train([Example("路灯坏了", "lamp"), Example("停水了", "water")])
    assert model.labels[int(model.scores("路灯").argmax())] == "lamp"
    assert model.labels[int(model.scores("没有停水").argmax())] == "water"


def test_one_label_is_not_enough() -> None:
    with pytest.raises(ValueError, match="two labels"):
        train([Example("路灯坏了", "lamp")])


@pytest.mark.parametrize("odd", ["", "!!!", "😀😀", "\ud800", "a", "1", "水" * 300_000])
def test_odd_texts_among_the_others_do_not_stop_it(few: list[Example], odd: str) -> None:
    model = train([*few, Example(odd, "odd"), Example(odd + "乱", "odd")])
    assert model.labels[int(model.scores("路灯不亮").argmax())] == "lamp"


def test_texts_without_any_gram_cannot_be_told_apart_and_do_no_harm() -> None:
    model = train([Example("!!!", "one"), Example("???", "two")])
    assert model.probabilities("路灯").sum() == pytest.approx(1, abs=1e-5)


def test_many_long_texts_are_cut_so_that_memory_suffices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn, "_MOST_CHARACTERS", 1_000)
    lengths = [10] * 50 + [4_000] * 5
    most = learn._longest(lengths)
    assert 10 <= most <= 100
    assert sum(min(length, most) for length in lengths) <= 1_000
    assert learn._longest([100, 200]) == learn.MOST_LEARNED


def test_no_more_grams_are_kept_than_may_be(few: list[Example], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn, "_MOST_GRAMS", 20)
    assert learn._vocabulary(learn._read([each.text for each in few], 100), 3).grams.size == 20


@given(st.lists(st.tuples(st.text(max_size=3), st.sampled_from("ab")), min_size=1), st.integers(2, 5))
def test_parts_hold_every_text_once_and_never_one_that_is_learned_from(
    texts: list[tuple[str, str]], count: int
) -> None:
    examples = [Example(*each) for each in texts]
    held: list[int] = []
    for learned, out in folds(examples, count):
        assert not {examples[each].text for each in learned} & {examples[each].text for each in out}
        held += out.tolist()
    assert sorted(held) == list(range(len(examples)))


# ---------------------------------------------------------------- figures


def test_figures_are_those_of_the_guesses() -> None:
    told = report([("a", "a", 0.9), ("a", "b", 0.6), ("b", "b", 0.8), ("b", "c", 0.3)], 2.0, {"x": 1})
    assert told.per_class["a"] == {"precision": 1.0, "recall": 0.5, "f1": 0.6667, "texts": 2}
    assert told.per_class["b"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "texts": 2}
    assert told.macro_f1 == pytest.approx(0.5833, abs=1e-4)
    assert told.accuracy == 0.5
    assert told.confusion == {"a": {"a": 1, "b": 1}, "b": {"b": 1, "c": 1}}
    assert told.texts_per_second == 2.0
    assert [(each["from"], each["texts"], each["right"]) for each in told.calibration] == [
        (0.2, 1, 0.0),
        (0.5, 1, 0.0),
        (0.7, 1, 1.0),
        (0.8, 1, 1.0),
    ]
    assert told.calibration_error == pytest.approx((0.3 + 0.6 + 0.2 + 0.1) / 4)


def test_a_label_that_the_model_never_learned_counts_as_wrong(few: list[Example]) -> None:
    told = evaluate(train(few), [Example("路灯不亮", "lamp"), Example("飞机晚点", "flights")])
    assert told.per_class["flights"]["recall"] == 0
    assert told.macro_f1 <= 0.5


def test_the_learner_is_tried_on_texts_it_never_saw(few: list[Example]) -> None:
    told = cross_validate(few, 3, quiet)
    assert told.texts == 18
    assert told.macro_f1 > 0.6
    assert told.about["folds"] == 3


def test_probabilities_are_true_on_texts_held_out(city_file: Path, city: City) -> None:
    from router.ready import spoken_examples

    spoken = [
        each for each in spoken_examples(city, city_file) if each.label.startswith(("labour", "health"))
    ]
    told = cross_validate(spoken, 4, quiet)
    assert told.macro_f1 > 0.75
    assert told.calibration_error < 0.1


# ---------------------------------------------------------------- learning again


@pytest.fixture
def small_city(tmp_path: Path, city_file: Path) -> Path:
    """The project's city with three matters' examples only, so that learning takes no time."""
    folder = tmp_path / "city"
    (folder / "examples").mkdir(parents=True)
    own = (city_file.parent / "examples" / "traffic.txt").read_text("utf-8")
    (folder / "examples" / "traffic.txt").write_text(own, "utf-8")
    (folder / "city.toml").write_text(city_file.read_text("utf-8"), "utf-8")
    return folder / "city.toml"


@pytest.fixture
def again(
    small_city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., relearn.Relearned]:
    monkeypatch.setattr(learn, "_PASSES", 6)
    monkeypatch.setattr(learn, "_FOLDS", 2)

    def run(*corrections: tuple[str, str]) -> relearn.Relearned:
        return relearn.relearn(small_city, tmp_path / "learned", corrections, quiet)

    return run


TRAMS = [
    (f"{word}的有轨电车{what}", "公交与客运") for word in "东南西北" for what in ("晚点", "停了", "太挤")
]


def test_corrections_are_learned_and_the_running_sorter_takes_the_new_model(
    again: Callable[..., relearn.Relearned],
    small_city: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("router.ready._LOOK_EVERY_S", 0.0)
    running = Decider(small_city, tmp_path / "cache", tmp_path / "learned")
    before = running("有轨电车")["matter"]
    told = again(*TRAMS)
    assert told.switched
    assert (told.score or 0) >= (told.score_before or 1)
    assert told.corrections == len(TRAMS)
    assert before != "公交与客运"
    assert running("有轨电车")["matter"] == "公交与客运"


def test_nothing_new_is_not_learned_twice(again: Callable[..., relearn.Relearned]) -> None:
    assert again(*TRAMS).switched
    told = again(*TRAMS)
    assert not told.switched
    assert told.why == "nothing new to learn from"


def test_corrections_that_make_it_worse_are_not_switched_to(
    again: Callable[..., relearn.Relearned], small_city: Path, tmp_path: Path, city: City
) -> None:
    from router.ready import spoken_examples

    again(*TRAMS)
    before = learned_model(tmp_path / "learned")
    spoken = [each.text for each in spoken_examples(city, small_city)]
    wrong = [(text + "啊", ("停水与水压", "拖欠工资")[len(text) % 2]) for text in spoken]
    wrong = [each for each in wrong if not is_held_out(each[0])]
    told = again(*TRAMS, *wrong, *[(text + "嗯", matter) for text, matter in wrong])
    assert not told.switched
    assert "worse on texts held out" in told.why
    assert learned_model(tmp_path / "learned") == before


def test_what_names_no_matter_of_the_city_is_left_out_and_counted(
    again: Callable[..., relearn.Relearned],
) -> None:
    told = again(("有轨电车晚点", "没有这个事项"), ("", "公交与客运"), ("有轨电车停了", "traffic.bus"))
    assert (told.corrections, told.unknown) == (1, 1)


def test_the_trial_model_never_saw_what_it_is_tried_on(
    again: Callable[..., relearn.Relearned], tmp_path: Path
) -> None:
    again(*TRAMS)
    current = learned_model(tmp_path / "learned")
    assert current is not None
    whole, trial = Model.load(current), Model.load(current / TRIAL)
    assert trial.about["texts"] < whole.about["texts"]


def test_a_learned_model_that_is_damaged_gives_way_to_the_citys_words(
    again: Callable[..., relearn.Relearned], small_city: Path, tmp_path: Path
) -> None:
    again(*TRAMS)
    current = learned_model(tmp_path / "learned")
    assert current is not None
    (current / "arrays.npz").write_bytes(b"")
    decide = Decider(small_city, tmp_path / "cache", tmp_path / "learned")
    assert decide("门口的路灯不亮")["matter"] == "路灯照明"


def test_a_pointer_to_nowhere_is_no_model(small_city: Path, tmp_path: Path) -> None:
    (tmp_path / "learned").mkdir()
    (tmp_path / "learned" / CURRENT).write_text("gone", "utf-8")
    decide = Decider(small_city, tmp_path / "cache", tmp_path / "learned")
    assert decide("门口的路灯不亮")["matter"] == "路灯照明"


def test_a_model_put_in_place_replaces_a_damaged_one(few: list[Example], tmp_path: Path) -> None:
    folder = tmp_path / "models" / "one"
    folder.mkdir(parents=True)
    (folder / "model.json").write_text("{", "utf-8")
    save(train(few), folder)
    assert np.isfinite(Model.load(folder).scores("路灯")).all()
    assert [each.name for each in folder.parent.iterdir()] == ["one"]


# ---------------------------------------------------------------- building on another model


@pytest.fixture
def on_city(few: list[Example], model: Model) -> Model:
    """Two labels of somebody else, learned from hardly any texts, on top of the city's own model."""
    texts = [Example(each.text, "公共设施" if each.label != "wages" else "劳动") for each in few]
    return train(texts, below=model)


def test_a_model_below_brings_words_that_the_texts_do_not_have(few: list[Example], on_city: Model) -> None:
    alone = train([Example(each.text, "公共设施" if each.label != "wages" else "劳动") for each in few])
    unseen = [
        *(Example(text, "劳动") for text in ("五险一金没交被辞退", "试用期合同", "工伤认定", "退休金少了")),
        *(Example(text, "公共设施") for text in ("井盖不见了", "马路上有个大坑", "红绿灯太短", "公厕太脏")),
    ]
    assert evaluate(on_city, unseen).accuracy >= 0.75 > evaluate(alone, unseen).accuracy


def test_it_is_the_same_from_disk_with_the_model_below(on_city: Model, tmp_path: Path) -> None:
    on_city.save(tmp_path)
    again = Model.load(tmp_path)
    for text in ("路灯不亮", "老板不发工资", "", "!!!"):
        assert again.scores(text) == pytest.approx(on_city.scores(text), abs=1e-5)
    assert again.about["below"]["digest"] == on_city.about["below"]["digest"]
    (tmp_path / "below" / "arrays.npz").unlink()
    with pytest.raises(ModelError, match=r"below/arrays\.npz"):
        Model.load(tmp_path)


def test_what_it_says_while_learning_it_says_afterwards(few: list[Example], model: Model) -> None:
    """The scores of the texts held out are those that the finished model gives."""
    learner = learn.Learner(few, ("lamp", "wages", "water"), quiet, model)
    everything = np.arange(len(few))
    planes = learner._fit(everything)
    finished = planes.model(("lamp", "wages", "water"), 1.0, {})
    for each, scores in zip(few, planes.scores(everything), strict=True):
        assert finished.scores(each.text) == pytest.approx(scores, abs=0.15)
