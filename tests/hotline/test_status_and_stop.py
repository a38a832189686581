"""`minsheng110 status` and `stop` as programs, when nothing runs and when something else does."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from hotline.temporary import free_ports

PARTS = {"asterisk", "fastagi", "redis", "worker", "web", "database"}


def minsheng110(run_dir: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("minsheng110")), *words],
        capture_output=True, text=True, check=False, timeout=60,
        env={"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), "MINSHENG110_RUN_DIR": str(run_dir), **env},
    )  # fmt: skip


@pytest.fixture
def nobody_there() -> dict[str, str]:
    names = ("SIP", "FASTAGI", "AMI", "ARI", "WEB")
    ports = free_ports(len(names))
    return {f"MINSHENG110_{name}_PORT": str(port) for name, port in zip(names, ports, strict=True)}


def test_status_of_a_stopped_system_names_every_part_and_fails(tmp_path: Path, nobody_there) -> None:
    asked = minsheng110(tmp_path, "status", "--json", **nobody_there)

    found = json.loads(asked.stdout)
    assert asked.returncode == 1
    assert found["ok"] is False
    assert set(found["services"]) >= PARTS
    assert all(row["ok"] is False and row["why"] for row in found["services"].values())
    assert found["services"]["web"]["url"].startswith("http://")
    assert list(tmp_path.iterdir()) == [], "asking leaves nothing behind"


def test_status_of_a_stopped_system_for_people_says_what_to_do(tmp_path: Path, nobody_there) -> None:
    asked = minsheng110(tmp_path, "status", **nobody_there)

    assert asked.returncode == 1
    assert "supervisor not running: make run" in asked.stdout


def test_a_part_that_takes_the_line_and_says_nothing_is_unhealthy(tmp_path: Path, nobody_there) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        taken = {"MINSHENG110_FASTAGI_PORT": str(silent.getsockname()[1])}
        asked = minsheng110(tmp_path, "status", "--json", **{**nobody_there, **taken})

    row = json.loads(asked.stdout)["services"]["fastagi"]
    assert row["ok"] is False
    assert row["why"] in ("timed out", "no answer in time")


def test_stop_of_a_stopped_system_says_that_nothing_ran(tmp_path: Path) -> None:
    asked = minsheng110(tmp_path, "stop")

    assert (asked.returncode, asked.stdout) == (0, "nothing was running\n")


def test_a_wrong_setting_is_named_in_one_line(tmp_path: Path) -> None:
    asked = minsheng110(tmp_path, "status", MINSHENG110_WEB_PORT="99999")

    assert asked.returncode == 1
    assert asked.stderr.startswith("minsheng110: setting web_port:")
    assert len(asked.stderr.splitlines()) == 1
