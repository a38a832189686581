"""`minsheng110 desk redirect`, where no Asterisk runs: one line, the right exit code."""

import pytest
from click.testing import CliRunner

from hotline.cli.desk import command


@pytest.fixture
def order(tmp_path, monkeypatch):
    monkeypatch.setenv("MINSHENG110_RUN_DIR", str(tmp_path))
    monkeypatch.setenv("MINSHENG110_AMI_PORT", "9")
    return lambda *words: CliRunner().invoke(command, ["redirect", *words])


def test_a_caller_is_passed_on_to_the_hotline_and_nowhere_else(order):
    done = order("--desk", "desk1", "--to", "13900139000")
    assert done.exit_code == 2
    assert "8110 and nowhere else" in done.output


def test_a_desk_that_is_not_there_is_named(order):
    done = order("--desk", "desk9")
    assert done.exit_code == 1
    assert done.output.startswith("Error: there is no desk 'desk9' (setting desks: desk1, desk2)")


def test_without_asterisk_it_is_one_line(order):
    done = order("--desk", "desk1", "--to", "8110", "--json")
    assert done.exit_code == 1
    assert done.output == "Error: Asterisk does not answer at AMI port 9: is it running?\n"
