"""What a learned model sees of a text: n-grams of characters and of their sounds.

A homophone changes the characters and not the sounds, so that it costs only half of what a text says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from router.text import fold, sound_table

WEIGHT_OF_CHARACTERS = (1.2, 1.0, 0.5, 0.25)
WEIGHT_OF_SOUNDS = (0.9, 0.9, 0.5)
"""What a piece of one, two, three … signs counts. Long ones are rare by themselves: more would drown the
short ones in a message of twenty characters. Found by leaving out one manner of speaking at a time."""
MOST_LEARNED = 4_000
"""Characters of a text that are looked at; what follows says the same again."""
_PRIME = np.uint64(0x9E3779B97F4A7C15)
_LAST = np.uint64(0xFFFF)
"""The last sign with a sound of its own."""
_KIND_BITS = np.uint64(3)
_KINDS = np.arange(8, dtype=np.uint64)
_WEIGHTS = np.array([*WEIGHT_OF_CHARACTERS, *WEIGHT_OF_SOUNDS, 0.0], dtype=np.float32)
_LENGTHS = (*range(1, len(WEIGHT_OF_CHARACTERS) + 1), *range(1, len(WEIGHT_OF_SOUNDS) + 1))
_NO_WORD = re.compile(r"[\W_]")
_DIGIT = re.compile(r"\d")
_GAP = "\0"
_SHORT = 200
"""Up to this length the places of grams are kept for the next text of the same length."""

Grams = NDArray[np.uint64]
"""N-grams, each as one number: a hash of its signs, its kind (which signs, how many) in the lowest bits."""


@dataclass(frozen=True)
class Seen:
    """The n-grams of a text with their places, repeats included."""

    grams: Grams
    starts: NDArray[np.int32]
    lengths: NDArray[np.int32]
    size: int
    """Characters of the text that were looked at."""


def see(text: str, most: int = MOST_LEARNED) -> Seen:
    """The n-grams in the first `most` characters of the text; none reaches over a punctuation mark."""
    folded = _NO_WORD.sub(_GAP, _DIGIT.sub("0", fold(text)[:most]))
    size = len(folded)
    grams, whole = _all_grams(folded)
    kept = whole.nonzero()[0]
    places = _places(size) if size <= _SHORT else _places.__wrapped__(size)
    kinds, starts, lengths = places
    hashed = (grams.take(kept) << _KIND_BITS) | kinds.take(kept)
    return Seen(hashed, starts.take(kept), lengths.take(kept), size)


def _all_grams(folded: str) -> tuple[Grams, NDArray[np.bool_]]:
    """The hashes of each kind in turn, one sign apart, and which of them hold no gap."""
    signs = _numbers(folded)
    heard = _sound_table().take(np.minimum(signs, _LAST))
    whole = [signs != 0]
    for length in range(2, max(_LENGTHS) + 1):
        whole.append(whole[-1][:-1] & whole[0][length - 1 :])
    grams = []
    for single, lengths in ((signs, len(WEIGHT_OF_CHARACTERS)), (heard, len(WEIGHT_OF_SOUNDS))):
        grams.append(single)
        for length in range(2, lengths + 1):
            grams.append(grams[-1][:-1] * _PRIME + single[length - 1 :])
    return np.concatenate(grams), np.concatenate([whole[length - 1] for length in _LENGTHS])


@lru_cache(maxsize=256)
def _places(size: int) -> tuple[Grams, NDArray[np.int32], NDArray[np.int32]]:
    """Kind, start and length of everything that `_all_grams` gives for so many signs."""
    counts = [max(size - length + 1, 0) for length in _LENGTHS]
    starts = np.concatenate([np.arange(count, dtype=np.int32) for count in counts])
    lengths = np.repeat(np.array(_LENGTHS, dtype=np.int32), counts)
    return np.repeat(_KINDS[: len(_LENGTHS)], counts), starts, lengths


@cache
def _sound_table() -> Grams:
    """As text.sounds, for the numbers of signs; what lies beyond the table all sounds the same."""
    table = np.arange(int(_LAST) + 1, dtype=np.uint64)
    for sign, sound in sound_table().items():
        table[sign] = sound
    return table


def _numbers(signs: str) -> Grams:
    return np.frombuffer(signs.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)


def weights_of(grams: Grams) -> NDArray[np.float32]:
    """What each gram counts by its kind."""
    return np.asarray(_WEIGHTS[(grams & _KINDS[-1]).astype(np.intp)])
