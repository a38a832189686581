"""Words added to the model's graph are understood, without training; the others stay."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from sounds import silence

from hotline.cli import command
from hotline.host.tools import espeak
from hotline.phone import alaw
from hotline.phone.voice import Voice
from hotline.settings import default_cache_dir
from transcribe import graph_words
from transcribe.add_words import NewWord, add_words, parse
from transcribe.engine import EngineFault
from transcribe.models import EMBEDDED, Model, check, find
from transcribe.vosk_engine import VoskEngine

Hears = Callable[[Model, str], str]


@pytest.fixture(scope="module")
def hears(tmp_path_factory: pytest.TempPathFactory) -> Hears:
    voice = Voice(espeak(default_cache_dir()), tmp_path_factory.mktemp("voice"))

    def heard(model: Model, sentence: str) -> str:
        spoken = np.asarray(alaw.decode(voice.says(sentence)), np.float64)
        recogniser = VoskEngine(model).recogniser()
        recogniser.feed(np.concatenate([silence(0.5), spoken, silence(0.7)]).astype("<i2").tobytes())
        return "".join(word.word for word in recogniser.finish())

    return heard


def test_an_added_word_is_understood_and_the_old_ones_still_are(tmp_path: Path, hears: Hears) -> None:
    embedded = check(EMBEDDED)
    assert "鸳鸯磜" not in hears(embedded, "我在鸳鸯磜村")
    larger, new = add_words(parse("鸳鸯磜村\n路灯\n"), embedded, tmp_path)
    assert new == ["鸳鸯磜村"]
    assert "鸳鸯磜村" in hears(larger, "我在鸳鸯磜村")
    assert "下水道堵了" in hears(larger, "昭阳街道下水道堵了")
    assert find(None, tmp_path) == larger


def test_more_words_are_added_to_the_words_that_were(tmp_path: Path) -> None:
    once, _ = add_words(parse("鸳鸯磜村"), check(EMBEDDED), tmp_path)
    twice, new = add_words(parse("鸳鸯磜村\n猫儿磜"), once, tmp_path)
    assert new == ["猫儿磜"]
    assert (once.name, twice.name) == ("embedded-words", "embedded-words")
    assert {"鸳鸯磜村", "猫儿磜"} < set(graph_words.table(twice.path / "graph/words.txt"))


def test_words_are_read_with_their_pinyin_where_it_is_given() -> None:
    assert parse("# places\n晒口 shai4 kou3\n\n水北  # a town\n") == [
        NewWord("晒口", ("shai4", "kou3")),
        NewWord("水北", ("shui2", "bei3")),
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "there are no words"),
        ("水北\nhello", "line 2: a word is up to"),
        ("水北 shui3", "line 1: 2 characters, but 1 syllables"),
        ("水" * 21, "line 1: a word is up to 20"),
    ],
)
def test_a_wrong_line_is_named(text: str, fault: str) -> None:
    with pytest.raises(EngineFault, match=fault):
        parse(text)


def test_a_syllable_that_nobody_speaks_is_named_and_nothing_is_installed(tmp_path: Path) -> None:
    with pytest.raises(EngineFault, match="水北: the model has no syllable xyz1"):
        add_words([NewWord("水北水北", ("xyz1",) * 4)], check(EMBEDDED), tmp_path)
    assert find(None, tmp_path) == check(EMBEDDED)


def test_a_model_of_another_recipe_takes_no_words(tmp_path: Path) -> None:
    other = Path(shutil.copytree(EMBEDDED, tmp_path / "other"))
    (other / "graph/syllables.txt").unlink()
    with pytest.raises(EngineFault, match="only to a model of the project's own recipe"):
        add_words(parse("鸳鸯磜村"), check(other), tmp_path / "cache")


def test_what_is_no_graph_is_refused() -> None:
    for content in (b"", b"\x89PNG\r\n\x1a\n" * 20, (EMBEDDED / "graph/HCLG.fst").read_bytes()[:5000]):
        with pytest.raises(EngineFault, match=r"HCLG\.fst"):
            graph_words.read(content)


def test_the_command_says_how_many_words_were_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINSHENG110_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("MINSHENG110_RUN_DIR", str(tmp_path / "run"))
    (tmp_path / "words.txt").write_text("鸳鸯磜村\n路灯\n", "utf-8")
    told = CliRunner().invoke(command, ["model", "add-words", str(tmp_path / "words.txt")])
    assert told.output == "1 words added, 1 were known; embedded-words is in use\n"
