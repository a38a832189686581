"""Training and trying a model. The only part of this room that needs scikit-learn.

    model = train(examples)
    report = evaluate(model, examples)

The learner: damped, rarity-weighted n-grams of characters and sounds (features.py), a linear support vector
machine for each label, then one sharpness that turns scores into probabilities, chosen on texts held out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from router.examples import Example, digest
from router.features import blocks, grams_of, runs
from router.model import Array, Model

_MOST_GRAMS = 400_000
_MANY_TEXTS = 5_000
"""From here on every gram must be in two texts to be learned."""
_WEIGHT_OF_SHORT = 0.9
"""Longer grams, which weigh less, must always be in two texts: what is in one only makes the model large."""
_FOLDS = 4
_PENALTY = 1.0
_SHARPNESSES = np.geomspace(0.5, 40.0, 60)
Progress = Callable[[str], None]


def _silent(_: str) -> None:
    return


def train(examples: Sequence[Example], progress: Progress = _silent) -> Model:
    """A model of these texts. The same examples in the same order give the same model.

    Needs at least two labels; raises ValueError otherwise.
    """
    labels = tuple(sorted({example.label for example in examples}))
    if len(labels) < 2:
        raise ValueError("a model needs texts of at least two labels")
    sharpness = _sharpness(examples, labels, progress)
    progress(f"learning from {len(examples)} texts of {len(labels)} labels")
    about = {"digest": digest(list(examples)), "texts": len(examples)}
    return _fit(examples, labels, sharpness, about)


def _fit(
    examples: Sequence[Example], labels: tuple[str, ...], sharpness: float, about: dict[str, Any]
) -> Model:
    from sklearn.svm import LinearSVC

    texts, kinds = _read(examples)
    vocabulary = _vocabulary(texts, kinds)
    matrix = _matrix(texts, vocabulary)
    place = {label: number for number, label in enumerate(labels)}
    wanted = np.array([place[example.label] for example in examples])
    learner = LinearSVC(C=_PENALTY, random_state=0).fit(matrix, wanted)
    weights, bias = _for_each_label(learner, len(labels))
    offsets = bias.astype(np.float32)
    return Model.of(labels, vocabulary.grams, weights, vocabulary.rarity, offsets, sharpness, about)


def _for_each_label(learner: Any, count: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """(grams, labels) and (labels,). Labels without texts in this part get no chance; two share one plane."""
    rows, offsets = learner.coef_, learner.intercept_
    if len(learner.classes_) == 2:
        rows, offsets = np.vstack([-rows, rows]), np.concatenate([-offsets, offsets])
    weights, bias = np.zeros((count, rows.shape[1])), np.full(count, -2.0)
    weights[learner.classes_], bias[learner.classes_] = rows, offsets
    return weights.T, bias


@dataclass(frozen=True)
class _Vocabulary:
    """The grams worth keeping, sorted, and how much each counts."""

    grams: NDArray[np.uint64]
    rarity: Array


def _vocabulary(texts: Sequence[NDArray[np.uint64]], weights: dict[int, float]) -> _Vocabulary:
    each_once = np.concatenate([np.unique(text) for text in texts])
    grams, counts = np.unique(each_once, return_counts=True)
    kinds = np.array([weights[gram] for gram in grams.tolist()])
    lasting = kinds >= _WEIGHT_OF_SHORT if len(texts) < _MANY_TEXTS else np.False_
    kept = (counts > 1) | lasting
    if kept.sum() > _MOST_GRAMS:
        kept &= counts >= np.partition(counts[kept], -_MOST_GRAMS)[-_MOST_GRAMS]
    rarity = (np.log((1 + len(texts)) / (1 + counts[kept])) + 1) * kinds[kept]
    return _Vocabulary(grams[kept], rarity.astype(np.float32))


def _read(examples: Iterable[Example]) -> tuple[list[NDArray[np.uint64]], dict[int, float]]:
    """The grams of each text, and the weight of every gram by its kind and length."""
    texts: list[NDArray[np.uint64]] = []
    weights: dict[int, float] = {}
    for example in examples:
        cut = runs(example.text)
        grams = grams_of(cut)
        texts.append(grams)
        counted = (weight for _, _, count, weight in blocks(cut) for _ in range(count))
        weights.update(zip(grams.tolist(), counted, strict=True))
    return texts, weights


def _matrix(texts: Iterable[NDArray[np.uint64]], vocabulary: _Vocabulary) -> Any:
    """One row a text, as Model sees it: damped counts times rarity, of length 1."""
    from scipy.sparse import csr_matrix

    columns, values, ends = [], [], [0]
    for text in texts:
        grams, counts = np.unique(text, return_counts=True)
        places = np.searchsorted(vocabulary.grams, grams)
        places[places == len(vocabulary.grams)] = 0
        known = vocabulary.grams[places] == grams
        row = (1 + np.log(counts[known].astype(np.float32))) * vocabulary.rarity[places[known]]
        columns.append(places[known])
        values.append(row / (np.sqrt(row @ row) or 1.0))
        ends.append(ends[-1] + len(row))
    shape = (len(ends) - 1, len(vocabulary.grams))
    return csr_matrix((np.concatenate(values), np.concatenate(columns), np.array(ends)), shape=shape)


# ---------------------------------------------------------------- calibration


def folds(examples: Sequence[Example], count: int) -> Iterator[tuple[list[Example], list[Example]]]:
    """(to learn from, held out), `count` times; each label is spread evenly over the parts."""
    seen: dict[str, int] = defaultdict(int)
    part = []
    for example in examples:
        part.append(seen[example.label] % count)
        seen[example.label] += 1
    for held in range(count):
        yield (
            [example for example, number in zip(examples, part, strict=True) if number != held],
            [example for example, number in zip(examples, part, strict=True) if number == held],
        )


def _sharpness(examples: Sequence[Example], labels: tuple[str, ...], progress: Progress) -> float:
    """What makes the probabilities of texts held out as true as possible."""
    place = {label: number for number, label in enumerate(labels)}
    scores: list[Array] = []
    truth: list[int] = []
    for number, (learned, held) in enumerate(folds(examples, _FOLDS), 1):
        if len({example.label for example in learned}) < 2:
            continue
        progress(f"calibrating, part {number} of {_FOLDS}")
        model = _fit(learned, labels, 1.0, {})
        scores += [model.scores(example.text) for example in held]
        truth += [place[example.label] for example in held]
    if not truth:
        return 1.0
    table, right = np.array(scores), np.array(truth)
    return float(min(_SHARPNESSES, key=lambda sharp: _surprise(table * sharp, right)))


def _surprise(scores: NDArray[Any], truth: NDArray[Any]) -> float:
    """The mean logarithmic loss."""
    highest = scores.max(axis=1)
    totals = highest + np.log(np.exp(scores - highest[:, None]).sum(axis=1))
    return float((totals - scores[np.arange(len(truth)), truth]).mean())


# ---------------------------------------------------------------- how good it is


@dataclass(frozen=True)
class Report:
    """How a model does on texts it has not seen."""

    macro_f1: float
    accuracy: float
    per_class: dict[str, dict[str, float]]
    """label → precision, recall, f1, texts"""
    confusion: dict[str, dict[str, int]]
    """true label → guessed label → texts; only where there are any"""
    calibration: list[dict[str, float]]
    """bins of probability: from, to, texts, said (mean probability), right (share)"""
    calibration_error: float
    texts: int
    texts_per_second: float
    about: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))


Guesser = Callable[[str], tuple[str, float]]


def evaluate(model: Model, examples: Sequence[Example]) -> Report:
    """How `model` does on these texts."""

    def guess(text: str) -> tuple[str, float]:
        chances = model.probabilities(text)
        best = int(chances.argmax())
        return model.labels[best], float(chances[best])

    return report(guess, examples, dict(model.about))


def cross_validate(examples: Sequence[Example], count: int, progress: Progress = _silent) -> Report:
    """How the learner does on these texts: each is guessed by a model that never saw it."""
    told: list[tuple[Example, str, float]] = []
    seconds = 0.0
    for number, (learned, held) in enumerate(folds(examples, count), 1):
        progress(f"part {number} of {count}")
        model = train(learned)
        begun = perf_counter()
        for example in held:
            chances = model.probabilities(example.text)
            best = int(chances.argmax())
            told.append((example, model.labels[best], float(chances[best])))
        seconds += perf_counter() - begun
    return _report(told, seconds, {"folds": count, "digest": digest(list(examples))})


def report(guess: Guesser, examples: Sequence[Example], about: dict[str, Any]) -> Report:
    """How any guesser does: text → (label, probability)."""
    begun = perf_counter()
    told = [(example, *guess(example.text)) for example in examples]
    return _report(told, perf_counter() - begun, about)


def _report(told: Sequence[tuple[Example, str, float]], seconds: float, about: dict[str, Any]) -> Report:
    confusion: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for example, guessed, _ in told:
        confusion[example.label][guessed] += 1
    labels = sorted({example.label for example, _, _ in told})
    per_class = {label: _figures(label, confusion) for label in labels}
    bins = _bins([(chance, guessed == example.label) for example, guessed, chance in told])
    right = sum(confusion[label][label] for label in labels)
    error = sum(each["texts"] * abs(each["said"] - each["right"]) for each in bins) / max(len(told), 1)
    return Report(
        macro_f1=round(float(np.mean([each["f1"] for each in per_class.values()])), 4),
        accuracy=round(right / max(len(told), 1), 4),
        per_class=per_class,
        confusion={true: {g: n for g, n in row.items() if n} for true, row in confusion.items()},
        calibration=bins,
        calibration_error=round(error, 4),
        texts=len(told),
        texts_per_second=round(len(told) / max(seconds, 1e-9), 1),
        about=about,
    )


def _figures(label: str, confusion: dict[str, dict[str, int]]) -> dict[str, float]:
    hits = confusion[label].get(label, 0)
    texts = sum(confusion[label].values())
    guessed = sum(row.get(label, 0) for row in confusion.values())
    precision, recall = hits / max(guessed, 1), hits / max(texts, 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4), "texts": texts}


def _bins(told: Sequence[tuple[float, bool]], count: int = 10) -> list[dict[str, float]]:
    """How often a probability of 0.7 to 0.8 was right."""
    found = []
    for number in range(count):
        low, high = number / count, (number + 1) / count
        inside = [(chance, right) for chance, right in told if low < chance <= high]
        if inside:
            said, right = (float(np.mean([pair[side] for pair in inside])) for side in (0, 1))
            found.append(
                {
                    "from": low,
                    "to": high,
                    "texts": len(inside),
                    "said": round(said, 4),
                    "right": round(right, 4),
                }
            )
    return found
