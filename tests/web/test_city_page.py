"""The city file on the console: wrong ones named by line and key, a difference first, nobody overwritten."""

from __future__ import annotations

import html
import io
import re
from typing import Any

import pytest
from console import Browser, Console
from sqlalchemy import select

from cases.model import Unit
from cases.states import Role
from hotline.city import load_file, rows
from hotline.city_path import file_of, own_file
from router.city_file import path_of


@pytest.fixture
def city(sqlite_console: Console) -> Console:
    wiring = sqlite_console.wiring
    load_file(wiring, rows(file_of(wiring.settings)))
    return sqlite_console


def on_page(page: str) -> dict[str, Any]:
    """What the page's form holds."""
    text = re.search(r'<textarea id="text"[^>]*>\n(.*?)</textarea>', page, re.S)
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', page)
    assert text, page
    assert seen, page
    return {"text": html.unescape(text[1]), "seen": seen[1]}


def renamed(form: dict[str, Any], name: str = "环境卫生处") -> dict[str, Any]:
    assert 'name = "环卫处"' in form["text"]
    changed = form["text"].replace('name = "环卫处"', f'name = "{name}"', 1)
    return {**form, "text": changed.replace("\n", "\r\n")}


def unit_names(console: Console) -> set[str]:
    with console.wiring.reading() as work:
        return set(work.session.scalars(select(Unit.name).where(Unit.active)))


def admin(console: Console, name: str = "admin1") -> Browser:
    return console.somebody(Role.ADMIN, name)


def test_the_file_in_use_stands_there_and_is_as_in_the_database(city: Console) -> None:
    page = admin(city).get("/city").text
    assert "和数据库一致" in page
    assert on_page(page)["text"].strip() == path_of("shaowu").read_text("utf-8").strip()


def test_a_mistake_is_named_by_line_and_key_and_nothing_typed_is_lost(city: Console) -> None:
    browser = admin(city)
    form = on_page(browser.get("/city").text)
    line = form["text"].splitlines().index("[[unit]]") + 2
    wrong = form["text"].replace("[[unit]]\ncode =", "[[unit]]\ncodes =", 1)
    answer = browser.post("/city/check", {**form, "text": wrong})
    assert answer.status_code == 422
    assert re.search(rf"city\.toml:({line - 1}|{line}): unit\[0\]\.code", answer.text), answer.text[:4000]
    assert on_page(answer.text)["text"].strip() == wrong.strip()
    assert browser.post("/city/apply", {**form, "text": wrong}).status_code == 422
    assert "环卫处" in unit_names(city)


def test_the_difference_is_shown_and_nothing_is_changed_before_it_is_applied(city: Console) -> None:
    browser = admin(city)
    form = renamed(on_page(browser.get("/city").text))
    page = browser.post("/city/check", form).text
    assert "改动 单位 环境卫生处" in page
    assert re.search(r"<del>-.*环卫处", page)
    assert re.search(r"<ins>\+.*环境卫生处", page)
    assert "环卫处" in unit_names(city)
    answer = browser.post("/city/apply", form)
    assert "已生效" in browser.get(answer.headers["Location"]).text
    assert "环境卫生处" in unit_names(city)
    own = own_file(city.wiring.settings)
    assert file_of(city.wiring.settings) == own
    assert "\r" not in own.read_text("utf-8")
    assert rows(own).name
    assert [(each.who, each.detail["changes"]) for each in city.audit("city_loaded")] == [("admin1", 1)]
    assert "和数据库一致" in browser.get("/city").text


def test_a_whole_file_can_be_uploaded(city: Console) -> None:
    browser = admin(city)
    form = renamed(on_page(browser.get("/city").text))
    upload = (io.BytesIO(form["text"].encode()), "city.toml")
    page = browser.post("/city/check", {"seen": form["seen"], "text": "", "file": upload}).text
    assert "改动 单位 环境卫生处" in page


def test_a_large_citys_file_is_taken_and_a_huge_one_is_not(city: Console) -> None:
    browser = admin(city)
    form = renamed(on_page(browser.get("/city").text))
    large = {**form, "text": form["text"] + "# 备注：这一行很长很长很长\n" * 20_000}
    assert "改动 单位 环境卫生处" in browser.post("/city/check", large).text
    assert browser.post("/city/apply", large, content_type="multipart/form-data").status_code == 302
    assert "环境卫生处" in unit_names(city)
    for text in ("x" * 1_000_000, "备" * 5_000_000):
        assert browser.post("/city/check", {**form, "text": text}).status_code == 413


def test_the_second_of_two_who_change_it_overwrites_nobody(city: Console) -> None:
    first, second = admin(city), admin(city, "admin2")
    form = on_page(first.get("/city").text)
    first.post("/city/apply", renamed(form, "第一处"))
    answer = second.post("/city/apply", renamed(form, "第二处"))
    assert answer.status_code == 409
    assert "别人刚刚改过城市文件" in answer.text
    assert re.search(r"<del>-.*第一处", answer.text)
    assert re.search(r"<ins>\+.*第二处", answer.text)
    assert "第一处" in unit_names(city)
    again = second.post("/city/apply", {**on_page(answer.text)})
    assert again.status_code == 302
    assert "第二处" in unit_names(city)


@pytest.mark.parametrize(
    "text", ["", "\x00", "x" * 100_000, "[[", "schema = 1\n" * 2, "\ufeff\u202e😀", "'; DROP"]
)
def test_nonsense_is_told_and_changes_nothing(city: Console, text: str) -> None:
    browser, before = admin(city), unit_names(city)
    for address in ("/city/check", "/city/apply"):
        assert browser.post(address, {"text": text, "seen": text[:80]}).status_code in (409, 422)
    assert unit_names(city) == before
    assert not own_file(city.wiring.settings).exists()
