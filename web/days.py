"""The administrator's calendar: which days are worked, and what a year's deadlines are counted by."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from cases.calendar import load_calendar
from cases.recounting import own_days
from cases.worktime import Calendar
from hotline.calendars import change
from web.access import May, needs, whole, wiring

blueprint = Blueprint("days", __name__)

_FIRST_YEAR, _LAST_YEAR = 2004, 2100
_LONGEST = 31
"""Days that are set at once: no holiday is longer."""


@blueprint.get("/days")
@needs(May.SET_DAYS)
def page() -> ResponseReturnValue:
    with wiring().reading() as unit:
        calendar = load_calendar(unit.session, wiring().rules)
        year = request.args.get("year", calendar.day_of(wiring().now()).year, type=whole)
        if not _FIRST_YEAR <= year <= _LAST_YEAR:
            abort(404)
        own = own_days(unit.session, year)
    first, last = date(year, 1, 1), date(year, 12, 31)
    unknown = bool(calendar.unknown_years(first, last))
    return render_template("days.html", year=year, own=own, unknown=unknown, **_odd(calendar, first, last))


def _odd(calendar: Calendar, first: date, last: date) -> dict[str, list[date]]:
    """Days that are not as their weekday says."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return {
        "off": [day for day in days if day.weekday() < 5 and not calendar.is_working_day(day)],
        "worked": [day for day in days if day.weekday() >= 5 and calendar.is_working_day(day)],
    }


@blueprint.post("/days")
@needs(May.SET_DAYS)
def save() -> ResponseReturnValue:
    """`since`, `until` (empty: one day), `as`: off, worked, or left to the country's calendar."""
    days, how = _days(), request.form.get("as", "")
    if not days or how not in ("off", "worked", "country"):
        flash(_("请写起止日期，最多31天。"))
        return redirect(url_for("days.page"))
    asked: dict[str, Any] = {"leave": days}
    if how != "country":
        asked = {"days": dict.fromkeys(days, how == "worked"), "name": request.form.get("name", "")}
    changed, moved = change(wiring(), current_user.username, **asked)
    flash(_("改了%(days)s天，%(cases)s件的期限重新算过。", days=len(changed), cases=len(moved)))
    return redirect(url_for("days.page", year=days[0].year))


def _days() -> list[date]:
    given = request.form
    since = given.get("since", type=date.fromisoformat)
    until = given.get("until", type=date.fromisoformat) or since
    if since is None or until is None or not 0 <= (until - since).days < _LONGEST:
        return []
    if not _FIRST_YEAR <= since.year <= until.year <= _LAST_YEAR:
        return []
    return [since + timedelta(days=n) for n in range((until - since).days + 1)]
