"""What the staff is told: reminders, urgings, what waits for whom. Read by the first who opens it."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cases import staff_notices
from web.access import May, may, needs, whole, wiring
from web.showing import moment

blueprint = Blueprint("notices", __name__)

_PAGE = 50
_MOST_IDS = 200
_LONGEST_ID = 16


@blueprint.get("/notices")
@needs(May.SEE_NOTICES)
def page() -> ResponseReturnValue:
    """`show=all`: those that were read, too."""
    everything = request.args.get("show") == "all"
    with wiring().reading() as unit:
        found = staff_notices.listed(
            unit.session,
            current_user.role,
            current_user.unit_id,
            unread=not everything,
            before=request.args.get("before", type=whole),
            limit=_PAGE,
        )
    ids = [id_ for each in found for id_ in each["ids"]]
    older = min(ids) if len(ids) == _PAGE else None
    return render_template("notices.html", notices=found, everything=everything, older=older)


@blueprint.post("/notices")
@needs(May.SEE_NOTICES)
def read() -> ResponseReturnValue:
    """Mark these (`ids`, with spaces between) as read."""
    given = request.form.get("ids", "").split()[:_MOST_IDS]
    ids = [int(each) for each in given if each.isdecimal() and len(each) < _LONGEST_ID]
    with wiring().unit_of_work() as unit:
        staff_notices.mark_read(
            unit.session,
            current_user.role,
            current_user.unit_id,
            current_user.username,
            wiring().now(),
            ids,
        )
        unit.commit()
    return redirect(url_for("notices.page"))


def unread() -> int:
    """How many wait for this person; 0 when the database cannot say: a page does without it."""
    if not may(May.SEE_NOTICES):
        return 0
    try:
        with wiring().reading() as unit:
            return staff_notices.unread_count(unit.session, current_user.role, current_user.unit_id)
    except Exception:
        return 0


def day(written: str | None) -> str:
    """A moment that was kept as text (ISO 8601), in city time."""
    return moment(datetime.fromisoformat(written), "%m-%d %H:%M") if written else "—"


def init_app(app: Flask) -> None:
    app.template_filter("day")(day)
    app.jinja_env.globals.update(unread_notices=unread)
