"""Charts of a report as SVG, drawn by ourselves: no script, nothing from outside, readable without colour."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from hotline.report_parts import Part

_WIDE, _BAR, _GAP, _LABEL, _NUMBER = 640, 18, 8, 170, 60
_HIGH, _FOOT, _HEAD = 180, 22, 26
MOST_BARS = 15
ANSWERED, ABANDONED = "#1a5fb4", "#c64600"
"""Blue and orange: told apart by who sees no red or green."""


def chart(part: Part) -> str:
    """The part as <svg>; empty where nothing is to be drawn."""
    if not part.drawn or not part.rows:
        return ""
    return _columns(part) if len(part.drawn) > 1 else _bars(part)


def _svg(title: str, high: int, inside: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {high}" role="img" '
        f'class="chart" width="100%" aria-label="{escape(title)}" font-size="12" fill="currentColor">'
        f"<title>{escape(title)}</title>{inside}</svg>"
    )


def _bars(part: Part) -> str:
    """Lying bars, the greatest first; each with its name and its number."""
    at = part.drawn[0]
    rows = part.rows[:MOST_BARS]
    most = max((row[at] for row in rows), default=0) or 1
    room = _WIDE - _LABEL - _NUMBER
    drawn = []
    for place, row in enumerate(rows):
        top = place * (_BAR + _GAP)
        wide = max(1, round(room * row[at] / most))
        drawn.append(
            f'<text x="{_LABEL - 8}" y="{top + 14}" text-anchor="end">{escape(_short(str(row[0])))}</text>'
            f'<rect x="{_LABEL}" y="{top}" width="{wide}" height="{_BAR}" fill="{ANSWERED}"/>'
            f'<text x="{_LABEL + wide + 6}" y="{top + 14}">{row[at]:,}</text>'
        )
    return _svg(part.title, len(rows) * (_BAR + _GAP), "".join(drawn))


def _columns(part: Part) -> str:
    """Standing columns, one for each hour, its parts on top of each other."""
    most = max((sum(row[at] for at in part.drawn) for row in part.rows), default=0) or 1
    step = _WIDE / len(part.rows)
    inside = "".join(_legend(part)) + "".join(
        _column(row, part, place * step, step, most) for place, row in enumerate(part.rows)
    )
    ground = _HEAD + _HIGH
    line = f'<path d="M0 {ground}H{_WIDE}" stroke="currentColor" fill="none"/>'
    return _svg(part.title, ground + _FOOT, inside + line)


def _column(row: tuple[object, ...], part: Part, left: float, step: float, most: int) -> str:
    ground, drawn = float(_HEAD + _HIGH), []
    for at, colour in zip(part.drawn, (ANSWERED, ABANDONED), strict=False):
        count = int(str(row[at]))
        high = _HIGH * count / most
        ground -= high
        if count:
            said = escape(f"{row[0]}时 {part.columns[at].title} {count:,}")
            drawn.append(
                f'<rect x="{left + 2:.1f}" y="{ground:.1f}" width="{step - 4:.1f}" height="{high:.1f}" '
                f'fill="{colour}"><title>{said}</title></rect>'
            )
    middle = left + step / 2
    drawn.append(
        f'<text x="{middle:.1f}" y="{_HEAD + _HIGH + 16}" text-anchor="middle" font-size="11">{row[0]}</text>'
    )
    return "".join(drawn)


def _legend(part: Part) -> Iterator[str]:
    for place, (at, colour) in enumerate(zip(part.drawn, (ANSWERED, ABANDONED), strict=False)):
        left = place * 90
        yield f'<rect x="{left}" y="2" width="12" height="12" fill="{colour}"/>'
        yield f'<text x="{left + 18}" y="13">{escape(part.columns[at].title)}</text>'


def _short(name: str, most: int = 12) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
