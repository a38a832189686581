"""One case, and the lists of cases. A unit sees its own, a desk those it passed on."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import Session

from cases import clean, numbers, queries
from cases.calendar import load_calendar
from cases.corrections import WORDS_CORRECTED
from cases.life import line_with_colour
from cases.search import LONGEST_QUERY, Asked, Own, count_open, number_asked, search
from cases.search import choices as narrowing
from cases.states import Kind, Sector
from cases.users import audit
from cases.viewing import as_seen_by
from web import search as asking
from web.access import May, is_part, may, may_see, needs, wiring
from web.moves import moves_of

blueprint = Blueprint("case", __name__)

_PAGE = 50
_EARLIER = 6


@blueprint.get("/cases")
@needs(May.SEE_CASES, May.SEE_OWN_CASES)
def listing() -> ResponseReturnValue:
    asked, before = asking.asked(request.args), request.args.get("before")
    if before is not None and not numbers.check(before):
        abort(404)
    now, role, own = wiring().now(), current_user.role, asking.own()
    with wiring().reading() as unit:
        last = queries.last_change(unit.session)
        found = search(unit.session, asked, own, now, limit=_PAGE, before=before)
        counts = count_open(unit.session) if may(May.SEE_CASES) and not is_part() else {}
        choices = {} if is_part() else narrowing(unit.session)
    lines = [as_seen_by(line_with_colour(each, now), role) for each in found]
    return render_template(
        "cases_part.html" if is_part() else "cases.html",
        cases=[asking.with_marks(each, asked.words) for each in lines],
        asked=asked,
        address=asking.address(request.args),
        family=asked.family,
        counts=counts,
        choices=choices,
        colours=asking.COLOURS,
        kinds=list(Kind),
        sectors=list(Sector),
        older=found[-1]["number"] if len(found) == _PAGE else None,
        before=before,
        last=last,
    )


@blueprint.get("/cases/find")
@needs(May.SEE_CASES, May.SEE_OWN_CASES)
def find() -> ResponseReturnValue:
    """Straight to the case whose number somebody reads out; anything else is looked for."""
    words = clean.line(request.args.get("q", ""), LONGEST_QUERY)
    number = number_asked(words)
    if number is not None and _finds(number):
        return redirect(url_for("case.page", number=number))
    if "number" not in request.args:
        return redirect(url_for("case.listing", q=words or None))
    number = "".join(filter(str.isdigit, request.args["number"][:40]))
    if not numbers.check(number):
        flash(_("这不是受理编号：请核对每一位数字。"))
        return redirect(url_for("case.listing"))
    return redirect(url_for("case.page", number=number))


def _finds(number: str) -> bool:
    """Whether this person has a case with this number. A part of a telephone number may look like one."""
    with wiring().reading() as unit:
        found = search(unit.session, Asked(number), asking.own(), wiring().now(), limit=1)
    return any(each["number"] == number for each in found)


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


@blueprint.get("/cases/<number>/place")
@needs(May.SEE_CASES)
def place(number: str) -> ResponseReturnValue:
    """Other requests about the same place, which the page asks for when it stands."""
    with wiring().reading() as unit:
        found = may_see(queries.case_detail(unit.session, number) if numbers.check(number) else None)
        words = _place_words(found["place"] or {})
        asked = Asked(words, until=found["opened"])
        earlier = search(unit.session, asked, Own(), wiring().now(), limit=_EARLIER) if words else []
    cases = [as_seen_by(each, current_user.role) for each in earlier if each["number"] != number]
    return render_template("place.html", cases=cases, words=words)


def _place_words(place: dict[str, Any]) -> str:
    """What says where it is more exactly than a township or a whole road: 解放路12号, 城西社区, 水北桥."""
    road = f"{place.get('road') or ''}{place.get('number') or ''}" if place.get("number") else ""
    exact = [road, place.get("poi") or "", "" if road else place.get("community") or ""]
    return " ".join(filter(None, exact))


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
