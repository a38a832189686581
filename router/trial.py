"""How good a model is: on texts with known labels, or by learning from parts and guessing the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from router.examples import Example, digest
from router.model import Model

Progress = Callable[[str], None]
Told = tuple[str, str, float]
"""The true label, the guessed one, the probability that the guess came with."""
_BINS = 10


@dataclass(frozen=True)
class Report:
    """How a model does on texts it has not seen."""

    macro_f1: float
    """The mean of the F1 of every label that the texts have, 0..1."""
    accuracy: float
    per_class: Mapping[str, Mapping[str, float]]
    """label → precision, recall, f1, texts"""
    confusion: Mapping[str, Mapping[str, int]]
    """true label → guessed label → texts; only where there are any"""
    calibration: Sequence[Mapping[str, float]]
    """Bins of probability: from, to, texts, said (mean probability), right (share)."""
    calibration_error: float
    """How far what was said is from what was right, on average over the texts."""
    texts: int
    texts_per_second: float
    about: Mapping[str, Any] = field(default_factory=dict)
    """What the model learned from."""

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))


def evaluate(model: Model, examples: Sequence[Example]) -> Report:
    """How `model` does on these texts; a label that it never learned counts as a wrong guess."""
    begun = perf_counter()
    told = [guessed(model, example) for example in examples]
    return report(told, perf_counter() - begun, model.about)


def cross_validate(
    examples: Sequence[Example], count: int, progress: Progress, below: Model | None = None
) -> Report:
    """How the learner does: each text is guessed by a model that never saw it. `count` models, 2 or more."""
    from router.learn import folds, train

    told: list[Told] = []
    seconds = 0.0
    for number, (learned, held) in enumerate(folds(examples, count), 1):
        progress(f"part {number} of {count}")
        model = train([examples[each] for each in learned], below=below)
        begun = perf_counter()
        told += [guessed(model, examples[each]) for each in held]
        seconds += perf_counter() - begun
    return report(told, seconds, {"folds": count, "digest": digest(examples)})


def guessed(model: Model, example: Example) -> Told:
    """What the model says of one text."""
    chances = model.probabilities(example.text)
    best = int(chances.argmax())
    return example.label, model.labels[best], float(chances[best])


def report(told: Sequence[Told], seconds: float, about: Mapping[str, Any]) -> Report:
    """The figures of some guesses that took so long together."""
    confusion: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for true, guess, _ in told:
        confusion[true][guess] += 1
    labels = sorted(confusion)
    per_class = {label: _figures(label, confusion) for label in labels}
    bins = _bins([(chance, guess == true) for true, guess, chance in told])
    right = sum(row.get(label, 0) for label, row in confusion.items())
    error = sum(each["texts"] * abs(each["said"] - each["right"]) for each in bins) / max(len(told), 1)
    return Report(
        macro_f1=round(float(np.mean([each["f1"] for each in per_class.values()] or [0.0])), 4),
        accuracy=round(right / max(len(told), 1), 4),
        per_class=per_class,
        confusion={true: dict(sorted(row.items())) for true, row in sorted(confusion.items())},
        calibration=bins,
        calibration_error=round(error, 4),
        texts=len(told),
        texts_per_second=round(len(told) / max(seconds, 1e-9), 1),
        about=dict(about),
    )


def _figures(label: str, confusion: Mapping[str, Mapping[str, int]]) -> dict[str, float]:
    hits = confusion[label].get(label, 0)
    texts = sum(confusion[label].values())
    claimed = sum(row.get(label, 0) for row in confusion.values())
    f1 = 2 * hits / max(texts + claimed, 1)
    precision, recall = hits / max(claimed, 1), hits / max(texts, 1)
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4), "texts": texts}


def _bins(told: Sequence[tuple[float, bool]]) -> list[dict[str, float]]:
    """How often a probability of 0.7 to 0.8 was right."""
    found = []
    for number in range(_BINS):
        low, high = number / _BINS, (number + 1) / _BINS
        inside = [(chance, right) for chance, right in told if low < chance <= high]
        if inside:
            said, right = (round(float(np.mean([pair[side] for pair in inside])), 4) for side in (0, 1))
            found.append({"from": low, "to": high, "texts": len(inside), "said": said, "right": right})
    return found
