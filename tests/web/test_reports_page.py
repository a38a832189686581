"""The reports on the console: the figures of the kept row, the lists behind them, the forms to take along."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date, timedelta

import openpyxl
import pytest
from console import Console

from cases.report_days import ReportKind
from cases.reporting import Made
from cases.states import Role
from hotline.city import load_file, rows
from hotline.history.seed import Wanted, seed_history
from hotline.reports import report
from router.city_file import path_of


@pytest.fixture
def made(console: Console) -> Made:
    """Yesterday's report of an invented past."""
    wiring = console.wiring
    day = wiring.now().astimezone(wiring.settings.zone).date() - timedelta(days=1)
    load_file(wiring, rows(path_of("shaowu")))
    seed_history(wiring.engine, wiring.rules, ["desk1"], Wanted(200, 3, 7, day), lambda _: None)
    return report(wiring, ReportKind.NIGHTLY, day, wiring.now())


def test_a_leader_reads_the_figures_and_opens_what_is_behind_them(console: Console, made: Made) -> None:
    browser = console.somebody(Role.LEADER)
    listed = browser.get("/reports").text
    assert f"/reports/nightly/{made.date}?version=1" in listed
    page = browser.get(f"/reports/nightly/{made.date}").text
    assert f"<b>{made.figures['calls_offered']}</b>" in page
    assert page.count("<svg") > 3
    links = re.findall(r'href="(/cases\?[^"]+)"', page)
    assert any("matter=" in each for each in links)
    for each in links[:8]:
        assert browser.get(each.replace("&amp;", "&")).status_code == 200
    assert "/calls?" not in page


def test_the_calls_behind_a_figure_are_as_many_as_it_says(console: Console, made: Made) -> None:
    browser = console.somebody(Role.SUPERVISOR)
    page = browser.get(f"/reports/nightly/{made.date}").text
    (link,) = set(re.findall(r'href="(/calls\?[^"]*answered=no[^"]*)"', page))
    found = browser.get(link.replace("&amp;", "&")).text
    assert found.count("data-row=") == made.figures["calls_abandoned"]


def test_the_cases_behind_a_township_are_as_many_as_it_says(console: Console, made: Made) -> None:
    browser = console.somebody(Role.LEADER)
    name, count = next(iter(made.figures["cases_by_township"].items()))
    found = browser.get("/cases", query_string={"township": name, "from": made.date, "to": made.date}).text
    assert len(set(re.findall(r'href="/cases/(\d{6,})"', found))) == min(count, 50)


def test_every_form_says_the_same_figures(console: Console, made: Made) -> None:
    browser = console.somebody(Role.LEADER)
    address = f"/reports/nightly/{made.date}/report."
    told = json.loads(browser.get(f"{address}json").data)
    assert told == made.to_json()
    lines = list(csv.DictReader(io.StringIO(browser.get(f"{address}csv").data.decode("utf-8-sig"))))
    plain = {each["figure"]: each["value"] for each in lines if each["part"] == "figures"}
    matters = {
        each["key"]: each["value"]
        for each in lines
        if (each["part"], each["figure"]) == ("cases_by_matter", "count")
    }
    book = openpyxl.load_workbook(io.BytesIO(browser.get(f"{address}xlsx").data))
    cells = {row[0]: row[1] for row in book["日报"].iter_rows(min_row=5, max_col=2, values_only=True)}
    html = browser.get(f"{address}html").text
    for name, title in {"calls_offered": "来电量", "messages": "留言", "cases_opened": "受理诉求"}.items():
        value = made.figures[name]
        assert plain[name] == str(value)
        assert cells[title] == value
        assert f"<td>{title}</td><td>{value}</td>" in html
    assert {key: int(value) for key, value in matters.items()} == made.figures["cases_by_matter"]
    assert book["来电按时段"]._charts


def test_a_mail_reader_needs_nothing_else_to_show_the_page(console: Console, made: Made) -> None:
    html = console.somebody(Role.LEADER).get(f"/reports/nightly/{made.date}/report.html").text
    assert "<script" not in html
    assert not re.search(r"(?:src|href)=|@import|url\(", html)
    assert "1380" not in html


@pytest.mark.parametrize(
    "address", ["daily/2026-01-01", "nightly/x", "nightly/2001-01-01", "nightly/2026-13-01"]
)
def test_a_report_that_is_not_there_is_not_found(sqlite_console: Console, address: str) -> None:
    assert sqlite_console.somebody(Role.LEADER).get(f"/reports/{address}").status_code == 404


def test_no_report_yet_is_said(sqlite_console: Console) -> None:
    assert "还没有报告" in sqlite_console.somebody(Role.LEADER).get("/reports").text


def test_who_took_a_report_stands_in_the_trail(console: Console, made: Made) -> None:
    console.somebody(Role.LEADER).get(f"/reports/nightly/{made.date}/report.csv")
    page = console.somebody(Role.ADMIN).get("/audit").text
    assert str(date.fromisoformat(str(made.date))) in page
