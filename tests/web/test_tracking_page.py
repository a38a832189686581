"""The citizen's own page: by number and code, on any telephone, and never a word of anybody's."""

from __future__ import annotations

import re
from typing import Any

import pytest
from citizens_scene import RESULT, case, completed, move, reported, survey
from console import Browser, Console

from cases.citizen_states import SurveyState, SurveyWay
from cases.moving import Actor
from cases.states import CaseState, Role
from web import limits

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@pytest.fixture(autouse=True)
def _nobody_has_guessed(console: Console) -> None:
    with console.app.app_context():
        limits.limiter.reset()


def send(browser: Browser, path: str, **data: Any) -> Any:
    """As the public page's own form sends it."""
    token = _TOKEN.search(browser.get("/track").text)
    assert token
    return browser.post_as(path, {"csrf_token": token[1], **data})


def code_of(console: Console, number: str) -> str:
    return case(console.wiring, number).tracking_code


def opened(console: Console, number: str) -> Browser:
    browser = console.browser()
    answer = send(browser, "/track", number=number, code=code_of(console, number))
    assert answer.headers["Location"] == "/track/case"
    return browser


def test_number_and_code_open_the_page_with_state_steps_and_result(console: Console) -> None:
    number = reported(console)
    page = opened(console, number).get("/track/case").text
    for piece in ("承办单位已经反馈结果", "市政管理处", RESULT, "已派给承办单位", "您满意吗"):
        assert piece in page


def test_what_people_type_is_forgiven(console: Console) -> None:
    number = reported(console)
    code = code_of(console, number)
    answer = send(
        console.browser(),
        "/track",
        number=f"{number[:3]} {number[3:]}",
        code=f" {code[:3].lower()}-{code[3:]}",
    )
    assert answer.status_code == 302


def test_a_wrong_number_and_a_wrong_code_get_the_same_answer(console: Console) -> None:
    number = reported(console)
    pages = []
    for which, code in ((number, "AAAAAA"), ("100013", code_of(console, number)), ("7", "")):
        answer = send(console.browser(), "/track", number=which, code=code)
        assert answer.status_code == 404
        page = re.sub(r'value="[^"]*"', "", answer.text)
        pages.append(re.sub(r'data-now="[^"]*"', "", page))
    assert len(set(pages)) == 1


def test_who_guesses_is_stopped_and_who_knows_is_not(console: Console) -> None:
    number = reported(console)
    browser = console.browser()
    codes = [send(browser, "/track", number=number, code=f"AAAA{n}2").status_code for n in range(14)]
    assert codes == [404] * 10 + [429] * 4
    assert browser.get(f"/t/{number}-AAAAAA").status_code in (404, 429)


def test_knowing_one_s_code_is_never_counted(console: Console) -> None:
    number = reported(console)
    browser, code = console.browser(), code_of(console, number)
    answers = {send(browser, "/track", number=number, code=code).status_code for _ in range(15)}
    assert answers == {302}


def test_the_link_of_a_message_opens_the_page_and_changes_nothing(console: Console) -> None:
    number = reported(console)
    browser = console.browser()
    answer = browser.get(f"/t/{number}-{code_of(console, number)}")
    assert answer.headers["Location"] == "/track/case"
    assert survey(console.wiring, number).state == SurveyState.PLANNED
    send(browser, "/track/answer", answer="1")
    assert survey(console.wiring, number).way == SurveyWay.SMS


@pytest.mark.parametrize("key", ["", "-", "100005", "100005-", "abc", "%00-%ff", "1" * 40])
def test_a_link_that_is_none_is_the_same_answer(console: Console, key: str) -> None:
    assert console.browser().get(f"/t/{key}").status_code == 404


def test_without_number_and_code_there_is_only_the_door(console: Console) -> None:
    browser = console.browser()
    assert browser.get("/track/case").headers["Location"] == "/track"
    for path in ("/track/answer", "/track/reopen"):
        assert send(browser, path, answer="1", words="x").headers["Location"] == "/track"


def test_nothing_personal_is_on_any_of_its_pages(console: Console) -> None:
    number = reported(console)
    row = case(console.wiring, number)
    browser = opened(console, number)
    send(browser, "/track/answer", answer="4", words="我叫张三，电话13911112222")
    page = browser.get("/track/case").text
    for word in (row.caller, row.text, "解放路", "张三", "13911112222", "paidan", "chengguan"):
        assert word not in page


def test_a_confidential_case_shows_its_progress_only(console: Console) -> None:
    number = reported(console)
    with console.wiring.unit_of_work() as unit:
        unit.session.merge(case(console.wiring, number)).confidential = True
        unit.commit()
    page = opened(console, number).get("/track/case").text
    assert "承办单位已经反馈结果" in page
    assert RESULT not in page
    assert "市政管理处" not in page


# ---------------------------------------------------------------- answered
def test_a_content_citizen_completes_the_case(console: Console) -> None:
    number = reported(console)
    browser = opened(console, number)
    send(browser, "/track/answer", answer="2", words="就是慢了点")
    asked = survey(console.wiring, number)
    assert (asked.answer, asked.way, asked.words) == (2, SurveyWay.PAGE, "就是慢了点")
    assert case(console.wiring, number).state == CaseState.COMPLETED
    page = browser.get("/track/case").text
    assert "谢谢您的评价" in page
    assert "您的评价" in page
    assert "您满意吗" not in page


def test_not_solved_has_it_done_again(console: Console) -> None:
    number = reported(console)
    send(opened(console, number), "/track/answer", answer="4", words="还在冒水")
    row = case(console.wiring, number)
    assert (row.state, row.redo_count) == (CaseState.DISPATCHED, 1)


@pytest.mark.parametrize("answer", ["", "0", "5", "abc", "1e9", "-1"])
def test_an_answer_that_is_none_changes_nothing(console: Console, answer: str) -> None:
    number = reported(console)
    send(opened(console, number), "/track/answer", answer=answer)
    assert survey(console.wiring, number).answer is None


def test_an_answer_is_given_once(console: Console) -> None:
    number = reported(console)
    browser = opened(console, number)
    send(browser, "/track/answer", answer="1")
    send(browser, "/track/answer", answer="4")
    assert survey(console.wiring, number).answer == 1
    assert case(console.wiring, number).state == CaseState.COMPLETED


def test_words_of_a_hundred_kilobytes_are_cut(console: Console) -> None:
    number = reported(console)
    send(opened(console, number), "/track/answer", answer="3", words="慢" * 100_000)
    assert len(survey(console.wiring, number).words) == 1000


def test_without_the_forms_own_token_nothing_is_taken(console: Console) -> None:
    number = reported(console)
    browser = opened(console, number)
    assert browser.post_as("/track/answer", {"answer": "1"}).status_code == 400
    assert browser.post_as("/track/reopen", {"words": "x"}).status_code == 400
    assert survey(console.wiring, number).answer is None


# ---------------------------------------------------------------- opened again
def test_a_closed_case_is_opened_again_with_words(console: Console) -> None:
    number = completed(console)
    browser = opened(console, number)
    assert "还没有解决" in browser.get("/track/case").text
    send(browser, "/track/reopen", words="  ")
    assert case(console.wiring, number).state == CaseState.COMPLETED
    send(browser, "/track/reopen", words="又堵了")
    assert case(console.wiring, number).state == CaseState.SORTED
    page = browser.get("/track/case").text
    assert "按您的意见重新提出" in page


def test_what_was_archived_by_hand_is_opened_again_and_what_is_not_closed_is_not(console: Console) -> None:
    number, open_one = completed(console), reported(console, 200)
    move(console.wiring, number, "archive", Actor("duban", Role.SUPERVISOR))
    send(opened(console, number), "/track/reopen", words="又堵了")
    assert case(console.wiring, number).state == CaseState.SORTED
    browser = opened(console, open_one)
    send(browser, "/track/reopen", words="又堵了")
    assert case(console.wiring, open_one).state == CaseState.REPORTED
    assert "现在不能重新提出" in browser.get("/track/case").text


def test_somebody_else_at_the_same_telephone_begins_at_the_door(console: Console) -> None:
    browser = opened(console, reported(console))
    send(browser, "/track/leave")
    assert browser.get("/track/case").headers["Location"] == "/track"


def test_the_page_speaks_english_too(console: Console) -> None:
    browser = opened(console, reported(console))
    send(browser, "/language/en", back="/track/case")
    page = browser.get("/track/case").text
    assert "Are you satisfied?" in page
    assert "The unit in charge has reported a result" in page
