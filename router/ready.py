"""A city ready for sorting: its file, and the model that was learned from its words and examples.

The model is made once for each content of the file and its examples, into a cache folder named by their
digest. Several processes may do it at the same time: the last one to finish changes nothing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

from router.city_file import City, load
from router.decide import Sorter
from router.examples import Example, from_folder
from router.matters import matters_of
from router.model import FORMAT, Model, ModelError

EXAMPLES = "examples"
"""The folder beside a city file that holds its examples."""
_RECIPE = 4
"""Goes up when the learner changes, so that every installation learns again."""
Progress = Callable[[str], None]


def _silent(_: str) -> None:
    return


def digest_of(city_file: Path) -> str:
    """The digest of everything that the model of this city is learned from."""
    content = sha256(f"{FORMAT} {_RECIPE}\n".encode() + city_file.read_bytes())
    for path in sorted((city_file.parent / EXAMPLES).glob("*.txt")):
        content.update(path.name.encode() + b"\0" + path.read_bytes())
    return content.hexdigest()


def city_examples(city: City, folder: Path) -> list[Example]:
    """The examples in `folder` whose matters the city has, and the city's own words as examples."""
    matters = {matter.code: matter for matter in matters_of(city)}
    spoken = [example for example in from_folder(folder) if example.label in matters]
    words = [Example("。".join(matter.words), matter.code) for matter in matters.values()]
    strong = [Example(word, matter.code) for matter in matters.values() for word in matter.strong]
    return spoken + words + strong


def make_model(city_file: Path, cache_dir: Path, progress: Progress = _silent) -> Path:
    """The folder of this city's model, learned now unless it is there (some 15 s).

    Raises CityFileError, ExamplesError, OSError when the cache cannot be written.
    """
    folder = cache_dir / "router" / digest_of(city_file)[:24]
    try:
        Model.load(folder)
        return folder
    except ModelError:
        pass
    from router.learn import train

    progress("the sorter learns from the city's examples (some seconds, once)")
    model = train(city_examples(load(city_file), city_file.parent / EXAMPLES))
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(mkdtemp(prefix="learning-", dir=folder.parent))
    try:
        model.save(fresh)
        put_in_place(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


def put_in_place(fresh: Path, folder: Path) -> None:
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


def sorter(city_file: Path, cache_dir: Path, learned: Path | None = None) -> Sorter:
    """The sorter of this city. `learned`: a model trained from closed cases, used when it can be.

    A learned model that is missing, damaged or of other matters gives way to the city's own.
    """
    city = load(city_file)
    codes = {matter.code for matter in matters_of(city)}
    if learned is not None:
        try:
            model = Model.load(learned)
            if {*model.labels} <= codes:
                return Sorter(city, model)
        except ModelError:
            pass
    return Sorter(city, Model.load(make_model(city_file, cache_dir)))
