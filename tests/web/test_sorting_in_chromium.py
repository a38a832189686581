"""Corrections, offers and alarms in a real browser: by the keyboard alone, and nobody is kept out."""

from __future__ import annotations

from typing import Any

import pytest
from scene import SAID
from serving import Served
from sqlalchemy import select
from test_in_chromium import AXE, DESKTOP, PHONE, login
from test_sorting import CITY

from cases.city import load_city
from cases.model import Case
from cases.repeats import keep_burst, keep_offers
from cases.states import Role
from router.repeats import BurstHeard, Repeat


def a_case_told_twice(served: Served) -> str:
    """A case with an offer, a burst and guesses; -> its number."""
    scene = served.scene
    guess = {"matter": "路灯照明", "matter_path": ["道路交通", "路灯照明"], "probability": 0.4}
    earlier, later = scene.case(900, SAID[0]), scene.case(300, SAID[0], guesses=[guess])
    with served.wiring.unit_of_work() as unit:
        load_city(unit.session, CITY, scene.now)
        case = unit.session.scalars(select(Case).where(Case.number == later)).one()
        told = Repeat(earlier, 0.83, ("caller", "matter"), ("下水道堵了",))
        keep_offers(unit.session, case, [told], scene.now)
        keep_burst(unit.session, case, BurstHeard("昭阳街道", (earlier, later)), scene.now)
        unit.commit()
    served.wiring.bell.nudge()
    return later


def faults(page: Any) -> list[tuple[str, str]]:
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    return [(each["id"], each["nodes"][0]["html"][:160]) for each in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_a_sorted_case_keep_nobody_out(chromium: Any, served: Served, scheme: str) -> None:
    number = a_case_told_twice(served)
    served.scene.person(Role.AGENT)
    context = chromium.new_context(viewport=DESKTOP, base_url=served.url, color_scheme=scheme)
    page = login(context, "agent1")
    wrong = [*faults(page)]
    page.goto(f"/cases/{number}")
    wrong += faults(page)
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(("wider than the screen", str(size["width"])))
    page.get_by_role("button", name="更正", exact=True).click()
    page.wait_for_selector("dialog[open] select")
    wrong += faults(page)
    context.close()
    assert not wrong


def test_an_agent_corrects_a_matter_by_the_keyboard_alone(chromium: Any, served: Served) -> None:
    number = a_case_told_twice(served)
    served.scene.person(Role.AGENT)
    context = chromium.new_context(viewport=DESKTOP, base_url=served.url)
    page = login(context, "agent1")
    page.goto(f"/cases/{number}")
    page.get_by_role("button", name="更正", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open] select")
    assert page.evaluate("document.activeElement.id") == "matter"
    page.keyboard.press("Home")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "unit"
    page.get_by_role("button", name="记下更正").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=更正已记下")
    assert "道路交通 › 路灯照明" in page.content()
    context.close()


def test_an_alarm_is_taken_note_of_and_goes_from_every_queue(chromium: Any, served: Served) -> None:
    a_case_told_twice(served)
    served.scene.person(Role.AGENT)
    served.scene.person(Role.LEADER)
    here, there = (chromium.new_context(viewport=DESKTOP, base_url=served.url) for _ in range(2))
    mine, theirs = login(here, "agent1"), login(there, "leader1")
    theirs.goto("/queue")
    theirs.wait_for_selector(".burst")
    mine.get_by_role("button", name="知道了").click()
    for page in (mine, theirs):
        page.wait_for_selector(".burst", state="detached")
    here.close()
    there.close()
