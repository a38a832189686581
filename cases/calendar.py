"""The administrator's days over the country's calendar, and each unit's own office hours."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.model import Holiday, Unit
from cases.rules import Rules
from cases.worktime import Calendar, Hours

OFFICE_HOURS, FIRM_HOURS = "office_hours", "hours"
"""Under these names a unit's detail may hold its own, as `08:30-12:00,14:30-17:30`."""


def load_calendar(session: Session, rules: Rules) -> Calendar:
    """The calendar by which deadlines are counted. One query."""
    own = session.execute(select(Holiday.day, Holiday.working)).all()
    return Calendar(rules.zone, rules.office_hours, dict(own))


def calendar_of(calendar: Calendar, unit: Unit) -> Calendar:
    """The same days with this unit's hours. Hours that cannot be read are as if there were none."""
    own = unit.detail.get(OFFICE_HOURS) or unit.detail.get(FIRM_HOURS)
    try:
        return calendar.with_hours(Hours.parse(str(own))) if own else calendar
    except ValueError:
        return calendar
