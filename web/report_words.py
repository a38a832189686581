"""The words of a report as a page shows them: the forms' own words, for the reader's language."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_pgettext as _lp

from hotline.report_parts import KINDS, TITLES

_WORDS: dict[str, Any] = {
    "来电量": _lp("report", "来电量"),
    "未接通来电": _lp("report", "未接通来电"),
    "15秒接通率": _lp("report", "15秒接通率"),
    "接通率": _lp("report", "接通率"),
    "等待时长（95分位）": _lp("report", "等待时长（95分位）"),
    "留言": _lp("report", "留言"),
    "人工接听": _lp("report", "人工接听"),
    "回转110": _lp("report", "回转110"),
    "受理诉求": _lp("report", "受理诉求"),
    "超期诉求": _lp("report", "超期诉求"),
    "退单": _lp("report", "退单"),
    "群众满意率": _lp("report", "群众满意率"),
    "危险警情": _lp("report", "危险警情"),
    "集中诉求": _lp("report", "集中诉求"),
    "接通来电": _lp("report", "接通来电"),
    "尚在等待": _lp("report", "尚在等待"),
    "时间有误的来电": _lp("report", "时间有误的来电"),
    "15秒内接通": _lp("report", "15秒内接通"),
    "等待时长（中位）": _lp("report", "等待时长（中位）"),
    "查询进度": _lp("report", "查询进度"),
    "中途挂断": _lp("report", "中途挂断"),
    "系统中断": _lp("report", "系统中断"),
    "通话中": _lp("report", "通话中"),
    "回访外呼": _lp("report", "回访外呼"),
    "待人工确认的诉求": _lp("report", "待人工确认的诉求"),
    "待确认占比": _lp("report", "待确认占比"),
    "合并诉求": _lp("report", "合并诉求"),
    "涉及事项": _lp("report", "涉及事项"),
    "派单": _lp("report", "派单"),
    "重办派单": _lp("report", "重办派单"),
    "首次派单": _lp("report", "首次派单"),
    "一次派准": _lp("report", "一次派准"),
    "一次派准率": _lp("report", "一次派准率"),
    "响应率": _lp("report", "响应率"),
    "解决率": _lp("report", "解决率"),
    "退单成立": _lp("report", "退单成立"),
    "办结反馈": _lp("report", "办结反馈"),
    "按期反馈": _lp("report", "按期反馈"),
    "逾期反馈": _lp("report", "逾期反馈"),
    "按期率": _lp("report", "按期率"),
    "回访答复": _lp("report", "回访答复"),
    "不满意答复": _lp("report", "不满意答复"),
    "录音转写": _lp("report", "录音转写"),
    "转写完成": _lp("report", "转写完成"),
    "实时转写": _lp("report", "实时转写"),
    "无人说话": _lp("report", "无人说话"),
    "转写搁置": _lp("report", "转写搁置"),
    "转写完成率": _lp("report", "转写完成率"),
    "转写用时（中位）": _lp("report", "转写用时（中位）"),
    "转写用时（95分位）": _lp("report", "转写用时（95分位）"),
    "疑似重复": _lp("report", "疑似重复"),
    "重复已合并": _lp("report", "重复已合并"),
    "服务收费单": _lp("report", "服务收费单"),
    "服务费": _lp("report", "服务费"),
    "市民付": _lp("report", "市民付"),
    "政府付": _lp("report", "政府付"),
    "免费服务困难家庭": _lp("report", "免费服务困难家庭"),
    "日报": _lp("report", "日报"),
    "周报": _lp("report", "周报"),
    "月报": _lp("report", "月报"),
    "年报": _lp("report", "年报"),
    "诉求按事项": _lp("report", "诉求按事项"),
    "诉求按类型": _lp("report", "诉求按类型"),
    "诉求按口": _lp("report", "诉求按口"),
    "诉求按承办单位": _lp("report", "诉求按承办单位"),
    "诉求按乡镇街道": _lp("report", "诉求按乡镇街道"),
    "来电按转入方式": _lp("report", "来电按转入方式"),
    "来电按坐席台": _lp("report", "来电按坐席台"),
    "待回电按原因": _lp("report", "待回电按原因"),
    "来电按时段": _lp("report", "来电按时段"),
    "单位办理": _lp("report", "单位办理"),
    "公司收费": _lp("report", "公司收费"),
    "危险警情逐件": _lp("report", "危险警情逐件"),
    "事项": _lp("report", "事项"),
    "类型": _lp("report", "类型"),
    "口": _lp("report", "口"),
    "单位": _lp("report", "单位"),
    "乡镇街道": _lp("report", "乡镇街道"),
    "转入方式": _lp("report", "转入方式"),
    "坐席台": _lp("report", "坐席台"),
    "原因": _lp("report", "原因"),
    "数量": _lp("report", "数量"),
    "时段": _lp("report", "时段"),
    "来电": _lp("report", "来电"),
    "接通": _lp("report", "接通"),
    "未接通": _lp("report", "未接通"),
    "等待中位": _lp("report", "等待中位"),
    "等待95分位": _lp("report", "等待95分位"),
    "反馈": _lp("report", "反馈"),
    "按期": _lp("report", "按期"),
    "逾期": _lp("report", "逾期"),
    "件数": _lp("report", "件数"),
    "受理编号": _lp("report", "受理编号"),
    "受理": _lp("report", "受理"),
    "110接听": _lp("report", "110接听"),
    "地点": _lp("report", "地点"),
    "时间": _lp("report", "时间"),
    "诉求数": _lp("report", "诉求数"),
}


def said(chinese: str) -> str:
    """A heading of the forms; what has no other words stays as it is."""
    return str(_WORDS.get(chinese, chinese))


def title(figure: str) -> str:
    return said(TITLES.get(figure, figure))


def kind_title(kind: str) -> str:
    return said(KINDS.get(kind, kind))
