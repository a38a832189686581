"""Units and firms: what stands of each, changed in the city file by a form, with the difference first."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from cases import units as core
from cases.states import UnitType
from hotline import city_desk
from hotline.city_desk import CityFileError
from hotline.city_edit import NoSuchEntry, Value, with_fields
from web.access import May, needs, sure, wiring
from web.city import compared

blueprint = Blueprint("units", __name__)

_UNIT = "<string(maxlength=64):code>"
FIELDS: dict[UnitType, tuple[str, ...]] = {
    UnitType.DEPARTMENT: ("name", "head", "phone", "aliases", "office_hours"),
    UnitType.TOWNSHIP: ("name", "head", "phone", "aliases", "office_hours"),
    UnitType.TEAM: ("name", "phone"),
    UnitType.EXPERT: ("name", "phone"),
    UnitType.FIRM: ("name", "phone", "hours", "contract_until"),
}
"""What the form changes of each kind; the rest stands in the city file."""
_NEEDED = ("name", "hours", "contract_until")


@blueprint.get("/units")
@needs(May.CHANGE_CITY)
def page() -> ResponseReturnValue:
    with wiring().reading() as unit:
        found = core.units(unit.session)
    return render_template("units.html", units=found)


@blueprint.get(f"/units/{_UNIT}")
@needs(May.CHANGE_CITY)
@sure
def show(code: str) -> ResponseReturnValue:
    found = _found(code)
    return render_template("unit.html", unit=found, fields=FIELDS[found["type"]], needed=_NEEDED)


@blueprint.post(f"/units/{_UNIT}")
@needs(May.CHANGE_CITY)
@sure
def change(code: str) -> ResponseReturnValue:
    """The city file with this unit changed, compared with the one in use; applied from there."""
    found = _found(code)
    try:
        now = city_desk.standing(wiring().settings)
        text = with_fields(now.text, found["code"], _given(FIELDS[found["type"]]))
    except (CityFileError, NoSuchEntry):
        flash(_("城市文件里没有这个单位，请先把文件应用到数据库。"))
        return redirect(url_for("city.page"))
    return compared(text, now.digest)


def _found(code: str) -> dict[str, Any]:
    with wiring().reading() as unit:
        found = core.unit(unit.session, code)
    if found is None:
        abort(404)
    return found


def _given(fields: tuple[str, ...]) -> dict[str, Value]:
    return {name: _value(name, request.form[name].strip()) for name in fields if name in request.form}


def _value(name: str, said: str) -> Value:
    if name == "aliases":
        return [each for each in said.replace("，", "、").replace(",", "、").split("、") if each.strip()]
    if name == "contract_until":
        try:
            return date.fromisoformat(said)
        except ValueError:
            return said  # the file's own check says what is wrong with it
    return said
