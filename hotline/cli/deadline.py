"""`minsheng110 deadline`: when something would be due."""

from __future__ import annotations

from datetime import datetime

import click
from sqlalchemy.orm import Session

from cases.calendar import calendar_of, load_calendar
from cases.deadlines import told
from cases.errors import DatabaseAway, NotFound
from cases.model import Unit
from cases.opening import unit_named
from cases.worktime import Calendar
from hotline.cli.moments import MOMENT
from hotline.cli.showing import as_json as json_option
from hotline.cli.showing import print_json, wired
from hotline.wiring import Wiring

_NO_TABLE = "the database does not answer: the administrator's own days are not counted"


@click.command()
@click.option("--class", "deadline_class", required=True, metavar="CLASS", help="emergency, help, …")
@click.option(
    "--from", "since", required=True, type=MOMENT, help="Of the dispatch; city time without offset."
)
@click.option("--unit", help="A unit, for its own office hours: code or name.")
@json_option
def command(deadline_class: str, since: datetime, unit: str | None, as_json: bool) -> None:
    """When a case of this class that is dispatched then is due."""
    with wired() as wiring:
        rules = wiring.rules
        calendar, warnings = _calendar(wiring, unit)
    if deadline_class not in rules.working_days:
        known = ", ".join(rules.working_days)
        raise click.BadParameter(
            f"there is no class {deadline_class!r}; there are {known}", param_hint="--class"
        )
    moment = since.replace(tzinfo=rules.zone) if since.tzinfo is None else since
    found = told(calendar, rules, deadline_class, moment)
    found["warnings"] = [*warnings, *found["warnings"]]
    if as_json:
        print_json(found)
        return
    click.echo(f"due {found['due']:%Y-%m-%d %H:%M} ({found['working_days']} working days)")
    for warning in found["warnings"]:
        click.echo(f"warning: {warning}")


def _calendar(wiring: Wiring, unit: str | None) -> tuple[Calendar, list[str]]:
    """With the administrator's days, where there is a database; a warning where there is none."""
    rules = wiring.rules
    try:
        with wiring.reading() as work:
            calendar = load_calendar(work.session, rules)
            return (calendar_of(calendar, _unit(work.session, unit)) if unit else calendar), []
    except DatabaseAway:
        if unit is not None:
            raise
        return Calendar(rules.zone, rules.office_hours), [_NO_TABLE]


def _unit(session: Session, named: str) -> Unit:
    found = unit_named(session, named)
    if found is None:
        raise NotFound(f"there is no unit {named!r} in use")
    return session.get_one(Unit, found)
