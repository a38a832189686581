"""Danger to life or property, heard in a text: police first.

A word of danger counts unless the same clause takes it back: a negation or a fear before it (没有着火),
a word after it that makes it something else (火灾隐患), or a time that is over (去年着过火). In doubt it
counts.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from router.city_file import Danger
from router.lexicon import Hit, Lexicon, longest
from router.text import fold

_CLAUSE_END = re.compile(r"[,。!?;:、,.\n…~]|但是|不过|结果|现在|刚才|刚刚|突然|已经开始")
_REACH_BEFORE = 6
_REACH_AFTER = 4


class DangerHeard(NamedTuple):
    """A word of danger at text[start:end]."""

    start: int
    end: int
    word: str


class DangerEar:
    """Hears danger by a city's words."""

    def __init__(self, words: Danger) -> None:
        self._lexicon = Lexicon[str](
            [(fold(word), "danger") for word in words.words]
            + [(fold(word), "harmless") for word in words.harmless]
        )
        self._before = tuple(fold(word) for word in words.before)
        self._after = tuple(fold(word) for word in words.after)
        self._past = tuple(fold(word) for word in words.past)
        self._feared = tuple(fold(word) for word in words.feared)
        self._dire = frozenset(fold(word) for word in words.dire)
        self._denies_nothing = tuple(fold(word) for word in words.denies_nothing)

    def listen(self, folded: str) -> list[DangerHeard]:
        """The words of danger that nothing takes back."""
        found = longest(self._lexicon.find(folded))
        return [
            DangerHeard(hit.start, hit.end, hit.word)
            for hit in found
            if "harmless" not in hit.values and not self.is_over(folded, hit)
        ]

    def is_over(self, folded: str, hit: Hit[Any]) -> bool:
        """Whether the clause around this word takes it back: denied, only feared, or past."""
        clause = _clause_before(folded[: hit.start])
        if any(word in clause for word in self._past):
            return True
        for phrase in self._denies_nothing:
            clause = clause.replace(phrase, " " * len(phrase))
        near = clause[-_REACH_BEFORE:]
        if any(word in near for word in self._before) and not _doubled(near):
            return True
        if hit.word not in self._dire and any(word in near for word in self._feared):
            return True
        follows = folded[hit.end : hit.end + _REACH_AFTER]
        return any(follows.startswith(word) for word in self._after)


def _clause_before(text: str) -> str:
    last = 0
    for end in _CLAUSE_END.finditer(text):
        last = end.end()
    return text[last:]


def _doubled(near: str) -> bool:
    """A double negation, 不是没有, says that there is."""
    return "不是没" in near or "不能不" in near
