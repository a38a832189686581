"""Every call, newest first."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from cases import queries
from web.access import May, needs, wiring

blueprint = Blueprint("calls", __name__)

_PAGE = 50


@blueprint.get("/calls")
@needs(May.SEE_CALLS)
def page() -> ResponseReturnValue:
    before = request.args.get("before")
    with wiring().reading() as unit:
        last = queries.last_change(unit.session)
        found = queries.calls_list(unit.session, limit=_PAGE, before=before)
    older = found[-1]["id"] if len(found) == _PAGE else None
    template = "calls_part.html" if request.headers.get("HX-Request") else "calls.html"
    return render_template(template, calls=found, older=older, last=last)
