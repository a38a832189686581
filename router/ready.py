"""A city ready for sorting: its file, and the model that was learned from its examples and corrections.

The city's own model is made once for each content of its file and examples, into a folder of the cache named
by their digest; `router learn` puts a better one beside it (relearn.py). Whoever sorts takes what is there:
nothing is learned while somebody waits, and without a model the city's words alone serve.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic
from typing import Any

from router.city_file import City, load
from router.decide import Sorter, decide
from router.examples import Example, from_folder
from router.matters import labels_of, matters_of
from router.model import FORMAT, Model, ModelError
from router.whom import FirmState

EXAMPLES = "examples"
"""The folder beside a city file that holds its examples."""
CURRENT = "current"
"""The file in the folder of learned models that names the one in use."""
RECIPE = 8
"""Goes up when the learner changes, so that every installation learns again."""
_LOOK_EVERY_S = 0.5
Progress = Callable[[str], None]


def digest_of(city_file: Path) -> str:
    """The digest of everything that the model of this city is learned from."""
    content = sha256(f"{FORMAT} {RECIPE}\n".encode() + city_file.read_bytes())
    for path in sorted((city_file.parent / EXAMPLES).glob("*.txt")):
        content.update(path.name.encode() + b"\0" + path.read_bytes())
    return content.hexdigest()


def spoken_examples(city: City, city_file: Path) -> list[Example]:
    """The examples beside the city file of what the city knows. Raises ExamplesError."""
    labels = labels_of(city)
    return [each for each in from_folder(city_file.parent / EXAMPLES) if each.label in labels]


def word_examples(city: City) -> list[Example]:
    """The city's own words as examples."""
    matters = matters_of(city)
    words = [Example("。".join(matter.words), matter.code) for matter in matters]
    return words + [Example(word, matter.code) for matter in matters for word in matter.strong]


def city_model(city_file: Path, cache_dir: Path) -> Path:
    """Where the city's own model is, or will be."""
    return cache_dir / "router" / digest_of(city_file)[:24]


def make_model(city_file: Path, cache_dir: Path, progress: Progress) -> Path:
    """The folder of this city's own model, learned now unless it is there (some seconds).

    Raises CityFileError, ExamplesError, and OSError when the cache cannot be written.
    """
    folder = city_model(city_file, cache_dir)
    if _usable(folder) is not None:
        return folder
    from router.learn import train

    progress("the sorter learns from the city's examples (some seconds, once)")
    city = load(city_file)
    save(train(spoken_examples(city, city_file) + word_examples(city)), folder)
    return folder


def save(model: Model, folder: Path) -> None:
    """Write the model so that nobody ever sees half of it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(mkdtemp(prefix="learning-", dir=folder.parent))
    try:
        model.save(fresh)
        fresh.chmod(0o755)
        _put_in_place(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _put_in_place(fresh: Path, folder: Path) -> None:
    """Make `fresh` the folder; a damaged one gives way, a good one that somebody else just made stays."""
    old = folder.with_name(f"{folder.name}.{os.getpid()}.old")
    if folder.exists():
        folder.rename(old)
    try:
        fresh.rename(folder)
    except OSError:
        if not folder.exists():
            raise
    shutil.rmtree(old, ignore_errors=True)


def learned_model(learned_dir: Path) -> Path | None:
    """The learned model in use; None while `router learn` never switched to one."""
    try:
        name = (learned_dir / CURRENT).read_text("utf-8").strip()
    except OSError:
        return None
    return learned_dir / name if name else None


def _usable(folder: Path | None) -> Model | None:
    if folder is None:
        return None
    try:
        return Model.load(folder)
    except ModelError:
        return None


class Decider:
    """Sorts by the best model that is there, and takes a better one as soon as somebody put it there.

    A learned model that is missing, damaged or of other matters gives way to the city's own.
    """

    def __init__(self, city_file: Path, cache_dir: Path, learned_dir: Path | None = None) -> None:
        """Raises CityFileError."""
        self._city = load(city_file)
        self._learned_dir = learned_dir
        self._own = city_model(city_file, cache_dir)
        self._seen = self._look()
        self._looked = monotonic()
        self.sorter = Sorter(self._city, self._model())

    def __call__(
        self,
        text: str,
        caller: str | None = None,
        *,
        firms: Mapping[str, FirmState] | None = None,
        not_firms: Iterable[str] = (),
    ) -> Mapping[str, Any]:
        """The decision as plain data (Decision.to_json)."""
        self._take_newer()
        now = datetime.now(UTC)
        found = decide(text, caller, city=self.sorter, now=now, firms=firms, not_firms=not_firms)
        return found.to_json()

    def _take_newer(self) -> None:
        if monotonic() - self._looked < _LOOK_EVERY_S:
            return
        self._looked = monotonic()
        seen = self._look()
        if seen != self._seen:
            self._seen = seen
            self.sorter = self.sorter.with_model(self._model())

    def _look(self) -> tuple[int, int]:
        """What changes when a model was put in place."""
        learned = _changed(self._learned_dir / CURRENT) if self._learned_dir else 0
        return learned, _changed(self._own)

    def _model(self) -> Model | None:
        learned = _usable(learned_model(self._learned_dir)) if self._learned_dir else None
        if learned is not None and {*learned.labels} <= labels_of(self._city):
            return learned
        return _usable(self._own)


def _changed(path: Path) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0
