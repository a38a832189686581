"""Who did the work: scores of units, each opened down to its cases; and firms' contracts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from cases import contracts
from cases.assessing import Assessment, assess, best_of_year, rewards_json
from cases.assessment import Score
from cases.errors import MoveRefused, NotFound
from cases.moving import Actor
from web.access import May, needs, wiring

blueprint = Blueprint("assessment", __name__)

GROUPS = ("departments", "firms", "teams")
_STEPS: dict[str, Callable[..., Any]] = {
    "suspend": contracts.suspend,
    "end": contracts.end,
    "reinstate": contracts.reinstate,
}
_CODE = "<code>"


@blueprint.get("/assessment")
@needs(May.SEE_SCORES)
def page() -> ResponseReturnValue:
    """`?group=departments|firms|teams&from=2026-11-01&to=2026-11-30`; without days, this month."""
    group = request.args.get("group", GROUPS[0])
    if group not in GROUPS:
        abort(404)
    first, last = _period()
    found = _assess(first, last)
    best = _best(last) if group == "firms" else []
    return render_template(
        "assessment.html",
        group=group,
        groups=GROUPS,
        scores=[each.to_json() for each in getattr(found, group)],
        weights=found.weights,
        first=first,
        last=last,
        best=best,
    )


@blueprint.get(f"/assessment/{_CODE}")
@needs(May.SEE_SCORES)
def unit(code: str) -> ResponseReturnValue:
    """One score, and the cases that make it."""
    first, last = _period()
    found = _assess(first, last)
    group, score = _of(found, code)
    with wiring().reading() as work:
        contract = next((each for each in contracts.contracts(work.session) if each["code"] == code), None)
        changes = contracts.history(work.session, code) if contract is not None else []
    return render_template(
        "score.html",
        group=group,
        score=score.to_json(),
        weights=found.weights,
        first=first,
        last=last,
        contract=contract,
        changes=changes,
    )


@blueprint.post(f"/assessment/{_CODE}/contract")
@needs(May.CHANGE_CONTRACTS)
def contract(code: str) -> ResponseReturnValue:
    """`what`: suspend, end or reinstate; `why`."""
    step = _STEPS.get(request.form.get("what", ""))
    if step is None:
        abort(400)
    actor, why = Actor(current_user.username, current_user.role), request.form.get("why", "")
    try:
        with wiring().unit_of_work() as work:
            step(work.session, code, actor, wiring().now(), why)
            work.commit()
    except NotFound:
        abort(404)
    except MoveRefused as error:
        flash(_("请写明理由。") if error.rule == "C03" else _("合同的状态已经变了，请看过再定。"))
    else:
        flash(_("已记下。"))
    return redirect(url_for("assessment.unit", code=code))


def _assess(first: date, last: date) -> Assessment:
    with wiring().reading() as work:
        return assess(work.session, first, last, wiring().now(), wiring().rules)


def _of(found: Assessment, code: str) -> tuple[str, Score]:
    for group in GROUPS:
        for score in getattr(found, group):
            if score.unit.code == code:
                return group, score
    abort(404)


def _best(last: date) -> list[dict[str, Any]]:
    year = min(last, _today()).year
    with wiring().reading() as work:
        return rewards_json(best_of_year(work.session, year, wiring().now(), wiring().rules))


def _period() -> tuple[date, date]:
    """From the month's first day until today, unless the address says otherwise. Days of the city."""
    today = _today()
    first, last = _day("from", today.replace(day=1)), _day("to", today)
    return (first, last) if first <= last else (last, first)


def _day(name: str, otherwise: date) -> date:
    try:
        said = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return otherwise
    return said if date(2000, 1, 1) <= said <= date(2999, 12, 31) else otherwise


def _today() -> date:
    return wiring().now().astimezone(wiring().settings.zone).date()
