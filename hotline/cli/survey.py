"""`minsheng110 survey …`: is the citizen satisfied?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from cases.survey_list import answered, count_states, to_ask
from hotline.cli.showing import as_json as json_option
from hotline.cli.showing import print_json, table, wired

_COLUMNS = {
    "case": "case",
    "state": "state",
    "round": "round",
    "tries": "tries",
    "next": "next call",
    "last_result": "last",
    "answer": "answer",
    "way": "way",
    "answered": "answered",
    "unit": "unit",
    "words": "words",
}


@click.group()
def command() -> None:
    """Ask citizens whether their requests are solved."""


@command.command("list")
@click.option("--answered", "done", is_flag=True, help="Those with an answer, newest first.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 100_000))
@json_option
def list_surveys(done: bool, limit: int, as_json: bool) -> None:
    """Who is still to be asked; those that wait for the visitor caller first."""
    with wired() as wiring, wiring.reading() as unit:
        rows = (answered if done else to_ask)(unit.session, limit=limit)
        zone = wiring.settings.zone
    if as_json:
        print_json(rows)
    elif rows:
        table(_COLUMNS, rows, zone)
    else:
        click.echo("no survey has an answer yet" if done else "nobody is to be asked")


@command.command("run")
@click.option("--now", "moment", default=None, metavar="TIME", help="ISO 8601; city time without a zone.")
@json_option
def run(moment: str | None, as_json: bool) -> None:
    """Ring who is due, as the sweep does. Running it again rings nobody twice."""
    from hotline.surveys import Surveys

    with wired() as wiring:
        now = _moment(moment, wiring.settings.zone) if moment else wiring.now()
        report = Surveys(wiring).run(now)
        with wiring.reading() as unit:
            report["waiting"] = count_states(unit.session)
    if as_json:
        print_json(report)
    else:
        _page(report)


@command.command("try")
@click.argument("number")
@click.option("--key", default="1", show_default=True, type=click.Choice(["1", "2", "3", "4", ""]))
@click.option("--say", default="", metavar="TEXT", help="Why, after 3 and 4.")
@json_option
def try_it(number: str, key: str, say: str, as_json: bool) -> None:
    """A scripted citizen is rung for this case now, and answers (development and test only).

    Without a key (`--key ""`) the citizen hangs up.
    """
    from hotline.ami import AmiError
    from hotline.phone.accounts import NotHere
    from hotline.phone.scripted_call import CallFailed
    from hotline.phone.scripted_citizen import Answering, be_rung
    from hotline.phone.voice import Voiceless
    from hotline.settings import load

    try:
        told = be_rung(load(), number.strip(), Answering(key, say))
    except (CallFailed, NotHere, Voiceless, AmiError) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        print_json(told)
        return
    for step in told["steps"]:
        line = f"{step['at']:7.2f} s  {step['who']:<8}  {step['what']:<20}  {step['detail']}"
        click.echo(line.rstrip())
    click.echo(f"case {told['case']}: answer {told['answer'] or '-'}, now {told['case_state'].value}")


def _moment(text: str, zone: Any) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no time as 2026-03-02T09:30", param_hint="--now") from error
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _page(report: dict[str, Any]) -> None:
    for line, found in (
        ("surveys planned that nobody had planned", report["planned"]),
        ("citizens rung", report["placed"]),
        ("answers settled that a dead call had left", report["settled"]),
        ("calls given up whose end was never told", report["lost"]),
        ("surveys handed to the visitor caller", report["handed_over"]),
    ):
        click.echo(f"{len(found):>6}  {line}")
    if report["why"]:
        click.echo(f"nobody more was rung: {report['why']}")
