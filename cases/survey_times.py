"""When a citizen may be rung: the next working day, at decent hours, not twice within half a day. Pure."""

from __future__ import annotations

from datetime import datetime

from cases.worktime import Calendar, Hours


def first_call(calendar: Calendar, hours: Hours, since: datetime) -> datetime:
    """The first decent moment of the working day after `since`."""
    decent = calendar.with_hours(hours)
    return decent.opening(decent.next_working_day(decent.day_of(since)))


def next_call(calendar: Calendar, hours: Hours, last: datetime) -> datetime:
    """The beginning of the next decent span after a call in vain: another time of the day, another chance."""
    day = calendar.day_of(last)
    for _ in range(2):
        if calendar.is_working_day(day):
            begins = [calendar.at(day, start) for start, _end in hours.spans]
            later = [each for each in begins if each > last]
            if later:
                return later[0]
        day = calendar.next_working_day(day)
    raise AssertionError("a working day has no hours")


def is_decent(calendar: Calendar, hours: Hours, now: datetime) -> bool:
    """Whether somebody may be rung now."""
    day = calendar.day_of(now)
    spans = [(calendar.at(day, start), calendar.at(day, end)) for start, end in hours.spans]
    return calendar.is_working_day(day) and any(start <= now < end for start, end in spans)
