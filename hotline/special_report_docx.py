"""专报件 as a Word document: A4, Chinese type, one table; what a leader's office files and prints."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from hotline.special_report_paper import INSTRUCTION, headline, lines, signature

_TITLE, _BODY = "SimHei", "FangSong"
"""Fonts that every Chinese office has."""
_MARGIN, _LABEL, _VALUE = Cm(2.6), Cm(3.6), Cm(12.2)
_BLANK_LINES = 4


def docx_of(report: Mapping[str, Any], city: str, taken_by: str = "") -> bytes:
    """The document. `report`: cases.special_report.document. `taken_by`: who and when, at the page's foot."""
    paper = Document()
    section = paper.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
        setattr(section, side, _MARGIN)
    normal = paper.styles["Normal"]
    _type(normal.font, normal.element.get_or_add_rPr().get_or_add_rFonts(), _BODY, 12)
    _line(paper, headline(city), _TITLE, 22, centred=True, colour=RGBColor(0xC0, 0x18, 0x18))
    _line(paper, report["title"], _BODY, 14, centred=True)
    table = paper.add_table(rows=0, cols=2, style="Table Grid")
    for label, value in lines(report):
        cells = table.add_row().cells
        cells[0].width, cells[1].width = _LABEL, _VALUE
        _fill(cells[0], label, bold=True)
        _fill(cells[1], value or "\n" * (_BLANK_LINES if label == INSTRUCTION else 0))
    _line(paper, signature(report), _BODY, 12, right=True)
    if taken_by:
        _foot(section, f"下载: {taken_by}")
    kept = BytesIO()
    paper.core_properties.author, paper.core_properties.title = "民生110", report["title"]
    paper.core_properties.created = paper.core_properties.modified = report["made"]
    paper.save(kept)
    return kept.getvalue()


def _foot(section: Any, text: str) -> None:
    paragraph = section.footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = paragraph.add_run(text)
    _type(run.font, run._element.get_or_add_rPr().get_or_add_rFonts(), _BODY, 9)
    run.font.color.rgb = RGBColor(0x66, 0x66, 0x66)


def _line(
    paper: Any,
    text: str,
    font: str,
    size: int,
    *,
    centred: bool = False,
    right: bool = False,
    colour: RGBColor | None = None,
) -> None:
    paragraph = paper.add_paragraph()
    if centred or right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if centred else WD_ALIGN_PARAGRAPH.RIGHT
    run = paragraph.add_run(text)
    _type(run.font, run._element.get_or_add_rPr().get_or_add_rFonts(), font, size)
    if colour is not None:
        run.font.color.rgb = colour


def _fill(cell: Any, text: str, *, bold: bool = False) -> None:
    """Lines of the text are paragraphs of the cell."""
    lines = text.split("\n") or [""]
    for place, line in enumerate(lines):
        paragraph = cell.paragraphs[0] if place == 0 else cell.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(2)
        paragraph.add_run(line).bold = bold


def _type(font: Any, fonts: Any, name: str, size: int) -> None:
    """Word keeps the type of Chinese signs beside that of Latin ones."""
    font.name, font.size = name, Pt(size)
    fonts.set(qn("w:eastAsia"), name)
