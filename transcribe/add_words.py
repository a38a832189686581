"""A model that knows more words: a copy of one of the project's own, with words added to its graph."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from transcribe import graph_words, models
from transcribe.engine import EngineFault
from transcribe.models import Model

_LIKELY = 1e-4
"""How likely an added word is where nothing speaks for or against it: as much as a common word."""
_MOST_CHARACTERS = 20
SUFFIX = "-words"


@dataclass(frozen=True)
class NewWord:
    """`syllables`: pinyin with tone numbers."""

    word: str
    syllables: tuple[str, ...]


def parse(text: str) -> list[NewWord]:
    """One word a line, with its pinyin where it is not read as usual: `晒口 shai4 kou3`; `#` begins a remark.

    Raises EngineFault naming the line.
    """
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        word, *spelled = line.partition("#")[0].split() or [""]
        if not word:
            continue
        if not all("\u4e00" <= sign <= "\u9fff" for sign in word) or len(word) > _MOST_CHARACTERS:
            raise EngineFault(f"line {number}: a word is up to {_MOST_CHARACTERS} Chinese characters")
        if spelled and len(spelled) != len(word):
            raise EngineFault(f"line {number}: {len(word)} characters, but {len(spelled)} syllables")
        found[word] = NewWord(word, tuple(spelled) or _read(word))
    if not found:
        raise EngineFault("there are no words in it: one word a line")
    return list(found.values())


def add_words(words: Sequence[NewWord], model: Model, cache_dir: Path) -> tuple[Model, list[str]]:
    """The enlarged copy, tried out, installed and in use; and which words it did not have before.

    Raises EngineFault; nothing has changed then.
    """
    home = models.models_dir(cache_dir)
    home.mkdir(parents=True, exist_ok=True)
    name = model.name if model.name.endswith(SUFFIX) else model.name + SUFFIX
    shop = Path(mkdtemp(prefix=".incoming-", dir=home))
    try:
        folder = Path(shutil.copytree(model.path, shop / name, copy_function=shutil.copyfile))
        new = _enlarge(folder, words)
        made = models.check(folder)
        models.try_out(made)
        if (home / name).exists():
            (home / name).rename(shop / "old")
        folder.rename(home / name)
    except OSError as error:
        raise EngineFault(f"{error.filename or home}: {error.strerror or type(error).__name__}") from error
    finally:
        shutil.rmtree(shop, ignore_errors=True)
    models.use(cache_dir, name)
    return models.check(home / name), new


def _enlarge(folder: Path, words: Sequence[NewWord]) -> list[str]:
    known = graph_words.table(folder / "graph/words.txt")
    syllables = graph_words.table(folder / "graph/syllables.txt")
    phones = graph_words.table(folder / "graph/phones.txt")
    new = [word for word in words if word.word not in known]
    graph = graph_words.read((folder / "graph/HCLG.fst").read_bytes())
    number = max(int(value[0]) for value in known.values())
    for each in new:
        number += 1
        try:
            units = graph_words.units_of(each.syllables, syllables)
            sounds = [int(phones[phone][0]) for phone in graph_words.places(units)]
        except KeyError as error:
            raise EngineFault(f"{each.word}: the model has no syllable {error.args[0]}") from None
        graph_words.add(graph, number, sounds, -math.log(_LIKELY))
        known[each.word] = [str(number)]
    (folder / "graph/HCLG.fst").write_bytes(graph_words.written(graph))
    lines = "".join(f"{word} {value[0]}\n" for word, value in known.items())
    (folder / "graph/words.txt").write_text(lines, "utf-8")
    return [each.word for each in new]


def _read(word: str) -> tuple[str, ...]:
    from pypinyin import Style, lazy_pinyin

    found = lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True, tone_sandhi=True)
    # As it is spoken: a third tone before a third tone is a second one.
    spoken = [
        f"{here[:-1]}2" if here[-1] == "3" == after[-1] else here
        for here, after in zip(found, [*found[1:], "."], strict=True)
    ]
    return tuple(spoken)
