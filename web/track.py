"""The citizen's own page, by number and tracking code: how far it is, whether it is solved.

Public, so it tells nothing personal, says the same of a wrong number and a wrong code, and counts who
guesses. What the two opened stays in the session for a while; the code is in no address but the link of the
message.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from cases import tracking
from cases.citizen_states import SurveyWay
from cases.errors import Conflict, MoveRefused, NotFound
from cases.survey_settling import answer_by_citizen
from web.access import whole, wiring
from web.limits import limiter

blueprint = Blueprint("track", __name__)

GUESSES = "10 per minute; 60 per hour"
"""Wrong numbers and codes from one address."""
WORDS = "10 per minute; 40 per hour"
"""Answers and reopenings from one address."""
_KEY = "tracking"
_OPEN_FOR = timedelta(minutes=30)
_LONGEST = 1000
"""Signs of what a citizen adds in words."""


def was_wrong(response: Response) -> bool:
    """Only guesses count."""
    return response.status_code in (400, 404)


# ---------------------------------------------------------------- in by number and code


@blueprint.route("/track", methods=["GET", "POST"])
@limiter.limit(GUESSES, methods=["POST"], deduct_when=was_wrong)
def door() -> ResponseReturnValue:
    if request.method == "GET":
        return render_template("track.html", problem="", number="")
    number = tracking.tidy_number(request.form.get("number", ""))
    return _enter(number, request.form.get("code", ""), SurveyWay.PAGE)


@blueprint.get("/t/<string(maxlength=40):key>")
@limiter.limit(GUESSES, deduct_when=was_wrong)
def link(key: str) -> ResponseReturnValue:
    """The link of a message. Looking at it changes nothing: programs that check links do that too."""
    number, _dash, code = key.partition("-")
    return _enter(tracking.tidy_number(number), code, SurveyWay.SMS)


def _enter(number: str, said: str, way: SurveyWay) -> ResponseReturnValue:
    code = tracking.tidy_code(said)
    try:
        with wiring().reading() as unit:
            tracking.find(unit.session, number, code)
    except NotFound:
        problem = _("没有查到。请核对受理编号和查询码，都在发给您的短信里。")
        return render_template("track.html", problem=problem, number=number), 404
    until = (wiring().now() + _OPEN_FOR).isoformat()
    session[_KEY] = {"number": number, "code": code, "way": way.value, "until": until}
    return redirect(url_for("track.page"))


def _opened() -> dict[str, str] | None:
    """What number and code opened a while ago; None: nothing, or too long ago."""
    kept = session.get(_KEY)
    try:
        if kept and wiring().now() < datetime.fromisoformat(kept["until"]):
            return {name: str(kept[name]) for name in ("number", "code", "way")}
    except (KeyError, ValueError, TypeError):
        pass
    session.pop(_KEY, None)
    return None


@blueprint.post("/track/leave")
def leave() -> ResponseReturnValue:
    session.pop(_KEY, None)
    return redirect(url_for("track.door"))


# ---------------------------------------------------------------- the page, and what is said on it


@blueprint.get("/track/case")
def page() -> ResponseReturnValue:
    kept = _opened()
    shown = _tracked(kept) if kept else None
    if shown is None:
        return redirect(url_for("track.door"))
    return render_template("tracked.html", case=shown)


def _tracked(kept: dict[str, str]) -> dict[str, Any] | None:
    try:
        with wiring().reading() as unit:
            return tracking.tracked(
                unit.session, kept["number"], kept["code"], wiring().now(), wiring().rules
            )
    except NotFound:
        # A restored database: what stood there is there no more.
        session.pop(_KEY, None)
        return None


@blueprint.post("/track/answer")
@limiter.limit(WORDS)
def answer() -> ResponseReturnValue:
    """`answer`: 1 to 4; `words`: what the citizen adds."""
    kept = _opened()
    shown = _tracked(kept) if kept else None
    if kept is None or shown is None:
        return redirect(url_for("track.door"))
    value = request.form.get("answer", 0, type=whole)
    if not 1 <= value <= 4:
        flash(_("请先选一项。"))
    elif shown["survey"] is None or not shown["asks"]:
        flash(_("现在不用评价。"))
    else:
        flash(_keep(shown["survey"], value, SurveyWay(kept["way"])))
    return redirect(url_for("track.page"))


def _keep(survey_id: int, value: int, way: SurveyWay) -> str:
    try:
        with wiring().unit_of_work() as unit:
            now, rules = wiring().now(), wiring().rules
            answer_by_citizen(unit.session, survey_id, value, way, _words(), now, rules)
            unit.commit()
    except (MoveRefused, Conflict):
        return _("已经评价过了，或者事情又有了新的进展，请看下面。")
    wiring().bell.nudge()
    return _("谢谢您的评价。") if value < 3 else _("已经记下，我们会继续办理。")


@blueprint.post("/track/reopen")
@limiter.limit(WORDS)
def reopen() -> ResponseReturnValue:
    """`words`: what is not solved; without it nobody knows what to do."""
    kept = _opened()
    if kept is None:
        return redirect(url_for("track.door"))
    words = _words()
    if not words:
        flash(_("请写明还有什么没有解决。"))
        return redirect(url_for("track.page"))
    try:
        with wiring().unit_of_work() as unit:
            now, rules = wiring().now(), wiring().rules
            tracking.reopen(unit.session, kept["number"], kept["code"], words, now, rules)
            unit.commit()
    except NotFound:
        return redirect(url_for("track.door"))
    except (MoveRefused, Conflict):
        flash(_("现在不能重新提出，请看下面的进展，或者拨打110。"))
    else:
        wiring().bell.nudge()
        flash(_("已经重新提出，我们会再办。"))
    return redirect(url_for("track.page"))


def _words() -> str:
    return request.form.get("words", "").strip()[:_LONGEST]
