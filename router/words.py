"""The city's own words, compiled for searching: for matters, kinds, the boundary list, households."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from router.city_file import Boundary, City
from router.lexicon import Hit, Lexicon, longest
from router.matters import Matter
from router.text import blurred, fold

WORD, STRONG, PATTERN = 1.0, 2.0, 2.5
_HEARD_SHARE = 0.6
"""What a word counts that has only the right sound."""


class Clue(NamedTuple):
    """text[start:end] says something of a matter or a kind."""

    start: int
    end: int
    about: str
    weight: float
    why: str


class MatterWords:
    """Matters by the words and patterns of the city file."""

    def __init__(self, matters: Iterable[Matter]) -> None:
        matters = tuple(matters)
        meant: dict[str, dict[str, float]] = defaultdict(dict)
        for matter in matters:
            for words, weight in ((matter.words, WORD), (matter.strong, STRONG)):
                for word in map(fold, words):
                    meant[word][matter.code] = max(weight, meant[word].get(matter.code, 0.0))
        # A word that stands for several matters says less of each.
        self._lexicon = Lexicon[tuple[str, float]](
            (word, (code, weight / len(of) ** 0.5))
            for word, of in meant.items()
            for code, weight in of.items()
        )
        self._patterns = [
            (re.compile(pattern), matter.code) for matter in matters for pattern in matter.patterns
        ]

    def clues(self, folded: str) -> list[Clue]:
        """Every clue, a word inside a longer one left out."""
        spelled = longest(self._lexicon.find(folded))
        heard = [
            hit
            for hit in longest(self._lexicon.find_heard(blurred(folded)))
            if not any(hit.start < other.end and other.start < hit.end for other in spelled)
        ]
        found = [clue for hit in (*spelled, *heard) for clue in _clues(hit)]
        for pattern, code in self._patterns:
            found += [
                Clue(each.start(), each.end(), code, PATTERN, f"句式:{pattern.pattern}")
                for each in pattern.finditer(folded)
            ]
        return found


def _clues(hit: Hit[tuple[str, float]]) -> Iterator[Clue]:
    share, why = (_HEARD_SHARE, f"听似“{hit.word}”") if hit.heard else (1.0, f"词“{hit.word}”")
    for code, weight in hit.values:
        yield Clue(hit.start, hit.end, code, weight * share, why)


def totals(clues: Iterable[Clue]) -> Mapping[str, float]:
    """The sum for each matter; the same word said twice counts once."""
    best: dict[tuple[str, str], float] = {}
    for clue in clues:
        best[clue.about, clue.why] = max(clue.weight, best.get((clue.about, clue.why), 0.0))
    summed: dict[str, float] = defaultdict(float)
    for (about, _), weight in best.items():
        summed[about] += weight
    return summed


class KindWords:
    """咨询, 求助, 投诉 …: by the city's words, else as is usual for the matter."""

    _USUAL = 0.9

    def __init__(self, city: City) -> None:
        self._order = [kind.name for kind in city.kind]
        self._lexicon = Lexicon[str](
            (fold(word), kind.name) for kind in city.kind for word in dict.fromkeys(kind.words)
        )
        self._patterns = [(re.compile(pattern), kind.name) for kind in city.kind for pattern in kind.patterns]

    def kind_of(self, folded: str, usual: str) -> tuple[str, list[Clue]]:
        """The kind and what said so."""
        clues = [
            Clue(hit.start, hit.end, kind, 1.0, f"类型词“{hit.word}”→{kind}")
            for hit in longest(self._lexicon.find(folded))
            for kind in hit.values
        ]
        for pattern, kind in self._patterns:
            if match := pattern.search(folded):
                clues.append(Clue(match.start(), match.end(), kind, 1.0, f"句式→{kind}"))
        points = defaultdict(float, totals(clues))
        if usual:
            points[usual] += self._USUAL
        order = [*self._order, usual]
        best = max(points, key=lambda kind: (points[kind], -order.index(kind)), default=usual)
        return best, [clue for clue in clues if clue.about == best]


class BoundaryWords:
    """The list between 110 and 民生110."""

    def __init__(self, city: City) -> None:
        self._lexicon = Lexicon[Boundary](
            (fold(word), line) for line in city.boundary for word in dict.fromkeys(line.words)
        )
        self._ours = [line for line in city.boundary if line.direction == "from_110"]

    def lines(self, folded: str) -> list[tuple[Hit[Boundary], Boundary]]:
        """Every line of the list whose words are said."""
        return [(hit, line) for hit in longest(self._lexicon.find(folded)) for line in hit.values]

    def is_ours(self, matter: Matter) -> Boundary | None:
        """The line by which 110 hands this matter over to us."""
        return next((line for line in self._ours if matter.within(line.matters)), None)


def household_words(city: City) -> Lexicon[str]:
    """Words for households that a firm serves free of charge."""
    return Lexicon[str]((fold(word), each.name) for each in city.household for word in each.words)
