"""What people do to a case on its page: every move that the table allows them now, each with its form."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from cases import numbers, queries
from cases.corrections import choices
from cases.errors import Conflict, MoveRefused, NotFound
from cases.handling import Asked, make_move, moves_now
from cases.moving import Actor
from cases.states import Move
from hotline.photos import MOST_BYTES, MOST_PHOTOS, kept_photos
from web.access import May, here_only, may_see, needs, whole, wiring
from web.refusals import refused

blueprint = Blueprint("moves", __name__)

LARGEST_FORM = 32 * 1024 * 1024
"""With photos; any other form of the console is smaller by far."""
_SIMPLE = frozenset({Move.SIGN, Move.RESUME, Move.CALL_BACK, Move.UNMERGE, Move.ARCHIVE})
"""One click does it: nothing has to be said, and it can be undone or repeated."""
_TEXTS = ("reason", "unit", "answer", "part", "into", "deadline_class")
_FLAGS = {"yes": True, "no": False}


def actor() -> Actor:
    """Who is logged in, as the core knows them."""
    return Actor(current_user.username, current_user.role, current_user.unit_id, current_user.desk)


def moves_of(session: Any, case: dict[str, Any]) -> list[dict[str, Any]]:
    """What this person may do now, each move once: as `moves_now`, and `simple` where one click does it."""
    found: dict[str, dict[str, Any]] = {}
    for each in moves_now(session, case["number"], actor(), wiring().now(), wiring().rules):
        found.setdefault(each["move"].value, each)
    for name, each in found.items():
        each["simple"] = name in _SIMPLE or (name == Move.DISPATCH and bool(case["unit"]))
    return list(found.values())


@blueprint.get("/cases/<number>/moves/<what>")
@needs(May.SEE_CASES, May.SEE_OWN_CASES)
def form(number: str, what: str) -> ResponseReturnValue:
    """The form of one move, for the dialog."""
    return render_template("move.html", **_page(number, what))


def _page(number: str, what: str) -> dict[str, Any]:
    """What the form shows. A move that is not allowed now is none."""
    with wiring().reading() as unit:
        found = queries.case_detail(unit.session, number) if numbers.check(number) else None
        case = may_see(found)
        move = next((each for each in moves_of(unit.session, case) if each["move"] == what), None)
        there_is = choices(unit.session)
    if move is None:
        abort(404)
    classes = wiring().rules.working_days
    given = request.form if request.method == "POST" else {}
    return {"case": case, "move": move, "units": there_is["units"], "classes": classes, "given": given}


@blueprint.post("/cases/<number>/moves/<what>")
@needs(May.SEE_CASES, May.SEE_OWN_CASES)
def make(number: str, what: str) -> ResponseReturnValue:
    """Make the move. What is refused, or late, leaves the form with everything that was written in it.

    `back`: the page to go on with; else the case.
    """
    with wiring().reading() as unit:
        may_see(queries.case_detail(unit.session, number) if numbers.check(number) else None)
    version = request.form.get("version", type=whole)
    try:
        _make(number, what, version)
    except NotFound:
        abort(404)
    except MoveRefused as error:
        return _again(number, what, refused(error), []), 422
    except Conflict as error:
        return _again(number, what, _("别人刚刚改过这件事，请看过再做。您写的还在下面。"), error.changes), 409
    wiring().bell.nudge()
    flash(_("已记下。"))
    return redirect(here_only(request.form.get("back")) or url_for("case.page", number=number))


def _make(number: str, what: str, version: int | None) -> None:
    now, settings = wiring().now(), wiring().settings
    sent = _sent_photos()
    with kept_photos(settings, sent, now) as kept, wiring().unit_of_work() as unit:
        make_move(unit.session, number, what, actor(), now, wiring().rules, _asked(kept), version)
        unit.commit()


def _sent_photos() -> Sequence[bytes]:
    """At most as much of each as shows that it is too large."""
    files = [each for each in request.files.getlist("photos") if each.filename]
    return [each.stream.read(MOST_BYTES + 1) for each in files[: MOST_PHOTOS + 1]]


def _asked(photos: Sequence[Any]) -> Asked:
    given = request.form
    texts = {name: given[name] for name in _TEXTS if given.get(name)}
    return Asked(
        **texts,  # type: ignore[arg-type]
        units=tuple(filter(None, given.getlist("units"))),
        days=given.get("days", type=whole),
        until=given.get("until", type=date.fromisoformat),
        waiting=_FLAGS.get(given.get("waiting", "")),
        confidential=_FLAGS.get(given.get("confidential", "")),
        photos=tuple(photos),
    )


def _again(number: str, what: str, problem: str, changes: Sequence[dict[str, Any]]) -> str:
    """The whole page with the form, or, where the move is not allowed any more, with what was written."""
    with wiring().reading() as unit:
        case = may_see(queries.case_detail(unit.session, number))
        possible = any(each["move"] == what for each in moves_of(unit.session, case))
    page = _page(number, what) if possible else {"case": case, "move": None, "given": request.form}
    return render_template("move_again.html", problem=problem, changes=changes, **page)
