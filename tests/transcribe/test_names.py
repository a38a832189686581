"""Names put right by their sound. Right text is never touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from transcribe.engine import Word
from transcribe.names import Names, correct

CITY = [
    *(
        "水北街道",
        "水北镇",
        "昭阳街道",
        "通泰街道",
        "晒口街道",
        "城郊镇",
        "卫闽镇",
        "张厝乡",
        "和平镇",
        "大埠岗镇",
    ),
    *(
        "教育局",
        "供电公司",
        "自来水公司",
        "自来水厂",
        "燃气公司",
        "住建局",
        "环保局",
        "城管大队",
        "行政服务中心",
    ),
]
NAMES = Names(CITY)
EXAMPLES = Path(__file__).parents[2] / "router/city/examples"


def heard(*words: str) -> tuple[Word, ...]:
    return tuple(Word(word, float(at), at + 0.9, 0.9) for at, word in enumerate(words))


def text(words: tuple[Word, ...]) -> str:
    return "".join(word.word for word in words)


@pytest.mark.parametrize(
    ("words", "right"),
    [
        (("我", "在", "水", "背", "街道"), "我在水北街道"),
        (("赵阳", "街道", "停水", "了"), "昭阳街道停水了"),
        (("城", "交", "镇"), "城郊镇"),
        (("卫", "敏", "镇", "那边"), "卫闽镇那边"),
        (("张", "错", "乡"), "张厝乡"),
        (("教育", "菊"), "教育局"),
        (("供电", "公", "思", "不", "来"), "供电公司不来"),
        (("行政", "服务", "中", "新"), "行政服务中心"),
    ],
)
def test_a_name_that_was_heard_with_other_characters_is_put_right(words: tuple[str, ...], right: str) -> None:
    corrected, corrections = correct(heard(*words), NAMES)
    assert text(corrected) == right
    assert len(corrections) == 1


def test_a_correction_keeps_what_was_heard_its_place_and_a_lower_confidence() -> None:
    words, (correction,) = correct(heard("我", "在", "水", "背", "街道"), NAMES)
    assert (correction.original, correction.corrected, correction.first) == ("水背街道", "水北街道", 2)
    assert (correction.start, correction.end) == (2.0, 4.9)
    assert 0 < correction.confidence < 0.9
    assert [(word.word, word.heard) for word in words[2:]] == [("水", None), ("北", "背"), ("街道", None)]
    assert words[3].as_dict()["heard"] == "背"
    assert "heard" not in words[0].as_dict()


@pytest.mark.parametrize(
    "said",
    [
        *(
            "自来水常停",
            "水南街道",
            "他口镇",
            "还有教育",
            "我要教育一局",
            "水背",
            "城市镇",
            "水北到水南街道",
            "和平街",
        ),
        *("昭阳街道和水北镇", "自来水公司", "大桥镇"),
    ],
)
def test_what_is_another_word_stays_as_it_is(said: str) -> None:
    words = heard(said)
    assert correct(words, NAMES) == (words, ())


def test_between_two_names_that_sound_alike_nothing_is_guessed() -> None:
    words = heard("水", "被", "镇")
    assert correct(words, ["水北镇", "水背镇"]) == (words, ())


def test_nothing_is_corrected_without_names_or_without_words() -> None:
    words = heard("水", "背", "街道")
    assert correct(words, []) == (words, ())
    assert correct((), NAMES) == ((), ())
    assert correct(heard("hello", "[unk]", "110"), NAMES)[1] == ()


def right_sentences() -> list[str]:
    """What the city's examples say, without the lines (`e:`) that show a recogniser's mistakes."""
    lines = (line for path in sorted(EXAMPLES.glob("*.txt")) for line in path.read_text("utf-8").splitlines())
    return [line[2:] for line in lines if line[1:2] == ":" and not line.startswith("e:")]


def test_no_right_sentence_of_the_examples_is_touched() -> None:
    sentences = right_sentences()
    assert len(sentences) > 2000
    whole = "\n".join(sentences)
    assert correct(heard(whole), NAMES)[1] == ()


words_of = st.lists(
    st.text(st.characters(codec="utf-8", min_codepoint=0x4E00, max_codepoint=0x6000)), max_size=8
)
sentences_of = st.lists(
    st.sampled_from([*CITY, "我在", "那边", "停水了", "的路灯", "和", "请派人来", "水", "街道"])
)


@hypothesis_settings(max_examples=200, deadline=None)
@given(sentences_of)
def test_right_names_in_any_sentence_stay(parts: list[str]) -> None:
    words = heard(*parts)
    kept = correct(words, NAMES)
    assert [word.word for word in kept[0]] == parts
    assert kept[1] == ()


@hypothesis_settings(max_examples=200, deadline=None)
@given(words_of)
def test_words_keep_their_number_place_and_length_and_a_second_look_changes_nothing(parts: list[str]) -> None:
    words = heard(*parts)
    corrected, corrections = correct(words, NAMES)
    assert [(len(w.word), w.start, w.end) for w in corrected] == [
        (len(w.word), w.start, w.end) for w in words
    ]
    assert all(c.corrected in CITY and c.corrected in text(corrected) for c in corrections)
    assert correct(corrected, NAMES)[0] == corrected
