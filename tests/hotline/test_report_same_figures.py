"""One report in four forms: whatever is read in one of them is what the others say."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import html5lib
import openpyxl
import pytest
from runs import make_settings

from cases.report_days import ReportKind
from cases.reporting import Made
from hotline.city import load_file, rows
from hotline.history.seed import Wanted, seed_history
from hotline.report_charts import MOST_BARS
from hotline.report_html import html_of
from hotline.report_parts import figures, headlines, parts, value_shown
from hotline.report_xlsx import csv_of, json_of, workbook
from hotline.reports import report
from hotline.wiring import build
from router.city_file import path_of

DAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Made:
    run_dir = tmp_path_factory.mktemp("forms")
    path = run_dir / "city.db"
    path.write_bytes(sqlite_template.read_bytes())
    wiring = build(make_settings(run_dir, f"sqlite:///{path}", "redis://127.0.0.1:1"))
    load_file(wiring, rows(path_of("shaowu")))
    seed_history(wiring.engine, wiring.rules, ["desk1", "desk2"], Wanted(900, 3, 7, DAY), lambda _: None)
    found = report(wiring, ReportKind.NIGHTLY, DAY, NOW)
    wiring.close()
    assert found.figures["calls_offered"] > 100
    return found


def test_csv_and_json_hold_every_figure_as_the_report_does(made: Made) -> None:
    told = json.loads(json_of(made))
    assert told["digest"] == made.digest
    lines = list(csv.DictReader(io.StringIO(csv_of(made))))
    single = {line["figure"]: line["value"] for line in lines if line["part"] == "figures"}
    for each in figures(made):
        assert told["figures"][each.name] == each.value
        assert single[each.name] == ("" if each.value is None else str(each.value))
    for part in parts(made):
        assert len({line["key"] for line in lines if line["part"] == part.name}) == len(part.rows)


def test_the_workbook_holds_them_as_numbers(made: Made) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(made)))
    first = {row[0].value: row[1].value for row in book.worksheets[0].iter_rows() if row[0].value}
    for each in figures(made):
        value = each.value / 100 if each.unit == "fen" and each.value is not None else each.value
        assert first[each.title] in (value, value_shown(None, "")), each.title
    assert len(book.worksheets) == 1 + len(list(parts(made)))
    assert all(sheet.tables for sheet in book.worksheets[1:])
    assert any(sheet._charts for sheet in book.worksheets)


def test_the_mailed_page_says_them_and_needs_nothing_from_outside(made: Made) -> None:
    page = html_of(made)
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    text = "".join(parser.parse(page).itertext())
    for each in headlines(made):
        assert f"{value_shown(each.value, each.unit)}{each.title}" in text
    for part in parts(made):
        for row in part.rows[: MOST_BARS if len(part.drawn) == 1 else None]:
            assert value_shown(row[-1], part.columns[-1].unit) in text
    assert not re.search(r"<script|<link|<img|https?://(?!www\.w3\.org/2000/svg)", page)


def test_no_form_holds_a_person(made: Made) -> None:
    for form in (html_of(made), csv_of(made), json_of(made)):
        assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", form)
