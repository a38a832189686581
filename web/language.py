"""Chinese first, English by a switch; kept with the person, and in the session of whoever only reads."""

from __future__ import annotations

from flask import Blueprint, Flask, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from flask_login import current_user

from cases.users import find_user
from web.access import here_only, wiring

blueprint = Blueprint("language", __name__)

LANGUAGES = {"zh": ("中文", "zh-CN"), "en": ("English", "en")}
"""Name → what it calls itself, and how HTML calls it."""


def init_app(app: Flask) -> None:
    Babel(app, default_locale="zh", locale_selector=chosen, default_timezone="Asia/Shanghai")
    app.jinja_env.add_extension("jinja2.ext.i18n")

    @app.context_processor
    def _known() -> dict[str, object]:
        return {"language": chosen(), "languages": LANGUAGES}


def chosen() -> str:
    found = session.get("language", "zh")
    return found if found in LANGUAGES else "zh"


@blueprint.post("/language/<name>")
def choose(name: str) -> ResponseReturnValue:
    if name in LANGUAGES:
        session["language"] = name
        if current_user.is_authenticated:
            with wiring().unit_of_work() as unit:
                find_user(unit.session, current_user.username).language = name
                unit.commit()
    return redirect(here_only(request.form.get("back")) or url_for("queue.root"))
