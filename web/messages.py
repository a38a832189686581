"""Messages to citizens: what went out, what waits, what did not go."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from cases import messages, notices
from cases.errors import Conflict, NotFound
from cases.states import Role
from cases.users import audit
from web.access import May, needs, whole, wiring

blueprint = Blueprint("messages", __name__)

_ROW = "int(max=9007199254740991)"
_PAGE = 50


@blueprint.get("/messages")
@needs(May.SEE_MESSAGES)
def page() -> ResponseReturnValue:
    before = request.args.get("before", type=whole)
    with wiring().reading() as unit:
        rows = messages.messages(unit.session, limit=_PAGE, before=before)
        counts = messages.count_unsent(unit.session)
    for row in rows:
        row["text"] = row["text"] if _sees_codes() else notices.without_code(row["text"])
    older = rows[-1]["id"] if len(rows) == _PAGE else None
    return render_template("messages.html", messages=rows, counts=counts, older=older)


def _sees_codes() -> bool:
    """With number and code one is the citizen: nobody of the house answers in the citizen's place.

    On a development system the console is the only telephone there is.
    """
    return wiring().settings.profile != "production" and current_user.role is Role.ADMIN


@blueprint.post(f"/messages/<{_ROW}:message_id>/again")
@needs(May.SEND_AGAIN)
def again(message_id: int) -> ResponseReturnValue:
    """A message that did not go out is tried once more; who says so is written down."""
    try:
        with wiring().unit_of_work() as unit:
            now, address = wiring().now(), request.remote_addr or ""
            messages.send_again(unit.session, message_id, now)
            found = messages.message(unit.session, message_id)
            audit(unit.session, now, current_user.username, "message_again", found["case"], address)
            unit.commit()
    except NotFound:
        abort(404)
    except Conflict:
        flash(_("别人刚刚处理过，请看过再定。"))
    else:
        flash(_("会再发一次。"))
    return redirect(url_for("messages.page"))


@blueprint.post(f"/messages/<{_ROW}:message_id>/number")
@needs(May.SEE_MESSAGES)
def number(message_id: int) -> ResponseReturnValue:
    """The whole number, on a click that is written down."""
    try:
        with wiring().unit_of_work() as unit:
            found = messages.message(unit.session, message_id)
            now, address = wiring().now(), request.remote_addr or ""
            audit(unit.session, now, current_user.username, "caller_shown", found["case"], address)
            unit.commit()
    except NotFound:
        abort(404)
    return render_template("caller.html", caller=found["to"], name="")
