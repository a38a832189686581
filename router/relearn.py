"""Learning again from a city's examples and what people corrected, beside the model in use.

Every fifth text, always the same ones, is held out: of the new examples and of the old. Two trial models that
never saw them are compared on them, and only if the new one is not worse is a model of everything made and
put in use, in one step. A folder of learned models holds one folder a model, with its `trial` inside.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from router.city_file import City, load
from router.examples import Example, digest
from router.learn import train
from router.matters import labels_of, matters_of
from router.model import FORMAT, Model, ModelError
from router.ready import CURRENT, RECIPE, learned_model, save, spoken_examples, word_examples
from router.text import fold
from router.trial import evaluate

TRIAL = "trial"
_EVERY = 5
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Relearned:
    """What came of it. Scores are macro-F1 on the texts held out, 0..1; None: nothing had to be tried."""

    switched: bool
    why: str
    score: float | None
    score_before: float | None
    corrections: int
    """How many were learned from."""
    unknown: int
    """How many named no matter of the city."""
    held_out: int

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))


def relearn(
    city_file: Path, learned_dir: Path, corrections: Iterable[tuple[str, str]], progress: Progress
) -> Relearned:
    """Learn from the examples beside the city file and (text, matter's name or code); switch if not worse.

    Raises CityFileError, ExamplesError, OSError.
    """
    city = load(city_file)
    known, unknown = _by_code(city, corrections)
    spoken = spoken_examples(city, city_file)
    words = word_examples(city)
    name = _name([*spoken, *words, *known])
    current = learned_model(learned_dir)
    if current is not None and current.name == name:
        return Relearned(False, "nothing new to learn from", None, None, len(known), unknown, 0)
    held = [each for each in (*spoken, *known) if is_held_out(each.text)]
    progress(f"trying on {len(held)} texts held out")
    fresh = train(_shown([*spoken, *words, *known]))
    before = _trial_of(current, city) or train(_shown([*spoken, *words]))
    score, score_before = evaluate(fresh, held).macro_f1, evaluate(before, held).macro_f1
    if score < score_before:
        why = f"worse on texts held out: {score:.4f} against {score_before:.4f}; the model in use stays"
        return Relearned(False, why, score, score_before, len(known), unknown, len(held))
    progress("learning from everything")
    _switch(train([*spoken, *words, *known]), fresh, learned_dir, name)
    why = f"not worse on texts held out: {score:.4f} against {score_before:.4f}"
    return Relearned(True, why, score, score_before, len(known), unknown, len(held))


def is_held_out(text: str) -> bool:
    """Whether a text is for trying and never for a trial model to learn from; the same for equal texts."""
    return sha256(fold(text).encode("utf-8", "surrogatepass")).digest()[0] % _EVERY == 0


def _shown(examples: Iterable[Example]) -> list[Example]:
    return [each for each in examples if not is_held_out(each.text)]


def _by_code(city: City, corrections: Iterable[tuple[str, str]]) -> tuple[list[Example], int]:
    """The corrections as examples, each once, and how many name a matter that the city does not have."""
    codes = {name: matter.code for matter in matters_of(city) for name in (matter.name, matter.code)}
    pairs = [(text.strip(), codes.get(matter, "")) for text, matter in corrections]
    known = dict.fromkeys(Example(text, code) for text, code in pairs if text and code)
    return list(known), sum(not code for _, code in pairs)


def _name(examples: Sequence[Example]) -> str:
    """A folder's name for what is learned from these, by this version of the learner."""
    return f"{FORMAT}-{RECIPE}-{digest(examples)[:24]}"


def _trial_of(folder: Path | None, city: City) -> Model | None:
    """The trial model beside the model in use, if it can be compared."""
    if folder is None:
        return None
    try:
        model = Model.load(folder / TRIAL)
    except ModelError:
        return None
    return model if {*model.labels} <= labels_of(city) else None


def _switch(model: Model, trial: Model, learned_dir: Path, name: str) -> None:
    """Put the model in use: first it is whole on disk, then one rename names it."""
    save(model, learned_dir / name)
    save(trial, learned_dir / name / TRIAL)
    before = learned_model(learned_dir)
    with NamedTemporaryFile("w", encoding="utf-8", dir=learned_dir, delete=False) as file:
        file.write(name)
    Path(file.name).chmod(0o644)
    os.replace(file.name, learned_dir / CURRENT)
    for old in learned_dir.iterdir():
        if old.is_dir() and old.name != name and old != before:
            shutil.rmtree(old, ignore_errors=True)
