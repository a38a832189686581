"""Which matter: words and model together, on manners of speaking and on letters it never learned from."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from router.city_file import City
from router.decide import Sorter
from router.examples import Example, from_csv, from_folder
from router.learn import train
from router.matters import NOTHING
from router.model import Model
from router.ready import spoken_examples, word_examples
from router.text import fold, misheard
from router.trial import Told, report

LETTERS = Path(__file__).parent / "data" / "letters.csv"
"""Letters and their titles as citizens write them to a mayor; ours, and no sorter learned from them."""
SEVEN = {
    "市容环卫": "城乡建设",
    "供水排水": "城乡建设",
    "供电燃气": "城乡建设",
    "物业管理": "城乡建设",
    "住房建设": "城乡建设",
    "国土规划": "城乡建设",
    "噪音扰民": "环境保护",
    "环境保护": "环境保护",
    "道路交通": "交通运输",
    "教育文体": "教育文体",
    "劳动社保": "劳动和社会保障",
    "民政救助": "劳动和社会保障",
    "市场监管与消费维权": "商贸旅游",
    "卫生健康": "卫生计生",
}
"""First-level matters → the seven classes of such letters."""


def first_of(sorter: Sorter, text: str) -> tuple[str, str, float]:
    """First level, second level, probability."""
    guesses = sorter.matter.sort(text, fold(text)).guesses
    return (*guesses[0].matter.path, guesses[0].probability) if guesses else ("", "", 0.0)


def on_letters(sorter: Sorter, letters: Iterable[Example]) -> float:
    told: list[Told] = []
    for letter in letters:
        first, _, chance = first_of(sorter, letter.text)
        told.append((letter.label, SEVEN.get(first, ""), chance))
    return report(told, 1.0, {}).macro_f1


@pytest.fixture(scope="module")
def letters() -> list[Example]:
    return from_csv(LETTERS)


def test_letters_to_a_mayor_are_sorted_out_of_the_box(sorter: Sorter, letters: list[Example]) -> None:
    assert on_letters(sorter, letters) >= 0.84


def test_a_fifth_of_homophones_costs_three_points_at_most(sorter: Sorter, letters: list[Example]) -> None:
    clean = on_letters(sorter, letters)
    heard = [
        on_letters(
            sorter, [Example(misheard("说" * salt + each.text, 0.2)[salt:], each.label) for each in letters]
        )
        for salt in range(4)
    ]
    assert sum(heard) / len(heard) >= clean - 0.03


def test_without_a_model_the_words_alone_are_still_some_help(
    words_alone: Sorter, sorter: Sorter, letters: list[Example]
) -> None:
    alone = on_letters(words_alone, letters)
    assert 0.55 <= alone < on_letters(sorter, letters)


def test_a_manner_of_speaking_that_was_never_learned_is_understood(
    city: City, city_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("router.learn._FOLDS", 2)
    spoken = spoken_examples(city, city_file)
    sorter = Sorter(city, train([each for each in spoken if each.manner not in "te"] + word_examples(city)))
    paths = {matter.code: matter.path for matter in sorter.matters}
    told: dict[str, list[Told]] = {"t": [], "e": []}
    for each in spoken:
        if each.manner in told and each.label in paths:
            first, _, chance = first_of(sorter, each.text)
            told[each.manner].append((paths[each.label][0], first, chance))
    titles, misheard_ones = (report(each, 1.0, {}).macro_f1 for each in told.values())
    assert titles >= 0.84
    assert misheard_ones >= 0.84


def test_what_it_learned_from_is_sorted_right(sorter: Sorter, city_file: Path) -> None:
    spoken = from_folder(city_file.parent / "examples")
    codes = {matter.name: matter.code for matter in sorter.matters}
    told: list[Told] = []
    for each in spoken:
        _, second, chance = first_of(sorter, each.text)
        told.append(
            (each.label, codes[second] if chance >= sorter.city.sorting.unsure_below else NOTHING, chance)
        )
    assert report(told, 1.0, {}).accuracy >= 0.95


def test_a_model_of_other_labels_is_of_no_use_and_the_words_serve(city: City, few: list[Example]) -> None:
    foreign = Sorter(city, train(few))
    assert first_of(foreign, "门口的路灯不亮")[1] == "路灯照明"
    assert foreign.matter.sort("xyz", "xyz").guesses == ()


def test_a_sorter_takes_another_model_and_leaves_the_old_one_as_it_was(city: City, model: Model) -> None:
    words = Sorter(city)
    both = words.with_model(model)
    text = "单位一直不给我们买五险"
    assert words.matter.sort(text, text) != both.matter.sort(text, text)
    assert words.with_model(None).matter.sort(text, text) == words.matter.sort(text, text)


def test_matters_of_one_first_level_lift_each_other(sorter: Sorter) -> None:
    """What may be this or that of one department is that department's."""
    found = sorter.matter.sort("学校", "学校").guesses
    assert found[0].matter.first_name == "教育文体"
