"""One unit changed in the text of a city file: exactly what was asked, everything else as it was written."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.city_edit import TABLES, NoSuchEntry, Value, with_fields
from router.city_file import path_of

TEXT = path_of("shaowu").read_text("utf-8")
DATA = tomllib.loads(TEXT)
ENTRIES = [(table, each["code"]) for table in TABLES for each in DATA[table]]
WORDS = st.text(st.characters(codec="utf-8"), max_size=30)
FIELDS = st.dictionaries(
    st.sampled_from(["name", "head", "phone", "aliases", "contract_until"]),
    st.one_of(WORDS, st.lists(WORDS, max_size=3), st.dates(date(2020, 1, 1), date(2040, 1, 1))),
    min_size=1,
)


def expected(entry: dict[str, Any], fields: dict[str, Value]) -> dict[str, Any]:
    kept = {**entry, **fields}
    return {
        name: value for name, value in kept.items() if name not in fields or value or isinstance(value, date)
    }


@given(which=st.sampled_from(ENTRIES), fields=FIELDS)
@settings(max_examples=60, deadline=None)
def test_whatever_is_written_the_file_says_that_and_nothing_else_has_changed(
    which: tuple[str, str], fields: dict[str, Value]
) -> None:
    table, code = which
    found = tomllib.loads(with_fields(TEXT, code, fields))
    wanted = {
        **DATA,
        table: [expected(each, fields) if each["code"] == code else each for each in DATA[table]],
    }
    assert found == wanted


def test_comments_and_arrays_over_several_lines_are_respected() -> None:
    text = """\
# the city
[[unit]]  # a unit
code = "a"
aliases = [
  "[x", # not a ] header
  "y",
]
head = "h" # who
[[unit]]
code = 'b'
name = "other"
"""
    changed = with_fields(text, "a", {"aliases": ["z"], "head": ""})
    assert changed.startswith("# the city\n[[unit]]  # a unit\n")
    assert tomllib.loads(changed) == {
        "unit": [{"code": "a", "aliases": ["z"]}, {"code": "b", "name": "other"}]
    }
    assert tomllib.loads(with_fields(text, "b", {"name": "new"}))["unit"][1]["name"] == "new"


@pytest.mark.parametrize("code", ["no such", "", "a.*", '"', "road.lamp"])
def test_what_is_no_unit_of_the_file_is_not_written(code: str) -> None:
    with pytest.raises(NoSuchEntry):
        with_fields(TEXT, code, {"name": "x"})
