"""督办: what is late or about to be, the steps taken, the reception day's list, accountability."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from cases import accountability, numbers
from cases import supervision_lists as lists
from cases.errors import Conflict, MoveRefused, NotFound
from cases.handling import make_move
from cases.reception_outcomes import Outcome, Received, record_outcome
from cases.states import Move
from web.access import May, needs, whole, wiring
from web.moves import actor
from web.refusals import refused

blueprint = Blueprint("supervision", __name__)

_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
_SHOWS = ("late", "soon", "supervised", "steps")
_PAGE = 100
_LONGEST_NAME = 64


@blueprint.get("/supervision")
@needs(May.SUPERVISE)
def page() -> ResponseReturnValue:
    """`show`: late, soon, supervised, steps."""
    show, now, rules = request.args.get("show", "late"), wiring().now(), wiring().rules
    if show not in _SHOWS:
        abort(404)
    with wiring().reading() as unit:
        session = unit.session
        counted = {**lists.counts(session, now), **lists.hard_work(session)}
        before = request.args.get("before", type=whole)
        rows = {
            "late": lambda: lists.late(session, now, rules, _PAGE),
            "soon": lambda: lists.soon(session, now, _PAGE),
            "supervised": lambda: lists.supervised(session, _PAGE),
            "steps": lambda: lists.escalations(session, before, _PAGE),
        }[show]()
    older = rows[-1]["id"] if show == "steps" and len(rows) == _PAGE else None
    return render_template("supervision.html", show=show, counts=counted, rows=rows, older=older)


# ---------------------------------------------------------------- the reception day


@blueprint.get("/supervision/reception")
@needs(May.SUPERVISE)
def reception() -> ResponseReturnValue:
    """`month`: one list; without it the newest one."""
    month = request.args.get("month")
    with wiring().reading() as unit:
        days = lists.reception_days(unit.session)
        if month is None and days:
            month = days[0]["month"]
        day = lists.reception_day(unit.session, month) if month else None
    if month is not None and day is None:
        abort(404)
    return render_template("reception.html", days=days, day=day, outcomes=list(Outcome))


@blueprint.post("/supervision/reception/add")
@needs(May.SUPERVISE)
def add() -> ResponseReturnValue:
    """Put a case on the newest list by its number."""
    number = "".join(filter(str.isdigit, request.form.get("number", "")[:40]))
    if not numbers.check(number):
        flash(_("这不是受理编号：请核对每一位数字。"))
    else:
        what = Move.RECEPTION_DAY
        _try(lambda session, now, rules: make_move(session, number, what, actor(), now, rules))
    return redirect(url_for("supervision.reception"))


@blueprint.post("/supervision/reception/items/<int(max=9007199254740991):item_id>")
@needs(May.SUPERVISE)
def outcome(item_id: int) -> ResponseReturnValue:
    """What came of one case."""
    month, told = request.form.get("month", ""), _received()
    if told is None:
        flash(_("请选择接待结果。"))
    else:
        _try(lambda session, now, rules: record_outcome(session, item_id, told, actor(), now, rules))
    back = month if _MONTH.fullmatch(month) else None
    return redirect(url_for("supervision.reception", month=back))


def _received() -> Received | None:
    given = request.form
    try:
        chosen = Outcome(given.get("outcome", ""))
    except ValueError:
        return None
    return Received(
        outcome=chosen,
        leader=given.get("leader", "")[:_LONGEST_NAME],
        note=given.get("note", ""),
        until=given.get("until", type=date.fromisoformat),
        request=given.get("request", ""),
    )


# ---------------------------------------------------------------- accountability


@blueprint.get("/supervision/accountability")
@needs(May.SUPERVISE)
def accountable() -> ResponseReturnValue:
    rules = wiring().rules
    with wiring().reading() as unit:
        found = accountability.candidates(unit.session, rules)
    limits = rules.accountability.as_dict()
    return render_template("accountability.html", cases=found, limits=limits)


@blueprint.post("/supervision/accountability/<number>")
@needs(May.SUPERVISE)
def start(number: str) -> ResponseReturnValue:
    if not numbers.check(number):
        abort(404)
    reason = request.form.get("reason", "")
    _try(lambda session, now, rules: accountability.start(session, number, reason, actor(), now, rules))
    return redirect(url_for("supervision.accountable"))


def _try(use_case: Callable[[Any, Any, Any], object]) -> bool:
    """Do it in one transaction and say so, or say why not."""
    try:
        with wiring().unit_of_work() as unit:
            use_case(unit.session, wiring().now(), wiring().rules)
            unit.commit()
    except NotFound:
        abort(404)
    except MoveRefused as error:
        flash(refused(error))
        return False
    except Conflict:
        flash(_("别人已经记下了，请看过再做。"))
        return False
    wiring().bell.nudge()
    flash(_("已记下。"))
    return True
