"""Every address × every role: the table is written here once more, by hand, and both must agree."""

from __future__ import annotations

from uuid import uuid4

import pytest
from console import Console
from werkzeug.routing import Rule

from cases.states import Role

PEOPLE = tuple(role for role in Role if role not in (Role.SYSTEM, Role.CITIZEN))
STAFF = {Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR, Role.VISITOR, Role.ADMIN}
CALLING = {Role.AGENT, Role.DISPATCHER, Role.VISITOR, Role.ADMIN}
SORTING = {Role.AGENT, Role.DISPATCHER}
ASKING = {Role.VISITOR, Role.SUPERVISOR}
MESSAGES = {Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN}
SCORES = {Role.SUPERVISOR, Role.LEADER, Role.ADMIN}
MONEY = {Role.LEADER, Role.ADMIN}
FEES = {Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN, Role.UNIT}
EVERYBODY = set(PEOPLE)
SUPERVISING = {Role.SUPERVISOR, Role.LEADER}
TOLD = EVERYBODY - {Role.AGENT, Role.DESK, Role.ADMIN}
"""Whom the supervision tells something."""
PUBLIC = {
    "static", "auth.login", "second_factor.code", "health.health", "health.metrics", "language.choose",
    "track.door", "track.link", "track.page", "track.answer", "track.reopen", "track.leave",
    "open_data.page", "open_data.as_json", "open_data.as_csv",
}  # fmt: skip
OWN = {
    "auth.logout", "auth.password", "auth.again", "second_factor.page", "second_factor.new",
    "second_factor.confirm", "second_factor.codes", "second_factor.off",
}  # fmt: skip
"""For everybody who is logged in."""
MAY = {
    "queue.root": EVERYBODY,
    "queue.page": STAFF | {Role.LEADER},
    "queue.wall": STAFF | {Role.LEADER},
    "queue.take": CALLING,
    "queue.complete": CALLING,
    "queue.ring": SORTING,
    "administration.page": {Role.ADMIN},
    "people.page": {Role.ADMIN},
    "people.new": {Role.ADMIN},
    "people.add": {Role.ADMIN},
    "people.show": {Role.ADMIN},
    "people.change": {Role.ADMIN},
    "people.active": {Role.ADMIN},
    "people.password": {Role.ADMIN},
    "people.second_factor": {Role.ADMIN},
    "city.page": {Role.ADMIN},
    "city.check": {Role.ADMIN},
    "city.apply": {Role.ADMIN},
    "prompts.page": {Role.ADMIN},
    "prompts.play": {Role.ADMIN},
    "prompts.replace": {Role.ADMIN},
    "prompts.restore": {Role.ADMIN},
    "units.page": {Role.ADMIN},
    "units.show": {Role.ADMIN},
    "units.change": {Role.ADMIN},
    "overview.page": {Role.LEADER},
    "reports.page": SCORES,
    "reports.report": SCORES,
    "reports.download": SCORES,
    "work.page": {Role.UNIT},
    "dispatching.page": {Role.DISPATCHER},
    "dispatching.take": {Role.DISPATCHER},
    "agents.mine": SORTING,
    "agents.change": SORTING,
    "agents.page": {Role.SUPERVISOR, Role.ADMIN},
    "agents.out": {Role.SUPERVISOR, Role.ADMIN},
    "case.listing": EVERYBODY,
    "case.find": EVERYBODY,
    "case.page": EVERYBODY,
    "case.caller": STAFF,
    "case.place": STAFF | {Role.LEADER},
    "sorting.form": SORTING,
    "sorting.save": SORTING,
    "sorting.words": SORTING,
    "sorting.save_words": SORTING,
    "sorting.answer": SORTING | {Role.SUPERVISOR},
    "sorting.seen": SORTING | {Role.SUPERVISOR},
    "calls.page": STAFF,
    "calls.caller": STAFF,
    "recordings.play": STAFF,
    "photos.show": EVERYBODY,
    "desk.page": {Role.DESK, Role.SUPERVISOR, Role.ADMIN},
    "desk.pass_on": {Role.DESK},
    "survey.page": ASKING,
    "survey.form": ASKING,
    "survey.caller": ASKING,
    "survey.save": ASKING,
    "survey.judge": {Role.SUPERVISOR},
    "messages.page": MESSAGES,
    "messages.number": MESSAGES,
    "messages.again": {Role.SUPERVISOR, Role.ADMIN},
    "moves.form": EVERYBODY,
    "moves.make": EVERYBODY,
    "assessment.page": SCORES,
    "assessment.unit": SCORES,
    "assessment.contract": {Role.SUPERVISOR, Role.LEADER},
    "money.page": MONEY,
    "money.statement": MONEY,
    "money.rewards": MONEY,
    "money.settle": MONEY,
    "money.price_list": MONEY,
    "money.import_prices": {Role.ADMIN},
    "money.register": {Role.ADMIN},
    "money.import_households": {Role.ADMIN},
    "fee.part": STAFF | {Role.LEADER, Role.UNIT},
    "fee.agree": FEES,
    "fee.claim": FEES,
    "days.page": {Role.ADMIN},
    "days.save": {Role.ADMIN},
    "notices.page": TOLD,
    "notices.read": TOLD,
    "supervision.page": SUPERVISING,
    "supervision.reception": SUPERVISING,
    "supervision.add": SUPERVISING,
    "supervision.outcome": SUPERVISING,
    "supervision.accountable": SUPERVISING,
    "supervision.start": SUPERVISING,
    "special_reports.page": SUPERVISING,
    "special_reports.show": SUPERVISING,
    "special_reports.docx": SUPERVISING,
    "special_reports.write": SUPERVISING,
    "special_reports.instruction": {Role.LEADER},
    "trail.page": {Role.ADMIN},
    "trail.verify": {Role.ADMIN},
    "live.events": EVERYBODY,
}
SAMPLES = {
    "phone": "agent1",
    "number": "100005", "call_id": str(uuid4()), "recording_id": str(uuid4()), "photo_id": str(uuid4()),
    "call_back_id": "7", "offer_id": "7", "burst_id": "7",
    "survey_id": "7", "message_id": "7", "code": "firm-lock-1",
    "username": "nobody.here", "prompt": "nothing",
    "what": "note", "item_id": "7", "report_id": "7", "month": "2026-03",
    "kind": "nightly", "day": "2026-03-01", "form": "json",
}  # fmt: skip


def rules(console: Console) -> list[tuple[Rule, str, str]]:
    """(rule, an address of it, its method)"""
    return [
        (rule, filled(rule), "POST" if "GET" not in (rule.methods or ()) else "GET")
        for rule in console.app.url_map.iter_rules()
        if rule.endpoint not in PUBLIC | OWN
    ]


def filled(rule: Rule) -> str:
    parts = [SAMPLES[part] if is_name else part for is_name, part in rule._trace]
    return "".join(parts).lstrip("|")


def test_the_table_names_every_address(sqlite_console: Console) -> None:
    found = {rule.endpoint for rule in sqlite_console.app.url_map.iter_rules()}
    assert found == set(MAY) | PUBLIC | OWN


@pytest.mark.parametrize("role", PEOPLE)
def test_every_address_is_open_to_its_roles_and_closed_to_others(sqlite_console: Console, role: Role) -> None:
    browser = sqlite_console.somebody(role, desk="desk1" if role is Role.DESK else None)
    wrong = []
    for rule, address, method in rules(sqlite_console):
        answer = browser.get(address) if method == "GET" else browser.post(address)
        answer.close()
        refused = answer.status_code == 403
        assert answer.status_code < 500, (address, answer.text)
        if refused == (role in MAY[rule.endpoint]):
            wrong.append((address, answer.status_code))
    assert not wrong


def test_nobody_gets_in_without_a_login(sqlite_console: Console) -> None:
    browser = sqlite_console.browser()
    for _rule, address, method in rules(sqlite_console):
        answer = browser.get(address) if method == "GET" else browser.post(address)
        if address == "/events":
            assert answer.status_code == 401
        else:
            assert answer.headers.get("Location", "").startswith("/login"), address


def test_a_unit_sees_its_own_cases_and_no_others(console: Console) -> None:
    scene = console.scene
    own, other = scene.case(300), scene.case(200, scene_said("民政"))
    browser = console.somebody(Role.UNIT, unit_id=scene.unit("市政管理处"))
    listed = browser.get("/cases").text
    assert own in digits(listed)
    assert other not in digits(listed)
    assert browser.get(f"/cases/{own}").status_code == 200
    assert browser.get(f"/cases/{other}").status_code == 404
    assert browser.get(f"/cases/find?number={other}", follow_redirects=True).status_code == 404


def test_a_unit_without_cases_and_a_unit_of_nobody_see_none(console: Console) -> None:
    number = console.scene.case(300)
    browser = console.somebody(Role.UNIT)
    assert "这里还没有事项" in browser.get("/cases").text
    assert browser.get(f"/cases/{number}").status_code == 404


def test_a_desk_sees_what_it_passed_on_and_no_more(console: Console) -> None:
    own, other = console.scene.case(300, desk="desk1"), console.scene.case(200, desk="desk2")
    browser = console.somebody(Role.DESK, "desk1", desk="desk1")
    assert browser.get(f"/cases/{own}").status_code == 200
    assert browser.get(f"/cases/{other}").status_code == 404
    assert other not in digits(browser.get("/desk").text)


def test_a_desk_operator_without_a_desk_has_nothing(console: Console) -> None:
    direct = console.scene.case(300, way="direct")
    passed_on = console.scene.case(200, desk="desk1")
    browser = console.somebody(Role.DESK)
    for number in (direct, passed_on):
        assert browser.get(f"/cases/{number}").status_code == 404
        assert number not in digits(browser.get("/desk").text)


def test_a_unit_is_told_that_there_is_a_recording_and_cannot_hear_it(console: Console) -> None:
    number = console.scene.case(300)
    browser = console.somebody(Role.UNIT, unit_id=console.scene.unit("市政管理处"))
    page = browser.get(f"/cases/{number}").text
    assert "您的岗位不听录音" in page
    assert "/recordings/" not in page


def test_a_unit_learns_nothing_of_a_caller_who_asked_for_silence(console: Console) -> None:
    number = console.scene.case(300, confidential=True, caller="13800005678")
    browser = console.somebody(Role.UNIT, unit_id=console.scene.unit("市政管理处"))
    for page in (browser.get("/cases").text, browser.get(f"/cases/{number}").text):
        assert "保密" in page
        assert "5678" not in page


def test_a_leader_sees_cases_and_nobodys_number(console: Console) -> None:
    number = console.scene.case(300, caller="13800005678")
    browser = console.somebody(Role.LEADER)
    for address in ("/queue", "/cases", f"/cases/{number}"):
        page = browser.get(address).text
        assert "13800005678" not in page
        assert 'class="eye"' not in page


def scene_said(unit: str):  # type: ignore[no-untyped-def]
    from scene import SAID

    return next(each for each in SAID if each.unit == unit)


def digits(page: str) -> str:
    return page.replace(" ", "")
