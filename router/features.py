"""What the learner sees of a text: pieces of one to four characters, and the same of their sounds.

Sounds keep a message together when the recogniser hears 水停 as 水庭. Pieces never cross a punctuation mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from router.text import fold, sounds

WEIGHT_OF_CHARACTERS = (1.2, 1.0, 0.5, 0.25)
WEIGHT_OF_SOUNDS = (0.9, 0.9, 0.5)
"""What a piece of one, two, three … signs counts. Long ones are rare by themselves: more would drown the
short ones in a message of twenty characters. Found by leaving out one manner of speaking at a time."""
MOST_LEARNED = 4_000
"""Characters of a text that are looked at; what follows says the same again."""
_PRIME = np.uint64(0x9E3779B97F4A7C15)
_RUN = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\d")


Runs = list[tuple[int, str]]
"""The pieces of a text between punctuation marks, each with its place."""


def runs(text: str) -> Runs:
    """The pieces between punctuation marks; every digit is 0."""
    folded = _DIGITS.sub("0", fold(text[:MOST_LEARNED]))
    return [(run.start(), run[0]) for run in _RUN.finditer(folded)]


def grams_of(cut: Runs) -> NDArray[np.uint64]:
    """All n-grams of characters and of sounds, repeats included, each as one number (a hash of its signs)."""
    found: list[NDArray[np.uint64]] = []
    for _, run in cut:
        for signs, weights in ((run, WEIGHT_OF_CHARACTERS), (sounds(run), WEIGHT_OF_SOUNDS)):
            single = np.frombuffer(signs.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
            gram = single
            found.append(gram)
            for length in range(2, min(len(weights), len(single)) + 1):
                gram = gram[:-1] * _PRIME + single[length - 1 :]
                found.append(gram)
    return np.concatenate(found) if found else np.empty(0, dtype=np.uint64)


def blocks(cut: Runs) -> Iterator[tuple[int, int, int, float]]:
    """(start, length, count, weight) for the grams of `grams_of` in their order, one sign apart."""
    for start, run in cut:
        size = len(run)
        for weights in (WEIGHT_OF_CHARACTERS, WEIGHT_OF_SOUNDS):
            for length in range(1, min(len(weights), size) + 1):
                yield start, length, size - length + 1, weights[length - 1]
