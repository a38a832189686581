"""What a classical AGI script does, once per process: read the call, write its row, play the greeting."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from cases.facts import CallStarted, new_id
from hotline.settings import load
from hotline.wiring import build


def main() -> None:
    settings = load()
    told = dict(line.rstrip("\n").split(": ", 1) for line in iter(sys.stdin.readline, "\n") if ": " in line)
    wiring = build(settings)
    started = CallStarted(
        call_id=new_id(),
        at=datetime.now(UTC),
        linked_id=told["agi_uniqueid"],
        channel=told["agi_channel"],
        caller="",
        way_in="direct",
    )
    wiring.ledger.record(started)
    for command in ("ANSWER", f'STREAM FILE "{settings.prompt_sounds / "greeting"}" ""'):
        sys.stdout.write(command + "\n")
        sys.stdout.flush()
        sys.stdin.readline()
    wiring.close()


if __name__ == "__main__":
    main()
