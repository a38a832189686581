"""A database full of cases with words, callers, clocks and their index, made by SQL, for `bench search`."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, insert, text

from cases.grams import pairs
from cases.indexing import as_kept
from cases.migrate import upgrade
from cases.model import Assignment, Case, Unit
from cases.once import table
from cases.states import CaseState, Sector, UnitType
from hotline.bench.open_cases import NOW, UNITS, fill_table, is_postgres, moment, patient, tidy

SAMPLES = 4_096
"""Different messages; a case has one of them, and a caller of its own."""
_MATTERS = ("路灯照明", "下水道堵塞", "夜间噪音", "拖欠工资", "井盖缺失", "水压不足", "占道经营", "家电维修")
_ROADS = ("解放路", "熙春路", "五四路", "八一路", "李纲路", "华光路", "建设路", "中山路", "人民路", "东关街")
_WHAT = (
    *("路灯坏了好几个晚上", "下水道堵了三天", "楼下烧烤摊吵到半夜", "老板一直不给工资", "井盖不见了"),
    *("水压太小上不了楼", "摊子摆到马路上", "热水器漏水", "垃圾没有人收", "公交车等了一个小时"),
)
_HOW = (
    "请派人来看看",
    "说过好几次没有人管",
    "老人都不敢出门",
    "孩子马上要高考了",
    "希望尽快处理",
    "谢谢你们",
)
_RARE = ("芦苇", "蟒蛇", "鹦鹉", "风筝", "钢琴", "轮椅", "砚台", "桂花")
TOWNSHIPS = (
    "昭阳街道",
    "通泰街道",
    "水北街道",
    "晒口街道",
    "城郊镇",
    "水北镇",
    "下沙镇",
    "卫闽镇",
    "沿山镇",
    "拿口镇",
)
OPEN = 4_000
"""So many of the newest are open, three of four of them: what is open does not grow with the years."""
_EVERY_SECONDS = 61


def messages(count: int = SAMPLES) -> list[tuple[str, str]]:
    """(text, township); the same ones each time. Every 64th has a rare word."""
    chance = random.Random(110)  # noqa: S311 - sample data
    made = []
    for turn in range(count):
        words = [
            chance.choice(_ROADS),
            f"{chance.randint(1, 299)}号",
            chance.choice(_WHAT),
            chance.choice(_HOW),
        ]
        rare = [chance.choice(_RARE)] if turn % 64 == 0 else []
        made.append(("".join([*words, *rare]), chance.choice(TOWNSHIPS)))
    return made


def fill(engine: Engine, url: str, count: int) -> None:
    """`count` cases over years, the newest of them open, each in the index."""
    upgrade(url)
    with patient(engine) as connection:
        _samples(engine, connection)
        for unit in range(1, UNITS + 1):
            row = {"id": unit, "code": f"u{unit}", "name": f"单位{unit}", "type": UnitType.DEPARTMENT}
            more = {"sector": Sector.GOVERNMENT, "active": True, "detail": {}}
            connection.execute(insert(table(Unit)), {**row, **more})
        if is_postgres(engine):
            # A whole index is built faster than it grows.
            connection.exec_driver_sql("DROP INDEX ix_case_search_words")
        connection.execute(
            text(fill_table(engine, table(Case).columns, _given(engine, count), "case", count))
        )
        of = table(Assignment).columns
        connection.execute(text(fill_table(engine, of, _assigned(engine, count), "assignment", count)))
        connection.execute(text(_index(engine)))
        connection.execute(text("DELETE FROM case_unindexed"))
        if is_postgres(engine):
            connection.exec_driver_sql("CREATE INDEX ix_case_search_words ON case_search USING gin (words)")
        connection.execute(text("DROP TABLE sample"))
    tidy(engine)


def _samples(engine: Engine, connection: Any) -> None:
    kind = "tsvector" if is_postgres(engine) else "TEXT"
    connection.execute(
        text(f"CREATE TABLE sample (n INTEGER PRIMARY KEY, text TEXT, place TEXT, words {kind})")
    )
    dialect = engine.dialect.name
    rows = []
    for n, (said, township) in enumerate(messages()):
        matter = _MATTERS[n % len(_MATTERS)]
        words = as_kept([pairs(said), pairs(matter), pairs(township)], dialect)
        rows.append({"n": n, "text": said, "place": f'{{"township": "{township}"}}', "words": words})
    words = "CAST(:words AS tsvector)" if is_postgres(engine) else ":words"
    connection.execute(text(f"INSERT INTO sample VALUES (:n, :text, :place, {words})"), rows)  # noqa: S608


def caller_of(n: int) -> str:
    return f"138{n * 7919 % 100_000_000:08d}"


def _given(engine: Engine, count: int) -> dict[str, str]:
    digits = "CAST(n AS BIGINT) * 7919 % 100000000"
    padded = (
        f"lpad(CAST({digits} AS VARCHAR), 8, '0')" if is_postgres(engine) else f"printf('%08d', {digits})"
    )
    sample = f"s.n * 31 % {SAMPLES}"
    opened = moment(engine, NOW, f"({count} - n) * {_EVERY_SECONDS}", sign="-")
    due = moment(engine, NOW + timedelta(days=1), f"({count} - n) * {_EVERY_SECONDS}", sign="-")
    matters = " ".join(f"WHEN {at} THEN '{name}'" for at, name in enumerate(_MATTERS))
    old = f"n <= {count - OPEN} OR n % 4 = 3"
    json = "JSON" if is_postgres(engine) else "TEXT"
    return {
        "id": "n",
        "number": "CAST(10000000 + n AS VARCHAR(12))",
        "state": f"CASE WHEN {old} THEN '{CaseState.ARCHIVED}' WHEN n % 4 = 0 THEN '{CaseState.SORTED}' "
        f"ELSE '{CaseState.SIGNED}' END",
        "opened_at": opened,
        "changed_at": opened,
        "due_at": due,
        "yellow_at": due,
        "unit_id": f"1 + n % {UNITS}",
        "matter": f"CASE {sample} % {len(_MATTERS)} {matters} END",
        "text": f"(SELECT text FROM sample WHERE sample.n = {sample})",  # noqa: S608
        "place": f"(SELECT CAST(place AS {json}) FROM sample WHERE sample.n = {sample})",  # noqa: S608
        "caller": f"'138' || {padded}",
        "kind": "'投诉'",
        "sector": f"'{Sector.GOVERNMENT}'",
        "deadline_class": "'complaint'",
        "danger": "n % 500 = 0" if is_postgres(engine) else "CASE WHEN n % 500 = 0 THEN 1 ELSE 0 END",
        "version": "3",
        "way_in": "'key'",
        "priority": "'normal'",
    }


def _assigned(engine: Engine, count: int) -> dict[str, str]:
    """Each case was given to its unit once."""
    at = moment(engine, NOW, f"({count} - n) * {_EVERY_SECONDS}", sign="-")
    return {
        "id": "n",
        "case_id": "n",
        "unit_id": f"1 + n % {UNITS}",
        "main": "TRUE" if is_postgres(engine) else "1",
        "state": f"'{CaseState.SIGNED}'",
        "dispatched_at": at,
        "due_at": at,
        "yellow_at": at,
        "working_days": "5",
    }


def _index(engine: Engine) -> str:
    threes = [f"substr(caller, {at}, 3)" for at in range(1, 10)]
    if is_postgres(engine):
        places = " || ' ' || ".join(f"'''_' || {each} || '''\\:{at}'" for at, each in enumerate(threes, 1))
        words = f"words || CAST({places} AS tsvector)"
    else:
        words = "words || ' __ ' || " + " || ' ' || ".join(f"'_' || {each}" for each in threes)
    return (
        f'INSERT INTO case_search (case_id, words) SELECT id, {words} FROM "case" '  # noqa: S608
        f"JOIN sample ON sample.n = id * 31 % {SAMPLES} ORDER BY id"
    )
