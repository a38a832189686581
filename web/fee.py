"""A case's fee and claim, on its page: what it costs, who pays, the name that decides."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from cases import claims, fees, queries
from cases.errors import Conflict, MoveRefused, NotFound
from cases.moving import Actor
from cases.states import Role
from web.access import May, may, may_see, needs, whole, wiring

blueprint = Blueprint("fee", __name__)


@blueprint.get("/cases/<number>/fee")
@needs(May.SEE_CASES, May.AGREE_FEE)
def part(number: str) -> ResponseReturnValue:
    """For the case page; nothing for a case that costs nothing."""
    with wiring().reading() as unit:
        if not may(May.SEE_CASES):
            may_see(queries.case_detail(unit.session, number[:12]))
        found = [each for each in fees.fees_of_case(unit.session, number[:12]) if _mine(each)]
        claim = claims.claim_of(unit.session, number[:12])
        now = wiring().now()
        choices = fees.choices(unit.session, number[:12], now, wiring().rules) if found else []
    kinds = wiring().household_kinds
    return render_template("fee.html", number=number, fees=found, claim=claim, choices=choices, kinds=kinds)


def _mine(fee: dict[str, Any]) -> bool:
    return current_user.role is not Role.UNIT or fee["unit_id"] == current_user.unit_id


@blueprint.post("/cases/<number>/fee")
@needs(May.AGREE_FEE)
def agree(number: str) -> ResponseReturnValue:
    """`service`, `quantity`."""
    service = request.form.get("service") or None
    quantity = request.form.get("quantity", 1, type=whole)

    def write(session: Any) -> None:
        now, rules = wiring().now(), wiring().rules
        fees.agree(session, number, _actor(), now, rules, service=service, quantity=quantity)

    return _done(number, write)


@blueprint.post("/cases/<number>/claim")
@needs(May.AGREE_FEE)
def claim(number: str) -> ResponseReturnValue:
    """Without `name`: the citizen claims it. With `name` (and `telephone`): looked up again."""
    name, telephone = (
        request.form.get("name", "").strip()[:60],
        request.form.get("telephone", "").strip()[:40],
    )
    address = request.remote_addr or ""

    def write(session: Any) -> None:
        now, rules = wiring().now(), wiring().rules
        if not name:
            claims.claim_free(session, number, _actor(), now)
            claims.check_claim(session, number, now, rules)
            return
        claims.check_with_name(
            session, number, name, _actor(), now, rules, telephone=telephone or None, address=address
        )

    return _done(number, write)


def _done(number: str, write: Any) -> ResponseReturnValue:
    try:
        with wiring().unit_of_work() as unit:
            write(unit.session)
            unit.commit()
    except NotFound:
        flash(_("没有这件事项。"))
        return redirect(url_for("case.listing"))
    except MoveRefused as error:
        flash(_refusal(error))
    except Conflict:
        flash(_("别人刚刚处理过，请看过再定。"))
    else:
        flash(_("已记下。"))
        wiring().bell.nudge()
    return redirect(url_for("case.page", number=number))


def _actor() -> Actor:
    return Actor(current_user.username, current_user.role, current_user.unit_id)


def _refusal(error: MoveRefused) -> str:
    known = {
        "F01": _("这件事项没有费用。"),
        "F02": _("费用已经结清，不能再改。"),
        "F03": _("价目表里没有这项服务，或者数量不对。"),
        "F04": _("这笔费用不归您定。"),
        "F05": _("现在不能核对。"),
        "F06": _("试过的姓名太多了，请交督办员核对。"),
    }
    return known.get(error.rule) or _("没有记下：%(rule)s", rule=error.rule)
