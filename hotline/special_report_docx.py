"""专报件 as a Word document: A4, Chinese type, one table; what a leader's office files and prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

_TITLE, _BODY = "SimHei", "FangSong"
"""Fonts that every Chinese office has."""
_MARGIN, _LABEL, _VALUE = Cm(2.6), Cm(3.6), Cm(12.2)
_BLANK_LINES = 4


def docx_of(report: Mapping[str, Any], words: Mapping[str, str], city: str) -> bytes:
    """The document. `report`: cases.special_report.document; `words`: a move's name → its Chinese."""
    paper = Document()
    section = paper.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
        setattr(section, side, _MARGIN)
    _type(paper.styles["Normal"].font, paper.styles["Normal"].element.rPr.rFonts, _BODY, 12)
    _line(paper, f"{city}民生110专报件", _TITLE, 22, centred=True, colour=RGBColor(0xC0, 0x18, 0x18))
    _line(paper, report["title"], _BODY, 14, centred=True)
    table = paper.add_table(rows=0, cols=2, style="Table Grid")
    for label, value in _rows(report, words):
        cells = table.add_row().cells
        cells[0].width, cells[1].width = _LABEL, _VALUE
        _fill(cells[0], label, bold=True)
        _fill(cells[1], value)
    made = f"{report['made_by']}  {_day(report['made'], report['zone'])}"
    _line(paper, made, _BODY, 12, right=True)
    kept = BytesIO()
    paper.core_properties.author, paper.core_properties.title = "民生110", report["title"]
    paper.core_properties.created = paper.core_properties.modified = report["made"]
    paper.save(kept)
    return kept.getvalue()


def _rows(report: Mapping[str, Any], words: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    zone = report["zone"]
    reception = report["reception"]
    place = "".join(
        str(report["place"].get(part) or "") for part in ("township", "community", "road", "number", "poi")
    )
    yield "受理编号", report["number"]
    yield "受理时间", _moment(report["opened"], zone)
    yield "诉求事项", " ".join(filter(None, (report["kind"], report["matter"])))
    yield "地点", place
    yield "诉求内容", report["text"] or "（来电人要求保密）" * report["confidential"]
    yield "承办单位", "，负责人".join(filter(None, (report["unit"], report["head"])))
    yield "办理期限", _moment(report["due"], zone)
    yield "涉及人数", f"{report['people']}人；退单{report['returns']}次，重办{report['redos']}次"
    if reception is not None:
        yield "接待日", "，".join(filter(None, (f"{reception['held_on']:%Y年%m月%d日}", reception["leader"])))
    yield "办理经过", "\n".join(_step(each, words, zone) for each in report["steps"])
    yield "未能解决的原因", report["difficulty"]
    yield "请示事项", report["request"]
    yield "领导批示", _instruction(report)


def _step(each: Mapping[str, Any], words: Mapping[str, str], zone: Any) -> str:
    said = (words.get(each["move"], each["move"]), each["unit"], each["reason"])
    return f"{each['at'].astimezone(zone):%m-%d %H:%M} " + " ".join(str(part) for part in said if part)


def _instruction(report: Mapping[str, Any]) -> str:
    if not report["instruction"]:
        return "\n" * _BLANK_LINES
    return f"{report['instruction']}\n{report['instructed_by']} {_day(report['instructed'], report['zone'])}"


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


def _moment(at: datetime | None, zone: Any) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else "—"


def _day(at: datetime | None, zone: Any) -> str:
    return f"{at.astimezone(zone):%Y年%m月%d日}" if at else ""
