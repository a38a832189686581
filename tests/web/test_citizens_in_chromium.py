"""The citizen's page on a telephone, and the visitor caller's and the messages' page: nobody is kept out."""

from __future__ import annotations

from typing import Any

import pytest
from citizens_scene import case, completed, reported, survey
from serving import Served
from test_in_chromium import DESKTOP, PHONE, login
from test_sorting_in_chromium import faults

from cases.citizen_states import SurveyWay
from cases.states import CaseState, Role


def link(served: Served, number: str) -> str:
    return f"/t/{number}-{case(served.wiring, number).tracking_code}"


def too_wide(page: Any) -> list[tuple[str, str]]:
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [("wider than the screen", page.url)] if wide else []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_citizens_page_keeps_nobody_out_on_a_telephone(
    chromium: Any, served: Served, scheme: str
) -> None:
    asked, over = reported(served), completed(served, 200)  # type: ignore[arg-type]
    context = chromium.new_context(viewport=PHONE, base_url=served.url, color_scheme=scheme)
    page = context.new_page()
    wrong = []
    for path in ("/track", link(served, asked), link(served, over)):
        page.goto(path)
        wrong += faults(page) + too_wide(page)
    page.click("summary")
    wrong += faults(page) + too_wide(page)
    context.close()
    assert not wrong


def test_a_citizen_follows_the_link_chooses_and_says_why(chromium: Any, served: Served) -> None:
    number = reported(served)  # type: ignore[arg-type]
    context = chromium.new_context(viewport=PHONE, base_url=served.url)
    page = context.new_page()
    page.goto(link(served, number))
    page.get_by_text("没有解决", exact=True).click()
    page.fill("#words", "还在冒水")
    page.get_by_role("button", name="提交评价").click()
    page.wait_for_selector("text=已经记下")
    asked = survey(served.wiring, number)
    assert (asked.answer, asked.way, asked.words) == (4, SurveyWay.SMS, "还在冒水")
    assert case(served.wiring, number).state == CaseState.DISPATCHED
    context.close()


def test_number_and_code_by_the_keyboard_alone(chromium: Any, served: Served) -> None:
    number = reported(served)  # type: ignore[arg-type]
    context = chromium.new_context(viewport=DESKTOP, base_url=served.url)
    page = context.new_page()
    page.goto("/track")
    page.focus("#number")
    page.keyboard.type(number)
    page.keyboard.press("Tab")
    page.keyboard.type(case(served.wiring, number).tracking_code.lower())
    page.keyboard.press("Enter")
    page.wait_for_url("**/track/case")
    assert "您满意吗" in page.content()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_visitor_callers_page_and_the_messages_keep_nobody_out(
    chromium: Any, served: Served, scheme: str
) -> None:
    reported(served)  # type: ignore[arg-type]
    served.scene.person(Role.SUPERVISOR)
    context = chromium.new_context(viewport=DESKTOP, base_url=served.url, color_scheme=scheme)
    page = login(context, "supervisor1")
    wrong = []
    for path in ("/messages", "/surveys?answered=1", "/surveys"):
        page.goto(path)
        for size in (PHONE, DESKTOP):
            page.set_viewport_size(size)
            wrong += too_wide(page)
        wrong += faults(page)
    page.get_by_role("button", name="回访").click()
    page.wait_for_selector("dialog[open] textarea")
    wrong += faults(page)
    context.close()
    assert not wrong


def test_the_visitor_caller_asks_in_the_dialog(chromium: Any, served: Served) -> None:
    number = reported(served)  # type: ignore[arg-type]
    served.scene.person(Role.VISITOR)
    context = chromium.new_context(viewport=DESKTOP, base_url=served.url)
    page = login(context, "visitor1")
    page.goto("/surveys")
    page.get_by_role("button", name="回访").click()
    page.wait_for_selector("dialog[open] textarea")
    page.locator("dialog .eye").click()
    page.wait_for_selector(f"dialog >> text={case(served.wiring, number).caller}")
    page.fill("dialog textarea", "修得快")
    page.locator("dialog").get_by_role("button", name="满意", exact=True).click()
    page.wait_for_selector("text=已记下")
    assert survey(served.wiring, number).answer == 1
    context.close()
