"""Chinese first, English by a switch. Dates and numbers follow."""

from __future__ import annotations

from flask import Blueprint, Flask, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import Babel, get_locale

blueprint = Blueprint("language", __name__)

LANGUAGES = {"zh": "中文", "en": "English"}


def init_app(app: Flask) -> None:
    # No session for somebody who only reads: the language is a session value, else Chinese.
    Babel(app, default_locale="zh", locale_selector=chosen, default_timezone="Asia/Shanghai")
    app.jinja_env.add_extension("jinja2.ext.i18n")

    @app.context_processor
    def _known() -> dict[str, object]:
        return {"language": chosen(), "languages": LANGUAGES, "html_language": str(get_locale() or "zh")}


def chosen() -> str:
    found = session.get("language", "zh")
    return found if found in LANGUAGES else "zh"


@blueprint.post("/language/<name>")
def choose(name: str) -> ResponseReturnValue:
    if name in LANGUAGES:
        session["language"] = name
    back = request.form.get("back", "")
    return redirect(back if back.startswith("/") and back[1:2] not in ("/", "\\") else url_for("queue.page"))
