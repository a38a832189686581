"""The register of households: imported whole or not at all, looked up by number and name, always audited."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from telling import NOON

from cases import households
from cases.csv_table import TableRefused
from cases.households import Differences, Found, HouseholdRow, plain_name, plain_number
from cases.model import AuditEntry, Household
from cases.unit_of_work import UnitOfWork, reading

KINDS = {"low_income": "低保户", "disabled": "残疾人"}
TODAY = date(2026, 3, 2)
HEADER = "类别,姓名,电话,生效日期,失效日期\n"
ONE = "低保户,张三,13800110110,2026-01-01,2026-12-31\n"
TWO = "残疾人,欧阳·李四,0599-6321234,2025-06-01,\n"


def put(engine: Engine, text: str, today: date = TODAY) -> Differences:
    with UnitOfWork(engine) as work:
        table, rows = households.from_csv(text.encode(), KINDS)
        found = households.put(work.session, table, rows, "admin", NOON, today)
        work.commit()
    return found


def look(engine: Engine, number: str, name: str | None = None, today: date = TODAY) -> Found:
    with UnitOfWork(engine) as work:
        found = households.look_up(work.session, number, name, today, who="agent1", now=NOON, target="100005")
        work.commit()
    return found


def everybody(engine: Engine) -> list[tuple[str, date | None]]:
    with reading(engine) as work:
        rows = work.session.scalars(select(Household).order_by(Household.id))
        return [(row.name, row.valid_until) for row in rows]


def audited(engine: Engine, what: str) -> list[AuditEntry]:
    with reading(engine) as work:
        return list(work.session.scalars(select(AuditEntry).where(AuditEntry.what == what)))


# ---------------------------------------------------------------- import


def test_the_same_file_twice_changes_nothing(engine: Engine) -> None:
    first = put(engine, HEADER + ONE + TWO)
    assert (first.new, first.changed, first.ended, first.same) == ([2, 3], [], [], 0)
    again = put(engine, HEADER + ONE + TWO)
    assert (again.new, again.changed, again.ended, again.same) == ([], [], [], 2)
    assert len(everybody(engine)) == 2


def test_who_is_no_longer_in_the_file_ends_with_the_day_before(engine: Engine) -> None:
    put(engine, HEADER + ONE + TWO)
    found = put(engine, HEADER + ONE)
    assert len(found.ended) == 1
    assert everybody(engine)[1] == ("欧阳·李四", date(2026, 3, 1))
    assert put(engine, HEADER + ONE).ended == []
    assert look(engine, "05996321234", today=date(2026, 3, 1)).why == "name_unknown"
    assert look(engine, "05996321234").why == "not_registered"


def test_who_comes_back_and_whose_last_day_moves_is_changed(engine: Engine) -> None:
    put(engine, HEADER + ONE + TWO)
    put(engine, HEADER + ONE)
    found = put(engine, HEADER + ONE.replace("2026-12-31", "2027-06-30") + TWO)
    assert (found.new, found.changed) == ([], [2, 3])
    assert [until for _, until in everybody(engine)] == [date(2027, 6, 30), None]


@pytest.mark.parametrize(
    ("text", "rule", "said"),
    [
        ("姓名,电话\n张三,13800110110\n", "T02", "kind (类别) is missing"),
        (HEADER + ONE + ONE, "T05", "line 3: the same person, number and kind as line 2"),
        (HEADER + ONE + ONE.replace("138001", "+86 138-001"), "T05", "line 3"),
        (HEADER + ONE + ONE.replace("张三", "张 三"), "T05", "line 3"),
        (HEADER + ONE.replace("低保户", "富户"), "T04", "line 2, column 1 (kind)"),
        (HEADER + ONE.replace("张三", "  "), "T04", "line 2, column 2 (name)"),
        (HEADER + ONE.replace("13800110110", "没有"), "T04", "line 2, column 3 (number)"),
        (HEADER + ONE.replace("2026-01-01", "去年"), "T04", "line 2, column 4 (valid_from)"),
        (HEADER + ONE.replace("2026-12-31", "2025-12-31"), "T04", "line 2, column 5 (valid_until)"),
        (HEADER, "T06", "no line"),
    ],
)
def test_a_wrong_file_is_refused_by_its_rule_and_changes_nothing(
    engine: Engine, text: str, rule: str, said: str
) -> None:
    put(engine, HEADER + ONE + TWO)
    before = everybody(engine)
    with pytest.raises(TableRefused) as error:
        put(engine, text)
    assert error.value.rule == rule
    assert said in error.value.why
    assert "张三" not in str(error.value)
    assert everybody(engine) == before


def test_one_person_may_be_of_two_kinds_and_have_two_periods(engine: Engine) -> None:
    other = ONE.replace("低保户", "残疾人")
    later = ONE.replace("2026-01-01,2026-12-31", "2027-01-01,")
    assert len(put(engine, HEADER + ONE + other + later).new) == 3


def test_an_export_of_a_chinese_windows_is_read_and_its_encoding_kept_in_the_audit(engine: Engine) -> None:
    with UnitOfWork(engine) as work:
        table, rows = households.from_csv((HEADER + ONE).encode("gbk"), KINDS)
        households.put(work.session, table, rows, "admin", NOON, TODAY)
        work.commit()
    assert look(engine, "13800110110", "张三").why == "matched"
    [entry] = audited(engine, "households_imported")
    assert entry.detail == {"new": 1, "changed": 0, "ended": 0, "same": 0, "encoding": "gb18030"}


# ---------------------------------------------------------------- looking up


@pytest.mark.parametrize(
    ("number", "name", "why"),
    [
        ("13800110110", "张三", "matched"),
        ("+8613800110110", " 张 三 ", "matched"),
        ("05996321234", "欧阳李四", "matched"),
        ("13800110110", None, "name_unknown"),
        ("13800110110", "王五", "other_name"),
        ("13800110111", "张三", "not_registered"),
        ("", "张三", "no_number"),
        ("anonymous", None, "no_number"),
    ],
)
def test_number_and_name_are_compared_as_people_mean_them(
    engine: Engine, number: str, name: str | None, why: str
) -> None:
    put(engine, HEADER + ONE + TWO)
    found = look(engine, number, name)
    assert found.why == why
    assert (found.household_id is not None) == (why in ("matched", "name_unknown"))


def test_a_household_counts_from_its_first_day_to_its_last(engine: Engine) -> None:
    put(engine, HEADER + ONE)
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1)]
    assert [look(engine, "13800110110", "张三", day).why for day in days] == [
        "not_registered", "matched", "matched", "not_registered",
    ]  # fmt: skip


def test_every_look_up_is_audited_and_names_nobody(engine: Engine) -> None:
    put(engine, HEADER + ONE)
    look(engine, "13800110110", "张三")
    look(engine, "13900000000", "王五")
    entries = audited(engine, "household_lookup")
    assert [(each.who, each.target, each.detail["result"]) for each in entries] == [
        ("agent1", "100005", "matched"),
        ("agent1", "100005", "not_registered"),
    ]
    told = str([each.detail for each in entries])
    assert not any(secret in told for secret in ("张三", "王五", "13800110110", "13900000000"))


# ---------------------------------------------------------------- as they are compared


@given(st.text(max_size=80))
def test_a_number_is_compared_in_one_way_only(text: str) -> None:
    plain = plain_number(text)
    assert plain == plain_number(plain)
    assert plain == "" or plain.isdigit()


@given(st.text(max_size=80))
def test_a_name_is_compared_in_one_way_only(text: str) -> None:
    assert plain_name(plain_name(text)) == plain_name(text)


def test_a_row_is_the_same_person_however_it_is_written() -> None:
    one = HouseholdRow("disabled", "李 四", plain_number("0086 138 0011 0110"), TODAY)
    other = HouseholdRow("disabled", "李四", plain_number("013800110110"), TODAY)
    assert one.key == other.key
