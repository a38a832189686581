"""The reports: which were made, one of them with its charts, and its forms to take along."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from cases import clean, reporting
from cases import figures as f
from cases.report_days import ReportKind
from cases.reporting import Made
from cases.users import audit
from web.access import May, may, needs, wiring
from web.report_words import kind_title, said, title

blueprint = Blueprint("reports", __name__)

_MOST = 100
_FORMS = ("html", "xlsx", "csv", "json")
_TYPES = {
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
_BEHIND: Mapping[str, dict[str, Any]] = {
    "cases_opened": {},
    "danger_calls": {"danger": 1},
}
"""Figures whose cases are found by the list's filters, with the report's days."""
_CALLS: Mapping[str, dict[str, Any]] = {
    "calls_offered": {},
    "calls_answered": {"answered": "yes"},
    "calls_abandoned": {"answered": "no"},
    "messages": {"outcome": "message"},
    "live_agent": {"outcome": "agent"},
    "back_to_110": {"outcome": "back_to_110"},
    "progress_told": {"outcome": "progress_told"},
    "hung_up": {"outcome": "hung_up"},
    "failed": {"outcome": "failed"},
}
"""Figures whose calls are found by the filters of the list of calls."""
_LISTS = {
    "cases_by_matter": "matter",
    "cases_by_kind": "kind",
    "cases_by_sector": "sector",
    "cases_by_unit": "unit",
    "cases_by_township": "township",
}


@blueprint.get("/reports")
@needs(May.SEE_REPORTS)
def page() -> ResponseReturnValue:
    """Every version that was made; `kind` narrows it."""
    chosen = request.args.get("kind")
    kind = clean.member(ReportKind, chosen) if chosen else None
    if chosen and kind is None:
        abort(404)
    with wiring().reading() as unit:
        rows = reporting.listed(unit.session, kind, _MOST)
    return render_template(
        "reports.html", rows=rows, kinds=list(ReportKind), kind=kind, kind_title=kind_title
    )


@blueprint.get("/reports/<kind>/<day>")
@needs(May.SEE_REPORTS)
def report(kind: str, day: str) -> ResponseReturnValue:
    """The latest version, or `version`."""
    from hotline.report_charts import chart
    from hotline.report_parts import figures, headlines, parts, value_shown

    made = _made(kind, day)
    back = _neighbour(made, -1)
    shown = [
        {"part": part, "chart": Markup(chart(part)),  # noqa: S704
         "links": [_line_link(made, part.name, key) for key in part.keys]}
        for part in parts(made)
    ]  # fmt: skip
    return render_template(
        "report.html", made=made, headlines=headlines(made), figures=figures(made), parts=shown,
        title=title, said=said, kind_title=kind_title, shown=value_shown, links=_links(made), forms=_FORMS,
        before=back, after=_neighbour(made, 1), sentence=_sentence(made),
        differing=_("、").join(map(title, made.difference)),
    )  # fmt: skip


@blueprint.get("/reports/<kind>/<day>/report.<form>")
@needs(May.SEE_REPORTS)
def download(kind: str, day: str, form: str) -> ResponseReturnValue:
    """One of the forms; that it was taken stands in the trail."""
    if form not in _FORMS:
        abort(404)
    from hotline.report_xlsx import file_name

    made = _made(kind, day)
    with wiring().unit_of_work() as unit:
        now, who = wiring().now(), current_user.username
        detail = {"version": made.version, "form": form}
        audit(
            unit.session,
            now,
            who,
            "report_taken",
            f"{made.kind} {made.date}",
            request.remote_addr or "",
            detail,
        )
        unit.commit()
    answer = Response(_content(made, form), content_type=_TYPES[form])
    answer.headers["Content-Disposition"] = f"attachment; filename={file_name(made, form)}"
    return answer


def _content(made: Made, form: str) -> str | bytes:
    from hotline.report_html import html_of
    from hotline.report_xlsx import csv_of, json_of, workbook

    if form == "xlsx":
        return workbook(made)
    # A spreadsheet knows by the mark that it is UTF-8.
    return {"html": html_of, "csv": lambda made: "\ufeff" + csv_of(made), "json": json_of}[form](made)


def _made(kind: str, day: str) -> Made:
    chosen = clean.member(ReportKind, kind)
    try:
        first = date.fromisoformat(day)
    except ValueError:
        abort(404)
    version = request.args.get("version", "")
    if chosen is None or (version and not re.fullmatch(r"[0-9]{1,5}", version)):
        abort(404)
    with wiring().reading() as unit:
        found = reporting.version_of(unit.session, chosen, first, int(version) if version else None)
    if found is None:
        abort(404)
    return found


def _neighbour(made: Made, step: int) -> str | None:
    """The address of the report before or after, where there is one."""
    with wiring().reading() as unit:
        found = reporting.neighbour(unit.session, ReportKind(made.kind), made.date, step)
    return url_for("reports.report", kind=made.kind, day=found.isoformat()) if found else None


# ---------------------------------------------------------------- what is behind a figure


def _days(made: Made) -> dict[str, str]:
    return {"from": made.figures.get("first", ""), "to": made.figures.get("last", "")}


def _links(made: Made) -> dict[str, str]:
    """Figure → the address of the calls or cases behind it, for those who may see them."""
    found = {name: url_for("case.listing", **_days(made), **more) for name, more in _BEHIND.items()}
    if may(May.SEE_CALLS):
        found |= {name: url_for("calls.page", **_days(made), **more) for name, more in _CALLS.items()}
    if may(May.SUPERVISE):
        found["cases_overdue"] = url_for("supervision.page")
    if may(May.SEE_SCORES):
        found["satisfaction_rate"] = url_for("assessment.page")
    return found


def _line_link(made: Made, name: str, key: str) -> str | None:
    if name == "danger":
        return url_for("case.page", number=key)
    days = _days(made)
    if name == "calls_by_hour" and may(May.SEE_CALLS) and days["from"] == days["to"]:
        return url_for("calls.page", **_days(made), hour=key)
    of = _LISTS.get(name)
    if of is None or key in (f.OTHERS, f.NONE):
        return None
    return url_for("case.listing", **_days(made), **{of: key})


def _sentence(made: Made) -> str:
    """The largest changes, in the reader's language."""
    changes, days = made.figures.get("changes", []), made.figures.get("compared_days", 0)
    if not days:
        return _("尚无可比的往期报表。")
    if not changes:
        return _("与前 %(days)s 期同日相比，没有明显变化。", days=days)
    from hotline.report_parts import unit_of, value_shown

    named = _("、").join(
        f"{title(name := each['figure'])} {each['change']:+.0%} ({value_shown(each['value'], unit_of(name))})"
        for each in changes
    )
    return _("与前 %(days)s 期同日均值相比，变化最大的是：%(said)s。", days=days, said=named)
