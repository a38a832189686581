"""The pure parts of the recipe: sound laws, language model, graph, error rates. Nothing is trained here."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from transcribe import graph_words
from transcribe.training import graph, kaldi_form, language, texts
from transcribe.training.evaluate import distance
from transcribe.training.phones import Ids, reading, surface, toned, variants
from transcribe.training.sound import a_law, labels, segments, telephone_band
from transcribe.training.words import characters, only

WORDS = ["下水道", "路灯", "坏", "了", "堵"]
SENTENCES = [["路灯", "坏", "了"], ["下水道", "堵", "了"], ["路灯", "坏", "了"]]


# ---------------------------------------------------------------- how it sounds


def test_a_third_tone_before_a_third_tone_is_spoken_as_a_second_one() -> None:
    assert surface(["shui3", "bei3", "lu4"]) == ["shui2", "bei3", "lu4"]
    assert surface(["wo3", "xiang3", "mai3"]) == ["wo2", "xiang2", "mai3"]


def test_one_and_not_take_the_tone_of_their_place() -> None:
    assert reading("一个") == ["yi2", "ge4"]
    assert reading("一起") == ["yi4", "qi3"]
    assert reading("不是") == ["bu2", "shi4"]


def test_a_word_has_every_reading_it_may_take_before_another() -> None:
    assert variants("水") == [["shui3"], ["shui2"]]
    assert ["yi4"] in variants("一")
    assert ["dei3"] in variants("得")
    assert variants("下水道") == [["xia4", "shui3", "dao4"]]


def test_the_vowel_carries_the_tone() -> None:
    assert toned(["s.", "w", "ei"], "shui3") == ["s.", "w", "ei_3"]


def test_the_characters_of_the_fall_back_are_the_common_ones() -> None:
    assert len(characters()) == 3755
    assert {"水", "道", "的"} < set(characters())


# ---------------------------------------------------------------- the caller and the line


def test_a_closure_belongs_to_the_syllable_after_it_and_a_pause_is_silence() -> None:
    events = [(0, "m"), (10, "a"), (20, "_|"), (30, "t"), (40, "a"), (50, "_:")]
    found = segments(events, ["ma1", "ta1"], 100, 0.5)
    assert found == [(0.0, "SIL"), (0.5, "m"), (0.6, "a_1"), (0.7, "t"), (0.9, "a_1"), (1.0, "SIL")]
    assert segments(events, ["ma1"], 100, 0.5) is None


def test_every_third_frame_has_the_unit_that_sounds_at_its_middle() -> None:
    found = labels([(0.0, "SIL"), (0.05, "a")], 12, {"SIL": 0, "a": 1})
    assert found.tolist() == [0, 0, 1, 1]


def test_the_line_keeps_its_band_and_its_level() -> None:
    time = np.arange(16000) / 16000
    inside = telephone_band(1000 * np.sin(2 * np.pi * 1000 * time), 16000)
    outside = telephone_band(1000 * np.sin(2 * np.pi * 120 * time), 16000)
    assert len(inside) == 8000
    assert 600 < inside.std() < 800
    assert outside.std() < 20
    assert np.abs(a_law(inside) - inside).max() < 40


# ---------------------------------------------------------------- the language model


def small_mixture() -> language.Mixture:
    bodies = [language.Text(SENTENCES), language.Text([["坏", "路灯"]])]
    shares = [0.7, 0.3]
    return language.Mixture(bodies, shares, language.base(bodies, shares, dict.fromkeys(WORDS, 1.0)))


@pytest.mark.parametrize("history", [(), ("路灯",), ("<s>", "路灯"), ("坏",), ("没听过", "的")])
def test_after_any_history_the_probabilities_of_all_words_are_one(history: tuple[str, ...]) -> None:
    mixture = small_mixture()
    total = sum(mixture.probability(word, history) for word in [*WORDS, language.END])
    assert total == pytest.approx(1.0)


def test_what_was_said_is_likelier_than_what_was_not_and_nothing_is_impossible() -> None:
    mixture = small_mixture()
    assert mixture.probability("坏", ("路灯",)) > mixture.probability("堵", ("路灯",)) > 0


def test_the_shares_go_to_the_text_that_resembles_the_development_set() -> None:
    shares = language.shares_for(small_mixture(), [["路灯", "坏", "了"]])
    assert shares[0] > 0.7
    assert sum(shares) == pytest.approx(1.0)


@pytest.mark.parametrize("keep", [0, 3, 100])
def test_leaving_a_state_of_the_automaton_is_certain_however_much_is_pruned(keep: int) -> None:
    """From each state, the words, the end, and what is left for backing off make one."""
    levels = language.prune(small_mixture(), keep)
    made = language.automaton(levels)
    followed: dict[int, set[str]] = {}
    for here, _, word, _cost in made.arcs:
        if word is not None:
            followed.setdefault(here, set()).add(word)

    def all_of(state: int, without: frozenset[str] = frozenset()) -> float:
        mine = [(w, c) for a, _, w, c in made.arcs if a == state and w is not None and w not in without]
        total = sum(math.exp(-cost) for _, cost in mine)
        if state in made.finals and "</s>" not in without:
            total += math.exp(-made.finals[state])
        for a, to, word, cost in made.arcs:
            if a == state and word is None:
                known = frozenset(without | followed.get(state, set()))
                known |= {"</s>"} if state in made.finals else set()
                total += math.exp(-cost) * all_of(to, known)
        return total

    assert all_of(made.start) == pytest.approx(1.0, abs=1e-6)


def test_an_unknown_sound_is_a_word_of_its_own() -> None:
    made = language.automaton(language.prune(small_mixture(), 0), "[unk]")
    assert [word for *_, word, _ in made.arcs].count("[unk]") == 1


def test_words_that_are_not_known_fall_apart_into_characters() -> None:
    assert only({"下水道", "堵", "了"}, ["下水道", "堵了", "吧"]) == ["下水道", "堵", "了"]


# ---------------------------------------------------------------- graph and files


def test_a_graph_is_written_in_the_form_in_which_it_is_read() -> None:
    states: list[graph.State] = [(None, [(2, 5, 0.5, 1), (0, 0, 1.25, 0)]), (0.25, [])]
    content = graph.to_bytes(states)
    read = graph_words.read(content)
    assert read.arcs == [[(2, 5, 0.5, 1), (0, 0, 1.25, 0)], []]
    assert read.finals == [math.inf, 0.25]
    assert graph_words.written(read) == content


def test_every_phone_has_two_transitions_and_its_units_output() -> None:
    ids = Ids(["a_1", "t"])
    assert ids.units == ["SIL", "a_1", "t"]
    assert len(ids.phones) == 1 + 2 * 4
    assert {pdf for _, pdf in ids.phone_pdf()} == {0, 1, 2}
    assert [ids.phones[p - 1] for p in ids.word_phones(["t", "a_1"])] == [("t", "B"), ("a_1", "E")]
    assert {ids.stay(p) for p in range(1, 10)} | {ids.leave(p) for p in range(1, 10)} == set(range(1, 19))


def test_a_compressed_matrix_is_nearly_the_matrix() -> None:
    values = np.random.default_rng(1).normal(0, 1, (7, 5))
    form = kaldi_form.matrix(values)
    assert form.startswith(b"CM2 ")
    low, reach = np.frombuffer(form, "<f4", 2, 4)
    back = low + np.frombuffer(form, "<u2", 35, 20).reshape(7, 5) * (reach / 65535)
    assert np.abs(back - values).max() < 1e-3


# ---------------------------------------------------------------- texts and figures


@pytest.mark.parametrize(
    ("number", "spoken"),
    [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (101, "一百零一"), (110, "一百一十")],
)
def test_house_numbers_are_spoken_as_people_do(number: int, spoken: str) -> None:
    assert texts.number(number) == spoken


def test_generated_sentences_fill_every_slot_and_are_always_the_same() -> None:
    sentences = texts.generated(5, 300)
    assert sentences == texts.generated(5, 300)
    assert not [s for s in sentences if "{" in s or "}" in s]


def test_no_sentence_of_the_test_or_development_set_is_learned_from() -> None:
    test, development = set(texts.own("test")), set(texts.own("development"))
    learned = set(texts.own("spoken")) | set(texts.generated(1, 3000))
    assert len(test) >= 50
    assert len(development) >= 30
    assert not test & development
    assert not (test | development) & learned


@hypothesis_settings(max_examples=60)
@given(st.text("水北街道", max_size=8), st.text("水北街道", max_size=8))
def test_an_error_rate_counts_each_change_once(wanted: str, heard: str) -> None:
    steps = distance(wanted, heard)
    assert steps == distance(heard, wanted)
    assert abs(len(wanted) - len(heard)) <= steps <= max(len(wanted), len(heard))
    assert (steps == 0) == (wanted == heard)


def test_random_places_are_addresses() -> None:
    words = texts.lists()
    places = [texts.place(random.Random(n), words) for n in range(200)]  # noqa: S311
    assert all(place and "{" not in place for place in places)
