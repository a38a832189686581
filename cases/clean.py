"""What a telephone line or a browser sends, made fit for a column.

A caller's name may hold anything: quotes, newlines, ten thousand letters, half a UTF-8 sequence. PostgreSQL
refuses NUL signs, lone surrogates and texts that are too long, and one refused fact would be a lost call.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

_E = TypeVar("_E", bound=StrEnum)

LINE = 255
TEXT = 20_000


def line(value: object, limit: int = LINE) -> str:
    """One line of at most `limit` characters: control signs become spaces, broken ones a question mark."""
    if isinstance(value, str) and len(value) <= limit and value.isprintable():
        return value.strip()
    kept = "".join(sign if sign.isprintable() else " " for sign in _whole(str(value)[: 4 * limit]))
    return kept.strip()[:limit]


def text(value: object, limit: int = TEXT) -> str:
    """A text with its line breaks, without NUL and broken signs, of at most `limit` characters."""
    return _whole(str(value)[:limit]).replace("\x00", "")


def data(value: Any, depth: int = 6) -> Any:
    """JSON-ready data: texts cut and cleaned, numbers that JSON does not know become None."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth and isinstance(value, Mapping):
        return {line(name): data(each, depth - 1) for name, each in value.items()}
    if depth and isinstance(value, list | tuple):
        return [data(each, depth - 1) for each in value]
    return text(value)


def seconds(value: Any) -> float:
    """A duration: a finite number of seconds, not below 0."""
    return max(0.0, float(value)) if isinstance(value, int | float) and math.isfinite(value) else 0.0


def member(kind: type[_E], value: object) -> _E | None:
    """The member of `kind` with this value; None for anything else."""
    return next((each for each in kind if each.value == value), None)


def _whole(value: str) -> str:
    return value.encode("utf-8", "replace").decode("utf-8")


def dialled(value: object) -> str:
    """A caller's number as dialled digits with an optional leading +; empty when it is none.

    Lines send `anonymous`, `Unknown`, SIP addresses and worse; 3 to 20 digits are a number.
    """
    number = "".join(sign for sign in str(value)[:LINE].strip() if sign not in " -()./")
    digits = number.removeprefix("+")
    return number if digits.isascii() and digits.isdigit() and 3 <= len(digits) <= 20 else ""
