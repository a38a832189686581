"""`minsheng110 sip accounts`: names and shape as other tools expect them."""

import json

import pytest
from click.testing import CliRunner

from hotline.cli.sip import command


@pytest.fixture
def set_up(monkeypatch, tmp_path):
    for name, value in {
        "RUN_DIR": str(tmp_path),
        "SIP_PORT": "15999",
        "TRUNK_PASSWORD": "t1",
        "PHONE_PASSWORDS": json.dumps({"desk1": "d1", "desk2": "d2", "agent1": "a1", "agent2": "a2"}),
    }.items():
        monkeypatch.setenv(f"MINSHENG110_{name}", value)
    return monkeypatch


def test_the_accounts_are_told_as_json(set_up):
    told = CliRunner().invoke(command, ["accounts", "--json"])
    assert told.exit_code == 0
    assert json.loads(told.output) == {
        "host": "127.0.0.1",
        "port": 15999,
        "dids": {"police": "110", "hotline": "8110"},
        "trunk": {"username": "police-trunk", "password": "t1"},
        "desks": [
            {"username": "desk1", "password": "d1", "key": "#"},
            {"username": "desk2", "password": "d2", "key": "#"},
        ],
        "agents": [{"username": "agent1", "password": "a1"}, {"username": "agent2", "password": "a2"}],
    }


def test_a_trunk_known_by_its_address_has_no_password(set_up):
    set_up.setenv("MINSHENG110_TRUNK_IP", "192.0.2.7")
    told = json.loads(CliRunner().invoke(command, ["accounts", "--json"]).output)
    assert told["trunk"] == {"username": "", "ip": "192.0.2.7"}


def test_people_read_a_table(set_up):
    told = CliRunner().invoke(command, ["accounts"]).output
    assert "127.0.0.1:15999" in told
    assert "desk1  d1  key #" in told


def test_a_production_system_tells_nobody(set_up):
    set_up.setenv("MINSHENG110_PROFILE", "production")
    told = CliRunner().invoke(command, ["accounts", "--json"])
    assert told.exit_code == 1
    assert len(told.output.strip().splitlines()) == 1
    assert "production" in told.output
    assert "d1" not in told.output
