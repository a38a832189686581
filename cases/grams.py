"""Texts cut so that any piece of them is found fast, on any database. Pure.

Chinese has no spaces, and its words have two signs: the index holds pairs. 路灯坏了 is kept as
路灯 灯坏 坏了 了, a piece is looked for as its pairs standing one after the other, and a single
sign as what a pair begins with. Punctuation and spaces count for nothing, since a recogniser writes
none; 十二 and 12 are the same, and so are full and half width, large and small letters.

A caller's number is kept as threes with a mark before them that no text has (_138 _380 …): a part of it is
found, and only by those who may look for callers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

LONGEST = 10_000
"""So many signs of a text are looked at."""
CALLER_MARK = "_"

_NUMERAL = re.compile("[零〇一二两三四五六七八九十百千幺]+")
_DIGIT = {sign: str(value) for value, sign in enumerate("零一二三四五六七八九")} | {
    "〇": "0",
    "两": "2",
    "幺": "1",
}
_UNIT = {"十": 10, "百": 100, "千": 1000}


def plain(text: str) -> str:
    """The signs that count, in one form: letters and digits, numerals as Arabic digits."""
    same = unicodedata.normalize("NFKC", text[:LONGEST]).casefold()
    return "".join(sign for sign in _NUMERAL.sub(_arabic, same) if sign.isalnum())


def _arabic(found: re.Match[str]) -> str:
    """二十三 → 23, 一百零五 → 105, 幺幺零 → 110; what is no number keeps its large signs."""
    signs = found[0]
    value = _value(signs)
    return str(value) if value is not None else "".join(_DIGIT.get(sign, sign) for sign in signs)


def _value(signs: str) -> int | None:
    """The number of a numeral with tens, hundreds, thousands in their order; None when it is none."""
    total, digit, last = 0, None, 10_000
    for at, sign in enumerate(signs):
        if sign not in _UNIT:
            # After a large sign one digit follows, or a zero and a digit; 一二三 is read digit by digit.
            if digit not in (None, 0):
                return None
            digit = int(_DIGIT[sign])
            continue
        if _UNIT[sign] >= last or (digit is None and not (sign == "十" and at == 0)):
            return None
        last = _UNIT[sign]
        total, digit = total + (1 if digit is None else digit) * last, None
    if last == 10_000:
        return None
    return total + (digit or 0)


def pairs(text: str) -> list[str]:
    """The pairs of a text, in order, and its last sign alone."""
    signs = plain(text)
    return [signs[at : at + 2] for at in range(len(signs))]


def threes(number: str) -> list[str]:
    """The threes of a caller's number, each with its mark."""
    digits = digits_of(number)
    return [CALLER_MARK + digits[at : at + 3] for at in range(len(digits) - 2)]


def digits_of(text: str) -> str:
    return "".join(sign for sign in text if sign in "0123456789")


def document(texts: Iterable[str], caller: str) -> list[list[str]]:
    """What is kept of a case: the pairs of each text, and the threes of the caller's number."""
    pieces = [*(pairs(text) for text in dict.fromkeys(texts)), threes(caller)]
    return [piece for piece in pieces if piece]


# ---------------------------------------------------------------- what is asked

MOST_SIGNS = 100
MOST_TERMS = 8

Phrase = tuple[str, ...]
"""Pairs that stand one after the other; a single sign is what a pair begins with."""


def terms(query: str, *, callers: bool) -> list[list[Phrase]]:
    """What each word of the query is looked for as: one of these phrases. Any text is a query.

    `callers`: digits are looked for in callers' numbers, too. Signs that count for nothing ask for nothing.
    """
    words = re.split(r"[\s,，、;；|]+", query[: 4 * MOST_SIGNS])
    asked = [_ways(word[:MOST_SIGNS], callers) for word in words]
    return [ways for ways in asked if ways][:MOST_TERMS]


def _ways(word: str, callers: bool) -> list[Phrase]:
    signs = plain(word)
    if not signs:
        return []
    found: list[Phrase] = [tuple(pairs(word)[:-1]) or (signs,)]
    number = threes(word) if callers and not re.search(r"[^\d+\-() ]", word) else []
    return [*found, tuple(number)] if number else found


def holds(pieces: Sequence[Sequence[str]], asked: Sequence[Sequence[Phrase]]) -> bool:
    """Whether the pieces hold every word in one of its ways."""
    return all(any(_stands(piece, way) for piece in pieces for way in ways) for ways in asked)


def _stands(piece: Sequence[str], phrase: Phrase) -> bool:
    if len(phrase) == 1 and len(phrase[0]) == 1:
        return any(pair.startswith(phrase[0]) for pair in piece)
    size = len(phrase)
    return any(tuple(piece[at : at + size]) == phrase for at in range(len(piece) - size + 1))
