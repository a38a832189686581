"""Pages of money and scores: a file is shown before it is applied, each score opens down to its cases."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from console import Browser, Console
from sqlalchemy import select

from cases import contracts, households, prices
from cases.citizen_states import SurveyState, SurveyWay
from cases.handling import Actor, Asked, make_move
from cases.model import AuditEntry, Case, Contract, Fee, FreeClaim, Household, Price, Survey, Unit
from cases.opening import reserve_numbers
from cases.states import CaseState, ClaimState, ContractState, FeeState, Role, Sector, UnitType, WayIn

HEADER = "类别,姓名,电话,生效日期,失效日期\n"
ONE = "低保户,张三,13800110110,2026-01-01,\n"
TWO = "残疾人,李四,13800110111,2026-01-01,\n"
FIRM = "firm-x"


class Bureau:
    """A firm with a price, and cases that it has done."""

    def __init__(self, console: Console) -> None:
        self.console, self.wiring = console, console.wiring
        with self.wiring.unit_of_work() as work:
            firm = Unit(code=FIRM, name="示例锁店", type=UnitType.FIRM, sector=Sector.MARKET,
                        detail={"trades": ["lock"], "rating": 4.0})  # fmt: skip
            work.session.add(firm)
            work.session.flush()
            self.firm = firm.id
            table, rows = prices.from_csv(
                "trade,service,name,reference,valid_from,usual\nlock,open,开锁,80.05,2020-01-01,是\n".encode()
            )
            assert table.encoding == "utf-8"
            prices.put(work.session, rows)
            work.commit()

    def job(self, caller: str = "13900000000", *, finish: bool = True) -> str:
        now, rules = self.wiring.now() - timedelta(minutes=5), self.wiring.rules
        with self.wiring.unit_of_work() as work:
            number = reserve_numbers(work.session, 1)[0]
            case = Case(number=number, tracking_code="ABC234", opened_at=now, changed_at=now, caller=caller)
            case.state, case.way_in, case.sector = CaseState.SORTED, WayIn.KEY, Sector.MARKET
            case.matter, case.matter_path = "开锁", ["家政", "开锁"]
            case.deadline_class, case.unit_id = "help", self.firm
            work.session.add(case)
            work.session.flush()
            person = Actor("locksmith", Role.UNIT, self.firm)
            make_move(work.session, number, "dispatch", Actor("d", Role.DISPATCHER), now, rules)
            if finish:
                make_move(work.session, number, "sign", person, now, rules)
                make_move(work.session, number, "report", person, now, rules, Asked(answer="好了"))
                make_move(work.session, number, "complete", Actor("v", Role.VISITOR), now, rules)
            work.commit()
        return number

    def rows(self, kind: Any) -> list[Any]:
        with self.wiring.reading() as work:
            return list(work.session.scalars(select(kind)))

    def month(self) -> str:
        return f"{self.wiring.now().astimezone(self.wiring.settings.zone):%Y-%m}"


@pytest.fixture
def bureau(console: Console) -> Bureau:
    return Bureau(console)


def upload(browser: Browser, path: str, content: str | bytes) -> str:
    data = content if isinstance(content, bytes) else content.encode()
    return browser.post(path, {"file": (io.BytesIO(data), "x.csv")}, follow_redirects=True).text


def shown_content(page: str) -> str:
    found = re.search(r'name="content" value="([^"]+)"', page)
    assert found, page
    return found[1]


# ---------------------------------------------------------------- the register


def test_a_register_is_shown_before_it_is_applied_and_names_nobody(bureau: Bureau) -> None:
    admin = bureau.console.somebody(Role.ADMIN)
    page = upload(admin, "/money/households", (HEADER + ONE + TWO).encode("gbk"))
    assert "这个文件会改变什么" in page
    assert "gb18030" in page
    assert bureau.rows(Household) == []
    assert not any(secret in page for secret in ("张三", "13800110110"))
    content = shown_content(page)
    done = admin.post("/money/households", {"content": content, "apply": "1"}, follow_redirects=True)
    assert "已导入" in done.text
    assert {row.name for row in bureau.rows(Household)} == {"张三", "李四"}
    assert [each.who for each in bureau.console.audit("households_imported")] == ["admin1"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("姓名\n张三\n", "列名不对"),
        (HEADER + ONE + ONE, "有重复的行"),
        (HEADER + ONE.replace("低保户", "富户"), "填得不对"),
        (b"\xff\xfe\x00", "编码不对"),
        (b"", "请选择一个"),
    ],
)
def test_a_wrong_register_is_refused_with_its_rule_and_changes_nothing(
    bureau: Bureau, content: str | bytes, said: str
) -> None:
    admin = bureau.console.somebody(Role.ADMIN)
    page = upload(admin, "/money/households", content)
    assert said in page
    assert bureau.rows(Household) == []


@pytest.mark.parametrize("content", ["", "not base64!", "eJwDAAAAAAE=", "A" * 300_000])
def test_what_was_never_shown_is_not_applied(bureau: Bureau, content: str) -> None:
    admin = bureau.console.somebody(Role.ADMIN)
    answer = admin.post("/money/households", {"content": content, "apply": "1"}, follow_redirects=True)
    assert answer.status_code == 200
    assert bureau.rows(Household) == []


def test_a_price_list_is_imported_in_the_same_way(bureau: Bureau) -> None:
    admin = bureau.console.somebody(Role.ADMIN)
    page = upload(
        admin, "/money/prices", "trade,service,name,reference,valid_from\nlock,core,换锁芯,150,2026-01-01\n"
    )
    assert "换锁芯" in page
    assert len(bureau.rows(Price)) == 1
    admin.post("/money/prices", {"content": shown_content(page), "apply": "1"})
    assert {row.service for row in bureau.rows(Price)} == {"open", "core"}
    assert "150.00" in admin.get("/money/prices").text


# ---------------------------------------------------------------- statements


def test_a_statement_is_shown_and_taken_away_as_a_workbook(bureau: Bureau) -> None:
    number = bureau.job()
    leader = bureau.console.somebody(Role.LEADER)
    page = leader.get("/money").text
    assert "72.04" in page
    assert "示例锁店" in page
    answer = leader.post("/money/statement.xlsx", {"month": bureau.month()})
    assert answer.headers["Content-Disposition"].endswith(f'{bureau.month()}-v1.xlsx"')
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert book["示例锁店"]["A4"].value == number
    assert [each.target for each in bureau.console.audit("statement_made")] == [bureau.month()]
    rewards = leader.post("/money/rewards.xlsx", {"year": str(bureau.wiring.now().year)})
    assert openpyxl.load_workbook(io.BytesIO(rewards.data)).sheetnames == ["奖励"]


def test_the_future_and_a_month_that_goes_on_are_said_plainly(bureau: Bureau) -> None:
    bureau.job()
    leader = bureau.console.somebody(Role.LEADER)
    assert "还没有开始" in leader.get("/money?month=2999-01").text
    assert (
        "还没有开始" in leader.post("/money/statement.xlsx", {"month": "2999-01"}, follow_redirects=True).text
    )
    assert "请写成" in leader.get("/money?month=nonsense").text
    settle = {"month": bureau.month(), "firm": FIRM}
    assert "不能结清" in leader.post("/money/settle", settle, follow_redirects=True).text
    assert [fee.state for fee in bureau.rows(Fee)] == [FeeState.BILLED]


# ---------------------------------------------------------------- scores and contracts


def test_a_score_opens_down_to_its_cases(bureau: Bureau) -> None:
    number = bureau.job()
    leader = bureau.console.somebody(Role.LEADER)
    assert f"/assessment/{FIRM}" in leader.get("/assessment?group=firms").text
    page = leader.get(f"/assessment/{FIRM}").text
    assert f"/cases/{number}" in page
    assert leader.get("/assessment/nobody").status_code == 404
    assert leader.get("/assessment?group=nothing").status_code == 404
    assert leader.get("/assessment?from=tomorrow&to=2026-02-30").status_code == 200
    for group in ("departments", "teams"):
        assert leader.get(f"/assessment?group={group}").status_code == 200


def test_a_supervisor_suspends_a_leader_ends_and_each_says_why(bureau: Bureau) -> None:
    bureau.job()
    supervisor, leader = bureau.console.somebody(Role.SUPERVISOR), bureau.console.somebody(Role.LEADER)
    path = f"/assessment/{FIRM}/contract"
    assert "请写明理由" in supervisor.post(path, {"what": "suspend"}, follow_redirects=True).text
    assert "已经变了" in supervisor.post(path, {"what": "end", "why": "x"}, follow_redirects=True).text
    supervisor.post(path, {"what": "suspend", "why": "多次乱收费"})
    assert "已暂停" in leader.get(f"/assessment/{FIRM}").text
    page = leader.post(path, {"what": "end", "why": "查实"}, follow_redirects=True).text
    assert "多次乱收费" in page
    with bureau.wiring.reading() as work:
        assert [each["state"] for each in contracts.contracts(work.session)] == [ContractState.ENDED]
    assert supervisor.post(path, {"what": "nothing"}).status_code == 400


def test_the_third_complaint_that_a_supervisor_finds_founded_suspends_the_firm(bureau: Bureau) -> None:
    numbers = [bureau.job() for _ in range(3)]
    with bureau.wiring.unit_of_work() as work:
        for survey in work.session.scalars(select(Survey)):
            survey.state, survey.answer, survey.way = SurveyState.ANSWERED, 3, SurveyWay.VISITOR
            survey.answered_at, survey.answered_by = bureau.wiring.now(), "visitor1"
        work.commit()
    supervisor = bureau.console.somebody(Role.SUPERVISOR)
    for survey in bureau.rows(Survey):
        assert bureau.rows(Contract) == [] or bureau.rows(Contract)[0].state == ContractState.ACTIVE
        supervisor.post(f"/surveys/{survey.id}/founded", {"founded": "yes"})
    assert [row.state for row in bureau.rows(Contract)] == [ContractState.SUSPENDED]
    page = supervisor.get(f"/assessment/{FIRM}").text
    assert "3 件投诉经查属实" in page
    assert all(f"/cases/{number}" in page for number in numbers)


# ---------------------------------------------------------------- a case's fee


def test_the_firm_sees_its_fee_and_confirms_the_name_at_the_door(bureau: Bureau) -> None:
    with bureau.wiring.unit_of_work() as work:
        kinds = {"low_income": "低保户"}
        table, rows = households.from_csv((HEADER + ONE).encode(), kinds)
        households.put(work.session, table, rows, "admin", bureau.wiring.now(), bureau.wiring.now().date())
        work.commit()
    number = bureau.job("13800110110", finish=False)
    agent = bureau.console.somebody(Role.AGENT)
    agent.post(f"/cases/{number}/claim")
    firm = bureau.console.somebody(Role.UNIT, unit_id=bureau.firm)
    assert "先不要收费" in firm.get(f"/cases/{number}/fee").text
    firm.post(f"/cases/{number}/fee", {"service": "open", "quantity": "2"})
    firm.post(f"/cases/{number}/claim", {"name": "张三"})
    part = firm.get(f"/cases/{number}/fee").text
    assert "由政府支付" in part
    assert "张三" not in part
    [claim], [fee] = bureau.rows(FreeClaim), bureau.rows(Fee)
    assert claim.state == ClaimState.GRANTED
    assert (fee.quantity, fee.government_fen, fee.state) == (2, 14_409, FeeState.AGREED)
    lookups = [each for each in bureau.rows(AuditEntry) if each.what == "household_lookup"]
    assert [each.who for each in lookups] == ["system", "unit1"]


def test_another_firm_sees_no_fee_and_changes_none(bureau: Bureau) -> None:
    number = bureau.job(finish=False)
    stranger = bureau.console.somebody(Role.UNIT, unit_id=bureau.console.scene.unit("民政"))
    assert stranger.get(f"/cases/{number}/fee").status_code == 404
    stranger.post(f"/cases/{number}/fee", {"service": "open", "quantity": "9"})
    stranger.post(f"/cases/{number}/claim", {"name": "张三"})
    stranger.post(f"/cases/{number}/claim")
    assert bureau.rows(FreeClaim) == []
    assert [(fee.quantity, fee.state) for fee in bureau.rows(Fee)] == [(1, FeeState.ESTIMATED)]
