"""What people say of the sorter's work: corrections, answers to offers to merge, bursts taken note of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import Session

from cases import numbers, queries
from cases.corrections import PLACE_PARTS, Correction, choices, correct, correct_words
from cases.errors import Conflict, MoveRefused, NotFound
from cases.merging import merge_offered, refuse_offered
from cases.repeats import see_burst
from web.access import May, needs, whole, wiring

blueprint = Blueprint("sorting", __name__)

_ROW = "int(max=9007199254740991)"


@blueprint.get("/cases/<number>/correction")
@needs(May.CORRECT)
def form(number: str) -> ResponseReturnValue:
    """The form for the dialog, with the sorter's guesses first."""
    return render_template("correction.html", **_form(number), given={})


def _form(number: str) -> dict[str, Any]:
    found = _case(number)
    with wiring().reading() as unit:
        there_is = choices(unit.session)
    guesses = _guessed(found, there_is["matters"])
    return {"case": found, "guesses": guesses, "parts": PLACE_PARTS, **there_is}


def _guessed(case: dict[str, Any], matters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The sorter's guesses that one can choose, likeliest first, each with its share of probability."""
    known = {(each["first"], each["name"]): each for each in matters}
    found = []
    for guess in case["guesses"]:
        said = known.get(tuple(guess.get("matter_path") or ()))  # type: ignore[arg-type]
        if said is not None:
            found.append({**said, "probability": guess.get("probability") or 0.0})
    return found


@blueprint.post("/cases/<number>/correction")
@needs(May.CORRECT)
def save(number: str) -> ResponseReturnValue:
    if not numbers.check(number):
        abort(404)
    given = request.form
    place = {part: given[part] for part in PLACE_PARTS if part in given}
    correction = Correction(given.get("matter") or None, given.get("unit") or None, place or None)
    try:
        changed = _change(lambda session: correct(session, number, correction, **_by()))
    except NotFound:
        abort(404)
    except MoveRefused:
        flash(_("这件事已经派出，不能再更正。"))
    except Conflict:
        return render_template("correction_again.html", **_form(number), given=given), 409
    else:
        flash(_("更正已记下。") if changed else _("没有改动。"))
    return redirect(url_for("case.page", number=number))


def _change(do: Callable[[Session], bool]) -> bool:
    """In one transaction; -> whether anything was changed."""
    with wiring().unit_of_work() as unit:
        changed = do(unit.session)
        unit.commit()
    wiring().bell.nudge()
    return changed


def _by() -> dict[str, Any]:
    """Who changes what they saw, and when."""
    version = request.form.get("version", type=whole)
    who, role = current_user.username, current_user.role
    return {"who": who, "role": role, "now": wiring().now(), "version": version}


@blueprint.get("/cases/<number>/words")
@needs(May.CORRECT)
def words(number: str) -> ResponseReturnValue:
    """The form for the dialog: what was heard, to be put right."""
    found = _case(number)
    return render_template("words.html", case=found, text=found["text"])


@blueprint.post("/cases/<number>/words")
@needs(May.CORRECT)
def save_words(number: str) -> ResponseReturnValue:
    text = request.form.get("text", "")
    if not numbers.check(number):
        abort(404)
    try:
        changed = _change(lambda session: correct_words(session, number, text, **_by()))
    except NotFound:
        abort(404)
    except MoveRefused:
        flash(_("请写下市民说的话。"))
    except Conflict:
        # What was typed is not lost: it stands in the form again, beside what the other one wrote.
        return render_template("words_again.html", case=_case(number), text=text), 409
    else:
        flash(_("更正已记下。") if changed else _("没有改动。"))
    return redirect(url_for("case.page", number=number))


def _case(number: str) -> dict[str, Any]:
    with wiring().reading() as unit:
        found = queries.case_detail(unit.session, number) if numbers.check(number) else None
    if found is None:
        abort(404)
    return found


@blueprint.post(f"/offers/<{_ROW}:offer_id>")
@needs(May.MERGE)
def answer(offer_id: int) -> ResponseReturnValue:
    """`answer=merge` merges the later of the two cases into the earlier one; else they stay apart."""
    merge, here = request.form.get("answer") == "merge", request.form.get("number", "")
    now, who, role = wiring().now(), current_user.username, current_user.role
    number = here if numbers.check(here) else ""
    try:
        with wiring().unit_of_work() as unit:
            if merge:
                number = merge_offered(unit.session, offer_id, who, role, now, wiring().rules)
            else:
                refuse_offered(unit.session, offer_id, who, role, now)
            unit.commit()
    except NotFound:
        abort(404)
    except MoveRefused:
        flash(_("这件事现在的状态不能合并。"))
    except Conflict:
        flash(_("别人刚刚处理过，请看过再定。"))
    else:
        wiring().bell.nudge()
        flash(_("已合并。") if merge else _("已记下：不是同一件事。"))
    return redirect(url_for("case.page", number=number) if number else url_for("queue.page"))


@blueprint.post(f"/bursts/<{_ROW}:burst_id>/seen")
@needs(May.MERGE)
def seen(burst_id: int) -> ResponseReturnValue:
    """Somebody took note of an alarm; the queue drops it for everybody."""
    try:
        with wiring().unit_of_work() as unit:
            see_burst(unit.session, burst_id, current_user.username, wiring().now())
            unit.commit()
    except NotFound:
        abort(404)
    wiring().bell.nudge()
    return redirect(url_for("queue.page"))
