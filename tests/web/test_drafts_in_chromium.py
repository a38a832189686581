"""What somebody types is not lost when the session ends in the middle of it."""

from __future__ import annotations

from typing import Any

from scene import PASSWORD, SAID
from serving import Served

from cases.states import Role
from cases.users import end_sessions, find_user

TYPED = "楼下的路灯坏了三个月，请尽快修"


def logs_in(page: Any) -> None:
    page.fill("#username", "agent1")
    page.fill("#password", PASSWORD)
    page.click("button.main")


def begins_to_correct(page: Any) -> Any:
    page.get_by_role("button", name="更正文字").click()
    page.locator("dialog[open] #text").wait_for()
    return page.locator("dialog[open] #text")


def ends_the_session(served: Served) -> None:
    with served.wiring.unit_of_work() as unit:
        user = find_user(unit.session, "agent1")
        end_sessions(unit.session, user, served.wiring.now(), "agent1", "")
        unit.commit()


def test_a_session_that_ends_in_the_middle_of_an_edit_loses_no_word(served: Served, chromium: Any) -> None:
    number = served.scene.case(300, SAID[0])
    served.scene.person(Role.AGENT, "agent1")
    page = chromium.new_page(locale="zh-CN")
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{served.url}/cases/{number}")
    logs_in(page)
    page.wait_for_url(f"**/cases/{number}")
    begins_to_correct(page).fill(TYPED)
    ends_the_session(served)
    page.get_by_role("button", name="记下更正").click()

    page.wait_for_url("**/login?next=**")
    logs_in(page)
    page.wait_for_url(f"**/cases/{number}")
    field = begins_to_correct(page)
    assert field.input_value() == TYPED
    assert page.locator("dialog[open] [data-restored]").is_visible()

    page.get_by_role("button", name="记下更正").click()
    page.locator(".correction").wait_for()
    assert TYPED in page.inner_text("#case")
    assert "draft" not in page.evaluate("JSON.stringify(sessionStorage)")
    assert not problems
    page.close()


def test_what_one_person_typed_is_nothing_for_the_next_one(served: Served, chromium: Any) -> None:
    number = served.scene.case(300, SAID[0])
    served.scene.person(Role.AGENT, "agent1")
    page = chromium.new_page(locale="zh-CN")
    page.goto(f"{served.url}/cases/{number}")
    logs_in(page)
    page.wait_for_url(f"**/cases/{number}")
    begins_to_correct(page).fill(TYPED)
    assert TYPED in page.evaluate("JSON.stringify(sessionStorage)")
    page.keyboard.press("Escape")
    page.click(".who summary")
    page.get_by_role("button", name="退出", exact=True).click()
    page.wait_for_url("**/login")
    assert "draft" not in page.evaluate("JSON.stringify(sessionStorage)")
    page.close()
