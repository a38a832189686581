"""`minsheng110 call`: a scripted call over the running system."""

from __future__ import annotations

import json
from typing import Any

import click

from hotline import settings


@click.command()
@click.option("--say", default="", metavar="TEXT", help="What the citizen says after the beep.")
@click.option(
    "--keys",
    default="",
    metavar="KEYS",
    help="Keys the citizen presses; a comma waits for the next prompt (2,123456#). Keys that begin with a "
    "choice of the greeting (0, 2, 9) are pressed as soon as the greeting begins, and so are all keys "
    "without --say; others after the speech (#). Without any, silence ends the message.",
)
@click.option(
    "--hangup-after",
    type=click.FloatRange(0, 290),
    metavar="SECONDS",
    help="Hang up this long after the citizen began to speak; without a speech, or with keys in the greeting,"
    " this long after the greeting began.",
)
@click.option(
    "--transfer",
    type=click.Choice(["key", "refer", "redirect"]),
    default="key",
    show_default=True,
    help="How the desk passes the caller on: its own key, its telephone's transfer (REFER), an order (AMI).",
)
@click.option("--caller", default=None, metavar="NUMBER", help="The citizen's number.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(
    say: str, keys: str, hangup_after: float | None, transfer: Any, caller: str | None, as_json: bool
) -> None:
    """Place a scripted call over the running system and tell what was heard, pressed and made.

    A citizen dials 110 over the trunk, a scripted desk answers and passes the caller on, the citizen talks to
    民生110. It needs the development or test profile: it registers as the first desk. Another telephone on
    that account rings as well and is named in the steps.
    """
    from hotline.phone.accounts import NotHere
    from hotline.phone.scripted_call import CITIZEN, CallFailed, Order, place
    from hotline.phone.voice import Voiceless

    order = Order(say, keys, hangup_after, transfer, caller or CITIZEN)
    try:
        told = place(settings.load(), order)
    except (CallFailed, NotHere, Voiceless) as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(told, ensure_ascii=False, indent=2) if as_json else lines(told))


def lines(told: dict[str, Any]) -> str:
    """One line a step, then what came of it."""
    steps = [
        f"{step['at']:7.2f} s  {step['who']:<8}  {step['what']:<20}  {step['detail']}".rstrip()
        for step in told["steps"]
    ]
    case = told["case"] or "none"
    return "\n".join([*steps, f"case {case}, outcome {told['outcome']}, {told['seconds']:g} s"])
