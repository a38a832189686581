"""Training a model. With trial.py the only part of this room that needs scikit-learn.

    model = train(examples)

The learner: damped, rarity-weighted n-grams of characters and sounds (features.py); a softmax regression and
a support vector machine, both linear, so that their sum is one plane a label; then one sharpness that turns
scores into probabilities, chosen on texts held out. Every short text is learned a second time, misheard.
Why these: docs/decisions/0014-the-sorters-learner.md.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from router.examples import Example, digest
from router.features import MOST_LEARNED, Grams, see, weights_of
from router.model import Array, Below, Model
from router.text import misheard

_MOST_GRAMS = 1_000_000
_MOST_WEIGHTS = 40_000_000
"""Grams times labels: what is kept in memory, a byte each."""
_MOST_CHARACTERS = 6_000_000
"""Of all texts together. If there are more, each long text is cut shorter: memory stays below 2 GB."""
_MANY_TEXTS = 5_000
"""From here on every gram must be in two texts to be learned."""
_WEIGHT_OF_SHORT = 0.9
"""Longer grams, which weigh less, must always be in two texts: what is in one only makes the model large."""
_SLOTS = np.uint64(2**25 - 1)
_FOLDS = 4
_PARTS_OF_MANY = 2
_MANY_TO_TRY = 1_000
"""Of so many texts, two parts held out say enough."""
_PASSES = 25
_LOOSE = 50.0
"""The regression's inverse penalty: with it and so few passes it stops before it knows its texts by heart."""
_PENALTY = 1.0
_FEW_LABELS = 40
"""Among more labels the machine adds time and nothing else."""
_SHARE_OF_MACHINE = 3.0
"""The machine's scores are smaller than the regression's."""
_GROUND = 0.15
"""How large the scores of a model below are made: all of them together weigh about as much as the grams."""
_SHORT, _LONG = 60, 200
"""Characters. A longer text says everything several times, so that mishearing does it no harm."""
_TAKES_OF_SHORT = 2
_MISHEARD = 0.2
_SHARPNESSES = np.geomspace(0.5, 40.0, 60)
Progress = Callable[[str], None]


def silent(_: str) -> None:
    """Progress that nobody wants to hear of."""


def train(examples: Sequence[Example], progress: Progress = silent, below: Model | None = None) -> Model:
    """A model of these texts. The same examples in the same order give the same model.

    `below`: a model of other labels, whose scores are learned from as well: it may know words that these
    texts do not have. Needs at least two labels; raises ValueError otherwise.
    """
    labels = tuple(sorted({example.label for example in examples}))
    if len(labels) < 2:
        raise ValueError("a model needs texts of at least two labels")
    progress(f"reading {len(examples)} texts of {len(labels)} labels")
    return Learner(examples, labels, progress, below).learn()


class Learner:
    """Texts made ready for learning once, for the trial parts and the whole."""

    def __init__(
        self,
        examples: Sequence[Example],
        labels: tuple[str, ...],
        progress: Progress,
        below: Model | None,
    ) -> None:
        self._examples = examples
        self._labels = labels
        self._progress = progress
        place = {label: number for number, label in enumerate(labels)}
        self._wanted = np.array([place[example.label] for example in examples])
        texts = [example.text for example in examples]
        heard = [
            (number, misheard(text, _MISHEARD, take))
            for number, text in enumerate(texts)
            for take in range(_takes(text))
        ]
        most = _longest([len(text) for text in texts])
        self._texts = _read(texts, most) + [_counted(text, most) for _, text in heard]
        self._said = np.array([*range(len(texts)), *(number for number, _ in heard)])
        """Which example each text is, the misheard ones included."""
        self._ground = _Ground.under([*texts, *(text for _, text in heard)], below) if below else None

    def learn(self) -> Model:
        """Choose the sharpness on texts held out, then learn from all."""
        sharpness = self._sharpness()
        self._progress(f"learning from {len(self._examples)} texts of {len(self._labels)} labels")
        about = {"digest": digest(self._examples), "texts": len(self._examples)}
        if self._ground is not None:
            about["below"] = self._ground.model.about
        return self._fit(np.arange(len(self._examples))).model(self._labels, sharpness, about)

    def _sharpness(self) -> float:
        """The one under which texts held out surprise the least."""
        parts = [part for part in folds(self._examples, _FOLDS) if len(set(self._wanted[part[0]])) > 1]
        if len(self._examples) > _MANY_TO_TRY:
            parts = parts[:_PARTS_OF_MANY]
        if not parts:
            return 1.0
        scores = []
        for number, (learned, held) in enumerate(parts, 1):
            self._progress(f"trying on texts held out, part {number} of {len(parts)}")
            scores.append(self._fit(learned).scores(held))
        table, truth = np.vstack(scores), np.concatenate([self._wanted[held] for _, held in parts])
        return float(min(_SHARPNESSES, key=lambda sharp: surprise(table * sharp, truth)))

    def _fit(self, chosen: NDArray[np.intp]) -> _Planes:
        vocabulary = _vocabulary([self._texts[each] for each in chosen], len(self._labels))
        read = np.flatnonzero(np.isin(self._said, chosen))
        wanted = self._wanted[self._said[read]]
        planes = _Planes(self._texts, vocabulary, self._ground)
        planes.weights, planes.bias = separate(planes.matrix(read), wanted, len(self._labels))
        return planes


def _takes(text: str) -> int:
    """How often a text is learned again, misheard."""
    return _TAKES_OF_SHORT if len(text) <= _SHORT else 1 if len(text) <= _LONG else 0


@dataclass(frozen=True)
class _Counted:
    """The grams of one text, each once and sorted, and how often it is there."""

    grams: Grams
    counts: NDArray[np.uint16]


@dataclass(frozen=True)
class _Vocabulary:
    """The grams worth keeping, sorted, and how much each counts."""

    grams: Grams
    rarity: Array


@dataclass(frozen=True)
class _Ground:
    """What the model below says of each text: its scores, of about one size with the grams' values."""

    model: Model
    table: NDArray[np.float32]
    """(texts, its labels)"""
    middle: Array
    scale: np.float32

    @classmethod
    def under(cls, texts: Sequence[str], model: Model) -> _Ground:
        scores = np.array([model.scores(text) for text in texts], dtype=np.float32)
        middle = scores.mean(axis=0)
        scale = np.float32(_GROUND / (scores.std() or 1.0))
        return cls(model, (scores - middle) * scale, middle, scale)


@dataclass
class _Planes:
    """What was learned: one plane a label over grams and, below them, what the ground says."""

    texts: Sequence[_Counted]
    vocabulary: _Vocabulary
    ground: _Ground | None
    weights: NDArray[Any] = field(default_factory=lambda: np.zeros((0, 0)))
    bias: NDArray[Any] = field(default_factory=lambda: np.zeros(0))

    def matrix(self, chosen: NDArray[np.intp]) -> Any:
        """One row a text."""
        grams = _matrix([self.texts[each] for each in chosen], self.vocabulary)
        if self.ground is None:
            return grams
        from scipy.sparse import csr_matrix, hstack

        return hstack([grams, csr_matrix(self.ground.table[chosen])], format="csr")

    def scores(self, chosen: NDArray[np.intp]) -> NDArray[Any]:
        """(texts, labels)"""
        return np.asarray(self.matrix(chosen) @ self.weights + self.bias)

    def model(self, labels: tuple[str, ...], sharpness: float, about: dict[str, Any]) -> Model:
        size = len(self.vocabulary.grams)
        weights, bias, below = self.weights[:size], self.bias, None
        if self.ground is not None:
            lift = self.weights[size:] * self.ground.scale
            bias = bias - self.ground.middle @ lift
            below = Below(self.ground.model, lift.astype(np.float32))
        grams, rarity, offsets = self.vocabulary.grams, self.vocabulary.rarity, bias.astype(np.float32)
        return Model.of(labels, grams, weights, rarity, offsets, sharpness, about, below)


def separate(matrix: Any, wanted: NDArray[Any], count: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """(grams, labels) and (labels,): what speaks for each label, and what each label starts with."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    regression = LogisticRegression(
        C=_LOOSE, class_weight="balanced", solver="sag", max_iter=_PASSES, random_state=0
    )
    with warnings.catch_warnings():
        # Stopping early is what we want.
        warnings.simplefilter("ignore", ConvergenceWarning)
        regression.fit(matrix, wanted)
    weights, bias = _planes(regression, count)
    if count > _FEW_LABELS:
        return weights, bias
    machine = LinearSVC(C=_PENALTY, class_weight="balanced", random_state=0).fit(matrix, wanted)
    others, offsets = _planes(machine, count)
    return weights + _SHARE_OF_MACHINE * others, bias + _SHARE_OF_MACHINE * offsets


def _planes(learner: Any, count: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """One plane for each of `count` labels. A label without texts gets no chance; two labels share one."""
    rows, offsets = learner.coef_, learner.intercept_
    if len(learner.classes_) == 2:
        rows, offsets = np.vstack([-rows, rows]) / 2, np.concatenate([-offsets, offsets]) / 2
    weights, bias = np.zeros((count, rows.shape[1])), np.full(count, offsets.min() - 1.0)
    weights[learner.classes_], bias[learner.classes_] = rows, offsets
    return weights.T, bias


# ---------------------------------------------------------------- from texts to numbers


def _counted(text: str, most: int) -> _Counted:
    grams, counts = np.unique(see(text, most).grams, return_counts=True)
    return _Counted(grams, np.minimum(counts, 65_535).astype(np.uint16))


def _read(texts: Sequence[str], most: int) -> list[_Counted]:
    """The grams of each text. What is surely in one text only and long is left out at once, for memory."""
    slots = np.zeros(int(_SLOTS) + 1, dtype=np.uint8)
    for text in texts:
        taken = _slots(see(text, most).grams)
        slots[taken] = np.minimum(slots[taken], 1) + 1
    found = []
    for text in texts:
        read = _counted(text, most)
        kept = (slots[_slots(read.grams)] > 1) | _lasting(read.grams, len(texts))
        found.append(_Counted(read.grams[kept], read.counts[kept]))
    return found


def _longest(lengths: Sequence[int]) -> int:
    """How many characters of each text are read, so that all together stay within _MOST_CHARACTERS."""
    sizes = np.minimum(np.sort(np.array(lengths)), MOST_LEARNED)
    before = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    if_cut_here = before + sizes * np.arange(len(sizes), 0, -1)
    over = np.flatnonzero(if_cut_here > _MOST_CHARACTERS)
    return int(sizes[max(over[0] - 1, 0)]) if len(over) else MOST_LEARNED


def _slots(grams: Grams) -> NDArray[np.intp]:
    return ((grams >> np.uint64(20)) & _SLOTS).astype(np.intp)


def _lasting(grams: Grams, texts: int) -> NDArray[np.bool_]:
    """Short grams of a small collection are kept even if only one text holds them."""
    if texts >= _MANY_TEXTS:
        return np.zeros(len(grams), dtype=np.bool_)
    return weights_of(grams) >= _WEIGHT_OF_SHORT


def _vocabulary(texts: Sequence[_Counted], labels: int) -> _Vocabulary:
    grams, counts = np.unique(np.concatenate([text.grams for text in texts]), return_counts=True)
    kept = (counts > 1) | _lasting(grams, len(texts))
    most = min(_MOST_GRAMS, _MOST_WEIGHTS // labels)
    if kept.sum() > most:
        places = np.flatnonzero(kept)
        kept[places[np.argsort(-counts[places], kind="stable")[most:]]] = False
    if not kept.any():
        # Nothing but marks: one gram that no text holds stands for none, which no library likes.
        return _Vocabulary(np.zeros(1, dtype=np.uint64), np.zeros(1, dtype=np.float32))
    rarity = (np.log((1 + len(texts)) / (1 + counts[kept])) + 1) * weights_of(grams[kept])
    return _Vocabulary(grams[kept], rarity.astype(np.float32))


def _matrix(texts: Sequence[_Counted], vocabulary: _Vocabulary) -> Any:
    """One row a text, as Model sees it: damped counts times rarity, of length 1."""
    from scipy.sparse import csr_matrix

    columns, values, ends = [], [], [0]
    for text in texts:
        places = np.searchsorted(vocabulary.grams, text.grams)
        places[places == len(vocabulary.grams)] = 0
        known = vocabulary.grams[places] == text.grams
        row = (1 + np.log(text.counts[known].astype(np.float32))) * vocabulary.rarity[places[known]]
        columns.append(places[known].astype(np.int32))
        values.append(row / (np.sqrt(row @ row) or np.float32(1.0)))
        ends.append(ends[-1] + len(row))
    shape = (len(texts), len(vocabulary.grams))
    return csr_matrix((np.concatenate(values), np.concatenate(columns), np.array(ends)), shape=shape)


# ---------------------------------------------------------------- parts held out


def folds(examples: Sequence[Example], count: int) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Places (to learn from, held out), `count` times; each label is spread evenly over the parts.

    The same text is always in one part, however often it stands in the examples.
    """
    seen: dict[str, int] = defaultdict(int)
    part: dict[str, int] = {}
    for example in examples:
        if example.text not in part:
            part[example.text] = seen[example.label] % count
            seen[example.label] += 1
    parts = np.array([part[example.text] for example in examples])
    for held in range(count):
        if (parts == held).any():
            yield np.flatnonzero(parts != held), np.flatnonzero(parts == held)


def surprise(scores: NDArray[Any], truth: NDArray[Any]) -> float:
    """The mean logarithmic loss."""
    highest = scores.max(axis=1)
    totals = highest + np.log(np.exp(scores - highest[:, None]).sum(axis=1))
    return float((totals - scores[np.arange(len(truth)), truth]).mean())
