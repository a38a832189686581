"""Examples: texts with their matter, from a city's folder of example files or from a CSV of closed cases.

An example file holds sections `[matter.code]`, then lines `MANNER:TEXT`. The manner is one letter, so that a
sorter can be tried on a manner of speaking that it never learned from.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
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
COLUMNS = ("text", "label")
_LONGEST_FIELD = 10_000_000
_ENCODINGS = ("utf-8-sig", "gb18030")
"""What a Chinese office saves a CSV in."""


class ExamplesError(Exception):
    """A file of examples that cannot be used: `FILE:LINE: what`, one line."""


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
    for number, whole in enumerate(_decoded(path).splitlines(), 1):
        line = whole.strip()
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
    """Every row of a CSV with the columns `text` and `label`, in UTF-8 or GB18030; others are ignored.

    Rows whose text or label is blank are left out. Raises ExamplesError with the line of what is wrong.
    """
    csv.field_size_limit(_LONGEST_FIELD)
    rows = csv.reader(io.StringIO(_decoded(path), newline=""), strict=True)
    begins = 1
    examples: list[Example] = []
    try:
        header = [name.strip() for name in next(rows, [])]
        missing = [name for name in COLUMNS if name not in header]
        if missing:
            raise ExamplesError(f"{path}:1: {_lacking(header, missing)}")
        text, label = (header.index(name) for name in COLUMNS)
        begins = rows.line_num + 1
        for row in rows:
            if row and len(row) <= max(text, label):
                raise ExamplesError(f"{path}:{begins}: has {len(row)} of {len(header)} fields")
            if row and row[text].strip() and row[label].strip():
                examples.append(Example(row[text].strip(), row[label].strip()))
            begins = rows.line_num + 1
    except csv.Error as error:
        raise ExamplesError(f"{path}:{begins}: the row that begins here is no CSV: {error}") from error
    if not examples:
        raise ExamplesError(f"{path}:{begins}: no row holds a text and a label")
    return examples


def _lacking(header: Sequence[str], missing: Sequence[str]) -> str:
    if not any(header):
        return "is empty; the first line must be text,label"
    return f"lacks the column {' and '.join(missing)}; the first line must name text and label"


def _decoded(path: Path) -> str:
    """The file's text. Raises ExamplesError naming the line of the first byte that is none."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ExamplesError(f"{path}:1: {error.strerror}") from error
    for encoding in _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            place = error.start
    line = content.count(b"\n", 0, place) + 1
    raise ExamplesError(f"{path}:{line}: is no text in UTF-8 or GB18030; save the file in one of them")


def need_two_labels(path: Path, examples: Sequence[Example]) -> None:
    """Raises ExamplesError when there is nothing to tell apart."""
    if len({example.label for example in examples}) < 2:
        raise ExamplesError(
            f"{path}:2: every text has the label {examples[0].label!r}; a model needs at least two labels"
        )


def digest(examples: Iterable[Example]) -> str:
    """The digest of what a model learns from; the order counts, as it does for the learner."""
    content = sha256()
    for example in examples:
        content.update(f"{example.label}\t{example.text}\n".encode("utf-8", "surrogatepass"))
    return content.hexdigest()
