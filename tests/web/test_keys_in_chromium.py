"""Lists without a mouse, in a real browser."""

from __future__ import annotations

from typing import Any

from scene import PASSWORD, SAID
from serving import Served

from cases.states import Role


def test_rows_pages_and_the_list_of_keys_are_reached_by_keys(served: Served, chromium: Any) -> None:
    older, newer = served.scene.case(900, SAID[1]), served.scene.case(300, SAID[2])
    served.scene.person(Role.AGENT, "agent1")
    page = chromium.new_page(locale="zh-CN")
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{served.url}/login")
    page.fill("[name=username]", "agent1")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/cases")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()

    for key, at in (("j", newer), ("j", older), ("j", older), ("k", newer), ("j", older)):
        page.keyboard.press(key)
        page.locator(f"[data-row='{at}']:focus-within").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{older}")
    page.keyboard.press("g")
    page.keyboard.press("q")
    page.wait_for_url("**/queue")
    page.keyboard.press("/")
    page.keyboard.type("漏水j?")
    assert page.input_value(".find input") == "漏水j?"
    page.fill(".find input", "漏水")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases?q=*")
    assert page.locator("#cases [data-row]").count() == 1
    assert not problems
    page.close()
