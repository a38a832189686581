"""Which matter: the city's words and a learned model together, with the pieces of text that say so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import copy
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from router.matters import NOTHING, Matter
from router.model import Model, Reading, softmax
from router.words import Clue, MatterWords, totals

WORDS_SHARE = 0.7
"""What one point of the city's words adds to a matter's logarithm of probability, beside a model."""
_WORDS_ALONE = 5.0
_TOGETHER = 0.5
"""How much a first level's whole probability counts for each of its matters."""
_MILDER = 0.7
"""What keeps probabilities true although words and first levels were added to them."""
_FLOOR = 1e-5
_MOST_PIECES = 3
_TWO_CHARACTERS = re.compile(r"[一-鿿][^一-鿿]*[一-鿿]")


class Guess(NamedTuple):
    matter: Matter
    probability: float


class Sorted(NamedTuple):
    """The likeliest matters, best first, and what spoke for the first. No guess: nothing was understood."""

    guesses: tuple[Guess, ...]
    clues: tuple[Clue, ...]


class MatterSorter:
    """Sorts into the second-level matters of one city. Without a model, by words alone."""

    def __init__(self, matters: Sequence[Matter], model: Model | None) -> None:
        self._matters = tuple(matters)
        self._words = MatterWords(matters)
        self._place = {matter.code: place for place, matter in enumerate(self._matters)}
        firsts = {code: number for number, code in enumerate(dict.fromkeys(m.first_code for m in matters))}
        self._first = np.array([firsts[matter.first_code] for matter in matters], dtype=np.intp)
        self._take(model)

    def with_model(self, model: Model | None) -> MatterSorter:
        """The same words with another model."""
        other = copy(self)
        other._take(model)
        return other

    def _take(self, model: Model | None) -> None:
        """A model of other labels than this city's matters is of no use; the words alone serve."""
        self._model = model if model and {*model.labels} <= {*self._place, NOTHING} else None
        known = self._model.labels if self._model else ()
        self._learned = np.array([at for at, label in enumerate(known) if label != NOTHING], dtype=np.intp)
        self._columns = np.array([self._place[label] for label in known if label != NOTHING], dtype=np.intp)

    def sort(self, text: str, folded: str, most: int = 3) -> Sorted:
        """The `most` likeliest matters of `text` (`folded`: the same, text.fold)."""
        clues = self._words.clues(folded)
        reading = self._model.read(text) if self._model and _speaks(folded) else None
        if not clues and (reading is None or reading.empty):
            return Sorted((), ())
        chances = self._chances(reading, clues)
        best = np.argsort(-chances, kind="stable")[:most]
        guesses = tuple(Guess(self._matters[place], float(chances[place])) for place in best)
        return Sorted(guesses, self._evidence(reading, guesses[0].matter, clues))

    def _chances(self, reading: Reading | None, clues: Sequence[Clue]) -> NDArray[np.float32]:
        said = np.zeros(len(self._matters), dtype=np.float32)
        for code, weight in totals(clues).items():
            said[self._place[code]] = weight
        if self._model is None or reading is None:
            return self._agreeing(softmax(said * _WORDS_ALONE))
        learned = np.full(len(self._matters), _FLOOR, dtype=np.float32)
        chances = self._model.probabilities_of(reading).take(self._learned)
        learned[self._columns] += chances
        found = self._agreeing(learned * np.exp(WORDS_SHARE * said) if clues else learned)
        # What the model takes for no matter at all is nobody's, unless the city's own words are in it.
        return found if clues else found * chances.sum()

    def _agreeing(self, chances: NDArray[np.float32]) -> NDArray[np.float32]:
        """Chances to probabilities; likely matters of one first level lift each other."""
        chances = chances / np.add.reduce(chances)
        of_first = np.bincount(self._first, weights=chances) + _FLOOR
        lifted = chances**_MILDER * (of_first ** (_MILDER * _TOGETHER)).take(self._first)
        return np.asarray(lifted / np.add.reduce(lifted), dtype=np.float32)

    def _evidence(self, reading: Reading | None, matter: Matter, clues: Sequence[Clue]) -> tuple[Clue, ...]:
        said = sorted((clue for clue in clues if clue.about == matter.code), key=lambda each: -each.weight)
        if self._model is None or reading is None or matter.code not in self._model.labels:
            return tuple(said[:_MOST_PIECES])
        learned = [
            Clue(piece.start, piece.end, matter.code, piece.weight, f"学到的特征,占{piece.weight:.0%}")
            for piece in self._model.evidence(reading, matter.code, _MOST_PIECES)
        ]
        return (*said[:_MOST_PIECES], *learned)


def _speaks(folded: str) -> bool:
    """Whether there are words: two Chinese characters at least. Digits alone look like anything."""
    return _TWO_CHARACTERS.search(folded) is not None
