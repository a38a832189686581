"""What people do to a case on its page: the moves of the table, by their forms; nothing typed is lost."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from console import Browser, Console
from PIL import Image
from scene import SAID
from sqlalchemy import select

from cases.conditions import CONDITIONS
from cases.model import Case, Unit
from cases.states import CaseState, Role
from web.refusals import REFUSALS


def row(console: Console, number: str) -> Case:
    with console.wiring.reading() as unit:
        found = unit.session.scalars(select(Case).where(Case.number == number)).one()
        _ = [(each.move, each.detail) for each in found.events], found.unit and found.unit.name
        return found


def unit_of(console: Console, number: str) -> int:
    found = row(console, number).unit_id
    assert found is not None
    return found


def do(browser: Browser, number: str, what: str, **given: Any) -> Any:
    return browser.post(f"/cases/{number}/moves/{what}", given)


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(made, "PNG")
    return made.getvalue()


def test_a_case_goes_its_whole_way_by_the_buttons_of_those_who_work_on_it(console: Console) -> None:
    number = console.scene.case(300, SAID[0])
    agent = console.somebody(Role.AGENT)
    assert "派单 → 市政管理处" in agent.get(f"/cases/{number}").text
    assert do(agent, number, "dispatch").status_code == 302
    clerk = console.somebody(Role.UNIT, unit_id=unit_of(console, number))
    assert do(clerk, number, "sign").status_code == 302
    photos = {"photos": (io.BytesIO(picture()), "photo.png")}
    assert do(clerk, number, "note", reason="已到现场", **photos).status_code == 302
    assert do(clerk, number, "report", answer="已经疏通").status_code == 302
    supervisor = console.somebody(Role.SUPERVISOR)
    assert do(supervisor, number, "complete").status_code == 302
    done = row(console, number)
    assert done.state == CaseState.COMPLETED
    assert [each.move for each in done.events][-5:] == ["dispatch", "sign", "note", "report", "complete"]
    assert done.answer == "已经疏通"


def test_the_page_offers_only_what_is_allowed_now(sqlite_console: Console) -> None:
    number = sqlite_console.scene.case(300, SAID[0])
    agent = sqlite_console.somebody(Role.AGENT)
    offered = set(re.findall(rf"/cases/{number}/moves/([a-z0-9-]+)", agent.get(f"/cases/{number}").text))
    assert {"dispatch", "note", "complete", "merge", "to-110"} <= offered
    assert not {"sign", "report", "rule", "archive"} & offered
    assert agent.get(f"/cases/{number}/moves/sign").status_code == 404
    assert agent.get(f"/cases/{number}/moves/nonsense").status_code == 404


@pytest.mark.parametrize("what", ["dispatch", "note", "complete", "merge", "to-110", "urge", "add-unit"])
def test_every_form_names_its_fields(sqlite_console: Console, what: str) -> None:
    number = sqlite_console.scene.case(300, SAID[0])
    browser = sqlite_console.somebody(Role.DISPATCHER)
    if what in ("urge", "add-unit"):
        do(browser, number, "dispatch")
    page = browser.get(f"/cases/{number}/moves/{what}")
    assert page.status_code == 200
    labels = re.findall(r'<label for="([^"]+)"', page.text)
    assert labels
    assert all(f'id="{each}"' in page.text for each in labels)


def test_what_is_refused_says_the_rule_and_loses_no_word(sqlite_console: Console) -> None:
    number = sqlite_console.scene.case(300, SAID[0])
    do(sqlite_console.somebody(Role.AGENT), number, "dispatch")
    clerk = sqlite_console.somebody(Role.UNIT, unit_id=unit_of(sqlite_console, number))
    do(clerk, number, "sign")
    answer = do(clerk, number, "ask-extension", reason="雨季，要等<晴天>", days="11")
    assert answer.status_code == 422
    assert "规则 M07.4" in answer.text
    assert "雨季，要等&lt;晴天&gt;</textarea>" in answer.text
    assert 'value="11"' in answer.text


def test_the_second_of_two_is_told_what_the_first_did_and_loses_no_word(sqlite_console: Console) -> None:
    number = sqlite_console.scene.case(300, SAID[0])
    first, second = sqlite_console.somebody(Role.AGENT), sqlite_console.somebody(Role.DISPATCHER)
    seen = row(sqlite_console, number).version
    do(first, number, "note", reason="市民又打来一次", version=seen)
    answer = do(second, number, "complete", answer="已经答复市民", version=seen)
    assert answer.status_code == 409
    assert "市民又打来一次" in answer.text
    assert "已经答复市民</textarea>" in answer.text
    assert row(sqlite_console, number).state == CaseState.SORTED
    version = re.search(r'name="version" value="(\d+)"', answer.text)
    assert version is not None
    assert do(second, number, "complete", answer="已经答复市民", version=version[1]).status_code == 302
    assert row(sqlite_console, number).state == CaseState.COMPLETED


def test_what_is_no_longer_possible_shows_what_was_written(sqlite_console: Console) -> None:
    number = sqlite_console.scene.case(300, SAID[0])
    agent = sqlite_console.somebody(Role.AGENT)
    do(agent, number, "dispatch")
    answer = do(agent, number, "complete", answer="写了很久的答复")
    assert answer.status_code == 422
    assert "规则 M18" in answer.text or "规则 M17" in answer.text
    assert "写了很久的答复" in answer.text


def test_a_unit_neither_sees_nor_moves_the_case_of_another(sqlite_console: Console) -> None:
    number = sqlite_console.scene.case(300, SAID[0])
    do(sqlite_console.somebody(Role.AGENT), number, "dispatch")
    stranger = sqlite_console.somebody(Role.UNIT, unit_id=sqlite_console.scene.unit("园林处"))
    assert do(stranger, number, "sign").status_code == 404
    assert stranger.get(f"/cases/{number}/moves/sign").status_code == 404
    assert row(sqlite_console, number).state == CaseState.DISPATCHED


def test_a_program_is_no_photo_and_nothing_is_kept_of_it(sqlite_console: Console) -> None:
    number = sqlite_console.scene.case(300, SAID[0])
    do(sqlite_console.somebody(Role.AGENT), number, "dispatch")
    clerk = sqlite_console.somebody(Role.UNIT, unit_id=unit_of(sqlite_console, number))
    do(clerk, number, "sign")
    sent = {"photos": (io.BytesIO(b"MZ" + b"\x90" * 4000), "photo.jpg")}
    answer = do(clerk, number, "note", reason="见照片", **sent)
    assert answer.status_code == 422
    assert "规则 M00.6" in answer.text
    assert "见照片</textarea>" in answer.text
    assert row(sqlite_console, number).state == CaseState.SIGNED
    photos = sqlite_console.wiring.settings.photos
    assert not photos.exists() or not [each for each in photos.rglob("*") if each.is_file()]


@pytest.mark.parametrize(
    "nonsense", ["", "\x00", "x" * 100_000, "'; DROP TABLE case; --", "\u202e😀", "-1", "2026-02-30"]
)
def test_nonsense_in_a_move_is_never_our_fault(sqlite_console: Console, nonsense: str) -> None:
    number = sqlite_console.scene.case(300, SAID[0])
    browser = sqlite_console.somebody(Role.SUPERVISOR)
    do(browser, number, "dispatch")
    for what in ("note", "suspend", "add-unit", "merge", "grant-extension", "rule"):
        for name in ("reason", "unit", "units", "days", "until", "into", "version", "waiting"):
            assert do(browser, number, what, **{name: nonsense}).status_code < 500
    assert browser.get(f"/cases/{number}").status_code == 200
    assert do(browser, "999999", "note", reason="x").status_code == 404
    assert do(browser, "abc", "note", reason="x").status_code == 404


def test_without_the_pages_token_nothing_moves(sqlite_console: Console) -> None:
    number = sqlite_console.scene.case(300, SAID[0])
    browser = sqlite_console.somebody(Role.AGENT)
    assert browser.client.post(f"/cases/{number}/moves/dispatch").status_code == 400
    assert row(sqlite_console, number).state == CaseState.SORTED


def test_every_condition_has_its_words() -> None:
    assert set(REFUSALS) == set(CONDITIONS)


def test_units_that_are_not_in_use_are_not_offered(sqlite_console: Console) -> None:
    number = sqlite_console.scene.case(300, SAID[0])
    sqlite_console.scene.unit("园林处")
    browser = sqlite_console.somebody(Role.AGENT)
    assert "园林处" in browser.get(f"/cases/{number}/moves/dispatch").text
    with sqlite_console.wiring.unit_of_work() as work:
        work.session.scalars(select(Unit).where(Unit.name == "园林处")).one().active = False
        work.commit()
    assert "园林处" not in browser.get(f"/cases/{number}/moves/dispatch").text
