"""A table that somebody exported: read in three encodings, or refused whole by a rule, with its place."""

from __future__ import annotations

import codecs
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import csv_table
from cases.csv_table import Column, Table, TableRefused

COLUMNS = (Column("name", "姓名"), Column("number", "电话"), Column("until", "失效日期", needed=False))
TEXT = "姓名,电话\n张三,13800110110\n李四,05996321234\n"


def read(content: bytes | str) -> Table:
    return csv_table.read(content.encode() if isinstance(content, str) else content, COLUMNS)


def refused(content: bytes | str) -> TableRefused:
    with pytest.raises(TableRefused) as error:
        read(content)
    return error.value


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode("utf-8"), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode("utf-8"), "utf-8 with a byte order mark"),
        (TEXT.encode("gb18030"), "gb18030"),
        (TEXT.encode("gbk"), "gb18030"),
        (TEXT.replace("\n", "\r\n").encode("gbk"), "gb18030"),
    ],
)
def test_each_encoding_is_told_and_read_alike(content: bytes, encoding: str) -> None:
    table = read(content)
    assert table.encoding == encoding
    assert [line.cells["name"] for line in table.lines] == ["张三", "李四"]
    assert [line.number for line in table.lines] == [2, 3]


def test_columns_go_by_their_names_in_whatever_order() -> None:
    table = read("Number,NAME\n138,张三\n")
    assert table.lines[0].cells == {"name": "张三", "number": "138", "until": ""}
    assert table.place(2, "number") == "line 2, column 1 (number)"


def test_a_line_break_in_a_cell_and_empty_lines_do_not_shift_the_line_numbers() -> None:
    table = read('姓名,电话\n"张\n三",1\n\n李四,2\n')
    assert [line.number for line in table.lines] == [2, 5]


@pytest.mark.parametrize(
    ("content", "rule", "said"),
    [
        (TEXT.encode("utf-16"), "T01", "UTF-16"),
        (b"name,number\n\x00,1\n", "T01", "NUL"),
        (b"name,number\n\xff\xff,1\n", "T01", "neither"),
        ("张三,13800110110\n", "T02", "line 1, column 1: no known column"),
        ("姓名\n张三\n", "T02", "number"),
        ("姓名,电话,姓名\n张三,1,李四\n", "T02", "stands twice"),
        ("姓名,电话\n张三\n", "T03", "line 2: 1 cells below a header of 2"),
        ("姓名,电话\n张三,1,2\n", "T03", "line 2"),
        ('姓名,电话\n"张三,1\n', "T03", "line 2"),
        ("姓名,电话\n" + "张" * 201 + ",1\n", "T03", "line 2, column 1"),
        ("姓名,电话\n", "T06", "no line"),
        ("", "T02", "missing"),
    ],
)
def test_what_is_wrong_is_refused_by_its_rule_with_its_place(
    content: bytes | str, rule: str, said: str
) -> None:
    error = refused(content)
    assert error.rule == rule
    assert said in error.why


def test_a_missing_header_does_not_repeat_the_person_that_stands_in_its_place() -> None:
    assert "张三" not in str(refused("张三,13800110110\n"))
    assert "13800110110" not in str(refused("张三,13800110110\n"))


def test_many_problems_are_told_by_the_first_ones() -> None:
    error = refused("姓名,电话\n" + "张三\n" * 500)
    assert len(error.problems) == 20
    assert "and 480 more" in str(error)


@given(st.binary(max_size=400))
def test_whatever_the_bytes_are_it_is_a_table_or_a_refusal(content: bytes) -> None:
    try:
        csv_table.read(b"name,number\n" + content, COLUMNS)
    except TableRefused as error:
        assert error.rule in {"T01", "T02", "T03", "T06"}  # noqa: PT017 - either is right


def test_days_and_yes_as_people_write_them() -> None:
    assert {csv_table.day(text) for text in ("2026-01-31", "2026/1/31", "2026年1月31日")} == {
        date(2026, 1, 31)
    }
    assert [csv_table.day(text) for text in ("2026-02-30", "31.1.2026", "", "20260131")] == [None] * 4
    assert [csv_table.yes(text) for text in ("是", "YES", "1", "否", "", "maybe")] == [
        True, True, True, False, False, None,
    ]  # fmt: skip
