"""A unit's page: what it has to do by the colour of the clock; signed, reported and returned with a thumb."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cases import queries
from cases.deadlines import Colour
from cases.unit_work import count_work, unit_work
from cases.viewing import as_seen_by
from web.access import May, is_part, needs, wiring

blueprint = Blueprint("work", __name__)

_NOBODYS = -1
"""A unit's person to whom no unit was given: nothing is its own."""
_COLOURS = (Colour.RED, Colour.YELLOW, Colour.GREEN, Colour.STOPPED)


@blueprint.get("/work")
@needs(May.SEE_WORK)
def page() -> ResponseReturnValue:
    unit_id, now = current_user.unit_id or _NOBODYS, wiring().now()
    with wiring().reading() as unit:
        last = queries.last_change(unit.session)
        found = unit_work(unit.session, unit_id, now, wiring().rules)
        counts = count_work(unit.session, unit_id, now)
    lines = [as_seen_by(each, current_user.role) for each in found]
    groups = [(colour, [each for each in lines if each["colour"] == colour]) for colour in _COLOURS]
    template = "work_part.html" if is_part() else "work.html"
    return render_template(template, groups=groups, shown=len(lines), counts=counts, last=last)
