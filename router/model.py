"""A trained sorter of texts: plain arrays, no pickle, nothing to run but numpy.

A model folder holds `model.json` (format, labels, the digest of what it learned from) and `arrays.npz`.
Training is in learn.py.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from router.features import Seen, see

FORMAT = 5
_STEPS = 127
"""Weights are kept in so many steps to each side of 0: a quarter of the memory for hardly a changed guess."""
_JSON = "model.json"
_ARRAYS = "arrays.npz"
_BELOW = "below"
_BEFORE = np.full(1, -1)
Array = NDArray[np.float32]


class ModelError(Exception):
    """A model folder that cannot be used; says which file and what to do."""


class Evidence(NamedTuple):
    """text[start:end] spoke for the label with this weight (a share of the whole evidence)."""

    start: int
    end: int
    weight: float


@dataclass(frozen=True)
class Reading:
    """A text as the model sees it: its known grams, each with its value and its row of weights."""

    seen: Seen
    order: NDArray[np.intp]
    """The places of the grams in `seen` such that equal ones stand together."""
    counts: NDArray[np.intp]
    """How often each different gram is there, in that order."""
    known: NDArray[np.bool_]
    """Whether the model has learned of it."""
    values: Array
    """What each known one counts in this text."""
    rows: Array
    """In the model's steps."""
    beside: Array
    """What the model below this one gives each label."""

    @property
    def empty(self) -> bool:
        """Whether the text holds nothing that the model has learned of."""
        return len(self.values) == 0


@dataclass(frozen=True)
class Below:
    """A model of other labels that another one builds on: what each of its labels says for the new ones."""

    model: Model
    lift: Array
    """(labels of the model, new labels)"""

    def scores(self, text: str) -> Array:
        return np.asarray(self.model.scores(text) @ self.lift, dtype=np.float32)


class Model:
    """Texts to labels with calibrated probabilities. Read only; may be shared by threads."""

    def __init__(
        self,
        labels: tuple[str, ...],
        vocabulary: NDArray[np.uint64],
        weights: NDArray[np.int8],
        steps: Array,
        rarity: Array,
        bias: Array,
        sharpness: float,
        about: dict[str, Any],
        below: Below | None = None,
    ) -> None:
        self.labels = labels
        self.about = about
        """What it was trained from: `digest`, `texts`, `score` and what else the trainer wrote."""
        self.sharpness = sharpness
        """What scores are multiplied by before they become probabilities (calibration)."""
        self._vocabulary = vocabulary
        self._column = {label: place for place, label in enumerate(labels)}
        # A text takes some hundred rows: each must lie together in memory.
        self._weights = np.ascontiguousarray(weights)
        self._steps = steps
        self._rarity = rarity
        self._nothing = np.zeros(len(labels), dtype=np.float32)
        self._share = steps / np.float32(len(labels))
        self._bias = bias
        self._below = below

    @classmethod
    def of(
        cls,
        labels: tuple[str, ...],
        vocabulary: NDArray[np.uint64],
        weights: NDArray[Any],
        rarity: Array,
        bias: Array,
        sharpness: float,
        about: dict[str, Any],
        below: Below | None = None,
    ) -> Model:
        """A model of freshly learned weights, (grams, labels)."""
        steps = (np.abs(weights).max(axis=0) / _STEPS).astype(np.float32)
        steps[steps == 0] = 1.0
        small = np.rint(weights / steps).astype(np.int8)
        return cls(labels, vocabulary, small, steps, rarity, bias, sharpness, about, below)

    def read(self, text: str) -> Reading:
        """What the model sees of the text; costs most of the time, so that it is done once."""
        seen = see(text)
        # Sorted, the same grams stand together and the search goes once through the vocabulary.
        order = seen.grams.argsort()
        grams = seen.grams.take(order)
        ends = np.concatenate([_BEFORE, (grams[1:] != grams[:-1]).nonzero()[0], [len(grams) - 1]])
        counts = ends[1:] - ends[:-1]
        grams = grams.take(ends[1:]) if len(grams) else grams
        columns = self._vocabulary.searchsorted(grams)
        columns[columns == len(self._vocabulary)] = 0
        known = self._vocabulary.take(columns) == grams
        columns = columns[known]
        values = (1.0 + np.log(counts[known].astype(np.float32))) * self._rarity.take(columns)
        size = float(np.sqrt(values @ values))
        scaled = np.asarray(values / size if size else values, dtype=np.float32)
        rows = self._weights.take(columns, axis=0).astype(np.float32)
        beside = self._below.scores(text) if self._below else self._nothing
        return Reading(seen, order, counts, known, scaled, rows, beside)

    def scores(self, text: str) -> Array:
        """One number a label, higher is likelier."""
        return self.scores_of(self.read(text))

    def scores_of(self, reading: Reading) -> Array:
        return (reading.values @ reading.rows) * self._steps + self._bias + reading.beside

    def probabilities(self, text: str) -> Array:
        """One calibrated probability a label; they sum to 1."""
        return self.probabilities_of(self.read(text))

    def probabilities_of(self, reading: Reading) -> Array:
        return softmax(self.scores_of(reading) * self.sharpness)

    def evidence(self, reading: Reading, label: str, most: int = 3) -> list[Evidence]:
        """The pieces of the text that spoke most for `label`, the strongest first, not overlapping."""
        if reading.empty:
            return []
        column = self._column[label]
        # Against what it gave all labels on average: common words speak for everything.
        rows = reading.rows
        worth = reading.values * (rows[:, column] * self._steps[column] - rows @ self._share)
        return _strongest(_by_sign(reading, worth), most)

    # ------------------------------------------------------------ on disk
    def save(self, folder: Path) -> None:
        """Write the model into `folder`, which is made; the arrays' digest stands in the JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(
            folder / _ARRAYS,
            vocabulary=self._vocabulary,
            weights=self._weights,
            steps=self._steps,
            rarity=self._rarity.astype(np.float32),
            bias=self._bias.astype(np.float32),
            lift=self._below.lift if self._below else np.zeros((0, len(self.labels)), dtype=np.float32),
        )
        if self._below:
            self._below.model.save(folder / _BELOW)
        told = {
            "format": FORMAT,
            "about": self.about,
            "sharpness": self.sharpness,
            "arrays": _digest(folder / _ARRAYS),
            "labels": self.labels,
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
                weights, steps = arrays["weights"], arrays["steps"]
                vocabulary, rarity, bias = arrays["vocabulary"], arrays["rarity"], arrays["bias"]
                lift = arrays["lift"]
        except OSError as error:
            raise ModelError(f"{error.filename}: {error.strerror}; train a model into this folder") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{folder}: is no model of this program; train it again") from error
        labels = tuple(told["labels"])
        if weights.shape != (len(vocabulary), len(labels)):
            raise ModelError(f"{folder}: its parts do not belong together; train it again")
        below = Below(cls.load(folder / _BELOW), lift) if len(lift) else None
        if below and lift.shape != (len(below.model.labels), len(labels)):
            raise ModelError(f"{folder}: its parts do not belong together; train it again")
        sharpness = float(told["sharpness"])
        return cls(labels, vocabulary, weights, steps, rarity, bias, sharpness, told["about"], below)


def softmax(scores: Array) -> Array:
    """Scores to probabilities."""
    powers = np.exp(scores - np.maximum.reduce(scores))
    return np.asarray(powers / np.add.reduce(powers), dtype=np.float32)


def _by_sign(reading: Reading, worth: NDArray[Any]) -> list[float]:
    """Give each known gram's worth to the signs that it covers; one more value for the end of the text."""
    seen, counts = reading.seen, reading.counts
    places = reading.order[np.repeat(reading.known, counts)]
    starts, lengths = seen.starts[places], seen.lengths[places]
    share = np.repeat(worth, counts[reading.known]) / lengths
    change = np.bincount(starts, share, seen.size + 1) - np.bincount(starts + lengths, share, seen.size + 1)
    signs: list[float] = change.cumsum().tolist()
    return signs


def _strongest(by_sign: list[float], most: int) -> list[Evidence]:
    """The runs of signs that are worth more than an ordinary one; the last sign is none."""
    total = sum(value for value in by_sign if value > 0) or 1.0
    ordinary = total / len(by_sign)
    found: list[Evidence] = []
    start, inside = -1, 0.0
    for place, value in enumerate([*by_sign[:-1], 0.0]):
        if value > ordinary:
            start, inside = (place if start < 0 else start), inside + value
        elif start >= 0:
            found.append(Evidence(start, place, inside / total))
            start, inside = -1, 0.0
    return sorted(found, key=lambda each: -each.weight)[:most]


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
