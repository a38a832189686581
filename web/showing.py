"""How values look: city time, masked numbers, words for states. Filters of the templates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Flask, current_app
from flask_babel import gettext as _
from flask_login import current_user

from cases import numbers
from web.access import ALLOWED, May, may, wiring
from web.words import WORDS


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


def age(at: datetime | None) -> str:
    """How long ago, in one unit."""
    if at is None:
        return "—"
    seconds = max(0, int((wiring().now() - at).total_seconds()))
    if seconds < 60:
        return _("%(n)s 秒", n=seconds)
    if seconds < 3600:
        return _("%(n)s 分钟", n=seconds // 60)
    return _("%(n)s 小时", n=seconds // 3600) if seconds < 86400 else _("%(n)s 天", n=seconds // 86400)


def masked(number: str | None) -> str:
    """13800110110 → 138****0110; nobody's number is shown whole without a click that is written down."""
    if not number:
        return _("匿名")
    return (
        number[:3] + "****" + number[-4:] if len(number) >= 9 else "*" * max(0, len(number) - 2) + number[-2:]
    )


def grouped(number: str | None) -> str:
    return " ".join(numbers.groups(number)) if number else "—"


def place(value: dict[str, Any] | None) -> str:
    """The parts of a place from the large to the small."""
    parts = ("township", "community", "road", "number", "poi")
    return "".join(str((value or {}).get(part) or "") for part in parts)


def init_app(app: Flask) -> None:
    for filter_ in (word, moment, lasting, age, masked, grouped, place):
        app.template_filter(filter_.__name__)(filter_)

    @app.context_processor
    def _known() -> dict[str, Any]:
        role = getattr(current_user, "role", None)
        return {"May": May, "may": may, "allowed": ALLOWED.get(role, frozenset()), "profile": _profile()}


def _profile() -> str:
    return str(current_app.extensions["wiring"].settings.profile)
