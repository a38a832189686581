"""The audit trail, for administrators: who looked at or changed what, and whether it is whole."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from cases import audit_trail
from web.access import May, needs, whole, wiring

blueprint = Blueprint("trail", __name__)

_PAGE = 100
WORDS: dict[str, Any] = {
    "login": _l("登录"),
    "login_failed": _l("登录失败"),
    "login_locked": _l("锁定期间登录"),
    "locked": _l("账号被锁定"),
    "logout": _l("退出"),
    "password_given": _l("密码正确，等待验证码"),
    "password_again": _l("再次输入密码"),
    "password_changed": _l("修改密码"),
    "password_reset": _l("重置密码"),
    "sessions_ended": _l("退出所有设备"),
    "second_factor_set": _l("启用二次验证"),
    "second_factor_reset": _l("关闭二次验证"),
    "recovery_codes_made": _l("更换备用码"),
    "user_added": _l("新增用户"),
    "city_loaded": _l("换城市文件"),
    "prompt_replaced": _l("换提示音"),
    "prompt_restored": _l("换回自带的提示音"),
    "user_changed": _l("修改用户"),
    "user_disabled": _l("停用用户"),
    "user_enabled": _l("重新启用用户"),
    "caller_shown": _l("查看来电号码"),
    "recording_played": _l("收听录音"),
    "household_lookup": _l("核对困难家庭"),
    "households_imported": _l("导入困难家庭"),
    "prices_imported": _l("导入参考价"),
    "statement_made": _l("下载结算单"),
    "rewards_taken": _l("下载奖励表"),
    "report_taken": _l("下载报告"),
    "special_report_taken": _l("下载专报件"),
    "fees_settled": _l("结清费用"),
    "calendar_changed": _l("修改日历"),
    "passed_on": _l("转接来电"),
    "rung_back": _l("用话机回拨"),
    "agent_sign_in": _l("话机签入"),
    "agent_sign_out": _l("话机签出"),
    "agent_pause": _l("话机暂停"),
    "message_again": _l("再发短信"),
}


@blueprint.get("/audit")
@needs(May.SEE_AUDIT)
def page() -> ResponseReturnValue:
    """`who`, `what`, `target` narrow it; `before`: only entries with a smaller id."""
    return _page()


@blueprint.post("/audit/verify")
@needs(May.SEE_AUDIT)
def verify() -> ResponseReturnValue:
    with wiring().reading() as unit:
        found = audit_trail.verify(unit.session)
    return _page(verdict=found)


def _page(**shown: Any) -> str:
    chosen = {name: request.args.get(name, "").replace("\0", "")[:255] for name in ("who", "what", "target")}
    before = request.args.get("before", type=whole)
    with wiring().reading() as unit:
        found = audit_trail.entries(unit.session, limit=_PAGE, before=before, **chosen)
    older = found[-1].id if len(found) == _PAGE else None
    return render_template("trail.html", entries=found, chosen=chosen, older=older, words=WORDS, **shown)
