"""Who may do what: the one table, and the one decorator that asks it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import abort, current_app, flash, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user

from cases.states import Role
from cases.viewing import as_seen_by, is_of_unit
from hotline.wiring import Wiring

P = ParamSpec("P")
R = TypeVar("R")


SURE_FOR = timedelta(minutes=15)
"""So long the password is fresh enough to take personal data out of the house."""
_NO_ROWS, _LONGEST_NUMBER = 2**53, 17
"""No row's number is above; PostgreSQL and SQLite would fail at what they cannot hold."""


class May(StrEnum):
    SEE_QUEUE = "see the queue"
    USE_PHONE = "sign the own telephone in to the queue and out, pause it"
    SEE_AGENTS = "see which agents are on, sign one out who forgot it"
    SEE_CALLS = "see the calls"
    SEE_CASES = "see every case"
    SEE_OWN_CASES = "see the cases of the own unit or desk"
    SHOW_CALLER = "see a caller's whole number"
    PLAY_RECORDING = "listen to a recording"
    COMPLETE_CALL_BACK = "say that a caller was called back"
    DISPATCH = "take one of the sorter's guesses and dispatch by it, rule on what came back"
    SEE_DESK = "see a desk's page"
    SEE_WORK = "see what the own unit has to do"
    CORRECT = "correct what the sorter said of a case"
    MERGE = "merge cases that tell the same, take note of a burst"
    SEE_MESSAGES = "see messages to citizens"
    SEND_AGAIN = "send a message again that did not go out"
    ASK = "ask citizens whether it is solved"
    JUDGE = "judge whether a complaint is founded"
    SEE_SCORES = "see the scores of departments, firms and teams"
    CHANGE_CONTRACTS = "suspend, end and reinstate a firm's contract"
    SEE_MONEY = "see statements and prices, settle fees"
    IMPORT = "import prices and the register of households"
    AGREE_FEE = "say what a fee is for, check a claim to be served free"
    SET_DAYS = "say which days are worked"
    SEE_AUDIT = "see who looked at or changed what"
    MANAGE_PEOPLE = "see, make, change and stop users, reset their passwords and second factors"
    CHANGE_CITY = "change and apply the city file"
    SET_PROMPTS = "hear the prompts and replace them by recordings"
    SEE_NOTICES = "see what the own role or unit is told"
    SEE_REPORTS = "see the nightly reports and take them along"
    SEE_OVERVIEW = "see how the city stands: townships, scores, what is late"
    SUPERVISE = "see what is late, receive hard cases, write special reports, hold to account"
    INSTRUCT = "answer a special report with an instruction"
    PASS_ON = "pass the own caller on to 民生110"  # noqa: S105 — no password


_STAFF = {May.SEE_QUEUE, May.SEE_CALLS, May.SEE_CASES, May.SHOW_CALLER, May.PLAY_RECORDING}
ALLOWED: dict[Role, frozenset[May]] = {
    Role.AGENT: frozenset(
        _STAFF
        | {
            May.USE_PHONE,
            May.COMPLETE_CALL_BACK,
            May.CORRECT,
            May.MERGE,
            May.SEE_MESSAGES,
            May.AGREE_FEE,
        }
    ),
    Role.DISPATCHER: frozenset(
        _STAFF
        | {
            May.USE_PHONE,
            May.COMPLETE_CALL_BACK,
            May.CORRECT,
            May.DISPATCH,
            May.MERGE,
            May.SEE_MESSAGES,
            May.AGREE_FEE,
            May.SEE_NOTICES,
        }
    ),
    Role.SUPERVISOR: frozenset(
        _STAFF
        | {
            May.SEE_AGENTS,
            May.SEE_DESK,
            May.MERGE,
            May.SEE_MESSAGES,
            May.SEND_AGAIN,
            May.ASK,
            May.JUDGE,
            May.AGREE_FEE,
            May.SEE_SCORES,
            May.CHANGE_CONTRACTS,
            May.SEE_NOTICES,
            May.SEE_REPORTS,
            May.SUPERVISE,
        }
    ),
    Role.VISITOR: frozenset(_STAFF | {May.COMPLETE_CALL_BACK, May.ASK, May.SEE_NOTICES}),
    Role.ADMIN: frozenset(
        _STAFF
        | {
            May.SEE_AGENTS,
            May.COMPLETE_CALL_BACK,
            May.SEE_DESK,
            May.SEE_MESSAGES,
            May.SEND_AGAIN,
            May.AGREE_FEE,
            May.SEE_SCORES,
            May.SEE_MONEY,
            May.IMPORT,
            May.SET_DAYS,
            May.SEE_REPORTS,
            May.MANAGE_PEOPLE,
            May.CHANGE_CITY,
            May.SET_PROMPTS,
            May.SEE_AUDIT,
        }
    ),
    Role.LEADER: frozenset(
        {
            *(May.SEE_QUEUE, May.SEE_CASES, May.SEE_SCORES, May.CHANGE_CONTRACTS, May.SEE_MONEY),
            *(May.SEE_NOTICES, May.SUPERVISE, May.INSTRUCT, May.SEE_OVERVIEW, May.SEE_REPORTS),
        }
    ),
    Role.UNIT: frozenset({May.SEE_WORK, May.SEE_OWN_CASES, May.AGREE_FEE, May.SEE_NOTICES}),
    Role.DESK: frozenset({May.SEE_OWN_CASES, May.SEE_DESK, May.PASS_ON}),
}


_HOMES: dict[Role, str] = {
    Role.DISPATCHER: "dispatching.page",
    Role.UNIT: "work.page",
    Role.SUPERVISOR: "supervision.page",
    Role.VISITOR: "survey.page",
    Role.LEADER: "overview.page",
    Role.ADMIN: "administration.page",
}
"""Where those begin whose work has a page of its own."""


def may(what: May) -> bool:
    """Whether the person who is logged in may do this."""
    return current_user.is_authenticated and what in ALLOWED.get(current_user.role, frozenset())


def may_see(case: dict[str, Any] | None) -> dict[str, Any]:
    """The case as this person may see it. What is not there, or a stranger's, is none at all: 404."""
    if case is None or not (may(May.SEE_CASES) or _is_own(case)):
        abort(404)
    return as_seen_by(case, current_user.role)


def _is_own(case: dict[str, Any]) -> bool:
    if current_user.role is Role.DESK:
        return current_user.desk is not None and current_user.desk == case["desk"]
    return is_of_unit(case, current_user.unit_id)


def needs(*any_of: May) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A view for those who may do one of these. Nobody logged in is sent to the login page."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not current_user.is_authenticated:
                return current_app.login_manager.unauthorized()  # type: ignore[attr-defined,no-any-return]
            if current_user.must_change_password:
                return elsewhere(url_for("auth.password"))  # type: ignore[return-value]
            if current_user.must_set_second_factor:
                return elsewhere(url_for("second_factor.page"))  # type: ignore[return-value]
            if not any(may(what) for what in any_of):
                abort(403)
            return view(*args, **kwargs)

        guarded.needs = any_of  # type: ignore[attr-defined]
        return guarded

    return decorate


def sure(view: Callable[P, R]) -> Callable[P, R]:
    """For a view that gives away personal data, or a key: the password was given a while ago, or is now."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if _is_sure():
            return view(*args, **kwargs)
        if request.method == "GET":
            back = request.full_path.rstrip("?")
        else:
            flash(_("请再输入一次密码，然后再点一次。"))
            back = urlsplit(request.referrer or "").path
        return elsewhere(url_for("auth.again", next=here_only(back)))  # type: ignore[return-value]

    guarded.sure = True  # type: ignore[attr-defined]
    return guarded


def _is_sure() -> bool:
    try:
        return wiring().now() - datetime.fromisoformat(session["sure"]) <= SURE_FOR
    except (KeyError, ValueError, TypeError):
        return False


def taken_by() -> str:
    """Who takes a file out of the house, when, and where to: it is written into the file."""
    at = wiring().now().astimezone(wiring().settings.zone)
    return f"{current_user.username} {at:%Y-%m-%d %H:%M:%S} {request.remote_addr or ''}".rstrip()


def in_background() -> bool:
    """Whether the page asks by itself, and nobody touched anything: no sign of life."""
    return request.endpoint == "live.events" or "X-Background" in request.headers


def is_part() -> bool:
    """Whether only the part of the page that changes is wanted."""
    return "HX-Request" in request.headers


def elsewhere(target: str):  # type: ignore[no-untyped-def]
    """Somebody who may not see this yet goes there: the whole page, also when a part was asked for."""
    if not is_part() and request.endpoint != "live.events":
        return redirect(target)
    # A 302 would be followed in the background and put into the middle of the page.
    return "", 401, {"HX-Redirect": target}


def whole(text: str) -> int:
    """A whole number of a form or an address, for `type=`; one that no row can bear is none at all."""
    found = int(text) if len(text) <= _LONGEST_NUMBER else _NO_ROWS + 1
    if abs(found) > _NO_ROWS:
        raise ValueError("too large")
    return found


def here_only(target: str | None) -> str | None:
    """The target, when it is a place on this console."""
    plain = (target or "").isprintable() and "\\" not in (target or "")
    return target if target and plain and target.startswith("/") and not target.startswith("//") else None


def wiring() -> Wiring:
    """This process's wiring."""
    found: Wiring = current_app.extensions["wiring"]
    return found


def home() -> str:
    """The page that this person begins with."""
    own = _HOMES.get(current_user.role)
    if own is not None:
        return url_for(own)
    if may(May.SEE_QUEUE):
        return url_for("queue.page")
    return url_for("desk.page") if may(May.SEE_DESK) else url_for("case.listing")
