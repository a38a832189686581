"""Examples from files: what is read, and the one clear line with which a wrong file is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.city_file import City
from router.examples import Example, ExamplesError, digest, from_csv, from_folder, need_two_labels
from router.matters import matters_of

GOOD = 'text,label\n路灯坏了,照明\n"水管爆了,\n满地是水",供水\n'
BOTH = [Example("路灯坏了", "照明"), Example("水管爆了,\n满地是水", "供水")]


def csv_of(tmp_path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = tmp_path / "cases.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_as_offices_save_it(tmp_path: Path, encoding: str) -> None:
    assert from_csv(csv_of(tmp_path, GOOD, encoding)) == BOTH


def test_line_ends_of_windows_other_columns_and_their_order_do_not_matter(tmp_path: Path) -> None:
    path = csv_of(tmp_path, "id,label, text \r\n1,照明,路灯坏了\r\n\r\n2,照明,  \r\n3,供水,没水\r\n")
    assert from_csv(path) == [Example("路灯坏了", "照明"), Example("没水", "供水")]


def test_a_very_long_text_is_read_whole(tmp_path: Path) -> None:
    text = "水" * 200_000
    assert from_csv(csv_of(tmp_path, f"text,label\n{text},供水\n"))[0].text == text


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        ("", 1, "is empty"),
        ("text\n路灯坏了\n", 1, "lacks the column label"),
        ("文本,标签\n路灯坏了,照明\n", 1, "lacks the column text and label"),
        ("text,label\n路灯坏了,照明\n没水\n", 3, "has 1 of 2 fields"),
        ('text,label\n"两\n行",照明\n没水\n', 4, "has 1 of 2 fields"),
        ('text,label\n路灯,照明\n"没有结束的引号,供水\n再一行\n', 3, "no CSV"),
        ('text,label\n"路灯"坏了,照明\n', 2, "no CSV"),
        ("text,label\n", 2, "no row holds a text and a label"),
        (b"text,label\nab,c\n\xff\xff\xff\xff,x\n", 3, "UTF-8 or GB18030"),
    ],
)
def test_a_wrong_csv_is_refused_with_its_line(
    tmp_path: Path, content: str | bytes, line: int, what: str
) -> None:
    path = csv_of(tmp_path, content)
    with pytest.raises(ExamplesError, match=what) as refused:
        from_csv(path)
    assert str(refused.value).startswith(f"{path}:{line}: ")
    assert "\n" not in str(refused.value)


def test_a_csv_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ExamplesError, match=r"none\.csv:1: No such file"):
        from_csv(tmp_path / "none.csv")


def test_one_label_alone_tells_nothing_apart(tmp_path: Path) -> None:
    path = csv_of(tmp_path, "text,label\n路灯坏了,照明\n灯不亮,照明\n")
    with pytest.raises(ExamplesError, match=":2: every text has the label '照明'"):
        need_two_labels(path, from_csv(path))


def test_every_second_level_matter_has_thirty_examples_of_many_manners(city: City, city_file: Path) -> None:
    examples = from_folder(city_file.parent / "examples")
    for matter in matters_of(city):
        own = [each for each in examples if each.label == matter.code]
        assert len(own) >= 30, matter.code
        assert len({each.manner for each in own}) >= 8, matter.code
        assert len({each.text for each in own}) == len(own), matter.code


def test_a_wrong_line_of_an_example_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "road.txt").write_text("[traffic.lamp]\no:路灯坏了\n路灯不亮\n", "utf-8")
    with pytest.raises(ExamplesError, match=r"road\.txt:3: must be MANNER:TEXT"):
        from_folder(tmp_path)


def test_a_digest_tells_other_texts_and_other_labels_apart() -> None:
    one = [Example("路灯坏了", "照明")]
    assert digest(one) == digest([Example("路灯坏了", "照明", "o")])
    assert len({digest(one), digest([Example("路灯坏了", "供水")]), digest([Example("路灯坏", "照明")])}) == 3
