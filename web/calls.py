"""Every call, newest first; and whose number one of them has."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cases import queries
from cases.users import audit
from web.access import May, is_part, needs, wiring

blueprint = Blueprint("calls", __name__)

_PAGE = 50


@blueprint.get("/calls")
@needs(May.SEE_CALLS)
def page() -> ResponseReturnValue:
    before = request.args.get("before", type=_id)
    with wiring().reading() as unit:
        last = queries.last_change(unit.session)
        found = queries.calls_list(unit.session, limit=_PAGE, before=before)
    older = found[-1]["id"] if len(found) == _PAGE else None
    template = "calls_part.html" if is_part() else "calls.html"
    return render_template(template, calls=found, older=older, before=before, last=last)


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
