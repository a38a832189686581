"""Several small numbers in one: a database groups by one number much faster than by texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, case

PLACES = 16
NOTHING = PLACES - 1


def place(column: Any, kinds: Sequence[str]) -> ColumnElement[int]:
    """The place of an enum's value; NOTHING for none and for one that is not among them."""
    return case({kind: at for at, kind in enumerate(kinds)}, value=column, else_=NOTHING)


def packed(first: ColumnElement[int], *rest: ColumnElement[int]) -> ColumnElement[int]:
    """`first` may be of any size, the rest is below 16 each."""
    found: ColumnElement[int] = first
    for each in rest:
        found = found * PLACES + each
    return found


def unpacked(key: int, rest: int) -> list[int]:
    """The first number and the rest of them, as they were packed."""
    parts = []
    for _ in range(rest):
        key, part = divmod(key, PLACES)
        parts.append(part)
    return [key, *reversed(parts)]
