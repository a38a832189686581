"""`minsheng110 serve …`: one part of the system in the foreground, as the supervisor runs it.

The doors are rooms above this one and are started by the name of their module, never imported.
"""

from __future__ import annotations

import os
import sys

import click

DOORS = {
    "fastagi": ("agi_scripts.server", "The telephone's door."),
    "web": ("web.server", "The console."),
    "worker": ("hotline.worker", "Examine and write down recordings."),
    "listener": ("hotline.listening.server", "Hear callers while they speak."),
    "sweep": ("hotline.sweep", "Pick up what was left lying, again and again."),
}


@click.group()
def command() -> None:
    """Run one part in the foreground."""


def _door(name: str, module: str, line: str) -> None:
    @command.command(name, help=line)
    def serve() -> None:
        os.execv(sys.executable, [sys.executable, "-m", module])  # noqa: S606 - no shell is wanted


for _name, (_module, _line) in DOORS.items():
    _door(_name, _module, _line)
