"""Which matter: the city's words and a learned model together, with the pieces of text that say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from router.matters import Matter
from router.model import Model, softmax
from router.words import Clue, MatterWords, totals

WORDS_SHARE = 0.5
"""What one point of the city's words adds to a matter's logarithm of probability, beside a model."""
_WORDS_ALONE = 1.2
_FLOOR = 1e-5
_MOST_PIECES = 3


@dataclass(frozen=True)
class Guess:
    matter: Matter
    probability: float


@dataclass(frozen=True)
class Sorted:
    """The likeliest matters, best first, and what spoke for the first. No guess: nothing was understood."""

    guesses: tuple[Guess, ...]
    clues: tuple[Clue, ...]


class MatterSorter:
    """Sorts into the second-level matters of one city. Without a model, by words alone."""

    def __init__(self, matters: Sequence[Matter], model: Model | None) -> None:
        self._matters = tuple(matters)
        self._words = MatterWords(matters)
        self._place = {matter.code: place for place, matter in enumerate(self._matters)}
        self._model = model if model and {*model.labels} <= {*self._place} else None
        self._columns = [self._place[label] for label in self._model.labels] if self._model else []

    def sort(self, text: str, folded: str, most: int = 3) -> Sorted:
        """The `most` likeliest matters of `text` (`folded`: the same, text.fold)."""
        clues = self._words.clues(folded)
        if not clues and not (self._model and self._model.knows(text)):
            return Sorted((), ())
        chances = self._chances(text, clues)
        best = np.argsort(-chances, kind="stable")[:most]
        guesses = tuple(Guess(self._matters[place], float(chances[place])) for place in best)
        return Sorted(guesses, self._evidence(text, guesses[0].matter, clues))

    def _chances(self, text: str, clues: Sequence[Clue]) -> NDArray[np.float32]:
        said = np.zeros(len(self._matters), dtype=np.float32)
        for code, weight in totals(clues).items():
            said[self._place[code]] = weight
        if self._model is None:
            return softmax(said * _WORDS_ALONE)
        learned = np.full(len(self._matters), _FLOOR, dtype=np.float32)
        learned[self._columns] += self._model.probabilities(text)
        return softmax(np.log(learned) + WORDS_SHARE * said)

    def _evidence(self, text: str, matter: Matter, clues: Sequence[Clue]) -> tuple[Clue, ...]:
        said = sorted((clue for clue in clues if clue.about == matter.code), key=lambda each: -each.weight)
        if self._model is None or matter.code not in self._model.labels:
            return tuple(said[:_MOST_PIECES])
        learned = [
            Clue(piece.start, piece.end, matter.code, piece.weight, f"学到的特征,占{piece.weight:.0%}")
            for piece in self._model.evidence(text, matter.code, _MOST_PIECES)
        ]
        return (*said[:_MOST_PIECES], *learned)
