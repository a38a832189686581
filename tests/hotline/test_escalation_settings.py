"""A city writes its own steps into the settings; what is written wrongly is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.ladders import DEFAULT
from hotline.rules import rules_of
from hotline.settings import SettingsError, load

_OWN = """
reception_day = 10
accountability_people = 8

[[escalation.help]]
step = "first"
when = "due-1wd"
to = ["unit"]
move = "urge"

[[escalation.help]]
step = "again"
when = "due+1wd"
to = ["head", "leader"]
move = "supervise"
every = 2
"""


def written(folder: Path, text: str) -> Path:
    (folder / "minsheng110.toml").write_text(text, "utf-8")
    return folder


def test_a_citys_own_ladder_replaces_one_and_leaves_the_others(tmp_path: Path) -> None:
    rules = rules_of(load(run_dir=written(tmp_path, _OWN)))
    assert [(each.name, each.every) for each in rules.ladders["help"]] == [("first", 0), ("again", 2)]
    assert rules.ladders["complaint"] == DEFAULT["complaint"]
    assert rules.reception.day == 10
    assert rules.accountability.people == 8


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[[escalation.help]]\nstep = "x"\nwhen = "soon"', "'soon' is no moment"),
        ('[[escalation.help]]\nstep = "x"\nwhen = "due"\nto = ["mayor"]', "mayor"),
        ('[[escalation.help]]\nstep = "x"\nwhen = "due"\nmove = "complete"', "complete is for people"),
        ('[[escalation.help]]\nstep = "x"\nwhen = "due"\nwho = "unit"', "escalation.help.0.who"),
        ("reception_day = 31", "reception_day"),
    ],
)
def test_what_is_written_wrongly_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load(run_dir=written(tmp_path, text))
