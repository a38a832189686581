"""The agents' screen: calls now, requests that wait, promises to ring back. Pushed (web/live.py)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from cases import queries
from cases.call_backs import complete_call_back
from cases.errors import Conflict, NotFound
from web.access import May, home, needs, wiring

blueprint = Blueprint("queue", __name__)


@blueprint.get("/")
@needs(*May)
def root() -> ResponseReturnValue:
    return redirect(home())


@blueprint.get("/queue")
@needs(May.SEE_QUEUE)
def page() -> ResponseReturnValue:
    return render_template("queue.html", wall="wall" in request.args, **_queue())


@blueprint.get("/queue/part")
@needs(May.SEE_QUEUE)
def part() -> ResponseReturnValue:
    """The part that changes, fetched again when the feed says so."""
    return render_template("queue_part.html", wall="wall" in request.args, **_queue())


def _queue() -> dict[str, Any]:
    with wiring().reading() as unit:
        # The feed's place is read first: what changes after it is pushed.
        last = queries.last_change(unit.session)
        return {"last": last, "queue": queries.queue(unit.session)}


@blueprint.post("/call-backs/<int:call_back_id>")
@needs(May.COMPLETE_CALL_BACK)
def complete(call_back_id: int) -> ResponseReturnValue:
    reached = request.form.get("reached", "yes") == "yes"
    note = request.form.get("note", "")
    try:
        with wiring().unit_of_work() as unit:
            complete_call_back(
                unit.session, call_back_id, current_user.username, wiring().now(), note, reached=reached
            )
            unit.commit()
    except NotFound:
        abort(404)
    except Conflict:
        flash(_("这个回电已经由别人处理了。"))
    else:
        wiring().bell.nudge()
    return redirect(url_for("queue.page"))
