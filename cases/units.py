"""Units and firms as an administrator sees them: what stands of each, and how its contract is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases import clean
from cases.model import Contract, Unit, User
from cases.states import ContractState, UnitType

_LONGEST = 64


def units(session: Session) -> list[dict[str, Any]]:
    """Every unit, in use first, by kind: `code`, `name`, `type`, `active`, `detail`, `people` (in use who log
    in for it), `contract` (a firm's). One query."""
    return [
        _line(*row) for row in session.execute(_wanted().order_by(Unit.active.desc(), Unit.type, Unit.id))
    ]


def unit(session: Session, code: str) -> dict[str, Any] | None:
    """One of them; None: there is none with this code. One query."""
    found = session.execute(_wanted().where(Unit.code == clean.line(code, _LONGEST))).first()
    return _line(*found) if found else None


def _wanted() -> Any:
    people = select(func.count()).where(User.unit_id == Unit.id, User.active).scalar_subquery()
    return select(Unit, Contract.state, people).outerjoin(Contract, Contract.unit_id == Unit.id)


def _line(row: Unit, contract: ContractState | None, people: int) -> dict[str, Any]:
    firm = row.type == UnitType.FIRM
    return {
        "code": row.code,
        "name": row.name,
        "type": row.type,
        "active": row.active,
        "detail": dict(row.detail),
        "people": people,
        "contract": (contract or ContractState.ACTIVE) if firm else None,
    }
