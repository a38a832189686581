"""The first page of each role in a real browser: a short day by keys and by thumb; axe on each new page."""

from __future__ import annotations

from typing import Any

from late_scene import DISPATCHER
from scene import SAID
from serving import Served
from test_dispatch_page import GUESSES
from test_in_chromium import DESKTOP, PHONE, login
from test_sorting import CITY

from cases.city import load_city
from cases.handling import make_move
from cases.states import Move, Role


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


def test_a_unit_signs_and_reports_on_a_telephone_with_a_thumb(served: Served, chromium: Any) -> None:
    scene = told(served).scene
    unit_id = scene.unit(SAID[0].unit)
    number = scene.case(900, SAID[0])
    with served.wiring.unit_of_work() as work:
        make_move(work.session, number, Move.DISPATCH, DISPATCHER, scene.now, served.wiring.rules)
        work.commit()
    scene.person(Role.UNIT, unit_id=unit_id)
    context = chromium.new_context(viewport=PHONE, base_url=served.url, has_touch=True)
    page = login(context, "unit1")
    assert page.url.endswith("/work")
    page.get_by_role("button", name="签收").tap()
    page.get_by_role("button", name="办好了，反馈").tap()
    page.fill("dialog [name=answer]", "已经疏通，路面也冲洗了")
    page.locator("dialog button.main").tap()
    page.get_by_text("没有要办的事").wait_for()
    assert page.url.endswith("/work")
    context.close()
