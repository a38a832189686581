"""The administrator's users: new ones, roles, passwords and second factors reset, out of use and in again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy.orm import Session

from cases import people as core
from cases.corrections import choices
from cases.errors import NotFound
from cases.people import PEOPLE, Given, PersonRefused, Why
from cases.second_factor import turn_off
from cases.users import find_user, reset_password
from web.access import May, needs, sure, wiring

blueprint = Blueprint("people", __name__)

_PERSON = "<string(maxlength=64):username>"
REFUSALS: dict[Why, Any] = {
    Why.NAME: _l("用户名要是2到64个小写字母、数字或 . _ -。"),
    Why.TAKEN: _l("这个用户名已经有了。"),
    Why.ROLE: _l("请选岗位。"),
    Why.UNIT: _l("没有这个单位。"),
    Why.NEEDS_UNIT: _l("承办单位的人要选单位。"),
    Why.NEEDS_DESK: _l("110台席的人要写台席。"),
    Why.LAST_ADMINISTRATOR: _l("这是最后一个管理员，请先设另一个。"),
}


@blueprint.get("/people")
@needs(May.MANAGE_PEOPLE)
def page() -> ResponseReturnValue:
    with wiring().reading() as unit:
        found = core.people(unit.session)
    return render_template("people.html", people=found)


@blueprint.get("/people/new")
@needs(May.MANAGE_PEOPLE)
@sure
def new() -> ResponseReturnValue:
    return _form({}, None)


@blueprint.post("/people")
@needs(May.MANAGE_PEOPLE)
@sure
def add() -> ResponseReturnValue:
    """The first password is shown on the answer, and nowhere else."""
    username, given = request.form.get("username", "").strip(), _given()
    try:
        with wiring().unit_of_work() as unit:
            password = core.new_person(unit.session, username, given, wiring().now(), _me())
            unit.commit()
    except PersonRefused as error:
        return _form(request.form, None, str(REFUSALS[error.why])), 422
    return render_template("password_told.html", username=username.lower(), password=password)


@blueprint.get(f"/people/{_PERSON}")
@needs(May.MANAGE_PEOPLE)
@sure
def show(username: str) -> ResponseReturnValue:
    found = _found(username)
    return _form({**found, "unit": found["unit_code"]}, found)


@blueprint.post(f"/people/{_PERSON}")
@needs(May.MANAGE_PEOPLE)
@sure
def change(username: str) -> ResponseReturnValue:
    given = _given()
    return _done(
        username,
        lambda session: core.change_person(session, username, given, wiring().now(), _me(), _address()),
    )


@blueprint.post(f"/people/{_PERSON}/active")
@needs(May.MANAGE_PEOPLE)
@sure
def active(username: str) -> ResponseReturnValue:
    """`to`: yes or no."""
    to = {"yes": True, "no": False}.get(request.form.get("to", ""))
    if to is None:
        abort(400)
    return _done(
        username, lambda session: core.set_active(session, username, to, wiring().now(), _me(), _address())
    )


@blueprint.post(f"/people/{_PERSON}/password")
@needs(May.MANAGE_PEOPLE)
@sure
def password(username: str) -> ResponseReturnValue:
    """A new password, shown on the answer and nowhere else."""
    _found(username)
    with wiring().unit_of_work() as unit:
        told = reset_password(unit.session, username, wiring().now(), _me())
        unit.commit()
    return render_template("password_told.html", username=username, password=told)


@blueprint.post(f"/people/{_PERSON}/second-factor")
@needs(May.MANAGE_PEOPLE)
@sure
def second_factor(username: str) -> ResponseReturnValue:
    def reset(session: Session) -> bool:
        turn_off(session, find_user(session, username), wiring().now(), _me(), _address())
        return True

    return _done(username, reset)


def _done(username: str, use_case: Callable[[Session], bool]) -> ResponseReturnValue:
    """Do it in one transaction, and say what came of it on the person's page."""
    _found(username)
    try:
        with wiring().unit_of_work() as unit:
            changed = use_case(unit.session)
            unit.commit()
    except NotFound:
        abort(404)
    except PersonRefused as error:
        return _form(request.form, _found(username), str(REFUSALS[error.why])), 422
    flash(_("已记下。") if changed else _("没有改动。"))
    return redirect(url_for("people.page"))


def _form(given: Any, person: dict[str, Any] | None, problem: str = "") -> str:
    with wiring().reading() as unit:
        units = choices(unit.session)["units"]
    return render_template(
        "person.html", given=given, someone=person, problem=problem, roles=PEOPLE, units=units
    )


def _found(username: str) -> dict[str, Any]:
    with wiring().reading() as unit:
        found = core.person(unit.session, username)
    if found is None:
        abort(404)
    return found


def _given() -> Given:
    said = request.form
    return Given(**{name: said.get(name, "") for name in ("role", "name", "unit", "desk", "phone")})


def _me() -> str:
    return str(current_user.username)


def _address() -> str:
    return request.remote_addr or ""
