"""`minsheng110 audit`: the trail on the command line, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from runs import make_settings
from sqlalchemy import text

from cases.audit_trail import audit
from hotline.cli import audit as family
from hotline.cli import showing
from hotline.wiring import Wiring, build


@pytest.fixture
def trail(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Wiring:
    """Three entries."""
    made = make_settings(tmp_path, sqlite_url, "unix:///nowhere.sock")
    monkeypatch.setattr(showing, "load", lambda: made)
    wiring = build(made)
    for who in ("ming", "hua", "ming"):
        with wiring.unit_of_work() as work:
            audit(work.session, wiring.now(), who, "login", who, "10.0.0.7")
            work.commit()
    return wiring


def says(*words: str) -> Result:
    return CliRunner().invoke(family.command, words)


def test_a_whole_trail_ends_with_zero_and_a_head_to_note(trail: Wiring) -> None:
    told = says("verify", "--json")
    assert told.exit_code == 0, told.output
    found = json.loads(told.output)
    assert (found["whole"], found["entries"], found["damage"]) == (True, 3, None)
    assert says("verify").output.startswith("whole: 3 entries; the head is 3:")
    assert says("verify", "--noted", found["head"]).exit_code == 0
    assert says("verify", "--noted", "3:" + "f" * 64).exit_code == 1
    assert says("verify", "--noted", "x").exit_code == 2


def test_a_changed_entry_is_named_and_ends_with_one(trail: Wiring) -> None:
    with trail.unit_of_work() as work:
        work.session.execute(text("UPDATE audit_entry SET who = 'nobody' WHERE id = 2"))
        work.commit()
    told = says("verify", "--json")
    assert told.exit_code == 1
    damage = json.loads(told.output)["damage"]
    assert (damage["harm"], damage["row"], damage["place"]) == ("changed", 2, 2)
    assert "entry 2" in says("verify").output


def test_the_list_is_narrowed_to_a_person(trail: Wiring) -> None:
    told = json.loads(says("list", "--json", "--who", "ming").output)
    assert [(each["id"], each["who"]) for each in told] == [(3, "ming"), (1, "ming")]
    assert [each["id"] for each in json.loads(says("list", "--json", "--before", "2").output)] == [1]
    assert "hua" in says("list").output
    assert says("list", "--what", "nothing").output == "there is no such entry\n"
