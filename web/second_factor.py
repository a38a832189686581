"""The second factor: the code at the login, setting it up, recovery codes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, login_required
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from cases import second_factor
from cases.model import User
from cases.second_factor import Offer, SecondFactorRefused
from cases.users import Refusal, Refused, find_user
from hotline import logs
from web.access import elsewhere, here_only, home, sure, wiring
from web.auth import Person, enter, refusal
from web.limits import logins

blueprint = Blueprint("second_factor", __name__)
log = logs.get(__name__)

_HALF_LASTS = timedelta(minutes=5)
"""So long after the password the code may be given."""
_ISSUER = "民生110"


class CodeForm(FlaskForm):
    code = StringField(validators=[InputRequired(), Length(max=64)])


# ---------------------------------------------------------------- at the login


@blueprint.route("/login/code", methods=["GET", "POST"])
@logins
def code() -> ResponseReturnValue:
    """The second half of a login. `code`: of the device, or a recovery code."""
    form, problem = CodeForm(), ""
    if current_user.is_authenticated:
        return redirect(home())
    if (half := _half()) is None:
        return redirect(url_for("auth.login", next=here_only(request.args.get("next"))))
    if form.validate_on_submit():
        found = _prove(half, form.code.data)
        if isinstance(found, Person):
            return enter(found)
        if found is None:
            session.pop("half", None)
            return redirect(url_for("auth.login"))
        problem = _problem(found)
    elif form.is_submitted():
        problem = _("请填写验证码。")
    return render_template("code.html", form=form, problem=problem), 401 if problem else 200


def _half() -> dict[str, Any] | None:
    """Whose password was right a short while ago."""
    half = session.get("half")
    try:
        at = datetime.fromisoformat(half["at"])
    except (KeyError, ValueError, TypeError):
        return None
    return half if wiring().now() - at <= _HALF_LASTS else None


def _prove(half: dict[str, Any], said: str) -> Person | Refused | None:
    """None: this half login is worth nothing any more."""
    now, address = wiring().now(), request.remote_addr or ""
    with wiring().unit_of_work() as unit:
        row = unit.session.get(User, half["id"])
        user = find_user(unit.session, row.username) if row is not None else None
        if user is None or not user.active or user.session_version != half["version"]:
            return None
        try:
            found = second_factor.prove(unit.session, user, said, _key(), now, address)
        except SecondFactorRefused as error:
            log.error("a second factor cannot be read", why=str(error))
            return Refused(Refusal.WRONG)
        unit.commit()
    return found if isinstance(found, Refused) else Person(found)


def _problem(found: Refused) -> str:
    if found.why is Refusal.LOCKED:
        return refusal(found)
    return _("验证码不对，或已经用过。请等下一个再试。")


# ---------------------------------------------------------------- setting it up


@blueprint.get("/second-factor")
@login_required
def page() -> ResponseReturnValue:
    if current_user.must_change_password:
        return elsewhere(url_for("auth.password"))
    return _page()


@blueprint.post("/second-factor/new")
@login_required
@sure
def new() -> ResponseReturnValue:
    """A secret, shown now and not again. Not to somebody who found a page left open."""
    if current_user.must_change_password:
        return elsewhere(url_for("auth.password"))
    try:
        with wiring().unit_of_work() as unit:
            made = second_factor.offer(unit.session, current_user.username, _key(), _ISSUER)
            unit.commit()
    except SecondFactorRefused:
        return redirect(url_for("second_factor.page"))
    return _page(offer=made)


@blueprint.post("/second-factor/confirm")
@login_required
@logins
def confirm() -> ResponseReturnValue:
    """`code`: the device has the secret. Every other session of this person ends."""
    now, said = wiring().now(), request.form.get("code", "")
    who, address = current_user.username, request.remote_addr or ""
    try:
        with wiring().unit_of_work() as unit:
            found = second_factor.confirm(unit.session, who, said, _key(), now, address)
            version = find_user(unit.session, who).session_version
            unit.commit()
    except SecondFactorRefused:
        return redirect(url_for("second_factor.page"))
    if isinstance(found, Refused):
        return _page(offer=_offered(), problem=_problem(found)), 401
    session["version"] = version
    current_user.must_set_second_factor = False
    return _page(codes=found)


@blueprint.post("/second-factor/codes")
@login_required
@logins
def codes() -> ResponseReturnValue:
    """`code`: new recovery codes in place of the old ones."""
    made: list[str] = []

    def make(work: Any, user: User) -> None:
        made.extend(second_factor.new_codes(work.session, user, wiring().now(), request.remote_addr or ""))

    problem = _with_code(make)
    return (_page(problem=problem), 401) if problem else _page(codes=made)


@blueprint.post("/second-factor/off")
@login_required
@logins
def off() -> ResponseReturnValue:
    """`code`: no second factor any more, for those who need none."""
    if current_user.role in wiring().settings.second_factor_required:
        flash(_("您的岗位必须使用二次验证。"))
        return redirect(url_for("second_factor.page"))
    now, who, address = wiring().now(), current_user.username, request.remote_addr or ""
    problem = _with_code(lambda work, user: second_factor.turn_off(work.session, user, now, who, address))
    if problem:
        return _page(problem=problem), 401
    flash(_("二次验证已关闭。"))
    return redirect(url_for("second_factor.page"))


def _with_code(then: Any) -> str:
    """Do it when the code in the form is right; else what to tell."""
    now, said, address = wiring().now(), request.form.get("code", ""), request.remote_addr or ""
    with wiring().unit_of_work() as unit:
        user = find_user(unit.session, current_user.username)
        try:
            found = second_factor.prove(unit.session, user, said, _key(), now, address)
        except SecondFactorRefused as error:
            log.error("a second factor cannot be read", why=str(error))
            found = Refused(Refusal.WRONG)
        if not isinstance(found, Refused):
            then(unit, user)
        version = user.session_version
        unit.commit()
    if isinstance(found, Refused):
        return _problem(found)
    session["version"] = version
    return ""


def _offered() -> Offer | None:
    with wiring().unit_of_work() as unit:
        return second_factor.offered(unit.session, current_user.username, _key(), _ISSUER)


def _page(**shown: Any) -> str:
    with wiring().reading() as unit:
        user = unit.session.get_one(User, int(current_user.id))
    return render_template(
        "second_factor.html",
        since=user.totp_since,
        left=second_factor.codes_left(user.recovery_codes),
        required=current_user.role in wiring().settings.second_factor_required,
        **shown,
    )


def _key() -> str:
    return wiring().settings.locking_key
