"""Arithmetic of moments that SQLite and PostgreSQL do alike, to the millisecond."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class whole_seconds(FunctionElement[int]):
    """`whole_seconds(until, since)`: seconds between two moments, a begun one counts whole."""

    type = Integer()
    inherit_cache = True
    name = "whole_seconds"


@compiles(whole_seconds, "sqlite")
def _sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    until, since = (compiler.process(each, **kw) for each in element.clauses)
    # 0.9994: a julian day is exact to some 40 µs, and what is less than half a millisecond is none.
    return f"CAST((julianday({until}) - julianday({since})) * 86400.0 + 1000000.9994 AS INTEGER) - 1000000"


@compiles(whole_seconds, "postgresql")
def _postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    until, since = (compiler.process(each, **kw) for each in element.clauses)
    # date_part counts in floating point: extract's numeric takes twice the time of the whole scan.
    return f"CAST(floor(date_part('epoch', ({until}) - ({since})) + 0.9994) AS INTEGER)"
