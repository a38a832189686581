"""The forms of a report, of whatever figures: hostile names, nothing at all, very many lines."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases import figures as f
from cases.figures import CallCell
from cases.reporting import Made
from hotline.report_charts import chart
from hotline.report_html import html_of
from hotline.report_parts import parts, value_shown
from hotline.report_xlsx import csv_of, write_xlsx

NASTY = [
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "+1",
    "@x",
    '"quoted", and more',
    "路灯\n照明",
    "&amp;",
]
"""What a name must not do in any form."""
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)


def made(**figures: Any) -> Made:
    found = {**f.of_calls([]), "first": "2026-03-20", "last": "2026-03-20", **figures}
    found |= f.compared(found, [])
    at = datetime(2026, 3, 20, 16, 10, tzinfo=UTC)
    return Made("nightly", date(2026, 3, 20), 1, f.digest(found), False, at, found)


def test_a_name_is_no_formula_and_no_markup(tmp_path: Path) -> None:
    report = made(cases_by_matter=dict.fromkeys(NASTY, 1))
    write_xlsx(report, tmp_path / "r.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["诉求按事项"]
    names = [row[0].value for row in sheet.iter_rows(min_row=5, max_row=4 + len(NASTY))]
    assert names == NASTY
    assert all(row[0].data_type != "f" for row in sheet.iter_rows(min_row=5))
    assert "<script>" not in html_of(report)
    keys = [row[1] for row in csv.reader(io.StringIO(csv_of(report))) if row[0] == "cases_by_matter"]
    assert not [each for each in keys if each.startswith(("=", "+", "@"))]


def test_a_day_without_a_call_has_every_form(tmp_path: Path) -> None:
    report = made()
    write_xlsx(report, tmp_path / "r.xlsx")
    assert "—" in html_of(report)
    assert "calls_offered,0" in csv_of(report)
    assert "日报" in openpyxl.load_workbook(tmp_path / "r.xlsx").sheetnames


def test_no_share_is_a_dash_and_not_a_zero() -> None:
    assert value_shown(None, "rate") == "—"
    assert value_shown(0.0, "rate") == "0.0%"
    assert value_shown(123456, "fen") == "1,234.56 元"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    names=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), st.integers(0, 10**7)
    ),
    calls=st.lists(st.tuples(st.integers(0, 23), st.integers(0, 600), st.integers(1, 10**6))),
)
def test_every_chart_is_well_formed_and_every_row_is_as_wide_as_its_head(
    names: dict[str, int], calls: list[tuple[int, int, int]]
) -> None:
    cells = [CallCell(hour, "key", None, "message", f.ANSWERED, wait, count) for hour, wait, count in calls]
    for part in parts(made(**f.of_calls(cells), cases_by_matter=f.listed(names))):
        assert all(len(row) == len(part.columns) for row in part.rows)
        assert len(part.keys) == len(part.rows)
        if drawn := chart(part):
            ElementTree.fromstring(drawn)  # noqa: S314 - we drew it
