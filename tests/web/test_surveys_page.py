"""The visitor caller's page, and the page of messages: who may, what is shown, what it sets going."""

from __future__ import annotations

from datetime import timedelta

import pytest
from citizens_scene import RESULT, case, reported, survey
from console import Browser, Console
from sqlalchemy import select

from cases.citizen_states import MessageState, SurveyState, SurveyWay
from cases.model import MessageOut
from cases.states import CaseState, Role


def digits(page: str) -> str:
    return "".join(page.split())


def visitor(console: Console, username: str = "hui", **fields: object) -> Browser:
    return console.somebody(Role.VISITOR, username, **fields)


def says(console: Console, browser: Browser, number: str, answer: str, words: str = "") -> str:
    """-> what the page says of it"""
    survey_id = survey(console.wiring, number).id
    saved = browser.post(f"/surveys/{survey_id}", {"answer": answer, "words": words})
    assert saved.status_code == 302
    return browser.get("/surveys").text


# ---------------------------------------------------------------- surveys
def test_who_is_to_be_asked_is_listed_with_result_and_masked_number(console: Console) -> None:
    number = reported(console)
    page = visitor(console).get("/surveys").text
    assert number in digits(page)
    assert RESULT in page
    assert case(console.wiring, number).caller not in page
    assert "等电话回访 1" in page


def test_the_whole_number_is_shown_on_a_click_that_is_written_down(console: Console) -> None:
    number = reported(console)
    browser = visitor(console)
    shown = browser.post(f"/surveys/{survey(console.wiring, number).id}/caller")
    assert case(console.wiring, number).caller in shown.text
    assert [(each.who, each.target) for each in console.audit("caller_shown")] == [("hui", number)]


def test_a_content_citizen_completes_the_case(console: Console) -> None:
    number = reported(console)
    browser = visitor(console)
    assert "已记下" in says(console, browser, number, "1", "说修得快")
    asked = survey(console.wiring, number)
    assert (asked.answer, asked.way, asked.answered_by, asked.words) == (
        1,
        SurveyWay.VISITOR,
        "hui",
        "说修得快",
    )
    assert case(console.wiring, number).state == CaseState.COMPLETED
    assert "说修得快" in browser.get("/surveys?answered=1").text


def test_who_is_not_content_has_it_done_again(console: Console) -> None:
    number = reported(console)
    says(console, visitor(console), number, "4", "还在冒水")
    row = case(console.wiring, number)
    assert (row.state, row.redo_count) == (CaseState.DISPATCHED, 1)


def test_who_handled_it_may_not_ask(console: Console) -> None:
    number = reported(console)
    for browser in (
        visitor(console, "paidan"),
        visitor(console, "lin", unit_id=case(console.wiring, number).unit_id),
    ):
        assert "经办的人不能回访自己办的事" in says(console, browser, number, "1")
    assert survey(console.wiring, number).state == SurveyState.PLANNED


def test_not_reached_stays_on_the_list_and_can_be_given_up(console: Console) -> None:
    number = reported(console)
    browser = visitor(console)
    page = says(console, browser, number, "not_reached")
    assert "打过 1 次" in page
    assert "没有人接" in page
    says(console, browser, number, "given_up", "三天打不通")
    assert case(console.wiring, number).state == CaseState.COMPLETED
    assert survey(console.wiring, number).answer is None


@pytest.mark.parametrize("answer", ["", "0", "9", "abc", "²"])
def test_an_answer_that_is_none_changes_nothing(console: Console, answer: str) -> None:
    number = reported(console)
    assert "请先选一项" in says(console, visitor(console), number, answer)
    assert case(console.wiring, number).state == CaseState.REPORTED


def test_a_second_answer_is_refused_and_a_stranger_s_survey_is_none(console: Console) -> None:
    number = reported(console)
    browser = visitor(console)
    says(console, browser, number, "1")
    assert "市民已经评价过了" in says(console, browser, number, "4")
    for path in ("/surveys/999999", "/surveys/999999/caller"):
        assert browser.post(path, {"answer": "1"}).status_code == 404
    assert browser.get("/surveys/999999").status_code == 404


def test_a_supervisor_judges_a_complaint(console: Console) -> None:
    number = reported(console)
    says(console, visitor(console), number, "3", "态度不好")
    browser = console.somebody(Role.SUPERVISOR, "du")
    survey_id = survey(console.wiring, number).id
    assert "不属实" in browser.get("/surveys?answered=1").text
    assert browser.post(f"/surveys/{survey_id}/founded", {"founded": "maybe"}).status_code == 400
    browser.post(f"/surveys/{survey_id}/founded", {"founded": "yes"})
    judged = survey(console.wiring, number)
    assert (judged.founded, judged.judged_by) == (True, "du")


def test_the_dialog_has_four_answers(console: Console) -> None:
    number = reported(console)
    dialog = visitor(console).part(f"/surveys/{survey(console.wiring, number).id}").text
    for word in ("满意", "基本满意", "不满意", "没有解决", "没有接通", RESULT):
        assert word in dialog


# ---------------------------------------------------------------- messages
def test_messages_are_shown_with_masked_numbers_and_without_the_code(console: Console) -> None:
    number = reported(console)
    row = case(console.wiring, number)
    page = console.somebody(Role.AGENT).get("/messages").text
    assert number in digits(page)
    assert "等待发送 3" in page
    assert row.caller not in page
    assert row.tracking_code not in page


def test_on_a_development_system_the_administrator_s_console_is_the_telephone(console: Console) -> None:
    number = reported(console)
    console.wiring.outbox.send_due(console.wiring.now() + timedelta(seconds=1))
    page = console.somebody(Role.ADMIN).get("/messages").text
    assert f"/t/{number}-{case(console.wiring, number).tracking_code}" in page
    assert "仅显示" in page


def test_a_message_s_number_is_shown_on_a_click_that_is_written_down(console: Console) -> None:
    number = reported(console)
    browser = console.somebody(Role.AGENT, "zhang")
    page = browser.get("/messages").text
    address = page.split('hx-post="', 1)[1].split('"', 1)[0]
    assert address.startswith("/messages/")
    assert case(console.wiring, number).caller in browser.post(address).text
    assert [each.who for each in console.audit("caller_shown")] == ["zhang"]
    assert browser.post("/messages/999999/number").status_code == 404


def test_a_message_that_did_not_go_out_is_sent_again_by_a_person_and_only_then(console: Console) -> None:
    reported(console)
    with console.wiring.unit_of_work() as unit:
        row = unit.session.scalars(select(MessageOut).order_by(MessageOut.id.desc())).first()
        assert row is not None
        row.state, row.problem, row.next_at = MessageState.SET_ASIDE, "the gateway answered 400", None
        unit.commit()
    browser = console.somebody(Role.SUPERVISOR)
    page = browser.get("/messages").text
    assert "没有发出 1" in page
    assert "the gateway answered 400" in page
    for _ in range(2):
        browser.post(f"/messages/{row.id}/again")
    assert "别人刚刚处理过" in browser.get("/messages").text
    with console.wiring.reading() as unit:
        again = unit.session.get_one(MessageOut, row.id)
    assert (again.state, again.tries) == (MessageState.WAITING, 0)
    assert len(console.audit("message_again")) == 1
    assert browser.post("/messages/999999/again").status_code == 404


def test_older_messages_are_on_the_next_page(console: Console) -> None:
    for ago in range(300, 320):
        reported(console, ago)
    browser = console.somebody(Role.AGENT)
    page = browser.get("/messages").text
    older = page.split('href="/messages?before=', 1)[1].split('"', 1)[0]
    assert browser.get(f"/messages?before={older}").text.count('data-row="') == 10
    assert browser.get("/messages?before=abc").status_code == 200
