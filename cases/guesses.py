"""What waits for the dispatcher: cases that the sorter was unsure of and cases that came back, each with its
guesses; and one of the guesses taken, which dispatches the case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, aliased

from cases.corrections import Correction, correct
from cases.errors import NotFound
from cases.handling import make_move
from cases.model import Case, CaseEvent, Matter, Unit
from cases.moving import Actor, Asked
from cases.queries import case_rows
from cases.rules import Rules
from cases.showing import case_line
from cases.states import CaseState, Move

MOST = 3
"""So many guesses are shown, each with a key of its own."""

_UNSURE = and_(Case.state == CaseState.SORTED, Case.unsure)
_RETURNED = Case.state == CaseState.RETURNED


@dataclass(frozen=True)
class Guess:
    """A second-level matter the sorter thought of. `place`: 1 to 3, likeliest first; `unit`: who gets it."""

    place: int
    code: str
    first: str
    name: str
    probability: float
    unit: str | None
    unit_code: str | None


Known = Mapping[tuple[str, str], tuple[str, str | None, str | None]]
"""(first level, second level) → (code, the usual unit's name and code) of the matters in use."""


# ---------------------------------------------------------------- what waits


def to_decide(session: Session, *, limit: int = 50) -> list[dict[str, Any]]:
    """Unsure and returned cases, the longest waiting first: a case's line with `guesses` (Guess), `reasons`
    and `returned` (`at`, `who`, `unit`, `reason` of the last return, or None). Three queries.
    """
    longest_first = _rows().where(_waiting(limit)).order_by(Case.opened_at, Case.id)
    found = session.execute(longest_first.limit(limit)).all()
    cases: list[Case] = [row[0] for row in found]
    known, returns = matters_in_use(session), _last_returns(session, cases)
    return [
        {
            **case_line(*row[:3]),
            "guesses": guesses_of(row[0], known, _own_unit(row[0], row[1], row[3])),
            "reasons": row[0].reasons,
            "returned": returns.get(row[0].id),
        }
        for row in found
    ]


def _waiting(limit: int) -> ColumnElement[bool]:
    """The longest waiting of either kind, each found by the index of states: with "or" between them a
    database walks through all cases instead."""
    unsure, returned = (
        select(Case.id).where(which).order_by(Case.opened_at, Case.id).limit(limit).subquery()
        for which in (_UNSURE, _RETURNED)
    )
    return Case.id.in_(select(unsure.c.id).union_all(select(returned.c.id)))


def count_to_decide(session: Session) -> dict[str, int]:
    """How many are `unsure`, how many `returned`. Two counts in one query."""
    counts = (select(func.count()).select_from(Case).where(which) for which in (_UNSURE, _RETURNED))
    unsure, returned = session.execute(select(*(each.scalar_subquery() for each in counts))).one()
    return {"unsure": unsure, "returned": returned}


def _rows() -> Any:
    """Cases with their unit's name, their transcript's state, and their unit's code."""
    return case_rows().add_columns(Unit.code)


def _own_unit(case: Case, name: str | None, code: str | None) -> tuple[str | None, str | None]:
    """The unit that the case names; a returned one names the unit that does not want it."""
    return (None, None) if case.state == CaseState.RETURNED else (name, code)


def _last_returns(session: Session, cases: Iterable[Case]) -> dict[int, dict[str, Any]]:
    ids = [case.id for case in cases if case.state == CaseState.RETURNED]
    if not ids:
        return {}
    wanted = select(CaseEvent).where(CaseEvent.case_id.in_(ids), CaseEvent.move == Move.RETURN)
    return {
        row.case_id: {"at": row.at, "who": row.who, "unit": row.detail.get("unit"), "reason": row.reason}
        for row in session.scalars(wanted.order_by(CaseEvent.at, CaseEvent.id))
    }


def matters_in_use(session: Session) -> Known:
    """One query."""
    first = aliased(Matter)
    wanted = (
        select(first.name, Matter.name, Matter.code, Unit.name, Unit.code)
        .join(first, Matter.parent_id == first.id)
        .outerjoin(Unit, and_(Matter.unit_id == Unit.id, Unit.active))
        .where(Matter.active)
    )
    return {
        (above, name): (code, unit, unit_code)
        for above, name, code, unit, unit_code in session.execute(wanted)
    }


def guesses_of(case: Case, known: Known, own: tuple[str | None, str | None]) -> list[Guess]:
    """What one can take, likeliest first. `own`: the unit that the sorter chose with the likeliest matter; a
    matter that no unit has for the whole city gets it, too."""
    found: list[Guess] = []
    for said in _told(case.guesses):
        path = tuple(said.get("matter_path") or ())
        matter = known.get(path) if len(path) == 2 else None
        if matter is None:
            continue
        code, unit, unit_code = matter
        if own[0] is not None and (path[1] == case.matter or unit is None):
            unit, unit_code = own
        share = float(said.get("probability") or 0.0)
        found.append(Guess(len(found) + 1, code, path[0], path[1], share, unit, unit_code))
    return found[:MOST]


def _told(guesses: Sequence[Any]) -> list[Mapping[str, Any]]:
    return [each for each in guesses if isinstance(each, Mapping)]


# ---------------------------------------------------------------- one is taken


def take_guess(
    session: Session, number: str, code: str, actor: Actor, now: datetime, rules: Rules, version: int | None
) -> Guess:
    """The guess with this matter's code becomes the case's matter, and its unit is given the case.

    A returned case is ruled on by it: the same unit and matter again, or sorted anew and dispatched.
    `version`: of the case as the person saw it. Raises NotFound (the case, or no such guess in it),
    MoveRefused, Conflict.
    """
    case, guess = _guessed(session, number, code)
    reason = f"{guess.first} › {guess.name}"
    if case.state != CaseState.RETURNED:
        _correct(session, number, guess, actor, now, version)
        make_move(session, number, Move.DISPATCH, actor, now, rules, Asked(unit=guess.unit_code))
        return guess
    if guess.name == case.matter and guess.unit_code == _code_of(session, case.unit_id):
        asked = Asked(unit=guess.unit_code, reason=reason)
        make_move(session, number, Move.RULE, actor, now, rules, asked, version)
        return guess
    make_move(session, number, Move.RULE, actor, now, rules, Asked(reason=reason), version)
    _correct(session, number, guess, actor, now, None)
    make_move(session, number, Move.DISPATCH, actor, now, rules, Asked(unit=guess.unit_code))
    return guess


def _correct(
    session: Session, number: str, guess: Guess, actor: Actor, now: datetime, version: int | None
) -> None:
    said = Correction(matter=guess.code, unit=guess.unit_code)
    correct(session, number, said, who=actor.who, role=actor.role, now=now, version=version)


def _guessed(session: Session, number: str, code: str) -> tuple[Case, Guess]:
    found = session.execute(_rows().where(Case.number == number)).first()
    if found is None:
        raise NotFound(f"there is no case {number}")
    case, name, _transcript, unit_code = found
    guesses = guesses_of(case, matters_in_use(session), _own_unit(case, name, unit_code))
    guess = next((each for each in guesses if each.code == code), None)
    if guess is None:
        raise NotFound(f"the sorter did not think of this matter for case {number}; choose it on the case")
    return case, guess


def _code_of(session: Session, unit_id: int | None) -> str | None:
    return session.scalar(select(Unit.code).where(Unit.id == unit_id)) if unit_id is not None else None
