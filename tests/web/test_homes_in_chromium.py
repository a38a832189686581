"""The first page of each role in a real browser: a short day by keys and by thumb; axe on each new page."""

from __future__ import annotations

from typing import Any

from scene import SAID
from serving import Served
from test_dispatch_page import GUESSES
from test_in_chromium import DESKTOP, login
from test_sorting import CITY

from cases.city import load_city
from cases.states import Role


def told(served: Served) -> Served:
    with served.wiring.unit_of_work() as work:
        load_city(work.session, CITY, served.scene.now)
        work.commit()
    return served


def test_a_dispatcher_empties_the_list_by_keys_alone(served: Served, chromium: Any) -> None:
    scene = told(served).scene
    first, second, third = (
        scene.case(900 - 100 * k, SAID[0], guesses=GUESSES, unsure=True) for k in range(3)
    )
    scene.person(Role.DISPATCHER)
    context = chromium.new_context(viewport=DESKTOP, base_url=served.url)
    page = login(context, "dispatcher1")
    assert page.url.endswith("/dispatch")
    page.locator(f"[data-row='{first}']:focus-within").wait_for()
    page.keyboard.press("2")
    page.get_by_text("已派单：路灯照明").wait_for()
    assert page.locator(f"[data-row='{first}']").count() == 0
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.locator(f"[data-row='{third}']:focus-within").wait_for()
    page.keyboard.press("k")
    page.locator(f"[data-row='{second}']:focus-within").wait_for()
    page.keyboard.press("1")
    page.get_by_text("已派单：下水道堵塞").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{third}")
    context.close()


def test_what_becomes_unsure_meanwhile_comes_by_itself(served: Served, chromium: Any) -> None:
    scene = told(served).scene
    scene.person(Role.DISPATCHER)
    context = chromium.new_context(viewport=DESKTOP, base_url=served.url)
    page = login(context, "dispatcher1")
    page.wait_for_selector("#live:not([hidden]):not(.off)")
    number = scene.case(100, SAID[0], guesses=GUESSES, unsure=True)
    page.locator(f"[data-row='{number}']").wait_for()
    context.close()
