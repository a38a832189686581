"""Every call, newest first; and whose number one of them has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cases import clean, queries
from cases.queries import CallsAsked
from cases.states import CallOutcome
from cases.users import audit
from web.access import May, is_part, needs, wiring
from web.search import midnight

blueprint = Blueprint("calls", __name__)

_PAGE = 50
_HOURS = 24
_NARROWING = ("from", "to", "hour", "outcome", "answered")


@blueprint.get("/calls")
@needs(May.SEE_CALLS)
def page() -> ResponseReturnValue:
    before, asked = request.args.get("before", type=_id), _asked(request.args)
    with wiring().reading() as unit:
        last = queries.last_change(unit.session)
        found = queries.calls_list(unit.session, limit=_PAGE, before=before, asked=asked)
    older = found[-1]["id"] if len(found) == _PAGE else None
    template = "calls_part.html" if is_part() else "calls.html"
    return render_template(
        template, calls=found, older=older, before=before, last=last, narrowed=_address(request.args)
    )


def _asked(given: Mapping[str, str]) -> CallsAsked:
    """`from`, `to` (days of the city), `hour` of the first, `outcome`, `answered` (yes, no)."""
    outcome = clean.member(CallOutcome, given.get("outcome"))
    answered = {"yes": True, "no": False}.get(given.get("answered", ""))
    since, until = midnight(given.get("from")), midnight(given.get("to"), days=1)
    hour = given.get("hour", "")
    if since is not None and hour.isascii() and hour.isdigit() and int(hour[:3]) < _HOURS:
        since += timedelta(hours=int(hour[:3]))
        until = since + timedelta(hours=1)
    return CallsAsked(since, until, outcome, answered)


def _address(given: Mapping[str, str]) -> dict[str, str]:
    """What narrows the list, as it goes on to the next page."""
    return {name: clean.line(given[name], 32) for name in _NARROWING if given.get(name)}


def _id(text: str) -> str:
    """A call's id as it stands in an address; anything else is no id."""
    if not (text.isascii() and text.replace("-", "").isalnum() and len(text) <= 36):
        raise ValueError(text)
    return text


@blueprint.post("/calls/<uuid:call_id>/caller")
@needs(May.SHOW_CALLER)
def caller(call_id: object) -> ResponseReturnValue:
    """The whole number, on a click that is written down."""
    with wiring().unit_of_work() as unit:
        found = queries.call_caller(unit.session, str(call_id))
        if found is None:
            abort(404)
        now, address = wiring().now(), request.remote_addr or ""
        detail = {"case": found["case"]}
        audit(unit.session, now, current_user.username, "caller_shown", str(call_id), address, detail)
        unit.commit()
    return render_template("caller.html", caller=found["caller"], name=found["caller_name"])
