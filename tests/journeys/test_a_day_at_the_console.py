"""One request through the hands of all who work on it, each at the console's own page, in a real browser.

The citizen phones, the agent follows the words, the unit works on a telephone, the leader sees the figures.
"""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from PIL import Image
from town import COMPLAINT, wait_for

from cases.model import Case, Survey
from cases.states import CaseState, Role
from cases.users import add_user

PASSWORD = "long enough 7"
DESKTOP, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}


class Desk:
    """Somebody at the console: `page` is the browser's."""

    def __init__(self, town: Any, chromium: Any, role: Role, **fields: Any) -> None:
        name = f"day-{role}"
        with town.wiring.unit_of_work() as unit:
            now = town.wiring.now()
            add_user(unit.session, name, role, PASSWORD, now, "test", must_change_password=False, **fields)
            unit.commit()
        size = PHONE if role is Role.UNIT else DESKTOP
        self._context = chromium.new_context(base_url=town.settings.web_url, viewport=size, locale="zh-CN")
        self.page = self._context.new_page()
        self.page.set_default_timeout(15_000)
        self.page.goto("/login")
        self.page.fill("#username", name)
        self.page.fill("#password", PASSWORD)
        self.page.click("button.main")
        self.page.wait_for_url(re.compile("^(?!.*/login)"))

    def leaves(self) -> None:
        self._context.close()


@pytest.fixture
def at_the_console(town: Any, chromium: Any) -> Any:
    """Somebody of a role at the console, who goes home in the end."""
    desks: list[Desk] = []

    def comes(role: Role, **fields: Any) -> Any:
        desks.append(Desk(town, chromium, role, **fields))
        return desks[-1].page

    yield comes
    for desk in desks:
        desk.leaves()


def picture() -> dict[str, Any]:
    with io.BytesIO() as file:
        Image.new("RGB", (320, 240), "#886644").save(file, "JPEG")
        return {"name": "drain.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


def state_of(town: Any, number: str) -> CaseState:
    with town.wiring.reading() as unit:
        return unit.session.query(Case.state).filter_by(number=number).scalar()


def unit_of(town: Any, number: str) -> int:
    with town.wiring.reading() as unit:
        return unit.session.query(Case.unit_id).filter_by(number=number).scalar()


def test_a_call_goes_through_all_hands(town: Any, at_the_console: Any) -> None:
    agent = at_the_console(Role.AGENT)
    assert agent.url.endswith("/queue")
    agent.locator("#live:not(.off)").wait_for()
    citizen, desk = town.citizen(), town.desk(1)
    call = town.passed_on(citizen, desk).hears("greeting").presses("#").hears_the_beep()

    # The words stand on the agent's screen while the citizen speaks.
    call.says(town.voice.says(COMPLAINT), wait=False)
    agent.locator("main", has_text="昭阳").get_by_text("昭阳").first.wait_for()
    assert town.call_row(citizen)["ended"] is None
    call.presses("#").hears("your_number", within=20).hangs_up()
    number = town.case_of(citizen)["number"]
    agent.locator(f"[data-row='{number}']").wait_for()
    wait_for("the sorting", lambda: state_of(town, number) is CaseState.SORTED)

    # From the row to the dispatched case without a mouse.
    agent.keyboard.press("/")
    agent.keyboard.type(number)
    agent.keyboard.press("Enter")
    agent.wait_for_url(f"**/cases/{number}")
    agent.get_by_role("button", name=re.compile("^派单")).focus()
    agent.keyboard.press("Enter")
    agent.get_by_text("已记下").wait_for()
    assert state_of(town, number) is CaseState.DISPATCHED

    # The unit's clerk, on a telephone: signed, done, a photo, one thumb.
    clerk = at_the_console(Role.UNIT, unit_id=unit_of(town, number))
    task = clerk.locator(f"[data-row='{number}']")
    task.get_by_role("button", name="签收").click()
    task.get_by_role("button", name="办好了，反馈").click()
    clerk.locator("dialog[open] textarea").first.fill("已疏通下水道，并清理了窨井。")
    clerk.set_input_files("dialog[open] #photos", [picture()])
    clerk.locator("dialog[open] button.main").click()
    clerk.locator(f"[data-row='{number}']").wait_for(state="detached")
    assert state_of(town, number) is CaseState.REPORTED

    # The visitor caller answers the citizen and completes it: the survey is on its way.
    visitor = at_the_console(Role.VISITOR)
    visitor.goto(f"/cases/{number}")
    assert visitor.locator(".photos img").count() == 1
    visitor.get_by_role("button", name="办结").first.click()
    visitor.locator("dialog[open] #answer").fill("下水道已经疏通。")
    visitor.locator("dialog[open] button.main").click()
    visitor.get_by_text("已记下").wait_for()
    assert state_of(town, number) is CaseState.COMPLETED
    with town.wiring.reading() as unit:
        asked = unit.session.query(Survey).join(Case).filter(Case.number == number).count()
    assert asked == 1

    # The supervisor and the leader see it in their figures; the desk sees what became of its caller.
    supervisor, leader = at_the_console(Role.SUPERVISOR), at_the_console(Role.LEADER)
    assert supervisor.locator("h1").count() == 1
    row = leader.locator("tr", has_text="昭阳街道")
    assert int(row.locator("td").nth(1).inner_text()) >= 1
    operator = at_the_console(Role.DESK, desk=desk.user)
    operator.get_by_text(re.compile(number[:2])).first.wait_for()
