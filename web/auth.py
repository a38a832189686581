"""Login, log-out, the own password. A session ends after an idle while, after a shift, and everywhere at once
when the password changes or its person says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import Blueprint, Flask, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user, logout_user
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from cases.model import User
from cases.states import Role
from cases.users import (
    PasswordRefused,
    Refusal,
    Refused,
    audit,
    authenticate,
    change_password,
    end_sessions,
    find_user,
    is_password,
)
from web.access import elsewhere, here_only, home, in_background, is_part, wiring
from web.limits import logins

blueprint = Blueprint("auth", __name__)

IDLE_END = timedelta(hours=1)
ABSOLUTE_END = timedelta(hours=12)
_REMEMBER = timedelta(seconds=30)
"""How exactly the last sign of life is kept; the cookie need not change with every click."""


class Person(UserMixin):
    """Who is logged in: a copy of the row, good for this request."""

    def __init__(self, user: User) -> None:
        self.id = str(user.id)
        self.username, self.name, self.role = user.username, user.name, Role(user.role)
        self.must_change_password = user.must_change_password
        required = self.role in wiring().settings.second_factor_required
        self.must_set_second_factor = required and user.totp_since is None
        self.version = user.session_version
        self.unit_id, self.desk, self.phone = user.unit_id, user.desk, user.phone
        self.language = user.language


def init_app(app: Flask) -> None:
    manager = LoginManager(app, add_context_processor=False)  # the pages ask by `person()`
    manager.session_protection = "basic"
    manager.user_loader(_load)
    manager.unauthorized_handler(_to_login)


def _to_login() -> ResponseReturnValue:
    return elsewhere(url_for("auth.login", next=_back()))


def _back() -> str | None:
    """Where somebody goes on after the login: the page they had, also when a part or a form was asked for."""
    if request.method == "GET" and not is_part():
        here = request.full_path.rstrip("?")
    else:
        page = urlsplit(request.headers.get("HX-Current-URL") or request.referrer or "")
        here = page.path + (f"?{page.query}" if page.query else "")
    return here_only(here) if here != "/" else None


def _load(user_id: str) -> Person | None:
    if not user_id.isdigit() or _ended():
        return None
    with wiring().reading() as unit:
        user = unit.session.get(User, int(user_id))
        if user is None or not user.active or user.session_version != session.get("version"):
            return None
        person = Person(user)
    _sign_of_life()
    return person


def _sign_of_life() -> None:
    now = wiring().now()
    if not in_background() and now - datetime.fromisoformat(session["seen"]) > _REMEMBER:
        session["seen"] = now.isoformat()


def _ended() -> bool:
    now = wiring().now()
    try:
        seen, began = (datetime.fromisoformat(session[name]) for name in ("seen", "began"))
        return now - seen > IDLE_END or now - began > ABSOLUTE_END
    except (KeyError, ValueError, TypeError):
        return True


class LoginForm(FlaskForm):
    username = StringField(validators=[InputRequired(), Length(max=64)])
    password = PasswordField(validators=[InputRequired(), Length(max=200)])


class PasswordForm(FlaskForm):
    old = PasswordField(validators=[InputRequired(), Length(max=200)])
    new = PasswordField(validators=[InputRequired(), Length(max=200)])
    again = PasswordField(validators=[InputRequired(), Length(max=200)])


@blueprint.route("/login", methods=["GET", "POST"])
@logins
def login() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(home())
    form, problem = LoginForm(), ""
    if form.validate_on_submit():
        with wiring().unit_of_work() as unit:
            found = authenticate(
                unit.session,
                form.username.data.strip(),
                form.password.data,
                wiring().now(),
                request.remote_addr or "",
            )
            unit.commit()
        if not isinstance(found, Refused):
            return _half(found) if found.totp_since is not None else enter(Person(found))
        problem = refusal(found)
    elif form.is_submitted():
        problem = _("请填写用户名和密码。")
    return render_template("login.html", form=form, problem=problem), 401 if problem else 200


def _half(user: User) -> ResponseReturnValue:
    """The password was right; who has a second factor has still to prove it (web/second_factor.py)."""
    language = session.get("language")
    session.clear()
    session["half"] = {"id": user.id, "version": user.session_version, "at": wiring().now().isoformat()}
    if language:
        session["language"] = language
    return redirect(url_for("second_factor.code", next=here_only(request.args.get("next"))))


def enter(person: Person) -> ResponseReturnValue:
    """This person is logged in from now on; -> the way to the first page."""
    # A new session, so that one that was planted before the login is worth nothing.
    language = session.get("language") or person.language
    session.clear()
    now = wiring().now().isoformat()
    session.update(version=person.version, seen=now, began=now, sure=now)
    if language:
        session["language"] = language
    session.permanent = True
    login_user(person)
    if person.must_change_password:
        return redirect(url_for("auth.password"))
    return redirect(here_only(request.args.get("next")) or home())


def refusal(found: Refused) -> str:
    """In the reader's words; a wrong code has its own (web/second_factor.py)."""
    if found.why is Refusal.LOCKED and found.until:
        minutes = max(1, -(-int((found.until - wiring().now()).total_seconds()) // 60))
        return _("连续输错多次，账号已锁定，请在 %(minutes)s 分钟后再试。", minutes=minutes)
    return _("用户名或密码不对。")


@blueprint.post("/logout")
@login_required
def logout() -> ResponseReturnValue:
    """`everywhere`: this person's other sessions end as well."""
    now, address = wiring().now(), request.remote_addr or ""
    with wiring().unit_of_work() as unit:
        audit(unit.session, now, current_user.username, "logout", "", address)
        if "everywhere" in request.form:
            user = find_user(unit.session, current_user.username)
            end_sessions(unit.session, user, now, current_user.username, address)
        unit.commit()
    logout_user()
    session.clear()
    return redirect(url_for("auth.login"))


@blueprint.route("/password", methods=["GET", "POST"])
@login_required
@logins
def password() -> ResponseReturnValue:
    form, problem = PasswordForm(), ""
    if form.validate_on_submit():
        problem = _change(form)
        if not problem:
            flash(_("密码已修改。"))
            return redirect(home())
    return render_template("password.html", form=form, problem=problem), 400 if problem else 200


def _change(form: PasswordForm) -> str:
    if form.new.data != form.again.data:
        return _("两次输入的新密码不一样。")
    with wiring().unit_of_work() as unit:
        user = find_user(unit.session, current_user.username)
        try:
            change_password(
                unit.session, user, form.old.data, form.new.data, wiring().now(), request.remote_addr or ""
            )
        except PasswordRefused:
            return _("没有修改：旧密码要对，新密码至少 10 位，不能和用户名或旧密码一样。")
        version = user.session_version
        unit.commit()
    session["version"] = version
    current_user.must_change_password = False
    return ""


class AgainForm(FlaskForm):
    password = PasswordField(validators=[InputRequired(), Length(max=200)])


@blueprint.route("/again", methods=["GET", "POST"])
@login_required
@logins
def again() -> ResponseReturnValue:
    """The password once more, before personal data leaves the house in a file (web.access.sure)."""
    form, problem = AgainForm(), ""
    if form.validate_on_submit():
        now, address = wiring().now(), request.remote_addr or ""
        with wiring().unit_of_work() as unit:
            user = find_user(unit.session, current_user.username)
            found = is_password(unit.session, user, form.password.data, now, address)
            unit.commit()
        if found is None:
            session["sure"] = now.isoformat()
            return redirect(here_only(request.args.get("next")) or home())
        problem = _("密码不对。") if found.why is Refusal.WRONG else refusal(found)
    elif form.is_submitted():
        problem = _("请填写密码。")
    return render_template("again.html", form=form, problem=problem), 401 if problem else 200
