"""The city file on the console: looked at, changed, checked with line and key, compared, applied."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from cases.administering import standing as standing_rows
from cases.errors import Conflict
from hotline import city_desk, logs
from hotline.city_desk import Checked, CityFileError
from web.access import May, needs, sure, wiring

log = logs.get(__name__)
blueprint = Blueprint("city", __name__)

LARGEST_FORM = 4 * city_desk.LARGEST
"""Three bytes a sign of Chinese, and the form around it."""


@blueprint.get("/city")
@needs(May.CHANGE_CITY)
@sure
def page() -> ResponseReturnValue:
    return _page()


@blueprint.post("/city/check")
@needs(May.CHANGE_CITY)
@sure
def check() -> ResponseReturnValue:
    """`text`, or `file`: a whole city file; `seen`: the digest of the one it was made from."""
    text, seen = _said(), request.form.get("seen", "")
    if len(text) > city_desk.LARGEST:
        return _page(problems=[_("文件太大。")]), 413
    return compared(text, seen)


def compared(text: str, seen: str) -> ResponseReturnValue:
    """What this text would change, with the button that applies it; or what is wrong with it."""
    found = city_desk.check(wiring(), text)
    if found.problems:
        return _page(text=text, seen=seen, problems=found.problems), 422
    return _page(text=text, seen=seen, checked=found)


@blueprint.post("/city/apply")
@needs(May.CHANGE_CITY)
@sure
def apply() -> ResponseReturnValue:
    text, seen = request.form.get("text", ""), request.form.get("seen", "")
    if len(text) > city_desk.LARGEST:
        return _page(problems=[_("文件太大。")]), 413
    try:
        who, address = current_user.username, request.remote_addr or ""
        changed = city_desk.apply(wiring(), text, seen, who, address)
    except CityFileError as error:
        return _page(text=text, seen=seen, problems=error.problems), 422
    except Conflict:
        return _again(text), 409
    except OSError as error:
        log.error("the city file cannot be written", why=str(error.strerror))
        return _page(text=text, seen=seen, problems=[_("文件不能写，请检查城市文件所在目录的权限。")]), 500
    flash(_("已生效：数据库里改了 %(n)s 处。", n=len(changed)))
    return redirect(url_for("city.page"))


def _again(text: str) -> str:
    """Somebody else was faster: the own text stays, beside what it would change now."""
    found, problem = (
        city_desk.check(wiring(), text),
        _("别人刚刚改过城市文件。下面是您的文字和现在的文件的差别。"),
    )
    return _page(text=text, problems=[problem], checked=found)


def _said() -> str:
    file = request.files.get("file")
    if file is None or not file.filename:
        return request.form.get("text", "")
    return file.stream.read(4 * city_desk.LARGEST).decode("utf-8", "replace")


def _page(
    *, text: str | None = None, seen: str = "", problems: object = (), checked: Checked | None = None
) -> str:
    with wiring().reading() as unit:
        loaded = standing_rows(unit.session)
    try:
        now = city_desk.standing(wiring().settings)
    except CityFileError as error:
        return render_template(
            "city.html", file=None, loaded=loaded, problems=error.problems, text="", seen=""
        )
    return render_template(
        "city.html",
        file=now,
        loaded=loaded,
        text=now.text if text is None else text,
        seen=seen or now.digest,
        problems=problems,
        checked=checked,
    )
