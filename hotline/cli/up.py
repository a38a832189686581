"""`minsheng110 up`: install what is missing, start everything, show that it works, go on until Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

import click

from cases.users import has_first_password
from hotline import demonstration
from hotline import settings as settings_module
from hotline.cli import FAILED
from hotline.host import HostError
from hotline.install import InstallError, install
from hotline.settings import Settings
from hotline.supervisor import Supervisor, SupervisorError
from hotline.wiring import build

_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@click.command()
@click.option("--demo/--no-demo", default=None, help="Whether to place a demonstration call.")
def command(demo: bool | None) -> None:
    """Install what is missing, start everything, place a demonstration call, go on until Ctrl-C."""
    os.umask(0o077)  # database, recordings, logs: all of it is personal
    settings = settings_module.load()
    _on_signals(_interrupt)
    supervisor = Supervisor(settings, _say)
    code = 0
    try:
        supervisor.claim()
        supervisor.settings = installed = install(settings, _say)
        _run(supervisor, settings.demo if demo is None else demo)
        _welcome(installed)
        while True:
            signal.pause()
    except KeyboardInterrupt:
        _say("stopping")
    except (HostError, InstallError, SupervisorError) as error:
        click.echo(f"minsheng110: {error}", err=True)
        code = FAILED
    finally:
        _on_signals(signal.SIG_IGN)  # whoever is impatient still gets an orderly end
        started = supervisor.started
        supervisor.stop()
    if started:
        _say("stopped; no process is left")
    sys.exit(code)


def _run(supervisor: Supervisor, demo: bool) -> None:
    began = time.monotonic()
    supervisor.start()
    supervisor.wait_healthy(60, _say)
    _say(f"everything is healthy after {time.monotonic() - began:.1f} s")
    if demo and supervisor.settings.profile != "production":
        _demonstrate(supervisor.settings)


def _demonstrate(settings: Settings) -> None:
    _say("placing a demonstration call: a citizen dials 110, a desk answers and presses the key")
    try:
        lines = demonstration.place(settings)
    except demonstration.DemonstrationFailed as error:
        lines = [f"THE DEMONSTRATION CALL FAILED: {error}; all goes on running; logs: {settings.log_dir}"]
    for line in lines:
        _say(line)


def _welcome(settings: Settings) -> None:
    _say(f"console: {settings.web_url}")
    with build(settings).reading() as work:
        first = has_first_password(work.session, "admin")
    if first:
        _say(f"first login: admin, password: the line admin_password in {settings.secrets_file}")
    _say("running; Ctrl-C or `make stop` ends it")


def _on_signals(action: Any) -> None:
    for number in _ENDINGS:
        signal.signal(number, action)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _say(line: str) -> None:
    click.echo(line)
    sys.stdout.flush()
