"""The city's figures, open to everybody: a page, a CSV, a JSON; nobody's name, and not too often."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from console import Console
from scene import SAID, Scene

from cases.model import Unit
from cases.states import Sector, UnitType


@pytest.fixture
def told(console: Console) -> Console:
    with console.wiring.unit_of_work() as work:
        for code, name in (("350781001", "昭阳街道"), ("350781003", "水北镇")):
            work.session.add(Unit(code=code, name=name, type=UnitType.TOWNSHIP, sector=Sector.GOVERNMENT))
        work.commit()
    before = Scene(console.wiring, console.wiring.now() - timedelta(days=2))
    for number in range(12):
        before.case(600 - number, SAID[0], caller=f"1380000{5000 + number}")
    for number in range(11):
        before.case(300 - number, SAID[4], caller=f"1380000{6000 + number}")
    return console


def table(answer: Any) -> dict[tuple[str, str], str]:
    text = answer.data.decode("utf-8-sig")
    return {(each["table"], each["name"]): each["count"] for each in csv.DictReader(io.StringIO(text))}


def test_everybody_sees_the_figures_without_a_login(told: Console) -> None:
    page = told.browser().get("/figures").text
    assert "<b>23</b> 件受理" in page
    assert "昭阳街道" in page
    assert 'class="chart"' in page
    assert "1380000" not in page
    assert "下水道堵了" not in page
    assert "市民" not in page


def test_the_same_as_csv_and_json_for_any_program(told: Console) -> None:
    browser = told.browser()
    answer, read = browser.get("/figures.csv"), browser.get("/figures.json")
    found = json.loads(read.data)
    assert found["total"] == 23
    assert table(answer)[("total", "")] == "23"
    assert table(answer)[("township", "昭阳街道")] == "12"
    for each in (answer, read):
        assert each.headers["Access-Control-Allow-Origin"] == "*"
        assert "Set-Cookie" not in each.headers


def test_today_is_not_told_today(told: Console) -> None:
    told.scene.case(100, SAID[0])
    assert json.loads(told.browser().get("/figures.json").data)["total"] == 23


def test_whoever_asks_too_often_is_told_to_wait(told: Console) -> None:
    browser = told.browser()
    answers = [browser.get("/figures.json").status_code for _turn in range(62)]
    assert answers[:60] == [200] * 60
    assert answers[-1] == 429


def test_the_page_speaks_english_and_goes_back_to_itself(told: Console) -> None:
    browser = told.browser()
    assert browser.post("/language/en", {"back": "/figures"}).headers["Location"] == "/figures"
    page = browser.get("/figures").text
    assert "requests accepted" in page
    assert 'name="back" value="/figures"' in page
