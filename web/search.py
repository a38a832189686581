"""What is looked for, as it stands in the address of the list of cases; a view can be sent that way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from flask import abort
from flask_login import current_user

from cases import clean
from cases.deadlines import Colour
from cases.queries import FAMILIES
from cases.search import LONGEST_QUERY, Asked, Own
from cases.states import CaseState, Kind, Role, Sector
from web.access import May, may, wiring

E = TypeVar("E", bound=StrEnum)

COLOURS = (Colour.RED, Colour.YELLOW, Colour.GREEN, Colour.STOPPED)
_NARROWING = (
    *("state", "unit", "matter", "township", "kind", "sector", "colour", "from", "to", "danger"),
    *("family", "q"),
)
_EXCERPT = 18
"""So many signs stand before the first word that was found."""


def own() -> Own:
    """Whose cases this person may find, and whether callers' numbers may be looked for."""
    if may(May.SEE_CASES):
        return Own(callers=may(May.SHOW_CALLER))
    if current_user.role is Role.DESK:
        return Own(desk=current_user.desk or "-")
    return Own(unit_id=current_user.unit_id or -1)


def asked(given: Mapping[str, str]) -> Asked:
    """What the address asks for. 404 for a value that there is not: an address is not typed by hand."""
    family = given.get("family") or None
    if family is not None and family not in FAMILIES:
        abort(404)
    return Asked(
        words=clean.line(given.get("q", ""), LONGEST_QUERY),
        family=family,
        state=_one_of(CaseState, given.get("state")),
        unit=_text(given.get("unit")),
        matter=_text(given.get("matter")),
        township=_text(given.get("township")),
        kind=_one_of(Kind, given.get("kind")),
        sector=_one_of(Sector, given.get("sector")),
        colour=_one_of(Colour, given.get("colour")),
        since=midnight(given.get("from")),
        until=midnight(given.get("to"), days=1),
        danger=bool(given.get("danger")),
    )


def address(given: Mapping[str, str]) -> dict[str, str]:
    """The parts of the address that narrow the list, as they go on to the next page and the other tabs."""
    return {name: clean.line(given[name], LONGEST_QUERY) for name in _NARROWING if given.get(name)}


def _text(value: str | None) -> str | None:
    return clean.line(value) or None if value else None


def _one_of(kind: type[E], value: str | None) -> E | None:
    found = clean.member(kind, value)
    if value and found is None:
        abort(404)
    return found


def midnight(value: str | None, days: int = 0) -> datetime | None:
    """The beginning of the city's day, or of one after it."""
    if not value:
        return None
    try:
        day = date.fromisoformat(value) + timedelta(days=days)
        return datetime.combine(day, time(), wiring().settings.zone).astimezone(UTC)
    except (ValueError, OverflowError):
        abort(404)


def with_marks(line: Mapping[str, Any], words: str) -> dict[str, Any]:
    """The line of a list with what was found in sight: `text` from shortly before it, `marks` in it."""
    marks = [word for word in words.split() if word in line["text"]]
    if not marks:
        return dict(line)
    at = line["text"].find(marks[0])
    begun = line["text"][at - _EXCERPT :] if at > _EXCERPT else line["text"]
    return {**line, "text": begun if begun is line["text"] else f"…{begun}", "marks": marks}
