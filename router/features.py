"""What the learner sees of a text: pieces of one to four characters, and the same of their sounds.

Sounds keep a message together when the recogniser hears 水停 as 水庭. Pieces never cross a punctuation mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from router.text import fold, sounds

LONGEST_CHARACTERS = 4
LONGEST_SOUNDS = 4
SHORTEST_SOUNDS = 2
"""One syllable alone stands for too many characters."""
MOST_LEARNED = 4_000
"""Characters of a text that are looked at; what follows says the same again."""
_RUN = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\d")


def runs(text: str) -> Iterator[tuple[int, str]]:
    """The pieces between punctuation marks with their place; every digit is 0."""
    folded = _DIGITS.sub("0", fold(text[:MOST_LEARNED]))
    for run in _RUN.finditer(folded):
        yield run.start(), run[0]


def grams(text: str) -> list[str]:
    """All n-grams of the text, of characters and of sounds, repeats included."""
    return [gram for _, gram in placed_grams(text)]


def placed_grams(text: str) -> list[tuple[int, str]]:
    """All n-grams with the place where each begins; a gram of sounds is as long as its characters."""
    found: list[tuple[int, str]] = []
    for start, run in runs(text):
        heard = sounds(run)
        size = len(run)
        for length in range(1, min(LONGEST_CHARACTERS, size) + 1):
            found += [(start + at, run[at : at + length]) for at in range(size - length + 1)]
        for length in range(SHORTEST_SOUNDS, min(LONGEST_SOUNDS, size) + 1):
            found += [(start + at, heard[at : at + length]) for at in range(size - length + 1)]
    return found
