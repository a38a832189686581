"""A 110 desk's page: pass the caller on, see who comes back and why, and what became of those passed on."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from cases import queries
from cases.users import audit
from hotline import logs
from web.access import May, needs, wiring

log = logs.get(__name__)
blueprint = Blueprint("desk", __name__)


@blueprint.get("/desk")
@needs(May.SEE_DESK)
def page() -> ResponseReturnValue:
    template = "desk_part.html" if request.headers.get("HX-Request") else "desk.html"
    desk = current_user.desk
    with wiring().reading() as unit:
        last = queries.last_change(unit.session)
        notes = queries.desk_notes(unit.session, desk, limit=20)
        passed_on = queries.calls_list(unit.session, limit=30, desk=desk)
    return render_template(template, notes=notes, calls=passed_on, desk=desk, last=last)


@blueprint.post("/desk/pass-on")
@needs(May.PASS_ON)
def pass_on() -> ResponseReturnValue:
    """The third way of the one key: order the exchange to take the caller of this desk."""
    from hotline import ami

    if not current_user.desk:
        abort(403)
    try:
        ami.redirect_desk_caller(wiring().settings, current_user.desk)
    except ami.NobodyThere:
        flash(_("这个台席现在没有来电。"))
    except ami.AmiError as error:
        log.error("a caller could not be passed on", kind=type(error).__name__)
        flash(_("没有转成,请用话机上的转接键。"))
    else:
        with wiring().unit_of_work() as unit:
            now, address = wiring().now(), request.remote_addr or ""
            audit(unit.session, now, current_user.username, "passed_on", current_user.desk, address)
            unit.commit()
        flash(_("已转到民生110。"))
    return redirect(url_for("desk.page"))
