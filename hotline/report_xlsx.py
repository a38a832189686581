"""A report as a workbook with tables and charts of the spreadsheet's own, and its figures as CSV and JSON.

Values are numbers (money in yuan, shares as percent), so that a spreadsheet can go on with them. Texts are
texts: a name that begins with = is no formula.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import xlsxwriter

from cases.reporting import Made
from hotline.report_parts import KINDS, Part, Unit, figures, heading, marks, parts, value_shown

_STYLE = "Table Style Light 1"
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_FORMATS: dict[Unit, str] = {"": "General", "rate": "0.0%", "s": "0", "fen": "#,##0.00"}
_TOP = 3
_MOST_DRAWN = 20
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def write_xlsx(made: Made, path: Path) -> None:
    """Raises OSError."""
    path.write_bytes(workbook(made))


def workbook(made: Made) -> bytes:
    """The same report is the same file. Its size is bounded: a list names 200 at most."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, _OPTIONS)
    book.set_properties({"title": heading(made), "created": made.made_at.replace(tzinfo=None)})
    book.set_custom_property("digest", made.digest)
    sheets = _Sheets(book, made)
    sheets.figures()
    for part in parts(made):
        sheets.part(part)
    book.close()
    return file.getvalue()


def csv_of(made: Made) -> str:
    """`part,key,figure,value`: single figures first, then every line of every table; raw values."""
    file = io.StringIO()
    lines = csv.writer(file, lineterminator="\r\n")
    lines.writerow(("part", "key", "figure", "value"))
    for each in figures(made):
        lines.writerow(("figures", "", each.name, _csv(each.value)))
    for part in parts(made):
        for key, row in zip(part.keys, part.rows, strict=True):
            for column, value in zip(part.columns, row, strict=True):
                lines.writerow((part.name, _csv(key), column.name, _csv(value)))
    return file.getvalue()


def json_of(made: Made) -> str:
    return json.dumps(made.to_json(), ensure_ascii=False, indent=2)


def file_name(made: Made, ending: str) -> str:
    return f"minsheng110-{made.kind}-{made.date.isoformat()}-v{made.version}.{ending}"


def _csv(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula is marked as a text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_SIGNS) else value


class _Sheets:
    """One workbook on its way."""

    def __init__(self, book: Any, made: Made) -> None:
        self._book, self._made = book, made
        self._title = book.add_format({"bold": True, "font_size": 14})
        self._small = book.add_format({"font_color": "#666666"})
        self._formats = {unit: book.add_format({"num_format": said}) for unit, said in _FORMATS.items()}

    def figures(self) -> None:
        sheet = self._sheet(KINDS.get(self._made.kind, "报表"), heading(self._made))
        sheet.write_string(_TOP - 1, 0, str(self._made.figures.get("changes_sentence", "")))
        found = figures(self._made)
        self._table(sheet, ("指标", "本期", "往期均值"), len(found))
        for line, each in enumerate(found, _TOP + 1):
            sheet.write_string(line, 0, each.title)
            self._value(sheet, line, 1, each.value, each.unit)
            self._value(sheet, line, 2, each.usual, each.unit)
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 2, 14)

    def part(self, part: Part) -> None:
        sheet = self._sheet(part.title, f"{heading(self._made)} {part.title}")
        self._table(sheet, tuple(column.title for column in part.columns), len(part.rows))
        for line, row in enumerate(part.rows, _TOP + 1):
            for at, (value, column) in enumerate(zip(row, part.columns, strict=True)):
                self._value(sheet, line, at, value, column.unit)
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, max(1, len(part.columns) - 1), 20)
        if part.drawn:
            self._chart(sheet, part)

    def _sheet(self, name: str, title: str) -> Any:
        sheet = self._book.add_worksheet(name)
        sheet.write_string(0, 0, title, self._title)
        sheet.write_string(1, 0, marks(self._made), self._small)
        sheet.freeze_panes(_TOP + 1, 0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        return sheet

    def _table(self, sheet: Any, heads: tuple[str, ...], rows: int) -> None:
        columns = [{"header": head} for head in heads]
        sheet.add_table(_TOP, 0, _TOP + max(1, rows), len(heads) - 1, {"columns": columns, "style": _STYLE})

    def _value(self, sheet: Any, line: int, at: int, value: Any, unit: Unit) -> None:
        if value is None:
            sheet.write_string(line, at, "—")
        elif isinstance(value, int | float):
            sheet.write_number(line, at, value / 100 if unit == "fen" else value, self._formats[unit])
        else:
            sheet.write_string(line, at, value_shown(value, unit))

    def _chart(self, sheet: Any, part: Part) -> None:
        stacked = len(part.drawn) > 1
        kind = {"type": "column", "subtype": "stacked"} if stacked else {"type": "bar"}
        drawn = self._book.add_chart(kind)
        last = _TOP + min(len(part.rows), len(part.rows) if stacked else _MOST_DRAWN)
        for at in part.drawn:
            names = [part.title, _TOP + 1, 0, last, 0]
            values = [part.title, _TOP + 1, at, last, at]
            drawn.add_series({"name": part.columns[at].title, "categories": names, "values": values})
        drawn.set_title({"name": part.title})
        if not stacked:
            drawn.set_y_axis({"reverse": True})
            drawn.set_legend({"none": True})
        drawn.set_size({"width": 720, "height": 420})
        sheet.insert_chart(_TOP, len(part.columns) + 1, drawn)
