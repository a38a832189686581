"""`minsheng110 fees`, `households`, `assess`: their JSON, their codes, and workbooks that are read again."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result
from runs import make_settings
from sqlalchemy import select

from cases.handling import Actor, Asked, make_move
from cases.model import AuditEntry, Case, Household, Survey, Unit
from cases.states import CaseState, Role, Sector, WayIn
from cases.users import add_user
from hotline.city import file_of, load_file, rows
from hotline.cli import assess, cases, fees, households, showing
from hotline.settings import Settings
from hotline.wiring import Wiring, build

HEADER = "类别,姓名,电话,生效日期,失效日期\n"
ONE = "低保户,张三,13800110110,2026-01-01,\n"
TWO = "残疾人,李四,13800110111,2026-01-01,2030-12-31\n"
LOCK = "firm-lock-1"


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    made = make_settings(tmp_path, sqlite_url, "unix:///nowhere.sock")
    monkeypatch.setattr(showing, "load", lambda: made)
    return made


@pytest.fixture
def city(settings: Settings) -> Iterator[Wiring]:
    """The city file is loaded, and its people are there."""
    wiring = build(settings)
    load_file(wiring, rows(file_of(settings)))
    with wiring.unit_of_work() as work:
        firm = work.session.scalars(select(Unit.id).where(Unit.code == LOCK)).one()
        for name, role, unit in (("admin1", Role.ADMIN, None), ("agent1", Role.AGENT, None),
                                 ("lock1", Role.UNIT, firm)):  # fmt: skip
            add_user(work.session, name, role, "long enough 7", wiring.now(), "system", unit_id=unit)
        work.commit()
    yield wiring
    wiring.close()


def run(command: Any, *words: str) -> Result:
    return CliRunner().invoke(command, words, catch_exceptions=False)


def told(command: Any, *words: str) -> Any:
    answer = run(command, *words, "--json")
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.output)


def refused(command: Any, *words: str) -> str:
    answer = run(command, *words, "--json")
    assert answer.exit_code == 3, answer.output
    rule: str = json.loads(answer.output)["refused"]
    return rule


def file(tmp_path: Path, content: str | bytes) -> str:
    path = tmp_path / "given.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


# ---------------------------------------------------------------- a firm's work


def job(wiring: Wiring, caller: str = "13800110110", days_ago: float = 0) -> str:
    """A case that the first locksmith has; -> its number."""
    now = wiring.now() - timedelta(days=days_ago)
    with wiring.unit_of_work() as work:
        from cases.opening import reserve_numbers

        number = reserve_numbers(work.session, 1)[0]
        case = Case(
            number=number, tracking_code="ABC234", state=CaseState.SORTED, opened_at=now, changed_at=now,
            caller=caller, way_in=WayIn.KEY, matter="开锁换锁", matter_path=["家政与维修服务", "开锁换锁"],
            sector=Sector.MARKET, deadline_class="help",
            unit_id=work.session.scalars(select(Unit.id).where(Unit.code == LOCK)).one(),
        )  # fmt: skip
        work.session.add(case)
        work.session.flush()
        make_move(work.session, number, "dispatch", Actor("d", Role.DISPATCHER), now, wiring.rules)
        work.commit()
    return number


def finish(wiring: Wiring, number: str) -> None:
    with wiring.unit_of_work() as work:
        case = work.session.scalars(select(Case).where(Case.number == number)).one()
        firm, now = Actor("lock1", Role.UNIT, case.unit_id), wiring.now()
        make_move(work.session, number, "sign", firm, now, wiring.rules)
        make_move(work.session, number, "report", firm, now, wiring.rules, Asked(answer="好了"))
        make_move(work.session, number, "complete", Actor("v", Role.VISITOR), now, wiring.rules)
        work.commit()


def month(wiring: Wiring) -> str:
    return f"{wiring.now().astimezone(wiring.settings.zone):%Y-%m}"


# ---------------------------------------------------------------- households


@pytest.mark.parametrize("encode", ["utf-8", "utf-8-sig", "gbk"])
def test_a_register_is_imported_in_each_encoding_and_twice_changes_nothing(
    city: Wiring, tmp_path: Path, encode: str
) -> None:
    csv = file(tmp_path, (HEADER + ONE + TWO).encode(encode))
    assert told(households.command, "import", csv, "--dry-run")["applied"] is False
    first = told(households.command, "import", csv)
    assert (first["new"], first["changed"], first["ended"], first["new_lines"]) == (2, 0, 0, [2, 3])
    again = told(households.command, "import", csv)
    assert (again["new"], again["changed"], again["ended"], again["same"]) == (0, 0, 0, 2)
    assert told(households.command, "count") == {"low_income": 1, "disabled": 1}


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("姓名,电话\n张三,13800110110\n", "T02"),
        (HEADER + ONE + ONE, "T05"),
        (HEADER + ONE.replace("低保户", "富户"), "T04"),
        (codecs.BOM_UTF16_LE + (HEADER + ONE).encode("utf-16-le"), "T01"),
        (HEADER, "T06"),
    ],
)
def test_a_wrong_register_is_refused_by_its_rule_and_changes_nothing(
    city: Wiring, tmp_path: Path, content: str | bytes, rule: str
) -> None:
    told(households.command, "import", file(tmp_path, HEADER + TWO))
    assert refused(households.command, "import", file(tmp_path, content)) == rule
    assert told(households.command, "count") == {"disabled": 1}
    plain = run(households.command, "import", file(tmp_path, content))
    assert plain.exit_code == 3
    assert "张三" not in plain.output


def test_only_an_administrator_imports_and_only_staff_look_up(city: Wiring, tmp_path: Path) -> None:
    csv = file(tmp_path, HEADER + ONE)
    assert refused(households.command, "import", csv, "--as", "agent1") == "H01"
    assert told(households.command, "import", csv, "--as", "admin1")["new"] == 1
    found = told(
        households.command, "check", "--number", "+86 13800110110", "--name", "张三", "--as", "agent1"
    )
    assert found == {"registered": True, "result": "matched", "kind": "low_income"}
    assert refused(households.command, "check", "--number", "13800110110", "--as", "lock1") == "H02"
    with city.reading() as work:
        entries = work.session.scalars(select(AuditEntry).where(AuditEntry.what == "household_lookup")).all()
        assert [each.who for each in entries] == ["agent1"]
        assert work.session.scalars(select(Household)).one().name == "张三"


def test_a_claim_is_written_down_checked_and_confirmed_by_the_firm(city: Wiring, tmp_path: Path) -> None:
    told(households.command, "import", file(tmp_path, HEADER + ONE))
    number = job(city)
    assert told(households.command, "claim", number, "--as", "agent1")["state"] == "provisional"
    assert (
        told(households.command, "confirm", number, "--name", "王五", "--as", "lock1")["state"] == "refused"
    )
    assert (
        told(households.command, "confirm", number, "--name", "张三", "--as", "lock1")["state"] == "granted"
    )
    shown = told(cases.command, "show", number, "--as", "lock1")
    assert (shown["claim"]["state"], "low_income" in str(shown)) == ("granted", False)
    [fee] = told(fees.command, "show", number)
    assert shown["fees"] == [fee]
    assert (fee["citizen_fen"], fee["government_fen"], fee["claim"]) == (0, 7200, "granted")


# ---------------------------------------------------------------- prices and fees


def test_the_citys_prices_are_samples_and_a_list_goes_over_them(city: Wiring, tmp_path: Path) -> None:
    assert all(each["sample"] for each in told(fees.command, "prices", "list"))
    csv = file(
        tmp_path,
        "trade,service,name,reference,valid_from,usual\nlock,home.lock,开门,99.90,2026-01-01,是\n",
    )
    assert told(fees.command, "prices", "import", csv)["changed"] == 1
    assert told(fees.command, "prices", "import", csv)["same"] == 1
    load_file(city, rows(file_of(city.settings)))
    number = job(city)
    [fee] = told(fees.command, "show", number)
    assert (fee["reference_fen"], fee["discount_fen"], fee["price_fen"]) == (9990, 999, 8991)
    agreed = told(fees.command, "agree", number, "--quantity", "2", "--as", "lock1")
    assert (agreed["state"], agreed["price_fen"]) == ("agreed", 17_982)
    assert refused(fees.command, "agree", number, "--service", "nothing", "--as", "lock1") == "F03"


def amounts(sheet: Any) -> tuple[list[tuple[Any, ...]], tuple[Any, ...]]:
    """The rows of a sheet's table, and the line of sums below it."""
    lines = [line for line in sheet.iter_rows(min_row=4, values_only=True) if any(line)]
    at = next(k for k, line in enumerate(lines) if line[0] == "合计")
    return lines[:at], lines[at]


def test_a_statement_is_a_workbook_that_adds_up(city: Wiring, tmp_path: Path) -> None:
    told(households.command, "import", file(tmp_path, HEADER + ONE))
    paid, free = job(city, "13900000000"), job(city)
    told(households.command, "claim", free, "--as", "agent1")
    told(households.command, "confirm", free, "--name", "张三", "--as", "agent1")
    finish(city, paid)
    finish(city, free)
    path = tmp_path / "statement.xlsx"
    said = told(fees.command, "statement", "--month", month(city), "--xlsx", str(path))
    assert said["total"] == {
        "jobs": 2, "reference_fen": 16_000, "discount_fen": 1600, "price_fen": 14_400,
        "citizen_fen": 7200, "government_fen": 7200,
    }  # fmt: skip
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["汇总", "政府", "示例开锁甲号店"]
    for name in book.sheetnames:
        sheet = book[name]
        [table] = sheet.tables.values()
        assert table.ref.startswith("A3")
        lines, sums = amounts(sheet)
        money = [list(line[-5:]) for line in lines]
        assert all(isinstance(cell, int | float) for line in money for cell in line)
        assert [round(100 * sum(column)) for column in zip(*money, strict=True)] == [
            round(100 * cell) for cell in sums[-5:]
        ]
    lines, sums = amounts(book["政府"])
    assert [line[1] for line in lines] == [free]
    assert (lines[0][5], sums[-1]) == ("低保户", 72.0)
    lines, _ = amounts(book["示例开锁甲号店"])
    assert {line[0]: line[4] for line in lines} == {paid: None, free: "免费"}
    assert {line[0] for line in lines} == {paid, free}
    assert all(isinstance(line[0], str) for line in lines)


def test_a_statement_of_an_empty_month_is_a_workbook_too_and_the_future_has_none(
    city: Wiring, tmp_path: Path
) -> None:
    path = tmp_path / "empty.xlsx"
    assert told(fees.command, "statement", "--month", "2026-01", "--xlsx", str(path))["total"]["jobs"] == 0
    assert openpyxl.load_workbook(path).sheetnames == ["汇总", "政府"]
    future = (city.now() + timedelta(days=40)).strftime("%Y-%m")
    assert refused(fees.command, "statement", "--month", future, "--xlsx", str(tmp_path / "no.xlsx")) == "F08"
    assert not (tmp_path / "no.xlsx").exists()
    assert refused(fees.command, "statement", "--month", "november") == "F07"


def test_the_same_statement_keeps_its_version_and_its_digest(city: Wiring, tmp_path: Path) -> None:
    number = job(city)
    finish(city, number)
    words = ("statement", "--month", month(city), "--xlsx", str(tmp_path / "a.xlsx"))
    first = told(fees.command, *words)
    content = (tmp_path / "a.xlsx").read_bytes()
    assert told(fees.command, *words)["version"] == first["version"] == 1
    assert (tmp_path / "a.xlsx").read_bytes() == content
    with city.unit_of_work() as work:
        add_user(work.session, "boss", Role.SUPERVISOR, "long enough 7", city.now(), "system")
        work.commit()
    told(fees.command, "agree", number, "--service", "lock.core", "--as", "boss")
    again = told(fees.command, *words)
    assert (again["version"], again["digest"] == first["digest"]) == (2, False)


def test_what_cannot_be_written_is_one_clear_line_and_keeps_no_version(city: Wiring, tmp_path: Path) -> None:
    nowhere = str(tmp_path / "no" / "folder.xlsx")
    answer = run(fees.command, "statement", "--month", month(city), "--xlsx", nowhere)
    assert answer.exit_code == 1
    assert "No such file" in answer.output


# ---------------------------------------------------------------- scores


def test_scores_of_a_period_with_their_cases_and_weights(city: Wiring) -> None:
    number = job(city)
    finish(city, number)
    with city.unit_of_work() as work:
        case = work.session.scalars(select(Case).where(Case.number == number)).one()
        survey = work.session.scalars(select(Survey).where(Survey.case_id == case.id)).first()
        survey = survey or Survey(case_id=case.id, unit_id=case.unit_id, planned_at=city.now())
        survey.state, survey.answer, survey.answered_at = "answered", 1, city.now()
        work.session.add(survey)
        work.commit()
    today = city.now().astimezone(city.settings.zone).date().isoformat()
    found = told(assess.command, "--from", today, "--to", today)
    assert set(found) >= {"departments", "firms", "teams", "weights"}
    assert sum(found["weights"].values()) == 100
    firm = found["firms"][0]
    assert (firm["code"], firm["cases"]["jobs"], firm["fees_fen"]) == (LOCK, [number], 7200)
    assert firm["rating"] == round((4.0 * 5 + 5) / 6, 2)
    assert {"code", "name", "head", "score", "scores", "figures", "cases"} <= set(found["departments"][0])
    assert all(each["head"].startswith("示例负责人") for each in found["departments"])
    assert "示例开锁甲号店" in run(assess.command, "--from", today, "--to", today).output


def test_days_that_are_none_or_the_wrong_way_round_are_refused(city: Wiring) -> None:
    assert refused(assess.command, "--from", "2026-03-02", "--to", "2026-03-01") == "A01"
    assert run(assess.command, "--from", "2026-02-30", "--to", "2026-03-01").exit_code == 2


def test_the_years_best_are_a_workbook(city: Wiring, tmp_path: Path) -> None:
    path = tmp_path / "best.xlsx"
    year = str(city.now().year)
    assert told(fees.command, "rewards", "--year", year, "--xlsx", str(path)) == {
        "year": int(year), "firms": [],
    }  # fmt: skip
    assert openpyxl.load_workbook(path)["奖励"]["A1"].value.startswith(year)
    assert refused(fees.command, "rewards", "--year", str(int(year) + 1)) == "A02"
