"""Examples: texts with their matter, from a city's folder of example files or from a CSV of closed cases.

An example file holds sections `[matter.code]`, then lines `MANNER:TEXT`. The manner is one letter (docs/
city-file.md), so that a sorter can be tried on a manner of speaking that it never learned from.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

MANNERS = {
    "o": "老人",
    "d": "方言腔",
    "a": "愤怒",
    "p": "客气",
    "h": "犹豫",
    "f": "半句话",
    "e": "识别错误",
    "l": "长篇",
    "t": "标题",
    "m": "信件",
    "q": "询问",
}
_LONGEST_FIELD = 1_000_000


class ExamplesError(Exception):
    """A file of examples that cannot be used; names file and line."""


@dataclass(frozen=True)
class Example:
    text: str
    label: str
    manner: str = ""


def from_folder(folder: Path) -> list[Example]:
    """Every example of the `*.txt` files in `folder`. Raises ExamplesError."""
    return [example for path in sorted(folder.glob("*.txt")) for example in _from_file(path)]


def _from_file(path: Path) -> Iterator[Example]:
    label = ""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            label = line[1:-1]
        elif line and not line.startswith("#"):
            manner, colon, text = line.partition(":")
            if not label or not colon or manner not in MANNERS or not text.strip():
                raise ExamplesError(
                    f"{path}:{number}: must be MANNER:TEXT below a [matter]; manners: {' '.join(MANNERS)}"
                )
            yield Example(text.strip(), label, manner)


def from_csv(path: Path) -> list[Example]:
    """Every row of a CSV with the columns `text` and `label`; rows without a text are left out.

    Raises ExamplesError when the file or a column is missing, or when fewer than two labels are there.
    """
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            examples = list(_rows(path, csv.DictReader(file)))
    except OSError as error:
        raise ExamplesError(f"{path}: {error.strerror}") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise ExamplesError(f"{path}: is no CSV in UTF-8: {error}") from error
    if len({example.label for example in examples}) < 2:
        raise ExamplesError(f"{path}: needs texts of at least two labels")
    return examples


def _rows(path: Path, rows: csv.DictReader[str]) -> Iterator[Example]:
    missing = {"text", "label"} - set(rows.fieldnames or ())
    if missing:
        raise ExamplesError(f"{path}:1: lacks the column {' and '.join(sorted(missing))}")
    for row in rows:
        text, label = (row["text"] or "").strip(), (row["label"] or "").strip()
        if text and label:
            yield Example(text, label)


def digest(examples: list[Example]) -> str:
    """The digest of what a model learns from; the order counts, as it does for the learner."""
    content = sha256()
    for example in examples:
        content.update(f"{example.label}\t{example.text}\n".encode())
    return content.hexdigest()
