"""A 110 desk's page: pass the caller on, see who comes back and why, and what became of those passed on."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from cases import queries
from cases.states import Role
from cases.users import audit
from hotline import logs
from web.access import May, is_part, needs, wiring

log = logs.get(__name__)
blueprint = Blueprint("desk", __name__)

_NONE = "-"
"""The desk of a desk's operator to whom none was given: nothing is its own."""


@blueprint.get("/desk")
@needs(May.SEE_DESK)
def page() -> ResponseReturnValue:
    """This desk's; every desk's for somebody who has none."""
    desk = current_user.desk or (_NONE if current_user.role is Role.DESK else None)
    with wiring().reading() as unit:
        last = queries.last_change(unit.session)
        notes = queries.desk_notes(unit.session, desk, limit=20)
        calls = queries.passed_on(unit.session, desk, limit=30)
    template = "desk_part.html" if is_part() else "desk.html"
    return render_template(template, notes=notes, calls=calls, desk=desk, last=last)


@blueprint.post("/desk/pass-on")
@needs(May.PASS_ON)
def pass_on() -> ResponseReturnValue:
    """The third way of the one key: order the exchange to take the caller of this desk."""
    if not current_user.desk:
        abort(403)
    flash(_passed_on(current_user.desk))
    return redirect(url_for("desk.page"))


def _passed_on(desk: str) -> str:
    from hotline.ami import AmiError
    from hotline.redirect import NothingToPassOn, redirect

    try:
        done = redirect(wiring().settings, desk)
    except NothingToPassOn:
        return _("这个台席现在没有来电。")
    except AmiError as error:
        log.error("a caller could not be passed on", kind=type(error).__name__)
        return _("没有转成，请用话机上的转接键。")
    with wiring().unit_of_work() as unit:
        now, address = wiring().now(), request.remote_addr or ""
        audit(unit.session, now, current_user.username, "passed_on", desk, address, {"call": done.linked_id})
        unit.commit()
    return _("已转到民生110。")
