"""A month's statement as a workbook: a summary, the government's sheet, a sheet for each firm.

Amounts are numbers in yuan, so that a spreadsheet can go on with them; sums are what the program has
summed, in fen, and not formulas. The city's time. Texts are texts: a name that begins with = is no formula.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

from cases.assessment import Reward
from cases.money import Amounts, HasAmounts, total
from cases.statements import FeeRow, FirmStatement, MonthStatement

_AMOUNTS = ("reference_fen", "discount_fen", "price_fen", "citizen_fen", "government_fen")
_MONEY_HEADS = ("市场参考价(元)", "优惠(元)", "应收价(元)", "市民付(元)", "政府付(元)")
_JOB_HEADS = ("受理编号", "办结日期", "服务", "数量", "困难家庭", "结清")
_NOT_IN_A_SHEETS_NAME = re.compile(r"[\[\]:*?/\\'\x00-\x1f]")
_LONGEST_NAME = 31
_SMALL = {"font_color": "#666666"}
_STYLE = "Table Style Light 1"
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_WIDTHS = {
    "受理编号": 12,
    "办结日期": 12,
    "服务": 26,
    "数量": 6,
    "困难家庭": 14,
    "结清": 6,
    "单位": 30,
    "件数": 8,
}


def write(path: Path, found: MonthStatement, zone: ZoneInfo, kinds: Mapping[str, str]) -> None:
    """The workbook in a file. `kinds`: households' codes → names. Raises OSError."""
    path.write_bytes(workbook(found, zone, kinds))


def workbook(found: MonthStatement, zone: ZoneInfo, kinds: Mapping[str, str], taken_by: str = "") -> bytes:
    """The workbook's bytes. `taken_by`: who took it and when, on every sheet and at every page's foot."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, _OPTIONS)
    book.set_properties(
        {
            "title": f"民生110 {found.month} 服务费结算单",
            "comments": f"版本 {found.version}",
            # Not the clock's time: the same statement is the same file.
            "created": found.ends.replace(tzinfo=None),
        }
    )
    book.set_custom_property("digest", found.digest)
    sheets = _Sheets(book, found, zone, kinds, taken_by)
    sheets.summary()
    sheets.government()
    for firm in found.firms:
        sheets.firm(firm)
    book.close()
    return file.getvalue()


def write_rewards(path: Path, year: int, firms: Sequence[Reward], percent: int) -> None:
    """The statement of the year's best in a file. Raises OSError."""
    path.write_bytes(rewards_book(year, firms, percent))


def rewards_book(year: int, firms: Sequence[Reward], percent: int, taken_by: str = "") -> bytes:
    """A line for each of the best, what it earned and what it gets, and the sum."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, _OPTIONS)
    money, bold = book.add_format({"num_format": "#,##0.00"}), book.add_format({"bold": True})
    sheet = book.add_worksheet("奖励")
    title = f"{year} 年度优秀服务公司奖励(年度服务费的 {percent}%)"
    sheet.write_string(0, 0, title, book.add_format({"bold": True, "font_size": 14}))
    _mark(sheet, taken_by, book.add_format(_SMALL))
    heads = ("单位", "件数", "评分", "年度服务费(元)", "奖励(元)")
    rows = [[each.name, each.jobs, each.rating, each.fees_fen / 100, each.reward_fen / 100] for each in firms]
    formats = [{}, {}, {}, {"format": money}, {"format": money}]
    columns = [{"header": head, **form} for head, form in zip(heads, formats, strict=True)]
    last = 2 + max(1, len(rows))
    data = rows or [[""] * len(heads)]
    sheet.add_table(2, 0, last, len(heads) - 1, {"columns": columns, "data": data, "style": _STYLE})
    sheet.write_string(last + 1, 0, "合计", bold)
    sheet.write_number(last + 1, 3, sum(each.fees_fen for each in firms) / 100, money)
    sheet.write_number(last + 1, 4, sum(each.reward_fen for each in firms) / 100, money)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 4, 16)
    book.close()
    return file.getvalue()


class _Sheets:
    """One workbook on its way."""

    def __init__(
        self, book: Any, found: MonthStatement, zone: ZoneInfo, kinds: Mapping[str, str], taken_by: str
    ) -> None:
        self._book, self._found, self._zone, self._kinds = book, found, zone, kinds
        self._taken_by = taken_by
        self._names: set[str] = set()
        money = {"num_format": "#,##0.00"}
        self._title = book.add_format({"bold": True, "font_size": 14})
        self._small = book.add_format(_SMALL)
        self._money = book.add_format(money)
        self._sum = book.add_format({"bold": True, "top": 1})
        self._money_sum = book.add_format({**money, "bold": True, "top": 1})

    def summary(self) -> None:
        """Every firm in a line, and the whole."""
        found = self._found
        sheet = self._sheet("汇总", f"{found.month} 服务费结算汇总")
        heads = ("单位", "件数", *_MONEY_HEADS)
        rows = [(firm.name, len(firm.rows), *_yuan(firm.total)) for firm in found.firms]
        last = self._table(sheet, heads, rows)
        self._sums(sheet, last, ("合计", len(found.rows)), found.total)
        if found.unpriced:
            left = f"另有 {len(found.unpriced)} 件没有定价,未计入: {', '.join(found.unpriced)}"
            sheet.write_string(last + 2, 0, left, self._small)

    def government(self) -> None:
        """What the government pays, job by job, and to whom."""
        rows = self._found.government
        sheet = self._sheet("政府", f"{self._found.month} 困难家庭免费服务, 由政府支付")
        heads = ("单位", *_JOB_HEADS, *_MONEY_HEADS)
        jobs = [(row.firm_name, *self._job(row, self._kind(row)), *_yuan(row)) for row in rows]
        last = self._table(sheet, heads, jobs)
        self._sums(sheet, last, ("合计", *[""] * len(_JOB_HEADS)), total(rows))

    def firm(self, firm: FirmStatement) -> None:
        sheet = self._sheet(firm.name, f"{self._found.month} {firm.name} 结算单")
        heads = (*_JOB_HEADS, *_MONEY_HEADS)
        # A firm knows that it is free, and not why.
        jobs = [(*self._job(row, "免费" if row.household else ""), *_yuan(row)) for row in firm.rows]
        last = self._table(sheet, heads, jobs)
        self._sums(sheet, last, ("合计", *[""] * (len(_JOB_HEADS) - 1)), firm.total)

    # ------------------------------------------------------------ parts of a sheet
    def _sheet(self, name: str, title: str) -> Any:
        sheet = self._book.add_worksheet(self._sheets_name(name))
        found = self._found
        draft = "" if found.over else " 本月未结束, 仅供参考"
        sheet.write_string(0, 0, title, self._title)
        version = f"第 {found.version} 版 {found.digest[:12]}{draft}"
        _mark(sheet, self._taken_by, self._small, version)
        sheet.freeze_panes(3, 0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        return sheet

    def _sheets_name(self, wanted: str) -> str:
        """At most 31 signs, none that Excel refuses, each once in whatever case."""
        plain = _NOT_IN_A_SHEETS_NAME.sub(" ", wanted).strip()[:_LONGEST_NAME] or "-"
        name, again = plain, 1
        while name.casefold() in self._names:
            again += 1
            name = f"{plain[: _LONGEST_NAME - 5]} ({again})"
        self._names.add(name.casefold())
        return name

    def _table(self, sheet: Any, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
        """A real table from the third line on; -> the line of the sums below it."""
        columns = [
            {"header": head, **({"format": self._money} if head in _MONEY_HEADS else {})} for head in heads
        ]
        # A table has a line at least; an empty one is empty.
        data = [list(row) for row in rows] or [[""] * len(heads)]
        last = 2 + len(data)
        options = {"columns": columns, "data": data, "style": _STYLE}
        sheet.add_table(2, 0, last, len(heads) - 1, options)
        for at, head in enumerate(heads):
            sheet.set_column(at, at, _WIDTHS.get(head, 15))
        return last + 1

    def _sums(self, sheet: Any, line: int, before: Sequence[Any], amounts: HasAmounts) -> None:
        sheet.write_row(line, 0, before, self._sum)
        sheet.write_row(line, len(before), _yuan(amounts), self._money_sum)

    def _kind(self, row: FeeRow) -> str:
        return self._kinds.get(row.household or "", row.household or "")

    def _job(self, row: FeeRow, household: str) -> tuple[Any, ...]:
        day = row.billed_at.astimezone(self._zone).strftime("%Y-%m-%d")
        return row.case, day, row.service, row.quantity, household, "是" if row.settled else "否"


def _mark(sheet: Any, taken_by: str, small: Any, before: str = "") -> None:
    """Who took it and when: in the second line, so that it is copied along, and at each page's foot."""
    told = f"下载: {taken_by}" if taken_by else ""
    if line := "  ".join(filter(None, (before, told))):
        sheet.write_string(1, 0, line, small)
    if told:
        # && is one &: a single one would give an order to the printer.
        sheet.set_footer("&C" + told.replace("&", "&&"))


def _yuan(amounts: HasAmounts) -> tuple[float, ...]:
    """Two places are exact enough to be the same amount again in a spreadsheet."""
    found = Amounts() + amounts
    return tuple(getattr(found, name) / 100 for name in _AMOUNTS)
