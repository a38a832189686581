"""What a learned model sees of a text: n-grams of characters and of their sounds.

A homophone changes the characters and not the sounds, so that it costs only half of what a text says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

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
_KIND_BITS = np.uint64(3)
_KINDS = np.arange(8, dtype=np.uint64)
_WEIGHTS = np.array([*WEIGHT_OF_CHARACTERS, *WEIGHT_OF_SOUNDS, 0.0], dtype=np.float32)
_LENGTHS = (*range(1, len(WEIGHT_OF_CHARACTERS) + 1), *range(1, len(WEIGHT_OF_SOUNDS) + 1))
_NO_WORD = re.compile(r"[\W_]")
_DIGIT = re.compile(r"\d")
_GAP = "\0"

Grams = NDArray[np.uint64]
"""N-grams, each as one number: a hash of its signs, its kind (which signs, how many) in the lowest bits."""


@dataclass(frozen=True)
class Seen:
    """The n-grams of a text with their places, repeats included."""

    grams: Grams
    starts: NDArray[np.intp]
    lengths: NDArray[np.intp]
    size: int
    """Characters of the text that were looked at."""


def see(text: str, most: int = MOST_LEARNED) -> Seen:
    """The n-grams in the first `most` characters of the text; none reaches over a punctuation mark."""
    folded = _NO_WORD.sub(_GAP, _DIGIT.sub("0", fold(text)[:most]))
    kinds = list(_grams(folded))
    return Seen(
        np.concatenate([grams for grams, _ in kinds]),
        np.concatenate([starts for _, starts in kinds]),
        np.repeat(np.array(_LENGTHS, dtype=np.intp), [len(grams) for grams, _ in kinds]),
        len(folded),
    )


def _grams(folded: str) -> Iterator[tuple[Grams, NDArray[np.intp]]]:
    """The grams of each kind in turn, and where they begin."""
    signs, heard = _numbers(folded), _numbers(sounds(folded))
    whole = [signs != 0]
    for length in range(2, max(_LENGTHS) + 1):
        whole.append(whole[-1][:-1] & whole[0][length - 1 :])
    starts = [np.flatnonzero(each) for each in whole]
    kind = 0
    for single, lengths in ((signs, len(WEIGHT_OF_CHARACTERS)), (heard, len(WEIGHT_OF_SOUNDS))):
        grams = single
        for length in range(1, lengths + 1):
            if length > 1:
                grams = grams[:-1] * _PRIME + single[length - 1 :]
            yield (grams[starts[length - 1]] << _KIND_BITS) | _KINDS[kind], starts[length - 1]
            kind += 1


def _numbers(signs: str) -> Grams:
    return np.frombuffer(signs.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)


def weights_of(grams: Grams) -> NDArray[np.float32]:
    """What each gram counts by its kind."""
    return np.asarray(_WEIGHTS[(grams & _KINDS[-1]).astype(np.intp)])
