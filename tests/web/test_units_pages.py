"""Units and firms on the console: looked at, and changed in the city file with the difference first."""

from __future__ import annotations

import pytest
from console import Console
from test_city_page import admin, city, on_page, unit_names

from hotline.city_path import own_file

__all__ = ["city"]


def test_units_and_firms_stand_there_with_contract_and_people(city: Console) -> None:
    page = admin(city).get("/units").text
    for words in ("环卫处", "昭阳街道", "示例开锁甲号店", "签约企业", "2030-12-31"):
        assert words in page


def test_a_unit_is_changed_by_its_form_after_the_difference_was_seen(city: Console) -> None:
    browser = admin(city)
    form = browser.get("/units/huanwei").text
    assert 'value="环卫处"' in form
    told = {"name": "环卫处", "head": "王<处>长", "phone": "0599-6300000", "aliases": "环卫所、扫马路的"}
    page = browser.post("/units/huanwei", told).text
    assert "改动 单位 环卫处" in page
    assert "王&lt;处&gt;长" in page
    assert not own_file(city.wiring.settings).exists()
    browser.post("/city/apply", on_page(page))
    listed = browser.get("/units").text
    for words in ("王&lt;处&gt;长", "0599-6300000", "环卫所、扫马路的"):
        assert words in listed


def test_a_firms_contract_is_prolonged(city: Console) -> None:
    browser = admin(city)
    told = {"name": "示例开锁甲号店", "hours": "00:00-24:00", "contract_until": "2031-06-30", "phone": ""}
    browser.post("/city/apply", on_page(browser.post("/units/firm-lock-1", told).text))
    assert "2031-06-30" in browser.get("/units").text


@pytest.mark.parametrize(
    "told",
    [
        {"name": ""},
        {"name": "x" * 100},
        {"hours": "noon"},
        {"contract_until": "0000-99-99"},
        {"name": 'a"\n[[unit]]\ncode = "b'},
        {"name": "\x00"},
    ],
)
def test_what_the_file_forbids_is_told_by_line_and_key(city: Console, told: dict[str, str]) -> None:
    browser, before = admin(city), unit_names(city)
    answer = browser.post("/units/firm-lock-1", told)
    assert answer.status_code in (200, 422)
    assert answer.status_code == 200 or "city.toml:" in answer.text
    assert unit_names(city) == before
    assert browser.get("/units/nothing").status_code == 404
