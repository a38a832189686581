"""The first page of each role in a real browser: a short day by keys and by thumb; axe on each new page."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from late_scene import DISPATCHER, LateCity
from scene import SAID
from serving import Served
from sqlalchemy import update
from test_dispatch_page import GUESSES
from test_in_chromium import AXE, DESKTOP, PHONE, login
from test_sorting import CITY

from cases.city import load_city
from cases.handling import make_move
from cases.model import Case
from cases.sorting import sort_case
from cases.states import CaseState, Move, Role
from hotline.city import load_file, rows
from hotline.city_path import file_of
from ivr import prompts, speech


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
    number = scene.case(100, SAID[0], sort=False)
    decision = {
        "matter": "下水道堵塞",
        "matter_path": ["供水排水", "下水道堵塞"],
        "unsure": True,
        "guesses": GUESSES,
    }
    with served.wiring.unit_of_work() as work:
        assert sort_case(work.session, number, decision, served.wiring.now())
        work.commit()
    served.wiring.bell.nudge()
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


def test_an_administrator_makes_a_user_who_comes_in_and_is_stopped_again(
    served: Served, chromium: Any
) -> None:
    served.scene.person(Role.ADMIN)
    context = chromium.new_context(viewport=DESKTOP, base_url=served.url)
    page = login(context, "admin1")
    assert page.url.endswith("/admin")
    page.locator("a.tile[href='/people']").click()
    page.get_by_role("link", name="新增用户").click()
    page.fill("#username", "wang.li")
    page.select_option("#role", "agent")
    page.locator("form.stack button.main").click()
    password = page.inner_text(".key.big")
    there = chromium.new_context(viewport=DESKTOP, base_url=served.url)
    wang = login(there, "wang.li", password)
    assert wang.url.endswith("/password")
    page.goto("/people/wang.li")
    page.get_by_role("button", name="停用").click()
    page.locator("tr", has_text="wang.li").get_by_text("已停用").wait_for()
    wang.goto("/queue")
    assert "/login" in wang.url
    for each in (context, there):
        each.close()


def test_a_supervisor_and_a_leader_go_from_what_is_late_to_the_case(served: Served, chromium: Any) -> None:
    full(served)
    for role, home, link in (
        (Role.SUPERVISOR, "/supervision", "main a.number, main .row a"),
        (Role.LEADER, "/overview", "main table a"),
    ):
        served.scene.person(role)
        context = chromium.new_context(viewport=DESKTOP, base_url=served.url)
        page = login(context, f"{role}1")
        assert page.url.endswith(home)
        page.locator(link).first.click()
        page.wait_for_url("**/cases**")
        assert page.locator("h1").count() == 1
        context.close()


# ---------------------------------------------------------------- nobody is kept out


def full(served: Served) -> None:
    """Something on every page."""
    wiring, scene = served.wiring, served.scene
    load_file(wiring, rows(file_of(wiring.settings)))
    city = LateCity(wiring)
    city.unit(SAID[0].unit, "王处长")
    city.goes_round(city.dispatched(0))
    city.supervised()
    city.reception_day()
    with wiring.unit_of_work() as work:
        work.session.execute(update(Case).values(place={"township": "昭阳街道"}))
        work.commit()
    for ago in (900, 500):
        scene.case(ago, SAID[0], guesses=GUESSES, unsure=True, reasons=[{"text": SAID[0].why, "why": "词表"}])
    scene.case(700, SAID[1], state=CaseState.RETURNED)
    name = next(iter(prompts.prompts()))
    tone = np.sin(np.arange(8000) / 3) / 4
    wiring.settings.prompt_sounds.mkdir(parents=True, exist_ok=True)
    speech.write(tone, *(wiring.settings.prompt_sounds / f"{name}.{kind}" for kind in ("wav", "alaw")))


HOMES: dict[Role, tuple[str, ...]] = {
    Role.DISPATCHER: ("/dispatch",),
    Role.UNIT: ("/work",),
    Role.VISITOR: ("/surveys",),
}
ABOVE: dict[Role, tuple[str, ...]] = {Role.SUPERVISOR: ("/supervision",), Role.LEADER: ("/overview",)}
ADMIN = {Role.ADMIN: ("/admin", "/people", "/people/new", "/people/admin1", "/units", "/units/huanwei")}
FILES = {Role.ADMIN: ("/city", "/prompts", "/figures")}


@pytest.mark.parametrize("pages", [HOMES, ABOVE, ADMIN, FILES], ids=["homes", "above", "people", "files"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_home_and_no_page_of_the_administrator_keeps_anybody_out(
    chromium: Any, served: Served, scheme: str, language: str, pages: dict[Role, tuple[str, ...]]
) -> None:
    """axe-core finds nothing, and no page is wider than a screen or a phone."""
    full(served)
    source, wrong = AXE.read_text(), []
    for role in pages:
        own = {"unit_id": served.scene.unit(SAID[0].unit)} if role is Role.UNIT else {}
        served.scene.person(role, language=language, **own)
    for role, paths in pages.items():
        context = chromium.new_context(viewport=DESKTOP, base_url=served.url, color_scheme=scheme)
        page = login(context, f"{role}1")
        for path in paths:
            page.set_viewport_size(DESKTOP)
            page.goto(path)
            page.evaluate(source)
            found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
            wrong += [
                (path, each["id"], [node["html"][:160] for node in each["nodes"][:3]]) for each in found
            ]
            for size in (DESKTOP, PHONE):
                page.set_viewport_size(size)
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    wrong.append((path, "wider than the screen", [str(size["width"])]))
        context.close()
    assert not wrong
