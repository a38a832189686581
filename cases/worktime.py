"""The working-day clock: which days are worked, within which hours, and how deadlines are counted. Pure.

    calendar.due(dispatched_at, 3)          # the office's close on the third working day after that day
    calendar.after(moment, seconds)         # when so much office time has passed
    calendar.worked(since, until)           # how much office time lies between

The country's days off and make-up days come from chinesecalendar; the administrator's own table goes before
it. Of a year that neither knows, Monday to Friday are worked, and `warning` says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

import chinese_calendar

_DAY = 24 * 3600
_LAST_SECOND = _DAY - 1
_DAYS_OFF = 11
"""The law gives at least so many days off a year: a table with fewer of a year is not whole yet."""
_FRIDAY = 4
_SPAN = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


@dataclass(frozen=True)
class Hours:
    """When an office works: spans in seconds of the day, in order, apart from each other."""

    spans: tuple[tuple[int, int], ...]

    @classmethod
    def parse(cls, text: str) -> Hours:
        """`08:30-12:00,14:30-17:30`. Raises ValueError."""
        spans = tuple(_span(each.strip()) for each in text.split(","))
        edges = [edge for span in spans for edge in span]
        if edges != sorted(set(edges)):
            raise ValueError(f"office hours {text!r}: spans go from early to late and do not touch")
        return cls(spans)

    @property
    def opens(self) -> int:
        return self.spans[0][0]

    @property
    def closes(self) -> int:
        return self.spans[-1][1]

    @property
    def seconds(self) -> int:
        """Office time in a day."""
        return sum(end - start for start, end in self.spans)

    def between(self, start: float, end: float) -> float:
        """Office seconds between two seconds of one day."""
        return sum(max(0.0, min(end, closes) - max(start, opens)) for opens, closes in self.spans)

    def after(self, start: float, seconds: float) -> float | None:
        """The second of the day at which so much office time has passed since `start`; None: not that day."""
        for opens, closes in self.spans:
            begins = max(start, opens)
            if closes - begins >= seconds and closes > start:
                return begins + seconds
            seconds -= max(0.0, closes - begins)
        return None


def _span(text: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(f"office hours {text!r}: write them as 08:30-12:00,14:30-17:30")
    hours = [int(each) for each in found.groups()]
    start, end = hours[0] * 3600 + hours[1] * 60, hours[2] * 3600 + hours[3] * 60
    if end > _DAY:
        raise ValueError(f"office hours {text!r}: a day ends at 24:00")
    return start, min(end, _LAST_SECOND)


OFFICE_HOURS = Hours.parse("08:30-12:00,14:30-17:30")


@dataclass(frozen=True)
class Calendar:
    """Working days and office hours in one zone. Moments are aware; answers are in UTC."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    hours: Hours = OFFICE_HOURS
    own: Mapping[date, bool] = field(default_factory=dict)
    """The administrator's table: whether the day is worked."""

    def with_hours(self, hours: Hours) -> Calendar:
        return replace(self, hours=hours)

    # ------------------------------------------------------------ days
    def day_of(self, at: datetime) -> date:
        """The city's date at this moment."""
        return at.astimezone(self.zone).date()

    def is_working_day(self, day: date) -> bool:
        if day in self.own:
            return self.own[day]
        known = _of_the_country(day)
        return day.weekday() <= _FRIDAY if known is None else known

    def warning(self, day: date) -> str | None:
        """What is to be said of a day of which nobody told whether it is worked."""
        if day in self.own or _of_the_country(day) is not None or day.year in self._whole_years:
            return None
        return (
            f"the holidays of {day.year} are not known yet: Monday to Friday are counted as working days "
            "until an administrator enters them (minsheng110 calendar set)"
        )

    def warnings(self, since: date, until: date) -> list[str]:
        """Every warning of the days between, both ends included, once."""
        days = (since + timedelta(days=n) for n in range((until - since).days + 1))
        return list(dict.fromkeys(filter(None, map(self.warning, days))))

    def unknown_years(self, since: date, until: date) -> list[int]:
        """Years of which a day between was counted without knowing."""
        days = (since + timedelta(days=n) for n in range((until - since).days + 1))
        return sorted({day.year for day in days if self.warning(day) is not None})

    @cached_property
    def _whole_years(self) -> frozenset[int]:
        off = [day.year for day, worked in self.own.items() if not worked]
        return frozenset(year for year in off if off.count(year) >= _DAYS_OFF)

    def next_working_day(self, day: date) -> date:
        """The first working day after this one."""
        return self.after_working_days(day, 1)

    def working_day_from(self, day: date) -> date:
        """This day, when it is worked, else the next one that is."""
        return day if self.is_working_day(day) else self.next_working_day(day)

    def previous_working_day(self, day: date) -> date:
        day -= timedelta(days=1)
        while not self.is_working_day(day):
            day -= timedelta(days=1)
        return day

    def after_working_days(self, day: date, count: int) -> date:
        """The `count`-th working day after this day, which itself is not counted."""
        while count > 0:
            day += timedelta(days=1)
            count -= self.is_working_day(day)
        return day

    def working_days_between(self, since: date, until: date) -> int:
        """How many working days come after `since`, up to and with `until`."""
        days = (since + timedelta(days=n) for n in range(1, (until - since).days + 1))
        return sum(map(self.is_working_day, days))

    # ------------------------------------------------------------ moments
    def at(self, day: date, second: float) -> datetime:
        """This second of the city's day."""
        midnight = datetime.combine(day, time(), self.zone)
        return (midnight + timedelta(seconds=second)).astimezone(UTC)

    def opening(self, day: date) -> datetime:
        return self.at(day, self.hours.opens)

    def closing(self, day: date) -> datetime:
        return self.at(day, self.hours.closes)

    def due(self, since: datetime, working_days: int) -> datetime:
        """The office's close on the n-th working day after the day of `since`; with 0 the end of that day."""
        day = self.day_of(since)
        if working_days < 1:
            return max(self.at(day, _LAST_SECOND), since.astimezone(UTC))
        return self.closing(self.after_working_days(day, working_days))

    def yellow(self, due: datetime, since: datetime) -> datetime:
        """The morning of the working day before the deadline; not before the clock began."""
        before = self.opening(self.previous_working_day(self.day_of(due)))
        return max(before, since.astimezone(UTC))

    def worked(self, since: datetime, until: datetime) -> float:
        """Office seconds between two moments; 0 when they are not in order."""
        if until <= since:
            return 0.0
        return sum(self.hours.between(start, end) for start, end in self._days(since, until))

    def _days(self, since: datetime, until: datetime) -> Iterator[tuple[float, float]]:
        """Of every working day the part that lies between, in seconds of the day."""
        first, last = self.day_of(since), self.day_of(until)
        for n in range((last - first).days + 1):
            day = first + timedelta(days=n)
            if self.is_working_day(day):
                start = self._second(since) if day == first else 0.0
                yield start, (self._second(until) if day == last else float(_DAY))

    def after(self, since: datetime, seconds: float) -> datetime:
        """The moment at which so much office time has passed."""
        if seconds <= 0:
            return since.astimezone(UTC)
        day, second = self.day_of(since), self._second(since)
        while True:
            if self.is_working_day(day):
                found = self.hours.after(second, seconds)
                if found is not None:
                    return self.at(day, found)
                seconds -= self.hours.between(second, _DAY)
            day, second = day + timedelta(days=1), 0.0

    def _second(self, at: datetime) -> float:
        local = at.astimezone(self.zone)
        return local.hour * 3600 + local.minute * 60 + local.second + local.microsecond / 1e6


@lru_cache(maxsize=4096)
def _of_the_country(day: date) -> bool | None:
    """Whether the country works on this day; None: the days off of that year are not known here."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None
