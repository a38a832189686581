"""民生110专报件: the list, one on paper (to print, or as a Word document), a leader's instruction."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from cases import numbers, special_report
from cases.errors import Conflict, MoveRefused, NotFound
from cases.reception_outcomes import instruct, write_report
from cases.users import audit
from hotline import special_report_paper as paper
from web.access import May, needs, sure, taken_by, whole, wiring
from web.moves import actor
from web.refusals import refused

blueprint = Blueprint("special_reports", __name__)

_PAGE = 50
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@blueprint.get("/supervision/reports")
@needs(May.SUPERVISE)
def page() -> ResponseReturnValue:
    with wiring().reading() as unit:
        found = special_report.reports(unit.session, request.args.get("before", type=whole), _PAGE)
    older = found[-1]["id"] if len(found) == _PAGE else None
    return render_template("special_reports.html", reports=found, older=older)


@blueprint.get("/supervision/reports/<int(max=9007199254740991):report_id>")
@needs(May.SUPERVISE)
def show(report_id: int) -> ResponseReturnValue:
    """On screen as on paper; the browser prints it, or keeps it as PDF."""
    found = _document(report_id)
    return render_template(
        "special_report.html",
        report=found,
        headline=paper.headline(_city()),
        lines=list(paper.lines(found)),
        signature=paper.signature(found),
    )


@blueprint.get("/supervision/reports/<int(max=9007199254740991):report_id>.docx")
@needs(May.SUPERVISE)
@sure
def docx(report_id: int) -> ResponseReturnValue:
    from hotline.special_report_docx import docx_of

    found = _document(report_id)
    with wiring().unit_of_work() as unit:
        now, address = wiring().now(), request.remote_addr or ""
        audit(unit.session, now, current_user.username, "special_report_taken", str(found["number"]), address)
        unit.commit()
    answer = Response(docx_of(found, _city(), taken_by()), mimetype=_DOCX)
    answer.headers.set("Content-Disposition", "attachment", filename=f"{found['title']}.docx")
    return answer


def _document(report_id: int) -> dict[str, Any]:
    with wiring().reading() as unit:
        found = special_report.document(unit.session, report_id, wiring().rules)
    if found is None:
        abort(404)
    return found


def _city() -> str:
    with wiring().reading() as unit:
        return special_report.city_name(unit.session)


@blueprint.post("/supervision/reports")
@needs(May.SUPERVISE)
def write() -> ResponseReturnValue:
    """A special report of a case that came by no reception day."""
    number = "".join(filter(str.isdigit, request.form.get("number", "")[:40]))
    if not numbers.check(number):
        flash(_("这不是受理编号：请核对每一位数字。"))
        return redirect(url_for("special_reports.page"))
    difficulty, wanted = request.form.get("difficulty", ""), request.form.get("request", "")
    try:
        with wiring().unit_of_work() as unit:
            now, rules = wiring().now(), wiring().rules
            made = write_report(unit.session, number, difficulty, wanted, actor(), now, rules)
            unit.commit()
    except NotFound:
        abort(404)
    except MoveRefused as error:
        flash(refused(error))
        return redirect(url_for("special_reports.page"))
    wiring().bell.nudge()
    return redirect(url_for("special_reports.show", report_id=made.id))


@blueprint.post("/supervision/reports/<int(max=9007199254740991):report_id>/instruction")
@needs(May.INSTRUCT)
def instruction(report_id: int) -> ResponseReturnValue:
    """批示"""
    try:
        with wiring().unit_of_work() as unit:
            now, rules = wiring().now(), wiring().rules
            instruct(unit.session, report_id, request.form.get("text", ""), actor(), now, rules)
            unit.commit()
    except NotFound:
        abort(404)
    except MoveRefused as error:
        flash(refused(error))
    except Conflict:
        flash(_("别人已经记下了，请看过再做。"))
    else:
        wiring().bell.nudge()
        flash(_("已记下。"))
    return redirect(url_for("special_reports.show", report_id=report_id))
