"""The agents' telephones: one's own beside the queue; for the supervisor, who is on. State is Asterisk's."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from cases import queries
from cases.changes import changed
from cases.users import audit
from hotline import agents as phones
from hotline.agents import NoSuchAgent, PauseReason
from hotline.ami import AmiError
from web.access import May, is_part, needs, wiring

blueprint = Blueprint("agents", __name__)

_AWAY = 503


@blueprint.get("/agents/me")
@needs(May.USE_PHONE)
def mine() -> ResponseReturnValue:
    """The own telephone, as a part of the queue's page; nothing for who has none."""
    phone, problem = None, ""
    if current_user.phone in wiring().settings.agents:
        try:
            phone = phones.agent(wiring().settings, current_user.phone, wiring().now())
        except (AmiError, NoSuchAgent):
            problem = _("电话交换机没有应答，看不到您的话机。")
    # The page asks again and again: what somebody is choosing from is not taken away for the same once more.
    known = f"{phone.state}.{phone.reason}.{phone.calls}" if phone else problem
    if known and request.args.get("known") == known:
        return "", 204
    reasons = list(PauseReason)
    return render_template("agent_me.html", phone=phone, problem=problem, known=known, reasons=reasons)


@blueprint.post("/agents/me")
@needs(May.USE_PHONE)
def change() -> ResponseReturnValue:
    """`do`: sign_in, sign_out, or pause with a `reason`."""
    if current_user.phone not in wiring().settings.agents:
        abort(400)  # somebody without a telephone
    does, reason = request.form.get("do", ""), phones.pause_reason(request.form.get("reason", ""))
    if does not in ("sign_in", "sign_out", "pause") or (does == "pause" and reason is None):
        abort(400)
    done = _done(current_user.phone, does, reason)
    return (mine(), 200 if done else _AWAY) if is_part() else redirect(url_for("queue.page"))


@blueprint.get("/agents")
@needs(May.SEE_AGENTS)
def page() -> ResponseReturnValue:
    """Who is on, as the exchange says it now."""
    found, problem = [], ""
    with wiring().reading() as unit:
        last = queries.last_change(unit.session)
    try:
        found = phones.agents(wiring().settings, wiring().now())
    except AmiError:
        problem = _("电话交换机没有应答，看不到坐席。请查看系统状态。")
    template = "agents_part.html" if is_part() else "agents.html"
    return render_template(template, agents=found, problem=problem, last=last)


@blueprint.post("/agents/<phone>/sign-out")
@needs(May.SEE_AGENTS)
def out(phone: str) -> ResponseReturnValue:
    """Somebody went home and forgot it."""
    if phone not in wiring().settings.agents:
        abort(404)
    if not _done(phone, "sign_out"):
        flash(_("电话交换机没有应答，没有签出。"))
    return redirect(url_for("agents.page"))


def _done(phone: str, does: str, reason: PauseReason | None = None) -> bool:
    """Order it of the exchange, then write down who did it. False: the exchange does not answer."""
    settings = wiring().settings
    try:
        if does == "pause" and reason is not None:
            phones.pause(settings, phone, reason)
        else:
            (phones.sign_in if does == "sign_in" else phones.sign_out)(settings, phone)
    except AmiError:
        return False
    with wiring().unit_of_work() as unit:
        now, address = wiring().now(), request.remote_addr or ""
        detail = {"reason": reason.value} if does == "pause" and reason else {}
        audit(unit.session, now, current_user.username, f"agent_{does}", phone, address, detail)
        changed(unit.session, now, "agent", phone)
        unit.commit()
    wiring().bell.nudge()
    return True
