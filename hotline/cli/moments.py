"""Moments and days as they are typed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import click


class Moment(click.ParamType):
    """ISO 8601, with or without an offset: `2026-02-13T10:00`, `2026-02-13 10:00+08:00`, `2026-02-13`."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return datetime.fromisoformat(str(value).strip())
        except ValueError:
            self.fail(f"{value!r} is no time; write it as 2026-02-13T10:00", param, ctx)


class Day(click.ParamType):
    """`2026-02-13`"""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value).strip())
        except ValueError:
            self.fail(f"{value!r} is no date; write it as 2026-02-13", param, ctx)


MOMENT, DAY = Moment(), Day()
