"""专报件: its lines as they stand on paper, on the screen and in the Word document. The paper is Chinese."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from cases.states import RULES

_WORDS = {row.move.value: row.chinese for row in reversed(RULES)}
INSTRUCTION = "领导批示"


def headline(city: str) -> str:
    return f"{city}民生110专报件"


def signature(report: Mapping[str, Any]) -> str:
    return f"{report['made_by']}  {_day(report['made'], report['zone'])}"


def lines(report: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """(heading, text) of the table, in order; a text may have several lines.

    `report`: cases.special_report.document.
    """
    zone = report["zone"]
    reception = report["reception"]
    place = "".join(
        str(report["place"].get(part) or "") for part in ("township", "community", "road", "number", "poi")
    )
    yield "受理编号", report["number"]
    yield "受理时间", _moment(report["opened"], zone)
    yield "诉求事项", " ".join(filter(None, (report["kind"], report["matter"])))
    yield "地点", place
    yield "诉求内容", report["text"] or "（来电人要求保密）" * report["confidential"]
    yield "承办单位", "，负责人".join(filter(None, (report["unit"], report["head"])))
    yield "办理期限", _moment(report["due"], zone)
    counts = (f"退单{report['returns']}次", f"重办{report['redos']}次", f"督办{report['supervisions']}次")
    yield "涉及人数", f"{report['people']}人；{'，'.join(counts)}"
    if reception is not None:
        yield "接待日", "，".join(filter(None, (f"{reception['held_on']:%Y年%m月%d日}", reception["leader"])))
    yield "办理经过", "\n".join(_step(each, zone) for each in report["steps"])
    yield "未能解决的原因", report["difficulty"]
    yield "请示事项", report["request"]
    yield INSTRUCTION, _instruction(report)


def _step(each: Mapping[str, Any], zone: Any) -> str:
    said = (_WORDS.get(each["move"], each["move"]), each["unit"], each["reason"])
    return f"{each['at'].astimezone(zone):%m-%d %H:%M} " + " ".join(str(part) for part in said if part)


def _instruction(report: Mapping[str, Any]) -> str:
    if not report["instruction"]:
        return ""
    return f"{report['instruction']}\n{report['instructed_by']} {_day(report['instructed'], report['zone'])}"


def _moment(at: datetime | None, zone: Any) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else "—"


def _day(at: datetime | None, zone: Any) -> str:
    return f"{at.astimezone(zone):%Y年%m月%d日}" if at else ""
