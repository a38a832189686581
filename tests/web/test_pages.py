"""What the pages show and hide, how many questions they ask, and what they make of nonsense."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from console import Browser, Console
from scene import SAID, morning
from sqlalchemy import Engine, event

from cases.call_backs import complete_call_back
from cases.facts import AgentConnected
from cases.states import Role

CALLER = "13800005678"
_OWN_CODE = r"<script(?![^>]*\ssrc=)|\son[a-z]+=|\sstyle=|<style|javascript:|https?://"
PAGES = ("/queue", "/wall", "/cases", "/cases?family=waiting", "/calls", "/password")


@contextmanager
def counting(engine: Engine) -> Iterator[list[str]]:
    statements: list[str] = []

    def count(*args: Any) -> None:
        if args[2].lstrip().upper().startswith("SELECT"):
            statements.append(args[2])

    event.listen(engine, "before_cursor_execute", count)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", count)


# ---------------------------------------------------------------- what stands there


def test_the_queue_shows_calls_cases_and_promises(console: Console) -> None:
    morning(console.scene)
    page = console.somebody(Role.AGENT).get("/queue").text
    for words in (
        "正在通话",
        "留言中",
        "agent2",
        "等待分派",
        "小区门口的井盖不见了",
        "危险",
        "回电",
        "坐席全忙",
    ):
        assert words in page
    assert page.index("小区门口的井盖不见了") < page.index("水北这边的路灯坏了")  # danger first


def test_an_empty_queue_says_what_will_happen(sqlite_console: Console) -> None:
    browser = sqlite_console.somebody(Role.ADMIN)
    assert "来电会自己出现在这里" in browser.get("/queue").text
    assert "110 台席按一键转接后" in browser.get("/calls").text
    assert "市民来电受理后会出现" in browser.get("/cases").text
    assert "市民按 9 或说到危险时" in browser.get("/desk").text


def test_numbers_are_masked_until_somebody_asks_and_that_is_written_down(console: Console) -> None:
    number = console.scene.case(300, caller=CALLER)
    call = console.scene.call(20, caller=CALLER)
    browser = console.somebody(Role.AGENT)
    for address in ("/queue", "/cases", "/calls", f"/cases/{number}", "/wall"):
        assert CALLER not in browser.get(address).text
    assert "138****5678" in browser.get("/queue").text
    assert not console.audit("caller_shown")
    assert CALLER in browser.post(f"/cases/{number}/caller").text
    assert CALLER in browser.post(f"/calls/{call}/caller").text
    assert [(row.who, row.target) for row in console.audit("caller_shown")] == [
        ("agent1", number),
        ("agent1", call),
    ]


def test_the_wall_shows_no_caller_and_no_words(console: Console) -> None:
    console.scene.case(300, SAID[5], caller=CALLER)
    page = console.somebody(Role.LEADER).get("/wall").text
    assert "井盖缺失" in page
    assert "小孩差点掉下去" not in page
    assert "5678" not in page


def test_a_case_page_tells_everything_of_the_case(console: Console) -> None:
    first = console.scene.case(900, SAID[1], caller=CALLER)
    number = console.scene.case(300, SAID[0], caller=CALLER)
    page = console.somebody(Role.AGENT).get(f"/cases/{number}").text
    grouped = f"{number[:3]} {number[3:]}"
    for words in (
        grouped, "供水排水 › 下水道堵塞", "昭阳街道解放路12号", "市政管理处", "政府", "一键转接", "desk1",
        "系统的理由", "下一步可以", "派单", "同一号码的其他事项", "已转写", "录音结束",
    ):  # fmt: skip
        assert words in page
    assert f"/cases/{first}" in page
    assert len(re.findall(r'class="w[ "]', page)) == len(SAID[0].text)


def test_a_case_without_words_says_what_to_do(console: Console) -> None:
    number = console.scene.case(300, words=False)
    page = console.somebody(Role.AGENT).get(f"/cases/{number}").text
    assert "可以先听录音" in page
    assert "data-player" in page


def test_two_anonymous_callers_are_not_the_same_person(console: Console) -> None:
    numbers = [console.scene.case(ago, caller="") for ago in (900, 300)]
    page = console.somebody(Role.AGENT).get(f"/cases/{numbers[0]}").text
    assert "同一号码的其他事项" not in page
    assert "匿名" in page


def test_what_a_caller_says_is_text_and_not_a_page(console: Console) -> None:
    evil = SAID[0].__class__("<script>alert(1)</script>\"'&", *list(vars(SAID[0]).values())[1:])
    number = console.scene.case(300, evil)
    browser = console.somebody(Role.AGENT)
    for address in ("/queue", "/cases", f"/cases/{number}"):
        assert "<script>alert" not in browser.get(address).text


def test_a_number_read_out_leads_to_its_case(console: Console) -> None:
    number = console.scene.case(300)
    browser = console.somebody(Role.AGENT)
    spoken = f" {number[:3]} {number[3:]} "
    answer = browser.get("/cases/find", query_string={"number": spoken})
    assert answer.headers["Location"] == f"/cases/{number}"
    wrong = browser.get("/cases/find?number=100006", follow_redirects=True)
    assert "这不是受理编号" in wrong.text


def test_lists_go_on_where_the_page_ended(console: Console) -> None:
    scene = console.scene
    for turn in range(53):
        scene.case(10_000 - turn * 60, words=False)
    browser = console.somebody(Role.AGENT)
    for address in ("/cases", "/calls"):
        first = browser.get(address).text
        older = re.search(rf'href="({address}\?[^"]*before=[^"]+)"', first)
        assert older, address
        second = browser.get(older[1].replace("&amp;", "&")).text
        rows = [re.findall(r'data-row="([^"]+)"', page) for page in (first, second)]
        assert (len(rows[0]), len(rows[1])) == (50, 3)
        assert not set(rows[0]) & set(rows[1])


# ---------------------------------------------------------------- call-backs


def test_a_call_back_is_taken_in_hand_done_and_gone(console: Console) -> None:
    call = console.scene.gives_up(600, caller=CALLER)
    browser = console.somebody(Role.AGENT)
    opened = re.search(r"/call-backs/(\d+)/open", browser.get("/queue").text)
    assert opened
    dialog = browser.post(f"/call-backs/{opened[1]}/open").text
    assert CALLER in dialog
    assert [row.target for row in console.audit("caller_shown")] == [call]
    answer = browser.post(f"/call-backs/{opened[1]}", {"reached": "yes", "note": "问清楚了"})
    assert answer.status_code == 302
    page = browser.get("/queue").text
    assert "没有欠着的回电" in page
    assert "回电已记下" in page


def test_giving_a_call_back_up_needs_a_reason(console: Console) -> None:
    console.scene.gives_up(600)
    browser = console.somebody(Role.AGENT)
    found = re.search(r"/call-backs/(\d+)/open", browser.get("/queue").text)
    assert found
    browser.post(f"/call-backs/{found[1]}", {"reached": "no", "note": "  "})
    assert "请写明为什么不再回电" in browser.get("/queue").text
    browser.post(f"/call-backs/{found[1]}", {"reached": "no", "note": "空号"})
    assert "没有欠着的回电" in browser.get("/queue").text


def test_two_agents_at_one_call_back(console: Console) -> None:
    console.scene.gives_up(600)
    browser = console.somebody(Role.AGENT)
    found = re.search(r"/call-backs/(\d+)/open", browser.get("/queue").text)
    assert found
    with console.wiring.unit_of_work() as unit:
        complete_call_back(unit.session, int(found[1]), "agent2", console.wiring.now())
        unit.commit()
    assert "已经由别人处理了" in browser.post(f"/call-backs/{found[1]}/open").text
    browser.post(f"/call-backs/{found[1]}", {"reached": "yes"})
    assert "已经由别人处理了" in browser.get("/queue").text


# ---------------------------------------------------------------- the desk


def test_a_desk_sees_who_comes_back_and_what_became_of_the_others(console: Console) -> None:
    console.scene.comes_back(10, "danger", heard="着火 三楼")
    number = console.scene.case(300, desk="desk1")
    browser = console.somebody(Role.DESK, "desk1", desk="desk1")
    page = browser.get("/desk").text
    for words in ("着火 三楼", "等待接听", "转到民生110", "市政管理处", "分类"):
        assert words in page
    assert f"/cases/{number}" in page


def test_passing_on_says_that_it_did_not_work(console: Console) -> None:
    browser = console.somebody(Role.DESK, "desk1", desk="desk1")
    answer = browser.post("/desk/pass-on", follow_redirects=True)
    assert "没有转成，请用话机上的转接键" in answer.text
    assert not console.audit("passed_on")


# ---------------------------------------------------------------- headers


def test_every_page_has_its_headers_and_no_code_of_its_own(console: Console) -> None:
    morning(console.scene)
    number = console.scene.case(100)
    browser = console.somebody(Role.ADMIN)
    for address in (*PAGES, f"/cases/{number}", "/desk", "/nowhere", "/login", "/health", "/metrics"):
        answer = browser.get(address, follow_redirects=True)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert not re.search(
            r"<script(?![^>]*\ssrc=)|\son[a-z]+=|\sstyle=|<style|javascript:|https?://", answer.text
        )


def test_static_files_are_kept_and_change_their_address_with_their_content(sqlite_console: Console) -> None:
    browser = sqlite_console.browser()
    found = re.search(r'href="(/static/app\.css\?v=\w{10})"', browser.get("/login").text)
    assert found
    answer = browser.get(found[1])
    assert "max-age=31536000" in answer.headers["Cache-Control"]


def test_the_first_page_is_light(sqlite_console: Console) -> None:
    browser = sqlite_console.browser()
    page = browser.get("/login")
    parts = [browser.get(each).data for each in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)]
    assert len(page.data) + sum(map(len, parts)) < 150_000


# ---------------------------------------------------------------- how much it asks


def test_a_page_asks_as_much_for_many_rows_as_for_few(console: Console) -> None:
    browser = console.somebody(Role.ADMIN)
    numbers = [console.scene.case(900, caller=CALLER), console.scene.case(800, caller=CALLER)]
    addresses = ("/queue", "/wall", "/cases", "/calls", "/desk", f"/cases/{numbers[0]}")
    few = [asked(console, browser, address) for address in addresses]
    morning(console.scene)
    console.scene.case(700, caller=CALLER)
    many = [asked(console, browser, address) for address in addresses]
    assert many == few
    assert max(few) <= 16, dict(zip(addresses, few, strict=True))


def asked(console: Console, browser: Browser, address: str) -> int:
    console.app.extensions.pop("queue_parts", None)
    with counting(console.wiring.engine) as statements:
        assert browser.get(address).status_code == 200
    return len(statements)


def test_many_open_pages_share_one_reading_of_the_queue(console: Console) -> None:
    morning(console.scene)
    browsers = [console.somebody(Role.AGENT, f"agent{turn}") for turn in range(3)]
    browsers[0].get("/queue")
    with counting(console.wiring.engine) as statements:
        pages = {browser.part("/queue").text for browser in browsers}
    assert len(pages) == 1
    assert len(statements) == 2 * len(browsers)  # who asks, and the feed's place


def test_the_shared_part_is_nobody_elses(console: Console) -> None:
    console.scene.gives_up(600)
    agent, leader = console.somebody(Role.AGENT), console.somebody(Role.LEADER)
    english = console.somebody(Role.AGENT, "agent2", language="en")
    assert "/call-backs/" in agent.part("/queue").text
    assert "/call-backs/" not in leader.part("/queue").text
    assert "Call-backs due" in english.part("/queue").text
    assert "csrf" not in agent.part("/queue").text


def test_the_queue_is_new_as_soon_as_something_changed(console: Console) -> None:
    browser = console.somebody(Role.AGENT)
    call = console.scene.call(30)
    assert "语音应答" in browser.part("/queue").text
    console.scene.tell(AgentConnected(call_id=call, at=console.scene.now, agent="agent7"))
    assert "agent7" in browser.part("/queue").text
