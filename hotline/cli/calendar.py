"""`minsheng110 calendar …`: holidays and make-up workdays, the administrator's own before the country's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import click

from cases.calendar import load_calendar
from cases.moving import actor_named
from cases.recounting import Moved, own_days
from cases.states import Role
from cases.worktime import Calendar
from hotline.calendars import change, recount_all
from hotline.cli.moments import DAY
from hotline.cli.showing import as_json as json_option
from hotline.cli.showing import print_json, table, wired
from hotline.wiring import Wiring

_BY = "command line"
_COLUMNS = {"day": "day", "working": "worked", "name": "name", "who": "by"}
_MOVED = {"case": "case", "unit": "unit", "before": "was due", "due": "is due"}
_days = click.argument("days", nargs=-1, required=True, type=DAY, metavar="DAY…")
_as = click.option("--as", "username", metavar="USER", help="An administrator's username.")


@click.group()
def command() -> None:
    """Holidays and make-up workdays."""


@command.command("show")
@click.option("--year", type=click.IntRange(2004, 2100), help="Without it, this year.")
@json_option
def show(year: int | None, as_json: bool) -> None:
    """A year's days that are not as their weekday says, and the administrator's own table."""
    with wired() as wiring, wiring.reading() as work:
        calendar = load_calendar(work.session, wiring.rules)
        chosen = year or calendar.day_of(wiring.now()).year
        own = own_days(work.session, chosen)
    found = {"year": chosen, **_of_year(calendar, chosen), "own": own}
    if as_json:
        print_json(found)
        return
    for key in ("off", "worked"):
        click.echo(f"{key:<8} {' '.join(found[key]) or '-'}")
    if own:
        table(_COLUMNS, own)
    for warning in found["warnings"]:
        click.echo(f"warning: {warning}")


def _of_year(calendar: Calendar, year: int) -> dict[str, Any]:
    first, last = date(year, 1, 1), date(year, 12, 31)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    odd = [day for day in days if calendar.is_working_day(day) == (day.weekday() >= 5)]
    return {
        "off": [day.isoformat() for day in odd if day.weekday() < 5],
        "worked": [day.isoformat() for day in odd if day.weekday() >= 5],
        "warnings": calendar.warnings(first, last),
    }


@command.command("set")
@_days
@click.option("--off", "working", flag_value=False, type=bool, default=None, help="These days are off.")
@click.option("--working", "working", flag_value=True, type=bool, help="These days are worked.")
@click.option("--name", default="", help="Which holiday: 春节.")
@_as
@json_option
def set_(days: Sequence[date], working: bool | None, name: str, username: str | None, as_json: bool) -> None:
    """Say whether days are worked; open deadlines are worked out again."""
    if working is None:
        raise click.UsageError("say --off or --working")
    with wired() as wiring:
        who = _who(wiring, username)
        changed, moved = change(wiring, who, dict.fromkeys(days, working), name=name)
        zone = wiring.settings.zone
    _say(changed, moved, zone, as_json)


@command.command("unset")
@_days
@_as
@json_option
def unset(days: Sequence[date], username: str | None, as_json: bool) -> None:
    """Leave days to the country's calendar again; open deadlines are worked out again."""
    with wired() as wiring:
        changed, moved = change(wiring, _who(wiring, username), leave=days)
        zone = wiring.settings.zone
    _say(changed, moved, zone, as_json)


@command.command("recompute")
@json_option
def recompute(as_json: bool) -> None:
    """Work out every open deadline again, as after a change of the office hours."""
    with wired() as wiring:
        moved, zone = recount_all(wiring), wiring.settings.zone
    _say([], moved, zone, as_json)


def _who(wiring: Wiring, username: str | None) -> str:
    if username is None:
        return _BY
    with wiring.reading() as work:
        actor = actor_named(work.session, username)
    if actor.role != Role.ADMIN:
        raise click.ClickException(f"{username} is no administrator: the calendar is theirs")
    return actor.who


def _say(changed: Sequence[date], moved: Sequence[Moved], zone: Any, as_json: bool) -> None:
    rows = [asdict(each) for each in moved]
    if as_json:
        print_json({"days": [day.isoformat() for day in changed], "moved": rows})
        return
    click.echo(f"{len(changed)} days changed, {len(moved)} open deadlines moved")
    if rows:
        table(_MOVED, rows, zone)
