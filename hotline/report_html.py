"""A report as one HTML file for a mail, a reader without a network, and paper."""

from __future__ import annotations

from html import escape

from cases.reporting import Made
from hotline.report_charts import MOST_BARS, chart
from hotline.report_parts import (
    Figure,
    Part,
    figures,
    heading,
    headlines,
    marks,
    parts,
    value_shown,
)

_ABREAST = 4
_MOST_ROWS = 50
"""A mail shows so many lines of a table; the workbook and the CSV have them all."""
_STYLE = """
body{font:15px/1.5 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;color:#1b1b1f;
background:#fff;max-width:720px;margin:0 auto;padding:16px}
h1{font-size:22px;margin:0}h2{font-size:17px;margin:28px 0 8px}
.marks{color:#555;font-size:13px}.said{font-size:16px;border-left:4px solid #1a5fb4;padding:4px 12px}
.tiles td{border:1px solid #ddd;padding:8px 10px;text-align:left;width:25%;vertical-align:top}
.tiles b{display:block;font-size:21px;line-height:1.25}.tiles small{display:block;color:#555}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:3px 6px;border-bottom:1px solid #ddd}
th:first-child,td:first-child{text-align:left}th{font-weight:600}
svg{max-width:100%;height:auto;margin:4px 0 8px}
@media print{h2{break-after:avoid}tr,svg{break-inside:avoid}body{max-width:none}}
"""


def html_of(made: Made) -> str:
    """The whole page: its style inside, its charts drawn in it, no script, nothing fetched."""
    title = escape(heading(made))
    drawn = "".join(_part(part) for part in parts(made))
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body>"
        f'<h1>{title}</h1><p class="marks">{escape(marks(made))}</p>'
        f'<p class="said">{escape(str(made.figures.get("changes_sentence", "")))}</p>'
        f"{_corrected(made)}{_tiles(headlines(made))}{drawn}{_figures(figures(made))}</body></html>\n"
    )


def _corrected(made: Made) -> str:
    names = "、".join(made.difference)
    return f'<p class="marks">与上一版不同的数字:{escape(names)}</p>' if names else ""


def _tiles(found: list[Figure]) -> str:
    """What a leader reads first, in a table: mail readers know no other way to put things side by side."""
    cells = [
        f"<td><b>{escape(value_shown(each.value, each.unit))}</b>{escape(each.title)}{_usual(each)}</td>"
        for each in found
    ]
    rows = "".join(f"<tr>{''.join(cells[at : at + _ABREAST])}</tr>" for at in range(0, len(cells), _ABREAST))
    return f'<table class="tiles" role="presentation"><tbody>{rows}</tbody></table>'


def _usual(each: Figure) -> str:
    known = each.usual is not None
    return f"<small>往期均值 {escape(value_shown(each.usual, each.unit))}</small>" if known else ""


def _figures(found: list[Figure]) -> str:
    rows = "".join(
        f"<tr><td>{escape(each.title)}</td><td>{escape(value_shown(each.value, each.unit))}</td>"
        f"<td>{escape(value_shown(each.usual, each.unit))}</td></tr>"
        for each in found
    )
    head = "<tr><th>指标</th><th>本期</th><th>往期均值</th></tr>"
    return f"<h2>全部数字</h2><table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _part(part: Part) -> str:
    """Bars say their numbers themselves; the hours and what is not drawn stand in a table."""
    bars = len(part.drawn) == 1
    most = MOST_BARS if bars else _MOST_ROWS
    left = len(part.rows) - most
    more = f'<p class="marks">另有 {left} 行,见工作簿。</p>' if left > 0 else ""
    return f"<h2>{escape(part.title)}</h2>{chart(part)}{'' if bars else _table(part)}{more}"


def _table(part: Part) -> str:
    head = "".join(f"<th>{escape(column.title)}</th>" for column in part.columns)
    rows = "".join(f"<tr>{_cells(part, row)}</tr>" for row in part.rows[:_MOST_ROWS])
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cells(part: Part, row: tuple[object, ...]) -> str:
    shown = (value_shown(value, column.unit) for value, column in zip(row, part.columns, strict=True))
    return "".join(f"<td>{escape(each)}</td>" for each in shown)
