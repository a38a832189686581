"""How values look: city time, masked numbers, words for states. Filters of the templates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Flask, g
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup, escape

from cases import numbers
from cases.money import yuan
from web.access import May, may, wiring
from web.words import WORDS

_SHORT, _LONG = 9, 5
"""A number with so many digits keeps its ends; below, only its last two, or nothing at all."""


def word(value: object, family: str = "") -> str:
    """The reader's word for a value of the core; the value itself when there is none."""
    text = str(value if value is not None else "")
    return str(WORDS.get(f"{family}:{text}") or WORDS.get(text) or text)


def moment(at: datetime | None, form: str = "%m-%d %H:%M:%S") -> str:
    """In city time."""
    return at.astimezone(wiring().settings.zone).strftime(form) if at else "—"


def lasting(seconds: float | None) -> str:
    """12.4 → 0:12"""
    if seconds is None:
        return "—"
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def masked(number: str | None) -> str:
    """13800110110 → 138****0110; nobody's number is shown whole without a click that is written down."""
    if not number:
        return _("匿名")
    if len(number) >= _SHORT:
        return f"{number[:3]}****{number[-4:]}"
    return "****" + (number[-2:] if len(number) >= _LONG else "")


def grouped(number: str | None) -> str:
    return " ".join(numbers.groups(number)) if number else "—"


def place(value: dict[str, Any] | None) -> str:
    """The parts of a place from the large to the small."""
    parts = ("township", "community", "road", "number", "poi")
    return "".join(str((value or {}).get(part) or "") for part in parts)


def marked(text: str | None, pieces: list[str]) -> Markup:
    """The text with these pieces of it marked, where they first stand; everything escaped."""
    said = text or ""
    spots: list[tuple[int, int]] = []
    for piece in sorted(filter(None, map(str, pieces)), key=len, reverse=True):
        at = said.find(piece)
        if at >= 0 and not any(start < at + len(piece) and at < end for start, end in spots):
            spots.append((at, at + len(piece)))
    shown, last = Markup(), 0
    for start, end in sorted(spots):
        shown += escape(said[last:start]) + Markup("<mark>{}</mark>").format(said[start:end])
        last = end
    return shown + escape(said[last:])


def init_app(app: Flask) -> None:
    for filter_ in (word, moment, lasting, masked, grouped, place, marked, yuan):
        app.template_filter(filter_.__name__)(filter_)

    # Globals and not of the context: macros see them, too.
    app.jinja_env.globals.update(May=May, may=may, person=_person, now=_now)


def _now() -> datetime:
    return wiring().now()


def _person() -> Any:
    """Who is logged in; None for nobody, and while the database cannot say: the error page needs none."""
    if "person_unknown" in g:
        return None
    try:
        return current_user if current_user.is_authenticated else None
    except Exception:
        return None
