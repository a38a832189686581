"""The administrator's first page: everything that is set by hand, and what stands there now."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from cases.administering import standing
from web.access import May, needs, wiring

blueprint = Blueprint("administration", __name__)


@blueprint.get("/admin")
@needs(May.MANAGE_PEOPLE)
def page() -> ResponseReturnValue:
    with wiring().reading() as unit:
        found = standing(unit.session)
    return render_template("administration.html", standing=found)
