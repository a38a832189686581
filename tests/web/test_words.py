"""Both languages are whole: every value has its word, every text its English, and Chinese its own commas."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo, write_mo

from cases import states
from web import translate
from web.words import WORDS

REMEDY = "run: python -m web.translate, fill in messages.po, and run it again"
FAMILIES = {
    states.CaseState: "case", states.Role: "role", states.RecordingState: "recording", states.Move: "move",
    states.WayIn: "", states.CallOutcome: "", states.TranscriptState: "", states.CallBackReason: "",
    states.Sector: "", states.Priority: "", states.Kind: "",
}  # fmt: skip


@pytest.mark.parametrize("kind", FAMILIES)
def test_every_value_has_its_word(kind: type[states.WayIn]) -> None:
    family = FAMILIES[kind]
    missing = [value for value in kind if not WORDS.get(f"{family}:{value}") and not WORDS.get(value)]
    assert not missing


def test_every_event_of_a_call_has_its_word() -> None:
    source = "".join(Path(f"{room}").read_text() for room in ("cases/intake.py", "ivr/conversation.py"))
    told = re.findall(r'_happened\(\s*session,\s*fact,\s*"(\w+)"', source)
    noted = re.findall(r'_note\("(\w+)"', source)
    assert len(told) >= 8
    assert not [each for each in {*told, *noted} if each not in WORDS]


def test_every_text_has_its_english() -> None:
    english = translate.english()
    assert translate.texts() == set(english), REMEDY
    assert not [text for text, said in english.items() if not said], REMEDY


def test_the_compiled_english_is_the_written_one() -> None:
    made, compiled = io.BytesIO(), translate.ENGLISH.with_suffix(".mo").read_bytes()
    write_mo(made, translate.catalog())
    assert made.getvalue() == compiled, REMEDY
    assert len(read_mo(io.BytesIO(compiled))) > 100


def test_english_keeps_the_places_of_values() -> None:
    wrong = [
        text
        for (_, text), said in translate.english().items()
        if sorted(re.findall(r"%\(\w+\)s", text)) != sorted(re.findall(r"%\(\w+\)s", said))
    ]
    assert not wrong


def test_chinese_has_chinese_commas() -> None:
    cjk = "\u4e00-\u9fff"
    wrong = [text for _, text in translate.texts() if re.search(rf"[{cjk}][,;:()]|[,;:(][{cjk}]", text)]
    assert not wrong


def test_no_page_says_chinese_past_the_translation() -> None:
    """Chinese in a template stands in `_()`; what is left is a fault that English readers see."""
    outside, chinese = [], r"[\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]+"
    for path in (translate.ROOM / "templates").glob("*.html"):
        bare = re.sub(r"_\((['\"]).*?\1|\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
        bare = bare.replace("'、' if language == 'zh'", "").replace("'\uff1a' if language == 'zh'", "")
        outside += [(path.name, found) for found in re.findall(chinese, bare)]
    assert not outside
