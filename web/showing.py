"""How values look: city time, masked numbers, words for states. Filters of the templates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Flask, current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from cases import numbers
from web.access import ALLOWED, May, may, wiring

WORDS: dict[str, Any] = {
    # ways in
    "key": _l("一键转接"), "refer": _l("话机转接"), "redirect": _l("台席转接"), "attended": _l("询问转接"),
    "conference": _l("三方通话"), "direct": _l("直拨"),
    # outcomes
    "in_progress": _l("进行中"), "message": _l("留言"), "agent": _l("人工接听"), "back_to_110": _l("回转110"),
    "progress_told": _l("查询进度"), "hung_up": _l("未说话挂机"), "failed": _l("系统故障"),
    # states of a case
    "case:accepted": _l("受理"), "case:sorted": _l("分类"), "case:dispatched": _l("派单"), "case:signed": _l("签收"),
    "case:in_progress": _l("办理"), "case:reported": _l("反馈"), "case:calling_back": _l("回访"),
    "case:completed": _l("办结"), "case:archived": _l("归档"), "case:returned": _l("退单"),
    "case:suspended": _l("挂账"), "case:merged": _l("合并"), "case:handed_back": _l("回转110"),
    # transcripts
    "waiting": _l("等待转写"), "running": _l("正在转写"), "done": _l("已转写"), "nothing_said": _l("没有说话"),
    "set_aside": _l("需要人听"),
    # recordings
    "recording:recording": _l("正在录音"), "recording:kept": _l("已保存"), "recording:empty": _l("没有声音"),
    "recording:damaged": _l("文件损坏"), "recording:missing": _l("文件缺失"),
    # call-backs
    "hung_up_early": _l("没说话就挂机"), "no_agent": _l("坐席全忙"), "no_desk": _l("回转110无人接"),
    "nothing_heard": _l("没有听清"), "fault": _l("系统故障"),
    # sectors, priorities, roles
    "government": _l("政府"), "society": _l("社会"), "market": _l("市场"),
    "emergency": _l("紧急"), "high": _l("优先"), "normal": _l("一般"),
    "role:agent": _l("话务员"), "role:dispatcher": _l("派单员"), "role:unit": _l("承办单位"),
    "role:supervisor": _l("督办员"), "role:visitor": _l("回访员"), "role:leader": _l("领导"),
    "role:desk": _l("110台席"), "role:admin": _l("管理员"), "role:system": _l("系统"), "role:citizen": _l("市民"),
    # moves and call events
    "accept": _l("受理"), "sort": _l("分类"), "dispatch": _l("派单"), "change": _l("修改"),
    "started": _l("来电"), "answered": _l("接通"), "keys": _l("按键"), "recording_started": _l("开始录音"),
    "recording_ended": _l("录音结束"), "case_opened": _l("受理"), "transfer": _l("转接"), "ended": _l("结束"),
    "agent_connected": _l("人工接通"), "handed_back": _l("回转110"), "desk_answered": _l("台席接听"),
    "call_back_promised": _l("答应回电"),
    # why a caller comes back to 110
    "danger": _l("危险"),
}  # fmt: skip


def word(value: object, family: str = "") -> str:
    """The reader's word for a value of the core; the value itself when there is none."""
    text = str(value if value is not None else "")
    return str(WORDS.get(f"{family}:{text}") or WORDS.get(text) or text)


def moment(at: datetime | None, form: str = "%m-%d %H:%M:%S") -> str:
    """In city time."""
    return at.astimezone(wiring().settings.zone).strftime(form) if at else "—"


def lasting(seconds: float | None) -> str:
    """12.4 → 0:12"""
    if seconds is None:
        return "—"
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def age(at: datetime | None) -> str:
    """How long ago, in one unit."""
    if at is None:
        return "—"
    seconds = max(0, int((wiring().now() - at).total_seconds()))
    if seconds < 60:
        return _("%(n)s 秒", n=seconds)
    if seconds < 3600:
        return _("%(n)s 分钟", n=seconds // 60)
    return _("%(n)s 小时", n=seconds // 3600) if seconds < 86400 else _("%(n)s 天", n=seconds // 86400)


def masked(number: str | None) -> str:
    """13800110110 → 138****0110; nobody's number is shown whole without a click that is written down."""
    if not number:
        return _("匿名")
    return number[:3] + "****" + number[-4:] if len(number) >= 9 else "*" * max(0, len(number) - 2) + number[-2:]


def grouped(number: str | None) -> str:
    return " ".join(numbers.groups(number)) if number else "—"


def place(value: dict[str, Any] | None) -> str:
    """The parts of a place from the large to the small."""
    parts = ("township", "community", "road", "number", "poi")
    return "".join(str((value or {}).get(part) or "") for part in parts)


def init_app(app: Flask) -> None:
    for filter_ in (word, moment, lasting, age, masked, grouped, place):
        app.template_filter(filter_.__name__)(filter_)

    @app.context_processor
    def _known() -> dict[str, Any]:
        role = getattr(current_user, "role", None)
        return {"May": May, "may": may, "allowed": ALLOWED.get(role, frozenset()), "profile": _profile()}


def _profile() -> str:
    return str(current_app.extensions["wiring"].settings.profile)
