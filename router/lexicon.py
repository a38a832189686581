"""Many words searched in one pass over a text, by their characters or by their sound."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from operator import add
from typing import Generic, NamedTuple, TypeVar

from router.text import blurred, is_chinese

V = TypeVar("V")
_SHORTEST_BY_SOUND = 3
"""Two syllables alone are said by chance too often."""


class Hit(NamedTuple, Generic[V]):
    """A word of the lexicon at text[start:end]. `heard`: only its sound is there, not its characters."""

    start: int
    end: int
    word: str
    values: tuple[V, ...]
    heard: bool = False


class Lexicon(Generic[V]):
    """Words with what they mean. Built once; `find` is linear in the text's length."""

    def __init__(self, entries: Iterable[tuple[str, V]]) -> None:
        words: dict[str, list[V]] = defaultdict(list)
        for word, value in entries:
            words[word].append(value)
        self._values = {word: tuple(values) for word, values in words.items()}
        self._spelled = _Starts.of({word: word for word in self._values})
        long = [word for word in self._values if len(word) >= _SHORTEST_BY_SOUND and word.isalpha()]
        self._heard = _Starts.of({blurred(word): word for word in long if all(map(is_chinese, word))})

    def find(self, folded: str) -> list[Hit[V]]:
        """Every word in the folded text, also inside another, in order of its place, the longest first."""
        return [
            Hit(start, start + len(word), word, self._values[word])
            for start, word in _pieces(folded, self._spelled)
        ]

    def find_heard(self, blurred_text: str) -> list[Hit[V]]:
        """Every longer word by its sound alone (text.blurred), those spelled right included."""
        return [
            Hit(start, start + len(word), word, self._values[word], True)
            for start, word in _pieces(blurred_text, self._heard)
        ]


def longest(hits: Iterable[Hit[V]]) -> list[Hit[V]]:
    """The hits that lie in no other: "垃圾桶" and not also the "垃圾" in it."""
    kept: list[Hit[V]] = []
    for hit in sorted(hits, key=lambda each: (each.start, -each.end)):
        if not kept or hit.end > kept[-1].end:
            kept.append(hit)
    return kept


class _Starts(NamedTuple):
    """Words by their first two signs (or the only one)."""

    words: Mapping[str, tuple[tuple[str, str], ...]]
    """What is searched with the word it stands for, longest first."""
    all: frozenset[str]
    single: frozenset[str]

    @classmethod
    def of(cls, words: Mapping[str, str]) -> _Starts:
        starts: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for searched, word in words.items():
            if searched:
                starts[searched[:2]].append((searched, word))
        longest_first = {
            start: tuple(sorted(each, key=lambda pair: -len(pair[0]))) for start, each in starts.items()
        }
        single = frozenset(start for start in starts if len(start) == 1)
        return cls(longest_first, frozenset(starts), single)


@lru_cache(maxsize=16)
def _pairs(text: str) -> tuple[list[str], frozenset[str]]:
    """Each sign with the one after it, in order; and all of these.

    Kept for a while: a message is searched for a dozen lexicons' words.
    """
    pairs = [*map(add, text, text[1:]), *text[-1:]]
    return pairs, frozenset(pairs)


def _pieces(text: str, starts: _Starts) -> Iterator[tuple[int, str]]:
    pairs, all_of_them = _pairs(text)
    likely = starts.all & all_of_them
    if starts.single:
        likely |= starts.single.intersection(text)
    if not likely:
        return
    if starts.single.isdisjoint(likely):
        places = [place for place, pair in enumerate(pairs) if pair in likely]
    else:
        places = [place for place, pair in enumerate(pairs) if pair in likely or pair[0] in likely]
    words = starts.words
    for place in places:
        pair = pairs[place]
        for searched, word in words.get(pair, ()):
            if text.startswith(searched, place):
                yield place, word
        if len(pair) > 1:
            for _, word in words.get(pair[0], ()):
                yield place, word
