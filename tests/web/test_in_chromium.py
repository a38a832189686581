"""The console in a real browser, over a real server with two workers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scene import PASSWORD, SAID, morning
from serving import Served

from cases.facts import CallEnded
from cases.model import AuditEntry
from cases.states import Role

OWN = "another, my own 5"
AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
DESKTOP, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}


@pytest.fixture
def context(chromium: Any, served: Served) -> Iterator[Any]:
    """A browser of one person; whatever its pages complain of fails the test."""
    made = chromium.new_context(viewport=DESKTOP, base_url=served.url, color_scheme="light")
    made.set_default_timeout(10_000)
    complaints: list[str] = []
    made.on("weberror", lambda error: complaints.append(str(error.error)))
    made.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
    yield made
    made.close()
    assert not complaints


@pytest.fixture
def agent(context: Any, served: Served) -> Any:
    """A page in which an agent has just logged in."""
    return login(context, served.scene.person(Role.AGENT, name="林晓"))


def login(context: Any, username: str, password: str = PASSWORD) -> Any:
    page = context.new_page()
    page.goto("/login")
    page.fill("#username", username)
    page.fill("#password", password)
    page.click("button.main")
    page.wait_for_load_state()
    return page


def is_live(page: Any) -> Any:
    page.wait_for_selector("#live:not([hidden]):not(.off)")
    return page


def marked(page: Any) -> None:
    """A mark that a reload would wipe out."""
    page.evaluate("window.notReloaded = true")


def was_not_reloaded(page: Any) -> bool:
    return bool(page.evaluate("window.notReloaded === true"))


def until(page: Any, condition: str) -> None:
    """The page's own policy forbids the browser to evaluate it there again and again."""
    ends = time.monotonic() + 10
    while not page.evaluate(condition):
        assert time.monotonic() < ends, condition
        page.wait_for_timeout(20)


def audited(served: Served, what: str) -> list[str]:
    with served.wiring.reading() as unit:
        return [row.target for row in unit.session.query(AuditEntry).filter_by(what=what)]


# ---------------------------------------------------------------- in


def test_the_administrator_comes_in_for_the_first_time(context: Any, served: Served) -> None:
    served.scene.person(Role.ADMIN, "admin", must_change_password=True)
    page = login(context, "admin")
    assert page.url.endswith("/password")
    page.goto("/queue")
    assert page.url.endswith("/password")
    page.fill("#old", PASSWORD)
    page.fill("#new", OWN)
    page.fill("#again", OWN)
    page.click("button.main")
    page.wait_for_url("**/admin")
    page.click(".who summary")
    page.click(".menu button >> nth=0")
    page.wait_for_url("**/login")
    page.fill("#username", "admin")
    page.fill("#password", OWN)
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin")


def test_a_locked_account_says_for_how_long(context: Any, served: Served) -> None:
    served.scene.person(Role.AGENT)
    for turn in range(5):
        page = login(context, "agent1", f"wrong {turn}")
    assert "15 分钟后再试" in page.inner_text("[role=alert]")


# ---------------------------------------------------------------- the queue


def test_a_new_case_stands_on_the_screen_within_a_second_without_a_reload(agent: Any, served: Served) -> None:
    is_live(agent)
    marked(agent)
    number = served.scene.case(30, SAID[4], words=False)
    began = time.monotonic()
    agent.wait_for_selector(f'[data-row="{number}"]', timeout=1000)
    assert time.monotonic() - began < 1
    assert was_not_reloaded(agent)
    assert agent.title().startswith("(1)")


def test_a_call_is_followed_from_the_ring_to_its_words(agent: Any, served: Served) -> None:
    is_live(agent)
    scene = served.scene
    call = scene.call(3)
    row = agent.locator(f'[data-row="{call}"]')
    row.get_by_text("语音应答").wait_for()
    scene.records(call, 1)
    row.get_by_text("留言中").wait_for()
    scene.tell(CallEnded(call_id=call, at=scene.now, outcome="hung_up"))
    row.wait_for(state="detached")


def test_every_page_of_both_workers_hears_of_it(context: Any, agent: Any, served: Served) -> None:
    pages = [is_live(agent)]
    for _ in range(4):
        page = context.new_page()
        page.goto("/queue")
        pages.append(is_live(page))
    number = served.scene.case(30)
    for page in pages:
        page.wait_for_selector(f'[data-row="{number}"]')


def test_a_console_that_was_restarted_is_caught_up_with(agent: Any, served: Served) -> None:
    is_live(agent)
    marked(agent)
    with served.away():
        agent.wait_for_selector("#live.off")
        number = served.scene.case(30)
    agent.wait_for_selector(f'[data-row="{number}"]', timeout=20_000)
    is_live(agent)
    assert was_not_reloaded(agent)


def test_a_shown_number_stays_shown_when_the_queue_moves_on(agent: Any, served: Served) -> None:
    call = served.scene.call(10, caller="13800005678")
    row = agent.locator(f'[data-row="{call}"]')
    row.get_by_text("138****5678").wait_for()
    row.locator(".eye").click()
    row.get_by_text("13800005678").wait_for()
    number = served.scene.case(30)
    agent.wait_for_selector(f'[data-row="{number}"]')
    assert "13800005678" in row.inner_text()
    assert audited(served, "caller_shown") == [call]


def test_a_caller_is_rung_back_from_the_queue(agent: Any, served: Served) -> None:
    call = served.scene.gives_up(100, caller="13800005678")
    agent.get_by_role("button", name="回电").click()
    agent.wait_for_selector("dialog[open]")
    assert "13800005678" in agent.inner_text("dialog")
    agent.fill("#note", "问清楚了")
    # What changes meanwhile takes nothing away from whoever is writing.
    number = served.scene.case(30)
    agent.wait_for_selector(f'[data-row="{number}"]')
    assert agent.input_value("#note") == "问清楚了"
    agent.get_by_role("button", name="已回电").click()
    agent.get_by_text("没有欠着的回电").wait_for()
    assert audited(served, "caller_shown") == [call]


def test_the_keyboard_keeps_its_place_when_the_queue_moves_on(agent: Any, served: Served) -> None:
    first = served.scene.case(60)
    link = agent.locator(f'[data-row="{first}"] a.said')
    link.focus()
    second = served.scene.case(30)
    agent.wait_for_selector(f'[data-row="{second}"]')
    assert agent.evaluate("document.activeElement.getAttribute('href')") == f"/cases/{first}"
    agent.keyboard.press("Enter")
    agent.wait_for_url(f"**/cases/{first}")


def test_the_keyboard_stays_where_it_went_while_a_part_was_on_its_way(agent: Any, served: Served) -> None:
    first, second = served.scene.case(90), served.scene.case(60)
    agent.wait_for_selector(f'[data-row="{second}"]')
    agent.locator(f'[data-row="{first}"] a.said').focus()

    def moved_meanwhile(route: Any) -> None:
        agent.locator(f'[data-row="{second}"] a.said').focus()
        route.continue_()

    agent.route("**/queue", moved_meanwhile, times=1)
    third = served.scene.case(30)
    agent.wait_for_selector(f'[data-row="{third}"]')
    assert agent.evaluate("document.activeElement.getAttribute('href')") == f"/cases/{second}"


def test_a_number_read_out_is_typed_after_a_slash(agent: Any, served: Served) -> None:
    number = served.scene.case(60)
    agent.keyboard.press("/")
    agent.keyboard.type(f"{number[:3]} {number[3:]}")
    agent.keyboard.press("Enter")
    agent.wait_for_url(f"**/cases/{number}")


def test_somebody_logged_out_elsewhere_is_led_to_the_login(agent: Any, context: Any, served: Served) -> None:
    is_live(agent)
    other = context.new_page()
    other.goto("/queue")
    other.click(".who summary")
    other.get_by_role("button", name="退出所有设备").click()
    other.wait_for_url("**/login")
    served.scene.call(3)
    agent.wait_for_url("**/login?next=**")


# ---------------------------------------------------------------- the case


def test_a_recording_is_played_by_ranges_and_written_down_once(agent: Any, served: Served) -> None:
    number = served.scene.case(300, SAID[0])
    statuses: list[int] = []
    agent.on(
        "response", lambda answer: statuses.append(answer.status) if "/recordings/" in answer.url else None
    )
    agent.goto(f"/cases/{number}")
    assert not statuses  # nothing is fetched before somebody listens
    agent.click("[data-play]")
    agent.wait_for_selector(".player.playing")
    until(agent, "document.querySelector('.player output').textContent > '0:01'")
    agent.wait_for_selector(".w.now")
    agent.locator("canvas").focus()
    agent.keyboard.press("End")
    agent.wait_for_selector(".player:not(.playing)")
    agent.keyboard.press("Home")
    agent.click("[data-speed]")
    assert agent.inner_text("[data-speed]") == "1.25×"
    agent.locator(".w").nth(20).click()
    until(agent, "document.querySelector('canvas').ariaValueNow > 5")
    assert set(statuses) == {206}
    assert len(audited(served, "recording_played")) == 1


def test_words_arrive_while_somebody_listens(agent: Any, served: Served) -> None:
    number = served.scene.case(300, SAID[4], words=False)
    agent.goto(f"/cases/{number}")
    is_live(agent)
    marked(agent)
    agent.click("[data-play]")
    agent.wait_for_selector(".player.playing")
    recording = agent.get_attribute("[data-player]", "data-recording")
    served.scene.transcribe(recording, SAID[4].text)
    agent.wait_for_selector(".text .w")
    assert agent.inner_text(".text") == SAID[4].text
    assert agent.locator(".player.playing").count() == 1
    assert was_not_reloaded(agent)


def test_another_case_does_not_disturb_this_page(agent: Any, served: Served) -> None:
    number = served.scene.case(300)
    agent.goto(f"/cases/{number}")
    is_live(agent)
    agent.wait_for_load_state("networkidle")
    fetched: list[str] = []
    agent.on("request", lambda request: fetched.append(request.url))
    served.scene.case(30)
    # Its own change is heard, so the others before it were heard too.
    with served.wiring.reading() as unit:
        from cases import queries

        found = queries.case_detail(unit.session, number)
    served.scene.tell(CallEnded(call_id=found["calls"][0]["id"], at=served.scene.now, outcome="message"))
    with agent.expect_response(f"**/cases/{number}"):
        pass
    assert [url for url in fetched if "/cases/" in url] == [f"{served.url}/cases/{number}"]


# ---------------------------------------------------------------- language, theme


def test_the_language_and_the_theme_are_switched_and_kept(agent: Any, context: Any) -> None:
    agent.get_by_role("button", name="English").click()
    agent.get_by_role("heading", name="On the line").wait_for()
    assert agent.get_attribute("html", "lang") == "en"
    agent.click("#theme")
    assert agent.get_attribute("html", "data-theme") == "dark"
    page = context.new_page()
    page.goto("/cases")
    assert page.get_attribute("html", "data-theme") == "dark"
    assert page.inner_text("h1") == "All cases"


# ---------------------------------------------------------------- for everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_page_keeps_anybody_out(chromium: Any, served: Served, scheme: str, language: str) -> None:
    """axe-core finds nothing: contrast, names, order, labels. No page is wider than a screen or a phone."""
    morning(served.scene)
    number = served.scene.case(100, SAID[0], caller="13800005678")
    served.scene.case(50, SAID[1], caller="13800005678")
    served.scene.person(Role.ADMIN, "admin", language=language)
    source, wrong = AXE.read_text(), []
    context = chromium.new_context(viewport=DESKTOP, base_url=served.url, color_scheme=scheme)
    page = login(context, "admin")
    for path in ("/queue", "/wall", "/cases", "/calls", f"/cases/{number}", "/desk", "/password", "/nowhere"):
        page.set_viewport_size(DESKTOP)
        page.goto(path)
        page.evaluate(source)
        found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        wrong += [(path, each["id"], [node["html"][:120] for node in each["nodes"][:3]]) for each in found]
        for size in (DESKTOP, PHONE):
            page.set_viewport_size(size)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append((path, "wider than the screen", [str(size["width"])]))
    context.close()
    assert not wrong


def test_the_dialog_and_the_login_keep_nobody_out(agent: Any, served: Served, chromium: Any) -> None:
    served.scene.gives_up(100)
    agent.get_by_role("button", name="回电").click()
    agent.wait_for_selector("dialog[open]")
    stranger = chromium.new_context(base_url=served.url)
    page = login(stranger, "nobody", "wrong")
    source = AXE.read_text()
    for each in (agent, page):
        each.evaluate(source)
        found = each.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        assert not [(one["id"], one["nodes"][0]["html"]) for one in found]
    stranger.close()


def test_the_console_stops_at_once_with_open_pages(agent: Any, served: Served) -> None:
    is_live(agent)
    assert served.stop() < 7
    assert re.search(r"Traceback", served.log) is None
