"""Who sees what of a case. A unit sees what it was given, and nothing of a caller who asked for silence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from cases.model import Assignment
from cases.states import Move, Role

_TAKEN_AWAY = (Move.RETURN, Move.RULE)
"""What ends a unit's part so that it sees the case no longer."""


def has_part(unit_id: int) -> ColumnElement[bool]:
    """Assignments by which this unit sees their cases."""
    kept = or_(Assignment.ended_by.is_(None), Assignment.ended_by.not_in(_TAKEN_AWAY))
    return and_(Assignment.unit_id == unit_id, kept)


def is_of_unit(case: Mapping[str, Any], unit_id: int | None) -> bool:
    """Whether this unit sees the case, as `queries.case_detail` shows it: named by it, or with a part."""
    if unit_id is None:
        return False
    parts = (each for each in case["assignments"] if each["ended_by"] not in _TAKEN_AWAY)
    return bool(case["unit_id"] == unit_id or any(each["unit_id"] == unit_id for each in parts))


def as_seen_by(case: Mapping[str, Any], role: Role) -> dict[str, Any]:
    """The case, or its line of a list, without the citizen's secrets that this role must not see."""
    shown = dict(case)
    if role != Role.UNIT:
        return shown
    hidden = ("tracking_code", *(("caller", "caller_name") if case["confidential"] else ()))
    shown |= {name: "" for name in hidden if name in case}
    if case["confidential"]:
        for rows in ("calls", "call_backs"):
            shown |= {rows: [{**each, "caller": ""} for each in case[rows]]} if rows in case else {}
    return shown
