"""The visitor caller's page: whom to ask whether it is solved, and what they say."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from cases import contracts, survey_list, survey_settling
from cases.errors import Conflict, MoveRefused, NotFound
from cases.moving import Actor
from cases.users import audit
from web.access import May, needs, wiring

blueprint = Blueprint("survey", __name__)

_ROW = "int(max=9007199254740991)"
_LONGEST = 1000
_NOT_REACHED, _GIVEN_UP = "not_reached", "given_up"
_FOUNDED = {"yes": True, "no": False}


@blueprint.get("/surveys")
@needs(May.ASK)
def page() -> ResponseReturnValue:
    """`?answered=1`: what was said, complaints first to be judged."""
    done = "answered" in request.args
    with wiring().reading() as unit:
        rows = survey_list.answered(unit.session) if done else survey_list.to_ask(unit.session)
        counts = survey_list.count_states(unit.session)
    return render_template("surveys.html", surveys=rows, counts=counts, done=done)


@blueprint.get(f"/surveys/<{_ROW}:survey_id>")
@needs(May.ASK)
def form(survey_id: int) -> ResponseReturnValue:
    """The dialog for one citizen."""
    return render_template("survey.html", survey=_found(survey_id))


def _found(survey_id: int) -> dict[str, Any]:
    with wiring().reading() as unit:
        found = survey_list.survey_line(unit.session, survey_id)
    if found is None:
        abort(404)
    return found


@blueprint.post(f"/surveys/<{_ROW}:survey_id>/caller")
@needs(May.ASK)
def caller(survey_id: int) -> ResponseReturnValue:
    """The whole number, on a click that is written down."""
    found = _found(survey_id)
    with wiring().unit_of_work() as unit:
        now, address = wiring().now(), request.remote_addr or ""
        audit(unit.session, now, current_user.username, "caller_shown", found["case"], address)
        unit.commit()
    return render_template("caller.html", caller=found["caller"], name="")


@blueprint.post(f"/surveys/<{_ROW}:survey_id>")
@needs(May.ASK)
def save(survey_id: int) -> ResponseReturnValue:
    """`answer`: 1 to 4, `not_reached` or `given_up`; `words`: what the citizen said, or why not."""
    said, words = request.form.get("answer", ""), request.form.get("words", "").strip()[:_LONGEST]
    flash(_attempt(survey_id, said, words))
    return redirect(url_for("survey.page"))


def _attempt(survey_id: int, said: str, words: str) -> str:
    try:
        with wiring().unit_of_work() as unit:
            _write(unit.session, survey_id, said, words)
            unit.commit()
    except NotFound:
        abort(404)
    except MoveRefused as error:
        return _refusal(error)
    except Conflict:
        return _("别人刚刚处理过，请看过再定。")
    wiring().bell.nudge()
    return _("已记下。")


def _write(session: Any, survey_id: int, said: str, words: str) -> None:
    by, now, rules = _actor(), wiring().now(), wiring().rules
    if said == _NOT_REACHED:
        survey_settling.not_reached_by_visitor(session, survey_id, by, now, rules)
    elif said == _GIVEN_UP:
        survey_settling.close_unanswered(session, survey_id, by, words, now, rules)
    else:
        value = int(said) if said in ("1", "2", "3", "4") else 0
        survey_settling.answer_by_visitor(session, survey_id, value, by, words, now, rules)


def _actor() -> Actor:
    return Actor(current_user.username, current_user.role, current_user.unit_id)


def _refusal(error: MoveRefused) -> str:
    known = {
        "S01": _("经办的人不能回访自己办的事，请换一个人。"),
        "S02": _("市民已经评价过了。"),
        "S03": _("这件事已经有了新的进展，不用再回访。"),
        "S04": _("请先选一项。"),
        "S06": _("系统正在给这位市民打电话，请稍候。"),
    }
    return known.get(error.rule) or _("没有记下：%(rule)s", rule=error.rule)


@blueprint.post(f"/surveys/<{_ROW}:survey_id>/founded")
@needs(May.JUDGE)
def judge(survey_id: int) -> ResponseReturnValue:
    """`founded`: yes or no."""
    founded = _FOUNDED.get(request.form.get("founded", ""))
    if founded is None:
        abort(400)
    try:
        with wiring().unit_of_work() as unit:
            contracts.judge(unit.session, survey_id, founded, _actor(), wiring().now(), wiring().rules)
            unit.commit()
    except NotFound:
        abort(404)
    except (MoveRefused, Conflict):
        flash(_("没有记下，请看过再定。"))
    else:
        flash(_("已记下。"))
    return redirect(url_for("survey.page", answered=1))
