"""The leader's page, read in a minute: what is late, both ends of the scores, townships, tonight's report."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from cases import supervision_lists as lists
from cases.areas import FIGURES, by_area
from cases.assessing import assess
from web.access import May, needs, wiring

blueprint = Blueprint("overview", __name__)

_ENDS = 3
"""So many units stand at each end of the scores."""
_REPORTS = "reports.page"


@blueprint.get("/overview")
@needs(May.SEE_OVERVIEW)
def page() -> ResponseReturnValue:
    """This month, from its first day until now."""
    now, zone = wiring().now(), wiring().settings.zone
    first = now.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    with wiring().reading() as unit:
        areas = by_area(unit.session, first, now)
        counts = lists.counts(unit.session, now)
        standing = lists.hard_work(unit.session)
        found = assess(unit.session, first.date(), now.astimezone(zone).date(), now, wiring().rules)
    scored = [each.to_json() for each in found.departments if each.score is not None]
    total = {name: sum(each[name] for each in areas) for name in FIGURES}
    return render_template(
        "overview.html",
        areas=[each for each in areas if each["name"] is not None or any(each[name] for name in FIGURES)],
        total=total,
        counts={**counts, **standing},
        best=scored[:_ENDS],
        last=scored[_ENDS:][-_ENDS:],
        month=_month(first),
        reports=url_for(_REPORTS) if _REPORTS in current_app.view_functions else None,
    )


def _month(first: datetime) -> str:
    return f"{first:%Y-%m}"
