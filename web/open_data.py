"""The city's figures, open to everybody: a page with charts, and the same as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import Any

from flask import Blueprint, Response, current_app, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from cases.open_figures import OTHER, open_figures, rows
from web.access import wiring
from web.limits import limiter
from web.showing import word as shown_word

blueprint = Blueprint("open_data", __name__)

LOOKS = "60 per minute; 600 per hour"
"""From one address."""
_FAMILIES = {"township": "place_name", "month": "month"}
_looks = limiter.shared_limit(LOOKS, scope="open figures")


@blueprint.get("/figures")
@_looks
def page() -> ResponseReturnValue:
    figures = _figures()
    return render_template("figures.html", figures=figures, word=_word, tallest=_tallest(figures))


@blueprint.get("/figures.json")
@_looks
def as_json() -> ResponseReturnValue:
    return _open(json.dumps(_figures(), ensure_ascii=False, indent=1), "application/json")


@blueprint.get("/figures.csv")
@_looks
def as_csv() -> ResponseReturnValue:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["table", "name", "count"])
    writer.writerows(rows(_figures(), _word))
    # The mark tells a spreadsheet that it is UTF-8.
    return _open("\ufeff" + text.getvalue(), "text/csv; charset=utf-8")


def _open(content: str, kind: str) -> Response:
    answer = Response(content, content_type=kind)
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _figures() -> dict[str, Any]:
    """Until the end of yesterday: counted once a day in each process, whoever asks."""
    kept: dict[date, dict[str, Any]] = current_app.extensions.setdefault("open_figures", {})
    zone = wiring().settings.zone
    today = wiring().now().astimezone(zone).date()
    if today not in kept:
        with wiring().reading() as unit:
            found = open_figures(unit.session, today, zone)
        kept.clear()
        kept[today] = found
    return kept[today]


def _tallest(figures: dict[str, Any]) -> dict[str, int]:
    """The greatest count of each table, for its chart; at least 1."""
    return {
        name: max([1, *(count or 0 for count in counts.values())])
        for name, counts in figures["tables"].items()
    }


def _word(name: str, table: str) -> str:
    return _("其他") if name == OTHER else shown_word(name, _FAMILIES.get(table, ""))
