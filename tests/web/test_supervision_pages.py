"""Pages of supervision: what is late, notices, the reception day, special reports, accountability."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from console import Console
from docx import Document
from late_scene import LateCity, late_city
from sqlalchemy import select

from cases.model import Case, ReceptionItem, SpecialReport
from cases.reception_outcomes import write_report
from cases.states import Role


@pytest.fixture
def city(console: Console) -> LateCity:
    return late_city(console.wiring)


def digits(page: str) -> str:
    return page.replace(" ", "")


def numbers(city: LateCity) -> list[str]:
    with city.wiring.reading() as unit:
        return list(unit.session.scalars(select(Case.number).order_by(Case.id)))


def test_a_supervisor_sees_what_is_late_and_whose(console: Console, city: LateCity) -> None:
    first = numbers(city)[0]
    page = console.somebody(Role.SUPERVISOR).get("/supervision").text
    assert first in digits(page)
    assert "王处长" in page
    assert "个工作日" in page
    assert "没有快到期的事项" in console.somebody(Role.LEADER).get("/supervision?show=soon").text


def test_the_steps_that_were_taken_are_listed_with_whom_they_told(console: Console, city: LateCity) -> None:
    city.supervised()
    page = console.somebody(Role.SUPERVISOR).get("/supervision?show=steps").text
    assert "超期报领导" in page
    assert "单位负责人、督办员、领导" in page
    assert "件督办中" in page


def test_notices_are_read_by_those_whom_they_tell(console: Console, city: LateCity) -> None:
    city.supervised()
    other = console.somebody(Role.UNIT, "other", unit_id=city.scene.unit("民政"))
    assert "没有新的通知" in other.get("/notices").text
    unit = console.somebody(Role.UNIT, unit_id=city.scene.unit("城监大队"))
    page = unit.get("/notices").text
    assert numbers(city)[-1] in digits(page)
    assert numbers(city)[0] not in digits(page)
    assert "李大队长" in page
    ids = page.partition('type="hidden" name="ids" value="')[2].partition('"')[0]
    other.post("/notices", {"ids": ids})
    assert "没有新的通知" not in unit.get("/notices").text, "nobody reads what is told to another unit"
    unit.post("/notices", {"ids": ids})
    assert "没有新的通知" in unit.get("/notices").text
    assert "unit1 已读" in unit.get("/notices?show=all").text


def test_how_many_notices_wait_stands_beside_the_menu(console: Console, city: LateCity) -> None:
    city.supervised()
    browser = console.somebody(Role.UNIT, unit_id=city.scene.unit("城监大队"))
    assert 'class="count"' in browser.get("/cases").text


def test_the_outcome_of_a_reception_is_recorded(console: Console, city: LateCity) -> None:
    month = city.reception_day()
    browser = console.somebody(Role.SUPERVISOR)
    page = browser.get("/supervision/reception").text
    assert "超期" in page
    with city.wiring.reading() as unit:
        item = unit.session.scalars(select(ReceptionItem).order_by(ReceptionItem.id)).first()
        assert item is not None
    address = f"/supervision/reception/items/{item.id}"
    refused = browser.post(address, {"month": month, "outcome": "promised", "note": "答应修好"})
    assert "规则 M22.2" in browser.get(refused.headers["Location"]).text
    until = (city.now + timedelta(days=10)).date().isoformat()
    told = {"month": month, "outcome": "promised", "note": "答应修好", "until": until, "leader": "陈副市长"}
    browser.post(address, told)
    page = browser.get(f"/supervision/reception?month={month}").text
    assert until in page
    assert "陈副市长" in page


def test_what_stays_unsolved_becomes_a_paper_with_no_callers_number(console: Console, city: LateCity) -> None:
    month = city.reception_day()
    browser = console.somebody(Role.SUPERVISOR)
    with city.wiring.reading() as unit:
        item = unit.session.scalars(select(ReceptionItem).order_by(ReceptionItem.id)).first()
        assert item is not None
    told = {
        "month": month, "outcome": "special_report", "note": "管网产权不清，两家都不认", "leader": "陈副市长",
        "request": "请明确管网产权单位和牵头单位",
    }  # fmt: skip
    browser.post(f"/supervision/reception/items/{item.id}", told)
    with city.wiring.reading() as unit:
        report = unit.session.scalars(select(SpecialReport)).one()
    page = browser.get(f"/supervision/reports/{report.id}").text
    assert f"民生110专报〔{report.year}〕1号" in page
    assert "请明确管网产权单位和牵头单位" in page
    answer = browser.get(f"/supervision/reports/{report.id}.docx")
    assert answer.status_code == 200
    paper = Document(io.BytesIO(answer.data))
    cells = [cell.text for row in paper.tables[0].rows for cell in row.cells]
    assert "管网产权不清，两家都不认" in cells
    assert "领导批示" in cells
    assert all("1380000" not in text and "1390000" not in text for text in (page, *cells))
    assert [each.who for each in console.audit("special_report_taken")] == ["supervisor1"]


def test_a_number_in_the_callers_words_is_not_in_the_paper(console: Console, city: LateCity) -> None:
    number = numbers(city)[-1]
    with city.wiring.unit_of_work() as unit:
        case = unit.session.scalars(select(Case).where(Case.number == number)).one()
        case.text = "我叫张三,电话13800001234,幺三八零零零零幺二三四,天天吵到半夜"
        unit.commit()
    made = report_of(city, number)
    page = console.somebody(Role.LEADER).get(f"/supervision/reports/{made}").text
    assert "天天吵到半夜" in page
    assert "13800001234" not in page
    assert "幺三八" not in page


def test_a_confidential_case_hides_its_words_and_its_place(console: Console, city: LateCity) -> None:
    number = numbers(city)[-1]
    with city.wiring.unit_of_work() as unit:
        case = unit.session.scalars(select(Case).where(Case.number == number)).one()
        case.confidential = True
        unit.commit()
    page = console.somebody(Role.LEADER).get(f"/supervision/reports/{report_of(city, number)}").text
    assert "来电人要求保密" in page
    assert "烧烤摊" not in page
    assert "新城小区" not in page


def report_of(city: LateCity, number: str) -> int:
    from late_scene import DISPATCHER

    from cases.moving import Actor

    who = Actor(DISPATCHER.who, Role.SUPERVISOR)
    with city.wiring.unit_of_work() as unit:
        made = write_report(unit.session, number, "难", "请示", who, city.now, city.wiring.rules)
        unit.commit()
    return made.id


def test_only_a_leader_instructs(console: Console, city: LateCity) -> None:
    made = report_of(city, numbers(city)[-1])
    address = f"/supervision/reports/{made}/instruction"
    assert console.somebody(Role.SUPERVISOR).post(address, {"text": "立即办"}).status_code == 403
    leader = console.somebody(Role.LEADER)
    leader.post(address, {"text": "由城管局牵头，三日内办结"})
    assert "由城管局牵头，三日内办结" in leader.get(f"/supervision/reports/{made}").text


def test_the_accountability_list_shows_its_evidence_and_is_started_once(
    console: Console, city: LateCity
) -> None:
    number = numbers(city)[0]
    browser = console.somebody(Role.SUPERVISOR)
    page = browser.get("/supervision/accountability").text
    assert number in digits(page)
    assert "市民催办" in page
    assert "不属于我单位职责范围" in page
    browser.post(f"/supervision/accountability/{number}", {"reason": "推诿扯皮"})
    page = browser.get("/supervision/accountability").text
    assert "已启动追责" in page
    assert "推诿扯皮" in page


@pytest.mark.parametrize(
    "address",
    [
        "/supervision?show=everything",
        "/supervision/reception?month=2026-99",
        "/supervision/reports/9",
        "/supervision/reports/9.docx",
    ],
)
def test_what_is_not_there_is_not_found(sqlite_console: Console, address: str) -> None:
    assert sqlite_console.somebody(Role.SUPERVISOR).get(address).status_code == 404
