"""The dispatcher's page: what the sorter was unsure of, what units sent back, and a key for each guess."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from cases import guesses, numbers, queries
from cases.errors import Conflict, MoveRefused, NotFound
from cases.guesses import Guess
from web.access import May, is_part, needs, whole, wiring
from web.moves import actor
from web.refusals import refused

blueprint = Blueprint("dispatching", __name__)

_PAGE = 50


@blueprint.get("/dispatch")
@needs(May.DISPATCH)
def page() -> ResponseReturnValue:
    with wiring().reading() as unit:
        last = queries.last_change(unit.session)
        found = guesses.to_decide(unit.session, limit=_PAGE)
        counts = guesses.count_to_decide(unit.session)
    template = "dispatch_part.html" if is_part() else "dispatch.html"
    return render_template(template, cases=found, counts=counts, last=last)


@blueprint.post("/cases/<number>/guess")
@needs(May.DISPATCH)
def take(number: str) -> ResponseReturnValue:
    """`matter`: the code of one of the case's guesses; `version`: of the case as it was seen."""
    if not numbers.check(number):
        abort(404)
    try:
        flash(_told(_taken(number)))
    except NotFound:
        flash(_("这个猜测已经不在了，请打开事项再定。"))
        return redirect(url_for("case.page", number=number))
    except MoveRefused as error:
        flash(refused(error))
    except Conflict:
        flash(_("别人刚刚处理过，请看过再定。"))
    return redirect(url_for("dispatching.page"))


def _taken(number: str) -> Guess:
    code, version = request.form.get("matter", ""), request.form.get("version", type=whole)
    with wiring().unit_of_work() as unit:
        now, rules = wiring().now(), wiring().rules
        taken = guesses.take_guess(unit.session, number, code, actor(), now, rules, version)
        unit.commit()
    wiring().bell.nudge()
    return taken


def _told(taken: Guess) -> str:
    return _("已派单：%(matter)s → %(unit)s", matter=taken.name, unit=taken.unit or "—")
