"""Texts made comparable, character by character, so that every piece found stands verbatim in the original.

`fold` keeps the length: traditional becomes simplified, full width half width, capitals small. `sounds` keeps
it too: each character becomes one private sign that stands for its syllable without tone, so that homophones
are equal and the same n-grams and words can be searched in sounds as in characters.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

_DATA = Path(__file__).parent / "data"
_FIRST_SIGN = 0xE000
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_SPACE = re.compile(r"\s")
MOST_CHARACTERS = 20_000
"""What is longer is no message; the rest is not looked at."""

# What the south and a telephone blur: n/l, f/h, r/l, flat and curled tongue, in/ing, en/eng.
_BLURRED_STARTS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("r", "l"))
_BLURRED_ENDS = (("ing", "in"), ("eng", "en"))


@lru_cache(maxsize=16)
def fold(text: str) -> str:
    """The text in one script, width and case; as long as the original, or cut to MOST_CHARACTERS."""
    return text[:MOST_CHARACTERS].translate(_folding())


@lru_cache(maxsize=16)
def squeezed(folded: str) -> tuple[str, Sequence[int]]:
    """Without the spaces that a recogniser writes between words, and where each sign stood in `folded`."""
    if not _SPACE.search(folded):
        return folded, range(len(folded))
    origin = [place for place, sign in enumerate(folded) if not sign.isspace()]
    return "".join(folded[place] for place in origin), origin


def sounds(folded: str) -> str:
    """One sign a character: its syllable; characters without one stay as they are."""
    return folded.translate(_syllables())


@lru_cache(maxsize=16)
def blurred(folded: str) -> str:
    """As `sounds`, with what southern speakers do not tell apart made equal."""
    return folded.translate(_blurred_syllables())


def is_chinese(sign: str) -> bool:
    """Whether this is a character of the CJK base block."""
    return "一" <= sign <= "鿿"


@cache
def homophones() -> Mapping[str, str]:
    """Each character with all characters of its syllable, itself included."""
    return {sign: signs for signs in _groups().values() for sign in signs}


def misheard(text: str, share: float, take: int = 0) -> str:
    """The text with about this share of its characters replaced by homophones; the same ones in each take."""
    dice = random.Random(text.encode("utf-8", "surrogatepass") + b"%d" % take)  # noqa: S311 - no secret
    others = homophones()
    return "".join(_replaced(sign, others, dice) if dice.random() < share else sign for sign in text)


def _replaced(sign: str, others: Mapping[str, str], dice: random.Random) -> str:
    same_sound = others.get(sign, "").replace(sign, "")
    return dice.choice(same_sound) if same_sound else sign


@cache
def _groups() -> Mapping[str, str]:
    """Syllable → its characters."""
    lines = (_DATA / "pinyin.txt").read_text("utf-8").splitlines()
    pairs = (line.partition(" ") for line in lines if not line.startswith("#"))
    return {syllable: signs for syllable, _, signs in pairs}


@cache
def _folding() -> Mapping[int, int]:
    capitals = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
    lines = [
        line
        for line in (_DATA / "traditional.txt").read_text("utf-8").splitlines()
        if not line.startswith("#")
    ]
    simple = {
        ord(old): ord(new)
        for olds, news in zip(lines[::2], lines[1::2], strict=True)
        for old, new in zip(olds, news, strict=True)
    }
    wide_capitals = {code: code - 0xFEE0 + 32 for code in range(0xFF21, 0xFF3B)}
    return _FULL_WIDTH | capitals | simple | wide_capitals


@cache
def _syllables() -> Mapping[int, int]:
    return _signs({syllable: syllable for syllable in _groups()})


@cache
def sound_table() -> Mapping[int, int]:
    """The number of each character → the number of the sign that `sounds` gives for it."""
    return _syllables()


@cache
def _blurred_syllables() -> Mapping[int, int]:
    return _signs({syllable: _blur(syllable) for syllable in _groups()})


def _signs(sound_of: Mapping[str, str]) -> dict[int, int]:
    number = {sound: index for index, sound in enumerate(sorted(set(sound_of.values())))}
    return {
        ord(sign): _FIRST_SIGN + number[sound_of[syllable]]
        for syllable, signs in _groups().items()
        for sign in signs
    }


def _blur(syllable: str) -> str:
    if syllable.startswith("f"):
        rest = syllable[1:]
        syllable = "h" + (rest if rest.startswith(("o", "u")) else "u" + rest)
        syllable = {"huei": "hui", "huen": "hun", "hueng": "hong"}.get(syllable, syllable)
    for start, plain in _BLURRED_STARTS:
        if syllable.startswith(start):
            syllable = plain + syllable[len(start) :]
            break
    for end, plain in _BLURRED_ENDS:
        if syllable.endswith(end):
            return syllable[: -len(end)] + plain
    return syllable
