"""Statements, the price list, the register of households. A file is shown before it is applied."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from cases import households, prices, statements
from cases.assessing import best_of_year
from cases.csv_table import TableRefused
from cases.errors import MoveRefused, NotFound
from cases.moving import Actor
from cases.users import audit
from web.access import May, needs, sure, taken_by, wiring

blueprint = Blueprint("money", __name__)

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LARGEST_FILE = 1024 * 1024
_LARGEST_SHOWN = 400_000
"""Of a file that is shown before it is applied, packed: a form's field holds no more."""


# ---------------------------------------------------------------- statements


@blueprint.get("/money")
@needs(May.SEE_MONEY)
def page() -> ResponseReturnValue:
    """`?month=2026-11`; without one, this month."""
    now, rules = wiring().now(), wiring().rules
    this = f"{_today():%Y-%m}"
    month = request.args.get("month", this)
    with wiring().reading() as unit:
        try:
            found = statements.statement(unit.session, month, now, rules)
        except MoveRefused as error:
            flash(_refusal(error))
            found = statements.statement(unit.session, this, now, rules)
        kept = statements.versions(unit.session, 12)
    return render_template("money.html", statement=found.to_json(), kept=kept, kinds=wiring().household_kinds)


@blueprint.post("/money/statement.xlsx")
@needs(May.SEE_MONEY)
@sure
def statement() -> ResponseReturnValue:
    """`month`: the workbook, its version kept."""
    from hotline.statements import workbook

    month = request.form.get("month", "")
    try:
        with wiring().unit_of_work() as unit:
            who, now, address = current_user.username, wiring().now(), request.remote_addr or ""
            found = statements.hand_out(unit.session, month, who, now, wiring().rules, address)
            unit.commit()
    except MoveRefused as error:
        flash(_refusal(error))
        return redirect(url_for("money.page"))
    content = workbook(found, wiring().settings.zone, wiring().household_kinds, taken_by())
    return _file(content, f"minsheng110-{month}-v{found.version}.xlsx")


@blueprint.post("/money/rewards.xlsx")
@needs(May.SEE_MONEY)
@sure
def rewards() -> ResponseReturnValue:
    """`year`: the year's best as a workbook."""
    from hotline.statements import rewards_book

    said = request.form.get("year", "")
    year = int(said) if re.fullmatch(r"2\d{3}", said) else _today().year
    try:
        with wiring().unit_of_work() as unit:
            now, address = wiring().now(), request.remote_addr or ""
            found = best_of_year(unit.session, year, now, wiring().rules)
            audit(unit.session, now, current_user.username, "rewards_taken", str(year), address)
            unit.commit()
    except MoveRefused as error:
        flash(_refusal(error))
        return redirect(url_for("money.page"))
    content = rewards_book(year, found, wiring().rules.money.reward_percent, taken_by())
    return _file(content, f"minsheng110-{year}-rewards.xlsx")


@blueprint.post("/money/settle")
@needs(May.SEE_MONEY)
def settle() -> ResponseReturnValue:
    """`month`, `firm`: what the firm is owed is paid."""
    month, firm = request.form.get("month", ""), request.form.get("firm", "")
    actor = Actor(current_user.username, current_user.role)
    try:
        with wiring().unit_of_work() as unit:
            count = statements.settle(unit.session, month, firm, actor, wiring().now(), wiring().rules)
            unit.commit()
    except (MoveRefused, NotFound) as error:
        flash(_refusal(error))
    else:
        flash(_("已结清 %(count)s 件。", count=count))
    return redirect(url_for("money.page", month=month))


def _file(content: bytes, name: str) -> Response:
    return Response(
        content, mimetype=_XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _refusal(error: Exception) -> str:
    known = {
        statements.NO_MONTH: _("月份请写成 2026-11。"),
        statements.FUTURE: _("这个月还没有开始，没有结算单。"),
        statements.NOT_OVER: _("这个月还没有结束，费用还会变化，不能结清。"),
    }
    return known.get(getattr(error, "rule", "")) or _("没有完成，请看过再定。")


# ---------------------------------------------------------------- the price list


@blueprint.get("/money/prices")
@needs(May.SEE_MONEY)
def price_list() -> ResponseReturnValue:
    return _prices()


@blueprint.post("/money/prices")
@needs(May.IMPORT)
def import_prices() -> ResponseReturnValue:
    """`file`: what it would change; then `content` (the same file, packed) and `apply`."""
    return _import(_price_differences, _put_prices, _prices, "money.price_list")


def _prices(**shown: Any) -> str:
    with wiring().reading() as unit:
        found = prices.price_list(unit.session)
    columns = [(each.name, each.chinese, each.needed) for each in prices.COLUMNS]
    return render_template("prices.html", prices=found, today=_today(), columns=columns, **shown)


def _price_differences(content: bytes) -> dict[str, Any]:
    table, rows = prices.from_csv(content)
    with wiring().reading() as unit:
        found = prices.differences(unit.session, rows)
    return {**found.to_json(), "encoding": table.encoding, "rows": [*found.new, *found.changed][:200]}


def _put_prices(content: bytes) -> None:
    _table, rows = prices.from_csv(content)
    with wiring().unit_of_work() as unit:
        found = prices.put(unit.session, rows).to_json()
        address = request.remote_addr or ""
        audit(unit.session, wiring().now(), current_user.username, "prices_imported", "", address, found)
        unit.commit()


# ---------------------------------------------------------------- the register of households


@blueprint.get("/money/households")
@needs(May.IMPORT)
def register() -> ResponseReturnValue:
    return _register()


@blueprint.post("/money/households")
@needs(May.IMPORT)
def import_households() -> ResponseReturnValue:
    """As with prices. Nobody's name is shown: the difference is told by lines and counts."""
    return _import(_household_differences, _put_households, _register, "money.register")


def _register(**shown: Any) -> str:
    with wiring().reading() as unit:
        counts = households.counts(unit.session, _today())
    columns = [(each.name, each.chinese, each.needed) for each in households.COLUMNS]
    kinds = wiring().household_kinds
    return render_template("households.html", counts=counts, kinds=kinds, columns=columns, **shown)


def _household_differences(content: bytes) -> dict[str, Any]:
    table, rows = households.from_csv(content, wiring().household_kinds)
    with wiring().reading() as unit:
        found = households.differences(unit.session, table, rows, _today())
    return {**found.to_json(), "encoding": table.encoding}


def _put_households(content: bytes) -> None:
    table, rows = households.from_csv(content, wiring().household_kinds)
    now, address = wiring().now(), request.remote_addr or ""
    with wiring().unit_of_work() as unit:
        households.put(unit.session, table, rows, current_user.username, now, _today(), address)
        unit.commit()


# ---------------------------------------------------------------- a file, shown before it is applied


def _import(
    differences: Callable[[bytes], dict[str, Any]],
    put: Callable[[bytes], None],
    shown: Callable[..., str],
    endpoint: str,
) -> ResponseReturnValue:
    content = _given()
    if content is None:
        flash(_("请选择一个不超过 1 MB 的 CSV 文件；更大的用命令行导入。"))
        return redirect(url_for(endpoint))
    try:
        if "apply" in request.form:
            put(content)
            flash(_("已导入。"))
            return redirect(url_for(endpoint))
        return shown(difference=differences(content), content=_packed(content))
    except TableRefused as error:
        return shown(refused=error)


def _given() -> bytes | None:
    """The file that was sent, or the one that was shown; None: there is none, or it is too large."""
    sent = request.files.get("file")
    if sent is not None:
        content = sent.read(_LARGEST_FILE + 1)
        return content if content and len(_packed(content)) <= _LARGEST_SHOWN else None
    try:
        packed = base64.b64decode(request.form.get("content", ""), validate=True)
        unpack = zlib.decompressobj()
        content = unpack.decompress(packed, _LARGEST_FILE + 1)
    except (binascii.Error, ValueError, zlib.error):
        return None
    return content if content and len(content) <= _LARGEST_FILE else None


def _packed(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content)).decode()


def _today() -> date:
    now: datetime = wiring().now()
    return now.astimezone(wiring().settings.zone).date()
