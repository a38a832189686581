"""A report as parts that every form shows: named figures, and tables with what is drawn of them. Pure.

The page, the mail's file, the workbook and the CSV are all made of these parts, so that one report cannot
say two things. The words are Chinese: a report goes to the city's leaders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from cases import figures as f
from cases.reporting import Made

Unit = Literal["", "rate", "s", "fen", "moment"]
CITY = ZoneInfo("Asia/Shanghai")

KINDS = {"nightly": "日报", "weekly": "周报", "monthly": "月报", "yearly": "年报"}
TITLES: Mapping[str, str] = {
    **f.HEADLINES,
    "calls_answered": "接通来电",
    "calls_waiting": "尚在等待",
    "calls_impossible": "时间有误的来电",
    "answered_within_15s": "15秒内接通",
    "wait_median_s": "等待时长（中位）",
    "progress_told": "查询进度",
    "hung_up": "中途挂断",
    "failed": "系统中断",
    "in_progress": "通话中",
    "survey_calls": "回访外呼",
    "cases_unsure": "待人工确认的诉求",
    "doubtful_share": "待确认占比",
    "cases_merged": "合并诉求",
    "matters": "涉及事项",
    "dispatches": "派单",
    "redos": "重办派单",
    "first_dispatches": "首次派单",
    "first_time_right": "一次派准",
    "first_time_right_rate": "一次派准率",
    "response_rate": "响应率",
    "resolution_rate": "解决率",
    "returns_upheld": "退单成立",
    "reports": "办结反馈",
    "on_time": "按期反馈",
    "late": "逾期反馈",
    "on_time_rate": "按期率",
    "answers": "回访答复",
    "unsatisfied": "不满意答复",
    "transcripts": "录音转写",
    "transcripts_done": "转写完成",
    "transcripts_live": "实时转写",
    "transcripts_nothing_said": "无人说话",
    "transcripts_set_aside": "转写搁置",
    "transcript_share": "转写完成率",
    "transcript_latency_median_s": "转写用时（中位）",
    "transcript_latency_p95_s": "转写用时（95分位）",
    "repeats": "疑似重复",
    "repeats_merged": "重复已合并",
    "fees": "服务收费单",
    "fees_fen": "服务费",
    "fees_citizen_fen": "市民付",
    "fees_government_fen": "政府付",
    "households_served_free": "免费服务困难家庭",
}
LISTS: Mapping[str, tuple[str, str]] = {
    "cases_by_matter": ("诉求按事项", "事项"),
    "cases_by_kind": ("诉求按类型", "类型"),
    "cases_by_sector": ("诉求按口", "口"),
    "cases_by_unit": ("诉求按承办单位", "单位"),
    "cases_by_township": ("诉求按乡镇街道", "乡镇街道"),
    "calls_by_way_in": ("来电按转入方式", "转入方式"),
    "calls_by_desk": ("来电按坐席台", "坐席台"),
    "call_backs": ("待回电按原因", "原因"),
}
_WORDS: Mapping[str, str] = {
    "government": "政府",
    "society": "社会",
    "market": "市场",
    "key": "一键转接",
    "refer": "转接",
    "redirect": "改向",
    "attended": "咨询后转接",
    "conference": "三方通话",
    "direct": "直接拨入",
    "hung_up_early": "提前挂断",
    "no_agent": "无人接听",
    "no_desk": "110台无人接听",
    "nothing_heard": "未听清",
    "fault": "系统故障",
    f.OTHERS: "其余",
    f.NONE: "未注明",
}
_HOUR_COLUMNS = (
    *(("hour", "时段"), ("offered", "来电"), (f.ANSWERED, "接通"), (f.ABANDONED, "未接通")),
    *(("answer_within_15s_rate", "15秒接通率"), ("connect_rate", "接通率")),
    *(("wait_median_s", "等待中位"), ("wait_p95_s", "等待95分位")),
)


@dataclass(frozen=True)
class Figure:
    """`value`: as the report holds it; `usual`: the mean of earlier days, None where nobody knows."""

    name: str
    title: str
    value: Any
    usual: Any
    unit: Unit


@dataclass(frozen=True)
class Column:
    name: str
    title: str
    unit: Unit = ""


@dataclass(frozen=True)
class Part:
    """`rows`: raw values; `keys`: the code behind each row. `drawn`: columns of a chart beside the first."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    keys: tuple[str, ...]
    drawn: tuple[int, ...] = ()


def heading(made: Made) -> str:
    """民生110日报 2026-11-24; a longer stretch with its last day."""
    first, last = made.date.isoformat(), made.figures.get("last", made.date.isoformat())
    days = first if first == last else f"{first} 至 {last}"
    return f"民生110{KINDS.get(made.kind, made.kind)} {days}"


def marks(made: Made) -> str:
    """Which version, whether late, by which digest: it stands on every form."""
    version = f"第{made.version}版" if made.version else "未结束,仅供参考"
    more = [f"更正第{made.corrects}版"] if made.corrects else []
    more += ["迟到"] if made.late else []
    return " · ".join([version, *more, f"生成于 {moment(made.made_at)}", f"摘要 {made.digest[:12]}"])


def headlines(made: Made) -> list[Figure]:
    return [_figure(made, name) for name in f.HEADLINES]


def figures(made: Made) -> list[Figure]:
    """Every single figure, the headlines first."""
    return [_figure(made, name) for name in TITLES if name in made.figures]


def parts(made: Made) -> Iterator[Part]:
    """The tables that have rows."""
    found = (_hours(made), *(_list(made, name) for name in LISTS), *_work(made))
    return (part for part in found if part.rows)


def value_shown(value: Any, unit: Unit) -> str:
    """As people read it. None is a dash: neither good nor bad."""
    if value is None:
        return "—"
    if unit == "rate":
        return f"{value:.1%}"
    if unit == "s":
        return f"{value:g} 秒"
    if unit == "fen":
        return f"{value / 100:,.2f} 元"
    if unit == "moment":
        return moment(datetime.fromisoformat(value))
    return f"{value:,.1f}".removesuffix(".0") if isinstance(value, float) else _plain(value)


def moment(at: datetime) -> str:
    return at.astimezone(CITY).strftime("%Y-%m-%d %H:%M:%S")


def unit_of(name: str) -> Unit:
    if name.endswith(("_rate", "_share")):
        return "rate"
    if name.endswith("_fen"):
        return "fen"
    if name.endswith("_s"):
        return "s"
    return "moment" if name.endswith("_at") else ""


def _plain(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _figure(made: Made, name: str) -> Figure:
    usual = made.figures.get("usual", {}).get(name)
    return Figure(name, TITLES[name], made.figures.get(name), usual, unit_of(name))


def _hours(made: Made) -> Part:
    columns = tuple(Column(name, title, unit_of(name)) for name, title in _HOUR_COLUMNS)
    hours = made.figures.get("calls_by_hour", [])
    rows = tuple((f"{each['hour']:02d}", *(each[column.name] for column in columns[1:])) for each in hours)
    keys = tuple(str(each["hour"]) for each in hours)
    return Part("calls_by_hour", "来电按时段", columns, rows, keys, (2, 3))


def _list(made: Made, name: str) -> Part:
    title, of = LISTS[name]
    counts = made.figures.get(name) or {}
    columns = (Column("name", of), Column("count", "数量"))
    rows = tuple((_called(made, name, key), count) for key, count in counts.items())
    return Part(name, title, columns, rows, tuple(counts), (1,))


def _called(made: Made, name: str, key: str) -> str:
    names = made.figures.get("names", {})
    known = names.get("units" if "unit" in name or "firm" in name else "matters", {})
    return str(known.get(key) or _WORDS.get(key, key))


def _work(made: Made) -> Iterator[Part]:
    """Tables with several figures a line."""
    yield _by_code(
        made, "work_by_unit", "单位办理", (("reports", "反馈"), ("on_time", "按期"), ("late", "逾期"))
    )
    yield _by_code(made, "fees_by_firm", "公司收费", (("jobs", "件数"), ("price_fen", "服务费")))
    yield _told(
        made,
        "danger",
        "危险警情逐件",
        (
            *(("case", "受理编号"), ("opened_at", "受理"), ("to_110_at", "回转110")),
            *(("answered_at", "110接听"), ("desk", "坐席台")),
        ),
    )
    yield _told(
        made,
        "bursts_told",
        "集中诉求",
        (("matter", "事项"), ("place", "地点"), ("raised_at", "时间"), ("cases", "诉求数")),
    )


def _by_code(made: Made, name: str, title: str, columns: tuple[tuple[str, str], ...]) -> Part:
    lines = made.figures.get(name) or {}
    heads = (Column("name", "单位"), *(Column(each, said, unit_of(each)) for each, said in columns))
    rows = tuple(
        (_called(made, name, code), *(line[each] for each, _ in columns)) for code, line in lines.items()
    )
    return Part(name, title, heads, rows, tuple(lines))


def _told(made: Made, name: str, title: str, columns: tuple[tuple[str, str], ...]) -> Part:
    lines = made.figures.get(name) or []
    heads = tuple(Column(each, said, unit_of(each)) for each, said in columns)
    rows = tuple(tuple(line[each] for each, _ in columns) for line in lines)
    return Part(name, title, heads, rows, tuple(str(line[columns[0][0]]) for line in lines))
