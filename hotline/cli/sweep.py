"""`minsheng110 sweep`: pick up what was left lying, now."""

from __future__ import annotations

import sys
import time
from typing import Any

import click

from hotline import logs
from hotline.cli.showing import as_json as json_option
from hotline.cli.showing import print_json, wired
from hotline.files import Busy

_PATIENCE_SECONDS = 60.0
_AGAIN_SECONDS = 0.2


@click.command()
@click.option("--once", is_flag=True, help="One pass, then end.")
@json_option
def command(once: bool, as_json: bool) -> None:
    """Pick up what was left lying: journal, messages, dead calls, lost bells.

    Without --once it goes on until it is stopped, as the supervisor's own sweep does.
    """
    from hotline.sweep import Sweep, main

    if not once:
        main()
        return
    logs.configure("sweep")
    with wired() as wiring:
        report = _one_pass(Sweep(wiring, time.sleep))
    if as_json:
        print_json(report)
    else:
        _page(report)
    sys.exit(1 if report["problems"] else 0)


def _one_pass(sweep: Any) -> dict[str, Any]:
    """Wait for the running sweep to end its pass; then it is our turn."""
    begun = time.monotonic()
    while True:
        try:
            report: dict[str, Any] = sweep.run()
            return report
        except Busy:
            if time.monotonic() - begun > _PATIENCE_SECONDS:
                raise click.ClickException("another sweep is at it and does not end") from None
            time.sleep(_AGAIN_SECONDS)


def _page(report: dict[str, Any]) -> None:
    journal, ended = report.get("journal") or {}, report.get("ended") or {}
    for line, count in (
        ("facts replayed from the journal", journal.get("facts", 0)),
        ("messages of the dialplan taken in", len(report.get("fallback") or ())),
        ("recordings ended from their files", len(ended.get("recordings", ()))),
        ("calls ended whose channel is gone", len(ended.get("calls", ()))),
        ("claims of dead workers released", len(report.get("claims") or ())),
        ("cases sorted", len(report.get("sorted") or ())),
        ("bells rung again", len(report.get("bells") or ())),
        ("reminders and supervising steps", (report.get("supervised") or {}).get("steps", 0)),
        ("journal files set aside for a person", report["set_aside"]),
    ):
        click.echo(f"{count:>6}  {line}")
    for step, problem in report["problems"].items():
        click.echo(f"minsheng110: the step {step} failed: {problem}", err=True)
