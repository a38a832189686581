"""Correcting the sorter, merging what tells the same, an alarm for a burst: on the pages, by whoever may."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from console import Browser, Console
from scene import SAID
from sqlalchemy import select

from cases.city import CityRows, MatterRow, UnitRow, load_city
from cases.corrections import examples
from cases.model import Case, RepeatOffer
from cases.repeats import keep_burst, keep_offers
from cases.states import CaseState, Role, Sector, UnitType
from router.repeats import BurstHeard, Repeat

GOVERNMENT = Sector.GOVERNMENT
CITY = CityRows(
    "小城",
    "digest",
    [UnitRow(code, name, UnitType.DEPARTMENT, GOVERNMENT) for code, name in (("water", "自来水公司"),)],
    [
        MatterRow("supply", "供水排水", None, "water", GOVERNMENT, "help"),
        MatterRow("supply.off", "停水与水压", "supply", "water", GOVERNMENT, "help"),
        MatterRow("supply.drain", "下水道堵塞", "supply", "water", GOVERNMENT, "help"),
        MatterRow("road", "道路交通", None, "water", GOVERNMENT, "complaint"),
        MatterRow("road.lamp", "路灯照明", "road", "water", GOVERNMENT, "complaint"),
    ],
)


def load(console: Console) -> None:
    with console.wiring.unit_of_work() as unit:
        load_city(unit.session, CITY, console.scene.now)
        unit.commit()


def row(console: Console, number: str) -> Case:
    with console.wiring.reading() as unit:
        found = unit.session.scalars(select(Case).where(Case.number == number)).one()
        _ = [each.detail for each in found.events], found.unit and found.unit.name
        return found


def offer(console: Console, later: str, earlier: str, common: tuple[str, ...] = ("下水道堵了",)) -> int:
    with console.wiring.unit_of_work() as unit:
        case = unit.session.scalars(select(Case).where(Case.number == later)).one()
        told = Repeat(earlier, 0.83, ("caller", "matter"), common)
        keep_offers(unit.session, case, [told], console.scene.now)
        made = unit.session.scalars(select(RepeatOffer.id).order_by(RepeatOffer.id.desc())).first()
        unit.commit()
    assert made is not None
    return made


def follow(browser: Browser, answer: Any) -> str:
    return browser.get(answer.headers["Location"]).text


# ---------------------------------------------------------------- a correction


def test_the_form_names_the_sorters_guesses_first_with_the_chosen_matter(console: Console) -> None:
    load(console)
    guesses = [
        {"matter": name, "matter_path": [first, name], "probability": share}
        for first, name, share in (
            ("道路交通", "路灯照明", 0.41),
            ("供水排水", "下水道堵塞", 0.37),
            ("没有", "的", 0.1),
        )
    ]
    number = console.scene.case(300, SAID[0], guesses=guesses)
    browser = console.somebody(Role.DISPATCHER)
    assert f"/cases/{number}/correction" in browser.get(f"/cases/{number}").text
    form = browser.get(f"/cases/{number}/correction").text
    options = re.findall(r'<option value="([a-z.]+)"( selected)?', form)
    assert [code for code, _ in options[:2]] == ["road.lamp", "supply.drain"]
    assert "41%" in form
    assert [code for code, chosen in options if chosen] == ["supply.drain"]
    assert 'value="解放路"' in form
    for label in re.findall(r'<label for="([^"]+)"', form):
        assert f'id="{label}"' in form


@pytest.mark.parametrize("role", [Role.AGENT, Role.DISPATCHER])
def test_a_correction_is_kept_with_who_and_what_and_taught(console: Console, role: Role) -> None:
    load(console)
    number = console.scene.case(300, SAID[0])
    browser = console.somebody(role)
    values = {
        "matter": "road.lamp",
        "unit": "",
        "township": "水北镇",
        "version": row(console, number).version,
    }
    page = follow(browser, browser.post(f"/cases/{number}/correction", values))
    assert "更正已记下" in page
    assert "道路交通 › 路灯照明" in page
    kept = row(console, number)
    assert (kept.matter, kept.unit and kept.unit.name) == ("路灯照明", "自来水公司")
    assert kept.place["township"] == "水北镇"
    assert kept.events[-1].move == "corrected"
    assert kept.events[-1].who == f"{role}1"
    with console.wiring.reading() as unit:
        assert examples(unit.session) == [(SAID[0].text, "road.lamp")]


def test_whoever_saw_an_older_case_is_asked_to_look_again(sqlite_console: Console) -> None:
    load(sqlite_console)
    number = sqlite_console.scene.case(300, SAID[0])
    browser = sqlite_console.somebody(Role.AGENT)
    seen = row(sqlite_console, number).version
    browser.post(f"/cases/{number}/correction", {"matter": "road.lamp", "version": seen})
    typed = {"matter": "supply.off", "poi": "<新>车站", "version": seen}
    answer = browser.post(f"/cases/{number}/correction", typed)
    assert answer.status_code == 409
    assert "请看过再改" in answer.text
    assert "路灯照明" in answer.text
    assert 'value="&lt;新&gt;车站"' in answer.text
    assert re.search(r'<option value="supply.off" selected', answer.text)
    assert row(sqlite_console, number).matter == "路灯照明"


def test_a_case_that_is_dispatched_offers_no_correction_and_refuses_one(sqlite_console: Console) -> None:
    load(sqlite_console)
    number = sqlite_console.scene.case(300, SAID[0], state=CaseState.DISPATCHED)
    browser = sqlite_console.somebody(Role.AGENT)
    assert "/correction" not in browser.get(f"/cases/{number}").text
    answer = browser.post(f"/cases/{number}/correction", {"matter": "road.lamp"})
    assert "已经派出" in follow(browser, answer)
    assert row(sqlite_console, number).matter == SAID[0].matter


@pytest.mark.parametrize("nonsense", ["\x00", "x" * 9000, "'; DROP TABLE case; --", "😀"])
def test_nonsense_in_a_correction_is_never_our_fault(console: Console, nonsense: str) -> None:
    load(console)
    number = console.scene.case(300, SAID[0])
    browser = console.somebody(Role.AGENT)
    for name in ("matter", "unit", "version", "township", "poi"):
        assert browser.post(f"/cases/{number}/correction", {name: nonsense}).status_code < 500
    assert browser.get(f"/cases/{number}").status_code == 200
    assert browser.post("/cases/999999/correction", {}).status_code == 404
    assert browser.get("/cases/abc/correction").status_code == 404


def test_without_the_pages_token_nothing_is_corrected(sqlite_console: Console) -> None:
    load(sqlite_console)
    number = sqlite_console.scene.case(300, SAID[0])
    browser = sqlite_console.somebody(Role.AGENT)
    for address in (f"/cases/{number}/correction", "/offers/1", "/bursts/1/seen"):
        assert browser.client.post(address, data={"matter": "road.lamp"}).status_code == 400
    assert row(sqlite_console, number).matter == SAID[0].matter


# ---------------------------------------------------------------- the words


def test_words_put_right_stand_below_what_was_heard_with_who_and_when(console: Console) -> None:
    number = console.scene.case(300, SAID[0])
    browser = console.somebody(Role.AGENT)
    assert f"/cases/{number}/words" in browser.get(f"/cases/{number}").text
    assert SAID[0].text in browser.get(f"/cases/{number}/words").text
    values = {"text": "<b>下水道</b>堵了", "version": row(console, number).version}
    page = follow(browser, browser.post(f"/cases/{number}/words", values))
    assert "更正已记下" in page
    assert "&lt;b&gt;下水道&lt;/b&gt;堵了" in page
    assert f"更正 · {Role.AGENT}1" in page
    assert row(console, number).text == "<b>下水道</b>堵了"


def test_what_the_second_of_two_typed_is_not_lost(sqlite_console: Console) -> None:
    number = sqlite_console.scene.case(300, SAID[0])
    browser = sqlite_console.somebody(Role.AGENT)
    seen = row(sqlite_console, number).version
    browser.post(f"/cases/{number}/words", {"text": "第一个人写的", "version": seen})
    answer = browser.post(f"/cases/{number}/words", {"text": "第二个人写的", "version": seen})
    assert answer.status_code == 409
    assert "第一个人写的" in answer.text
    assert re.search(r"<textarea[^>]*>第二个人写的</textarea>", answer.text)
    version = re.search(r'name="version" value="(\d+)"', answer.text)
    assert version is not None
    assert int(version[1]) == row(sqlite_console, number).version


@pytest.mark.parametrize("nonsense", ["", "\x00", "x" * 90_000, "\u202e😀"])
def test_nonsense_for_words_is_never_our_fault(sqlite_console: Console, nonsense: str) -> None:
    number = sqlite_console.scene.case(300, SAID[0])
    browser = sqlite_console.somebody(Role.AGENT)
    assert browser.post(f"/cases/{number}/words", {"text": nonsense}).status_code < 500
    assert browser.post("/cases/999999/words", {"text": "x"}).status_code == 404
    assert row(sqlite_console, number).text


# ---------------------------------------------------------------- told before


def test_two_that_tell_the_same_stand_side_by_side_with_their_words_marked(console: Console) -> None:
    earlier = console.scene.case(900, replace(SAID[0], text="下水道堵了<b>又</b>臭"))
    later = console.scene.case(300, SAID[0])
    offer(console, later, earlier)
    page = console.somebody(Role.AGENT).get(f"/cases/{later}").text
    assert "可能是同一件事" in page
    assert page.count("<mark>下水道堵了</mark>") == 2
    assert "&lt;b&gt;又&lt;/b&gt;臭" in page
    assert "同一来电人" in page
    assert "83%" in page


def test_an_agent_merges_and_both_pages_say_so(console: Console) -> None:
    earlier, later = console.scene.case(900, SAID[0]), console.scene.case(300, SAID[0])
    number = offer(console, later, earlier)
    browser = console.somebody(Role.AGENT)
    answer = browser.post(f"/offers/{number}", {"answer": "merge", "number": later})
    assert answer.headers["Location"].endswith(f"/cases/{earlier}")
    assert "已合并" in follow(browser, answer)
    assert row(console, later).state == CaseState.MERGED
    again = browser.post(f"/offers/{number}", {"answer": "refuse", "number": later})
    assert "请看过再定" in follow(browser, again)


def test_an_offer_that_is_refused_stays_apart(sqlite_console: Console) -> None:
    scene = sqlite_console.scene
    earlier, later = scene.case(900, SAID[0]), scene.case(300, SAID[0])
    number = offer(sqlite_console, later, earlier)
    browser = sqlite_console.somebody(Role.SUPERVISOR)
    assert "不是同一件事" in follow(browser, browser.post(f"/offers/{number}", {"number": later}))
    assert row(sqlite_console, later).state == CaseState.SORTED
    assert f"/offers/{number}" not in browser.get(f"/cases/{later}").text


def test_the_other_requests_of_a_message_are_a_click_away(sqlite_console: Console) -> None:
    scene = sqlite_console.scene
    first, second = scene.case(900, SAID[0]), scene.case(300, SAID[1])
    with sqlite_console.wiring.unit_of_work() as unit:
        rows = {each.number: each for each in unit.session.scalars(select(Case))}
        rows[second].part_of_id, rows[second].part = rows[first].id, 1
        unit.commit()
    browser = sqlite_console.somebody(Role.AGENT)
    for here, there in ((first, second), (second, first)):
        page = browser.get(f"/cases/{here}").text
        assert "同一段留言里的其他诉求" in page
        assert f'data-row="linked-{there}"' in page


# ---------------------------------------------------------------- told by many


def test_a_burst_is_one_alarm_on_the_queue_until_somebody_takes_note(console: Console) -> None:
    numbers = [console.scene.case(900 - k, SAID[0]) for k in range(4)]
    with console.wiring.unit_of_work() as unit:
        case = unit.session.scalars(select(Case).where(Case.number == numbers[-1])).one()
        keep_burst(unit.session, case, BurstHeard("昭阳街道", tuple(numbers)), console.scene.now)
        unit.commit()
    browser = console.somebody(Role.AGENT)
    page = browser.get("/queue").text
    assert page.count('class="card burst"') == 1
    assert "昭阳街道 · 下水道堵塞" in page
    assert "4 件来电" in page
    assert 'class="card burst"' in browser.get("/wall").text
    leader = console.somebody(Role.LEADER)
    assert 'class="card burst"' in leader.get("/queue").text
    assert "/bursts/" not in leader.get("/queue").text
    found = re.search(r"/bursts/(\d+)/seen", page)
    assert found
    assert browser.post(f"/bursts/{found[1]}/seen").status_code == 302
    assert 'class="card burst"' not in browser.get("/queue").text
    assert browser.post("/bursts/999/seen").status_code == 404


def test_the_new_pages_speak_english_too(sqlite_console: Console) -> None:
    load(sqlite_console)
    scene = sqlite_console.scene
    earlier, later = scene.case(900, SAID[0]), scene.case(300, SAID[0])
    offer(sqlite_console, later, earlier)
    browser = sqlite_console.somebody(Role.AGENT)
    browser.post("/language/en", {"back": "/queue"})
    page = browser.get(f"/cases/{later}").text
    assert "Possibly the same" in page
    assert "The sorter&#39;s guesses" not in page
    assert "Township or street" in browser.get(f"/cases/{later}/correction").text
