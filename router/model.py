"""A trained sorter of texts: plain arrays, no pickle, nothing to run but numpy.

A model folder holds `model.json` (format, labels, vocabulary, the digest of what it learned from) and
`arrays.npz`. Training is in learn.py.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from math import log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from router.features import grams, placed_grams

FORMAT = 1
_JSON = "model.json"
_ARRAYS = "arrays.npz"
Array = NDArray[np.float32]


class ModelError(Exception):
    """A model folder that cannot be used; says which file and what to do."""


@dataclass(frozen=True)
class Evidence:
    """text[start:end] spoke for the label with this weight (a share of the whole evidence)."""

    start: int
    end: int
    weight: float


class Model:
    """Texts to labels with calibrated probabilities. Read only; may be shared by threads."""

    def __init__(
        self,
        labels: tuple[str, ...],
        vocabulary: tuple[str, ...],
        weights: NDArray[np.float16],
        rarity: Array,
        bias: Array,
        sharpness: float,
        about: dict[str, Any],
    ) -> None:
        self.labels = labels
        self.about = about
        """What it was trained from: `digest`, `texts`, `score` and what else the trainer wrote."""
        self.sharpness = sharpness
        """What scores are multiplied by before they become probabilities (calibration)."""
        self._vocabulary = vocabulary
        self._index = {gram: place for place, gram in enumerate(vocabulary)}
        self._weights = weights
        self._rarity = rarity
        self._bias = bias

    def scores(self, text: str) -> Array:
        """One number a label, higher is likelier."""
        places, values = self._vector(Counter(grams(text)))
        if not len(places):
            return self._bias.copy()
        return values @ self._weights[places].astype(np.float32) + self._bias

    def probabilities(self, text: str) -> Array:
        """One calibrated probability a label; they sum to 1."""
        return softmax(self.scores(text) * self.sharpness)

    def knows(self, text: str) -> bool:
        """Whether the text holds anything that the model has learned of."""
        return any(gram in self._index for gram in grams(text))

    def evidence(self, text: str, label: str, most: int = 3) -> list[Evidence]:
        """The pieces of the text that spoke most for `label`, the strongest first, not overlapping."""
        placed = placed_grams(text)
        places, values = self._vector(Counter(gram for _, gram in placed))
        column = self.labels.index(label)
        # Against what it gave all labels on average: common words speak for everything.
        rows = self._weights[places].astype(np.float32)
        each = values * (rows[:, column] - rows.mean(axis=1)) if len(places) else values
        worth = dict(zip(places.tolist(), each.tolist(), strict=True))
        return _strongest(placed, self._index, worth, most)

    def _vector(self, counts: Counter[str]) -> tuple[NDArray[np.intp], Array]:
        """Places and values of the known grams: damped count times rarity, of length 1."""
        index = self._index
        known = [(index[gram], count) for gram, count in counts.items() if gram in index]
        places = np.array([place for place, _ in known], dtype=np.intp)
        damped = [1.0 if count == 1 else 1.0 + log(count) for _, count in known]
        values = np.array(damped, dtype=np.float32) * self._rarity[places]
        size = float(np.sqrt(values @ values))
        return places, values / size if size else values

    # ------------------------------------------------------------ on disk
    def save(self, folder: Path) -> None:
        """Write the model into `folder`, which is made; the arrays' digest stands in the JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(
            folder / _ARRAYS,
            weights=self._weights,
            rarity=self._rarity.astype(np.float32),
            bias=self._bias.astype(np.float32),
        )
        told = {
            "format": FORMAT,
            "about": self.about,
            "sharpness": self.sharpness,
            "arrays": _digest(folder / _ARRAYS),
            "labels": self.labels,
            "vocabulary": "\n".join(self._vocabulary),
        }
        (folder / _JSON).write_text(json.dumps(told, ensure_ascii=False), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> Model:
        """The model in `folder`. Raises ModelError when it is missing, cut short or of another format."""
        try:
            told = json.loads((folder / _JSON).read_text("utf-8"))
            if told["format"] != FORMAT:
                raise ModelError(
                    f"{folder}: a model of format {told['format']}, not {FORMAT}; train it again"
                )
            if told["arrays"] != _digest(folder / _ARRAYS):
                raise ModelError(f"{folder / _ARRAYS}: is damaged; train the model again")
            with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
                weights, rarity, bias = arrays["weights"], arrays["rarity"], arrays["bias"]
        except OSError as error:
            raise ModelError(f"{error.filename}: {error.strerror}; train a model into this folder") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{folder}: is no model of this program; train it again") from error
        vocabulary = tuple(told["vocabulary"].split("\n"))
        labels = tuple(told["labels"])
        if weights.shape != (len(vocabulary), len(labels)):
            raise ModelError(f"{folder}: its parts do not belong together; train it again")
        return cls(labels, vocabulary, weights, rarity, bias, float(told["sharpness"]), told["about"])


def softmax(scores: Array) -> Array:
    """Scores to probabilities."""
    powers = np.exp(scores - scores.max())
    return np.asarray(powers / powers.sum(), dtype=np.float32)


def _strongest(
    placed: list[tuple[int, str]], index: dict[str, int], worth: dict[int, float], most: int
) -> list[Evidence]:
    """Give each gram's worth to its characters, then take the runs of characters worth most."""
    if not placed:
        return []
    size = max(start + len(gram) for start, gram in placed)
    by_sign = [0.0] * size
    for start, gram in placed:
        value = worth.get(index.get(gram, -1), 0.0)
        for place in range(start, start + len(gram)):
            by_sign[place] += value / len(gram)
    total = sum(value for value in by_sign if value > 0) or 1.0
    ordinary = total / size
    found: list[Evidence] = []
    start = -1
    for place, value in enumerate([*by_sign, 0.0]):
        if value > ordinary:
            start = place if start < 0 else start
        elif start >= 0:
            found.append(Evidence(start, place, sum(by_sign[start:place]) / total))
            start = -1
    return sorted(found, key=lambda each: -each.weight)[:most]


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
