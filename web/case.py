"""One case, and the lists of cases. A unit sees its own, a desk those it passed on."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import Session

from cases import numbers, queries
from cases.calendar import load_calendar
from cases.corrections import WORDS_CORRECTED
from cases.life import line_with_colour
from cases.states import Role
from cases.users import audit
from cases.viewing import as_seen_by
from web.access import May, is_part, may, may_see, needs, wiring
from web.moves import moves_of

blueprint = Blueprint("case", __name__)

_PAGE = 50


@blueprint.get("/cases")
@needs(May.SEE_CASES, May.SEE_OWN_CASES)
def listing() -> ResponseReturnValue:
    family, before = request.args.get("family"), request.args.get("before")
    if family is not None and family not in queries.FAMILIES:
        abort(404)
    if before is not None and not numbers.check(before):
        abort(404)
    with wiring().reading() as unit:
        last = queries.last_change(unit.session)
        found = queries.cases_list(unit.session, family=family, limit=_PAGE, before=before, **_own())
        counts = queries.count_families(unit.session) if may(May.SEE_CASES) else {}
    older = found[-1]["number"] if len(found) == _PAGE else None
    template = "cases_part.html" if is_part() else "cases.html"
    now, role = wiring().now(), current_user.role
    lines = [as_seen_by(line_with_colour(each, now), role) for each in found]
    return render_template(
        template, cases=lines, family=family, counts=counts, older=older, before=before, last=last
    )


def _own() -> dict[str, Any]:
    """What limits the list for those who see only their own."""
    if may(May.SEE_CASES):
        return {}
    if current_user.role is Role.DESK:
        return {"desk": current_user.desk or "-"}
    return {"unit_id": current_user.unit_id or -1}


@blueprint.get("/cases/find")
@needs(May.SEE_CASES, May.SEE_OWN_CASES)
def find() -> ResponseReturnValue:
    """Straight to the case whose number somebody reads out."""
    number = "".join(filter(str.isdigit, request.args.get("number", "")[:40]))
    if not numbers.check(number):
        flash(_("这不是受理编号：请核对每一位数字。"))
        return redirect(url_for("case.listing"))
    return redirect(url_for("case.page", number=number))


@blueprint.get("/cases/<number>")
@needs(May.SEE_CASES, May.SEE_OWN_CASES)
def page(number: str) -> ResponseReturnValue:
    with wiring().reading() as unit:
        last = queries.last_change(unit.session)
        now = wiring().now()
        found = may_see(queries.case_detail(unit.session, number, now) if numbers.check(number) else None)
        events = queries.call_events(unit.session, [call["id"] for call in found["calls"]])
        moves = moves_of(unit.session, found)
        years = _unknown_years(unit.session, found)
        others = _others(queries.cases_list(unit.session, caller=found["caller"], limit=10), found)
    return render_template(
        "case_part.html" if is_part() else "case.html",
        case=found,
        timeline=_timeline(found, events),
        others=others,
        corrections=[each for each in found["events"] if each["move"] == WORDS_CORRECTED],
        keys=_keys(found),
        moves=moves,
        unknown_years=years,
        last=last,
    )


def _unknown_years(session: Session, case: dict[str, Any]) -> list[int]:
    """Years of this deadline whose days off nobody knows yet."""
    if case["due"] is None or case["dispatched"] is None:
        return []
    calendar = load_calendar(session, wiring().rules)
    return calendar.unknown_years(calendar.day_of(case["dispatched"]), calendar.day_of(case["due"]))


def _others(cases: list[dict[str, Any]], this: dict[str, Any]) -> list[dict[str, Any]]:
    """Other requests of the same number. An anonymous caller has none."""
    if not this["caller"] or not may(May.SEE_CASES):
        return []
    return [each for each in cases if each["number"] != this["number"]]


def _keys(case: dict[str, Any]) -> list[str]:
    """What a change of this page is told under in the feed."""
    rows = [*case["calls"], *case["recordings"]]
    return [case["number"], *(row["id"] for row in rows)]


def _timeline(case: dict[str, Any], calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Moves of the case and events of its calls in one order."""
    told_as_moves = ("case_opened",)
    shown = [each for each in calls if each["what"] not in told_as_moves]
    return sorted([*case["events"], *shown], key=lambda each: each["at"])


@blueprint.post("/cases/<number>/caller")
@needs(May.SHOW_CALLER)
def caller(number: str) -> ResponseReturnValue:
    """The whole number, on a click that is written down."""
    with wiring().unit_of_work() as unit:
        found = may_see(queries.case_detail(unit.session, number) if numbers.check(number) else None)
        now, address = wiring().now(), request.remote_addr or ""
        audit(unit.session, now, current_user.username, "caller_shown", number, address)
        unit.commit()
    return render_template("caller.html", caller=found["caller"], name=found["caller_name"])
