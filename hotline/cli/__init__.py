"""The command line `minsheng110`: one module a family, loaded only when it is called.

`hotline/cli/<family>.py` holds a click command or group named `command`. Exit codes: 0 done, 1 failed (one
clear line on stderr), 2 wrong usage, 3 a refused move.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec

import click

FAMILIES = {
    "up": "Start everything and wait until it is healthy.",
    "stop": "End everything that `up` started.",
    "status": "Say which parts are healthy.",
    "serve": "Run one part in the foreground.",
    "call": "Place a scripted call over the running system.",
    "calls": "Look at calls.",
    "cases": "Look at cases, and move them.",
    "deadline": "When something would be due.",
    "calendar": "Holidays and make-up workdays.",
    "clock": "The time by which this run folder lives.",
    "sip": "The telephones' accounts (development only).",
    "desk": "Do what a 110 desk does.",
    "users": "The people who use the console.",
    "audit": "Who looked at or changed what, and whether the trail is whole.",
    "city": "The city file: check and load.",
    "fees": "What market services cost, and who pays.",
    "households": "The register of those who are served free.",
    "assess": "Scores of departments, firms and teams.",
    "report": "The nightly report, and Asterisk's records against ours.",
    "router": "Sort texts.",
    "transcribe": "Write recordings down.",
    "model": "The recogniser's models.",
    "prompts": "The sounds that callers hear.",
    "seed": "An invented past, to try and to measure with.",
    "db": "The database's structure.",
    "settings": "What is set, and where it came from.",
    "survey": "Ask citizens whether their requests are solved.",
    "sweep": "Pick up what was left lying.",
    "supervise": "Remind, urge, supervise what is late.",
    "bench": "Benchmarks.",
}
"""Every family with its line of help, so that `--help` loads none of them."""

FAILED = 1
REFUSED = 3


class Families(click.Group):
    """A group whose commands are modules of this package, loaded by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        return [name for name in FAMILIES if find_spec(f"{__name__}.{name}")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = import_module(f"{__name__}.{cmd_name}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"hotline/cli/{cmd_name}.py: `command` is no click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, FAMILIES[name]) for name in self.list_commands(ctx)])


@click.group(cls=Families, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """民生110: the call-handling system of a city's livelihood hotline."""


def main() -> None:
    """The entry point. Known errors end in one line on stderr, never in a traceback."""
    from cases.errors import CaseError, MoveRefused
    from hotline.host import HostError
    from hotline.settings import SettingsError

    try:
        command(prog_name="minsheng110")
    except MoveRefused as error:
        _fail(error, REFUSED)
    except (SettingsError, HostError, CaseError) as error:
        _fail(error, FAILED)


def _fail(error: Exception, code: int) -> None:
    click.echo(f"minsheng110: {error}", err=True)
    sys.exit(code)
