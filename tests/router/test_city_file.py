"""The city file that comes with the project, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.city_file import CITIES, CityFileError, load

SHAOWU = CITIES / "shaowu.toml"


@pytest.fixture
def changed(tmp_path: Path):
    """A copy of the city file with one text replaced, once."""

    def change(old: str, new: str) -> Path:
        text = SHAOWU.read_text("utf-8")
        assert old in text
        path = tmp_path / "city.toml"
        path.write_text(text.replace(old, new, 1), "utf-8")
        return path

    return change


@pytest.mark.parametrize("path", sorted(CITIES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_city_file_of_the_project_is_good(path: Path) -> None:
    city = load(path)
    assert city.matter


def test_shaowu_is_as_the_platform_described_it() -> None:
    city = load(SHAOWU)
    assert len(city.township) == 19
    assert [each.code for each in city.township][:4] == ["350781001", "350781002", "350781003", "350781004"]
    assert sum(each.name.startswith("水北") for each in city.township) == 2
    assert len(city.firm) == 32
    assert all(firm.sample for firm in city.firm)
    assert sum(unit.listed for unit in city.unit) == 22
    assert len(city.matter) == 22
    assert city.deadline_classes == {"emergency": 1, "help": 3, "complaint": 5, "complex": 15}


def line_of(path: Path, text: str) -> int:
    """The last line that begins with this."""
    lines = path.read_text("utf-8").splitlines()
    return max(n for n, line in enumerate(lines, 1) if line.startswith(text))


@pytest.mark.parametrize(
    ("old", "new", "key", "what"),
    [
        ('unit = "huanwei"', 'unit = "nobody"', "matter[0].unit", "no unit 'nobody'"),
        ('deadline_class = "complaint"', 'deadline_class = "soon"', "matter[0].deadline_class", "deadline"),
        ('hours = "00:00-24:00"', 'hours = "always"', "firm[0].hours", "pattern"),
        ('trades = ["lock"]', "trades = []", "firm[0].trades", "at least 1"),
        ('code = "350781002"', 'code = "350781001"', "township[1].code", "stands twice"),
        ('kind = "street"', 'kind = "borough"', "township[0].kind", "street"),
        ('name = "昭阳街道"', 'nane = "昭阳街道"', "township[0].nane", "not permitted"),
        ("unsure_below = 0.45", 'unsure_below = "often"', "sorting.unsure_below", "number"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_named_by_its_line_and_key(changed, old: str, new: str, key: str, what: str) -> None:
    path = changed(old, new)
    with pytest.raises(CityFileError) as wrong:
        load(path)
    told = next(problem for problem in wrong.value.problems if key in problem)
    assert what in told
    assert told.startswith(f"{path}:{line_of(path, new)}: ")


@pytest.mark.parametrize(
    "content", [b"", b"schema = 1", b"[city\nname=", b"\xff\xfe\x00", b"schema = 2\n", b"matter = 3\n"]
)
def test_what_is_no_city_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "city.toml"
    path.write_bytes(content)
    with pytest.raises(CityFileError, match=r"city\.toml"):
        load(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CityFileError, match=r"nowhere\.toml"):
        load(tmp_path / "nowhere.toml")
