"""The supervisor with real processes: what dies is started again, and nothing is ever left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from hotline import health, processes, running
from hotline.services import Service, all_services, too_long_path
from hotline.settings import Settings, load
from hotline.supervisor import AlreadyRuns, Supervisor, SupervisorError


def python(*lines: str) -> tuple[str, ...]:
    return (sys.executable, "-c", "\n".join(lines))


SLEEP = "import time; print('up', flush=True); time.sleep(600)"
SLEEPER = python(SLEEP)
STUBBORN = python("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)", SLEEP)
WITH_A_RUNAWAY_CHILD = python(
    "import subprocess, sys",
    f"subprocess.Popen([sys.executable, '-c', {SLEEP!r}], start_new_session=True, stdout=subprocess.DEVNULL)",
    SLEEP,
)


def says_up(part: str, settings: Settings) -> health.Answer:
    """The probe of these tests: a part is healthy once it has printed `up`."""
    return {"ok": "up" in log(settings, part), "why": "it has not said `up`"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(run_dir=tmp_path / "run", profile="test")


@pytest.fixture
def supervise(settings: Settings) -> Iterator[Callable[..., Supervisor]]:
    made: list[Supervisor] = []

    def start(*services: Service, say: Callable[[str], None] = lambda _line: None) -> Supervisor:
        supervisor = Supervisor(settings, say, services, says_up)
        made.append(supervisor)
        supervisor.start()
        supervisor.wait_healthy(20)
        return supervisor

    yield start
    for supervisor in made:
        supervisor.stop()


def log(settings: Settings, name: str) -> str:
    return (settings.log_dir / f"{name}.log").read_text()


def until(happened: Callable[[], object], seconds: float = 15.0) -> None:
    limit = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.02)


def test_a_part_that_is_killed_is_started_again_and_said_so(supervise, settings: Settings) -> None:
    said: list[str] = []
    supervisor = supervise(Service("web", SLEEPER), say=said.append)
    first = supervisor.pid("web")

    supervisor.kill("web")

    until(lambda: supervisor.pid("web") not in (None, first))
    assert supervisor.restarts("web") == 1
    assert said == ["web was killed by SIGKILL; starting it again in 0.1 s"]
    assert said[0] in log(settings, "supervisor")
    until(lambda: health.state(settings)["services"]["web"] == {"pid": supervisor.pid("web"), "restarts": 1})


def test_a_part_that_keeps_dying_is_named_with_the_end_of_its_log(settings: Settings) -> None:
    crash = (sys.executable, "-c", "import sys; sys.exit('the port is gone')")
    supervisor = Supervisor(settings, services=[Service("web", crash)], probe=says_up)
    supervisor.start()
    try:
        with pytest.raises(SupervisorError, match=r"(?s)web keeps dying.*the port is gone"):
            supervisor.wait_healthy(30)
    finally:
        supervisor.stop()


def test_a_part_held_down_stays_down_until_it_is_restarted(supervise) -> None:
    supervisor = supervise(Service("fastagi", SLEEPER), Service("web", SLEEPER))

    supervisor.kill("fastagi", hold=True)
    supervisor.kill("web")
    until(lambda: supervisor.restarts("web") == 1)

    assert supervisor.pid("fastagi") is None
    supervisor.restart("fastagi")
    assert supervisor.pid("fastagi")


def test_a_restart_ends_the_old_process_first(supervise) -> None:
    supervisor = supervise(Service("web", SLEEPER))
    first = supervisor.pid("web")

    supervisor.restart("web")

    assert supervisor.pid("web") != first
    assert not processes.alive(first)


def test_stopping_ends_all_in_reverse_order_and_kills_who_will_not(supervise, settings: Settings) -> None:
    said: list[str] = []
    supervisor = supervise(
        Service("redis", SLEEPER),
        Service("asterisk", STUBBORN, stop_seconds=0.3),
        Service("web", WITH_A_RUNAWAY_CHILD),
        say=said.append,
    )
    mark = health.state(settings)["mark"]
    until(lambda: len(processes.marked(mark)) == 4)
    pids = processes.marked(mark)

    supervisor.stop()

    assert not [pid for pid in pids if processes.alive(pid)]
    assert said[0] == "asterisk did not end in 0.3 s: killed"
    assert "had left its group: ended" in said[1]
    assert running.supervisor_pid(settings) is None


def test_a_second_supervisor_says_that_it_already_runs(supervise, settings: Settings) -> None:
    supervise(Service("web", SLEEPER))

    with pytest.raises(AlreadyRuns, match=f"already runs \\(pid {os.getpid()}\\)"):
        Supervisor(settings, services=[Service("web", SLEEPER)]).start()


def test_a_missing_program_ends_the_start_with_its_name(settings: Settings) -> None:
    supervisor = Supervisor(
        settings, services=[Service("web", SLEEPER), Service("redis", ("/no/such/program",))]
    )

    with pytest.raises(SupervisorError, match="/no/such/program"):
        supervisor.start()

    assert running.supervisor_pid(settings) is None


FOREGROUND = """
import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
from pathlib import Path
from hotline.services import Service, all_services, too_long_path
from hotline.settings import load
from hotline.supervisor import Supervisor
argvs = [(sys.executable, "-c", program) for program in sys.argv[2:]]
services = [Service(name, argv, stop_seconds=0.3) for name, argv in zip(("web", "asterisk"), argvs)]
supervisor = Supervisor(load(run_dir=Path(sys.argv[1])), services=services)
supervisor.start()
print("started", flush=True)
signal.sigwait({signal.SIGTERM})
supervisor.stop()
"""


@pytest.fixture
def foreground(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    argv = [*python(FOREGROUND), str(settings.run_dir), WITH_A_RUNAWAY_CHILD[-1], STUBBORN[-1]]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        yield process
        process.kill()


def test_nothing_is_left_when_the_supervisor_itself_is_killed(foreground, settings: Settings) -> None:
    mark = health.state(settings)["mark"]
    until(lambda: len(processes.marked(mark)) == 3)
    pids = processes.marked(mark)

    os.kill(foreground.pid, signal.SIGKILL)

    until(lambda: not [pid for pid in pids if processes.alive(pid)])


def test_stop_from_outside_ends_the_supervisor_and_its_parts(foreground, settings: Settings) -> None:
    pids = [foreground.pid, *processes.marked(health.state(settings)["mark"])]

    assert running.stop(settings)

    assert foreground.wait(5) == 0
    assert not [pid for pid in pids if processes.alive(pid)]
    assert not running.stop(settings), "a second stop finds nothing"


def test_children_read_the_settings_of_their_supervisor_and_find_no_secret_around_them(
    tmp_path: Path,
) -> None:
    settings = load(run_dir=tmp_path, web_port=18110, desks=["desk7"], ami_password="hush-hush", demo=False)
    show = python(
        "from hotline.settings import load; import os, time",
        "s = load(); print(s.run_dir, s.web_port, s.desks, s.demo)",
        "print('hush' in str(os.environ), flush=True); time.sleep(600)",
    )
    supervisor = Supervisor(settings, services=[Service("web", show)])
    supervisor.start()
    try:
        until(lambda: "False\n" in log(settings, "web"))
        assert log(settings, "web") == f"{tmp_path} 18110 ['desk7'] False\nFalse\n"
    finally:
        supervisor.stop()


def test_the_embedded_redis_keeps_its_data_when_it_is_killed(settings: Settings) -> None:
    redis_part = [service for service in all_services(settings) if service.name == "redis"]
    supervisor = Supervisor(settings, services=redis_part)
    supervisor.start()
    try:
        supervisor.wait_healthy(20)
        with Redis.from_url(settings.redis) as connection:
            connection.set("rang", "once")
            connection.config_set("appendfsync", "always")
            connection.set("rang", "twice")

        supervisor.kill("redis")
        until(lambda: supervisor.restarts("redis") == 1 and health.probe("redis", settings)["ok"])

        with Redis.from_url(settings.redis) as connection:
            assert connection.get("rang") == b"twice"
    finally:
        supervisor.stop()
    assert health.probe("redis", settings) == {"ok": False, "why": "not running"}


def test_a_run_folder_with_too_long_a_name_for_sockets_is_named(tmp_path: Path) -> None:
    settings = load(run_dir=tmp_path / ("x" * 90), profile="test")

    assert too_long_path(settings).startswith("run_dir: ")
    assert "set MINSHENG110_RUN_DIR to a shorter one" in too_long_path(settings)
