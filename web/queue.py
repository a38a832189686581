"""The agents' screen: calls now, requests that wait, promises to ring back. Pushed (web/live.py)."""

from __future__ import annotations

from datetime import datetime
from time import monotonic
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import Session

from cases import queries
from cases.call_backs import complete_call_back
from cases.errors import Conflict, NotFound
from cases.repeats import bursts
from cases.users import audit
from hotline import agents
from hotline.ami import AmiError
from web.access import May, home, is_part, may, needs, wiring
from web.language import chosen

blueprint = Blueprint("queue", __name__)

_KEPT_SECONDS = 3.0
"""How long a rendered part serves other pages in which the same people see the same."""
_KEPT_PARTS = 32
_TELLS_APART = (May.SHOW_CALLER, May.COMPLETE_CALL_BACK, May.MERGE)
"""What decides that two people see different queues."""


@blueprint.get("/")
@needs(*May)
def root() -> ResponseReturnValue:
    return redirect(home())


@blueprint.get("/queue")
@needs(May.SEE_QUEUE)
def page() -> ResponseReturnValue:
    last, part = _part()
    if is_part():
        return part
    return render_template("queue.html", part=part, last=last, wall=_wall())


@blueprint.get("/wall")
@needs(May.SEE_QUEUE)
def wall() -> ResponseReturnValue:
    """The queue in large type, without callers and their words: others look at a wall, too."""
    return page()


def _wall() -> bool:
    return request.endpoint == "queue.wall" or "wall" in request.args


def _part() -> tuple[int, str]:
    """The feed's place, and the queue as it was then. What changes later is pushed.

    When something changes, every open page asks at once: the part is made once for all who see the same.
    """
    kept: dict[object, tuple[float, str]] = current_app.extensions.setdefault("queue_parts", {})
    with wiring().reading() as unit:
        last = queries.last_change(unit.session)
        key = (last, _wall(), chosen(), *(may(what) for what in _TELLS_APART))
        made, part = kept.get(key, (0.0, ""))
        if not part or monotonic() - made > _KEPT_SECONDS:
            queue = queries.queue(unit.session)
            today = queries.today(unit.session, _midnight(wiring().now()))
            template = "wall_part.html" if _wall() else "queue_part.html"
            alarms = bursts(unit.session, wiring().now())
            part = render_template(template, queue=queue, today=today, bursts=alarms)
            if len(kept) >= _KEPT_PARTS:
                kept.clear()
            kept[key] = (monotonic(), part)
    return last, part


def _midnight(now: datetime) -> datetime:
    """When the city's day began."""
    return now.astimezone(wiring().settings.zone).replace(hour=0, minute=0, second=0, microsecond=0)


@blueprint.post("/call-backs/<int(max=9007199254740991):call_back_id>/open")
@needs(May.COMPLETE_CALL_BACK)
def take(call_back_id: int) -> ResponseReturnValue:
    """What one needs to ring somebody: the whole number, too, and that is written down."""
    with wiring().unit_of_work() as unit:
        found, detail = _promise(unit.session, call_back_id)
        now, address = wiring().now(), request.remote_addr or ""
        audit(unit.session, now, current_user.username, "caller_shown", found["call"], address, detail)
        unit.commit()
    return render_template("call_back.html", back=found)


def _promise(session: Session, call_back_id: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The promise with the caller's whole number, and what is written down of whoever gets that."""
    found = queries.call_back_of(session, call_back_id)
    if found is None:
        abort(404)
    return found, {"case": found["case"], "call_back": call_back_id}


@blueprint.post("/call-backs/<int(max=9007199254740991):call_back_id>/ring")
@needs(May.USE_PHONE)
def ring(call_back_id: int) -> ResponseReturnValue:
    """The own telephone rings; when it is lifted, the citizen's does. -> what is to be said of it."""
    with wiring().unit_of_work() as unit:
        found, detail = _promise(unit.session, call_back_id)
        now, address = wiring().now(), request.remote_addr or ""
        audit(unit.session, now, current_user.username, "rung_back", found["call"], address, detail)
        unit.commit()
    try:
        agents.ring_back(wiring().settings, current_user.phone or "", found["caller"])
    except agents.NoSuchAgent:
        return _("您没有话机，请管理员给您设一个。"), 409
    except agents.BadNumber:
        return _("这个号码拨不出去。"), 409
    except AmiError:
        return _("电话交换机没有应答，请用话机直接拨。"), 503
    return _("请拿起您的话机，市民的电话随后就响。")


@blueprint.post("/call-backs/<int(max=9007199254740991):call_back_id>")
@needs(May.COMPLETE_CALL_BACK)
def complete(call_back_id: int) -> ResponseReturnValue:
    """`reached=no` gives the promise up, and wants a note that says why."""
    reached, note = request.form.get("reached") != "no", request.form.get("note", "").strip()
    if not reached and not note:
        flash(_("请写明为什么不再回电。"))
        return redirect(url_for("queue.page"))
    now = wiring().now()
    try:
        with wiring().unit_of_work() as unit:
            complete_call_back(unit.session, call_back_id, current_user.username, now, note, reached=reached)
            unit.commit()
    except NotFound:
        abort(404)
    except Conflict:
        flash(_("这个回电已经由别人处理了。"))
    else:
        wiring().bell.nudge()
        flash(_("回电已记下。"))
    return redirect(url_for("queue.page"))
