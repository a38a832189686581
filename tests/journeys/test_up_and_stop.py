"""`minsheng110 up`, as `make run` calls it: from an empty folder to a case, and back to nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from hotline import health, processes
from hotline.services import environment
from hotline.settings import Settings, load
from hotline.temporary import temporary_settings

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]
MINSHENG110 = str(Path(sys.executable).with_name("minsheng110"))


@pytest.fixture
def empty() -> Iterator[Settings]:
    """Settings of a system in an empty folder with a short name, for sockets live in it."""
    with tempfile.TemporaryDirectory(prefix="ms-", dir="/tmp") as folder:
        yield temporary_settings(Path(folder))


@pytest.fixture
def up(empty: Settings) -> Iterator[list[subprocess.Popen[str]]]:
    """Whoever was started here is ended here."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for each in started:
        with suppress(ProcessLookupError):
            each.terminate()
        each.wait(60)
        if each.stdout is not None:
            each.stdout.close()


def start(up: list[subprocess.Popen[str]], settings: Settings, *words: str) -> list[str]:
    """`minsheng110 up` until it runs; returns what it said."""
    process = subprocess.Popen(
        [MINSHENG110, "up", *words],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment(settings),
    )  # fmt: skip
    up.append(process)
    said = []
    for line in process.stdout or ():
        said.append(line.rstrip("\n"))
        if line.startswith("running;"):
            return said
    raise AssertionError("it did not come to run:\n" + "\n".join(said))


def minsheng110(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [MINSHENG110, *words],
        capture_output=True, text=True, check=False, timeout=60, env=environment(settings),
    )  # fmt: skip


def test_from_an_empty_folder_to_a_case_and_back_to_nothing(up, empty: Settings) -> None:
    said = start(up, empty, "--demo")

    (case,) = [line for line in said if line.startswith("case ")]
    number = case.split()[1].rstrip(":")
    assert f"console: {empty.web_url}" in said
    assert f"first login: admin, password: the line admin_password in {empty.secrets_file}" in said
    assert load(run_dir=empty.run_dir).admin_password.get_secret_value() not in "\n".join(said)

    asked = minsheng110(empty, "status", "--json")
    found = json.loads(asked.stdout)
    assert (asked.returncode, found["ok"]) == (0, True), found
    assert set(found["services"]) == set(health.PARTS)
    assert found["services"]["web"]["url"] == empty.web_url
    shown = json.loads(minsheng110(empty, "cases", "show", number, "--json").stdout)
    assert shown["desk"] == "desk1"
    assert shown["recording"]["seconds"] > 1

    again = minsheng110(empty, "up")
    assert again.returncode == 1
    assert f"it already runs (pid {up[0].pid})" in again.stderr

    mark = health.state(empty)["mark"]
    stopped = minsheng110(empty, "stop")
    assert "stopped; no process is left" in stopped.stdout
    assert up[0].wait(10) == 0
    assert processes.marked(mark) == []

    said = start(up, empty, "--no-demo")
    assert not [line for line in said if line.startswith(("users:", "database:", "prompts:"))]
    assert number in minsheng110(empty, "cases", "list", "--json").stdout, "a second start loses nothing"
    up[1].send_signal(signal.SIGINT)
    assert up[1].wait(30) == 0


def test_nothing_is_left_of_a_running_system_whose_supervisor_is_killed(up, empty: Settings) -> None:
    start(up, empty, "--no-demo")
    mark = health.state(empty)["mark"]
    parts = [row["pid"] for row in health.state(empty)["services"].values()]
    pids = {*parts, *processes.marked(mark)}

    os.kill(up[0].pid, signal.SIGKILL)
    up[0].wait(10)
    minsheng110(empty, "stop")

    assert [pid for pid in pids if processes.alive(pid)] == []
    start(up, empty, "--no-demo")
