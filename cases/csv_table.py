"""A table exported from a spreadsheet: read whole, or refused whole, with line and column. Pure.

Excel writes UTF-8 with a byte order mark, a text editor UTF-8 without one, and a Chinese Windows GB18030
(which holds GBK and GB2312). All three are read; which one it was is said. Each refusal has a rule:

| rule | what is wrong |
|---|---|
| T01 | the encoding is none of the three, or the file holds NUL signs |
| T02 | the header: a column is missing, unknown or named twice |
| T03 | a line has more or fewer cells than the header |
| T04 | a cell holds what its column does not take |
| T05 | two lines are about the same thing |
| T06 | there are no lines below the header, or too many |
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from cases.errors import CaseError

MOST_BYTES = 50_000_000
MOST_LINES = 300_000
MOST_CELL = 200
_MOST_PROBLEMS = 20
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


class TableRefused(CaseError):
    """A file was not taken in; nothing was changed. `problems`: the first ones, each with its place."""

    def __init__(self, rule: str, problems: Sequence[str]) -> None:
        shown = list(problems[:_MOST_PROBLEMS])
        more = f"; and {len(problems) - len(shown)} more" if len(problems) > len(shown) else ""
        self.rule = rule
        self.problems = shown
        self.why = "; ".join(shown) + more
        super().__init__(f"{rule}: {self.why}")


@dataclass(frozen=True)
class Column:
    """`name`: in the code and in English files; `chinese`: in Chinese files; one not `needed` may lack."""

    name: str
    chinese: str
    needed: bool = True


@dataclass(frozen=True)
class Line:
    """`number`: in the file, counted from 1, the header is in line 1."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    encoding: str
    """utf-8, utf-8 with a byte order mark, gb18030"""
    columns: Mapping[str, int]
    """Name → which column of the file, from 1."""
    lines: Sequence[Line]

    def place(self, line: int, column: str) -> str:
        """line 3, column 2 (number)"""
        return f"line {line}, column {self.columns.get(column, 0)} ({column})"


def read(content: bytes, columns: Sequence[Column]) -> Table:
    """The file's lines by the names of its columns; spaces around a cell are dropped. Raises TableRefused."""
    if len(content) > MOST_BYTES:
        raise TableRefused("T06", [f"the file has more than {MOST_BYTES} bytes"])
    encoding, text = _decoded(content)
    rows = _rows(text)
    header = next(rows, (1, []))[1]
    found = _header(header, columns)
    lines = list(_lines(rows, len(header), found, columns))
    if not lines:
        raise TableRefused("T06", ["there is no line below the header: nothing would be left; file not read"])
    return Table(encoding, {name: at + 1 for name, at in found.items()}, lines)


def day(text: str) -> date | None:
    """2026-01-31, 2026/1/31 or 2026年1月31日; None for anything else."""
    found = _DAY.fullmatch(text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def yes(text: str) -> bool | None:
    """是/否, yes/no, true/false, 1/0, or nothing for no; None for anything else."""
    said = text.strip().casefold()
    if said in ("是", "yes", "true", "1"):
        return True
    return False if said in ("", "否", "no", "false", "0") else None


# ---------------------------------------------------------------- reading


def _decoded(content: bytes) -> tuple[str, str]:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise TableRefused("T01", ["the file is UTF-16: save it as UTF-8 or as GB18030"])
    if content.startswith(codecs.BOM_UTF8):
        tries = [("utf-8 with a byte order mark", "utf-8-sig")]
    else:
        tries = [("utf-8", "utf-8"), ("gb18030", "gb18030")]
    for said, encoding in tries:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            raise TableRefused("T01", ["the file holds NUL signs: it is no text"])
        return said, text
    raise TableRefused("T01", ["the file is neither UTF-8 nor GB18030: save it as one of the two"])


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of every line that is not empty; a cell with a line break counts from its first line."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begun = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begun, [cell.strip() for cell in cells]
            begun = reader.line_num + 1
            if begun > MOST_LINES:
                raise TableRefused("T06", [f"the file has more than {MOST_LINES} lines"])
    except csv.Error as error:
        raise TableRefused("T03", [f"line {begun}: {error}"]) from error


def _header(header: Sequence[str], columns: Sequence[Column]) -> dict[str, int]:
    known = {alias: column.name for column in columns for alias in (column.name, column.chinese)}
    found: dict[str, int] = {}
    problems = []
    for at, said in enumerate(header):
        name = known.get(said) or known.get(said.casefold())
        if name is None:
            # Not repeated: where the header is missing, it is a person's name.
            problems.append(f"line 1, column {at + 1}: no known column")
        elif name in found:
            problems.append(f"line 1, column {at + 1}: the column {name} stands twice")
        else:
            found[name] = at
    problems += [
        f"line 1: the column {column.name} ({column.chinese}) is missing"
        for column in columns
        if column.needed and column.name not in found
    ]
    if problems:
        wanted = ", ".join(f"{each.name}{'' if each.needed else '?'}" for each in columns)
        raise TableRefused("T02", [*problems, f"the header is {wanted}"])
    return found


def _lines(
    rows: Iterator[tuple[int, list[str]]], width: int, found: Mapping[str, int], columns: Sequence[Column]
) -> Iterator[Line]:
    problems = []
    for number, cells in rows:
        if len(cells) != width:
            problems.append(f"line {number}: {len(cells)} cells below a header of {width}")
            continue
        long = [at + 1 for at, cell in enumerate(cells) if len(cell) > MOST_CELL]
        problems += [f"line {number}, column {at}: longer than {MOST_CELL} signs" for at in long]
        yield Line(
            number, {each.name: cells[found[each.name]] if each.name in found else "" for each in columns}
        )
    if problems:
        raise TableRefused("T03", problems)


def _cell(cells: Sequence[str], at: int | None) -> str:
    return cells[at] if at is not None else ""
