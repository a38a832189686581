"""A person corrects what the sorter said: matter, place, unit (the right answer is kept to learn from); or
the words that the recogniser heard, beside which the transcript stays as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from cases import clean
from cases.errors import Conflict, MoveRefused, NotFound
from cases.firm_turns import give_back_turn, take_turn
from cases.history import event
from cases.model import Case, Example, Matter, Unit
from cases.opening import SYSTEM, keep_history, sort_anew
from cases.states import Move, Role, allowed, move

CORRECTED = "corrected"
WORDS_CORRECTED = "words_corrected"
PLACE_PARTS = ("township", "community", "road", "number", "poi")


@dataclass(frozen=True)
class Correction:
    """What is to stand in the case; None: as it is. `matter`, `unit`: codes; `place`: PLACE_PARTS by name.

    A new matter without a unit brings the unit that usually does it.
    """

    matter: str | None = None
    unit: str | None = None
    place: Mapping[str, str] | None = None


def correct(
    session: Session,
    number: str,
    correction: Correction,
    *,
    who: str,
    role: Role,
    now: datetime,
    version: int | None = None,
) -> bool:
    """Correct a case that is not dispatched yet (rule M02); False: nothing was to be changed.

    `version`: of the case as the person saw it. Raises NotFound (case, matter or unit), MoveRefused,
    Conflict when somebody else changed the case meanwhile.
    """
    case = _locked(session, number)
    made = move(case.state, Move.SORT, role)
    _check(case, version)
    before, unsure = _shown(session, case), case.unsure
    matter = _matter(session, correction.matter)
    _apply(session, case, correction, matter, now)
    after = _shown(session, case)
    changes = {name: [before[name], after[name]] for name in after if after[name] != before[name]}
    confirmed = matter is not None and unsure
    if not changes and not confirmed:
        return False
    case.unsure, case.state = False, made.to_state
    if matter is not None and case.text.strip() and ("matter" in changes or confirmed):
        session.add(Example(case_id=case.id, at=now, who=who, text=case.text, matter=matter.code))
    detail = {
        "before": {name: pair[0] for name, pair in changes.items()},
        "after": {name: pair[1] for name, pair in changes.items()},
    }
    keep_history(session, case, now, [event(now, who, made, detail, name=CORRECTED)])
    return True


def correct_words(
    session: Session,
    number: str,
    text: str,
    *,
    who: str,
    role: Role,
    now: datetime,
    version: int | None = None,
) -> bool:
    """Write down what a person heard, in any state of the case (rule M12); False: nothing was to be changed.

    The transcript stays; the history keeps the words before and after, with who and when. A case that the
    sorter was unsure of is sorted anew by the better words (rule M30). Raises as `correct` does, and
    MoveRefused for an empty text.
    """
    case = _locked(session, number)
    made = move(case.state, Move.NOTE, role)
    _check(case, version)
    text = clean.text(text).strip()
    if not text:
        raise MoveRefused(made.rule, "a request has words: write down what was said")
    if text == case.text:
        return False
    history = [event(now, who, made, {"before": case.text, "after": text}, name=WORDS_CORRECTED)]
    case.text = text
    if case.unsure and any(rule.move == Move.REWORD for rule in allowed(case.state, Role.SYSTEM)):
        anew = sort_anew(session, case)
        history.append(event(now, SYSTEM, anew, {}))
    keep_history(session, case, now, history)
    return True


def _locked(session: Session, number: str) -> Case:
    wanted = select(Case).where(Case.number == number).with_for_update()
    case = session.scalars(wanted, execution_options={"populate_existing": True}).first()
    if case is None:
        raise NotFound(f"there is no case {number}")
    return case


def _check(case: Case, version: int | None) -> None:
    if version is not None and case.version != version:
        raise Conflict(f"somebody else changed case {case.number}; read it again")


def _apply(
    session: Session, case: Case, correction: Correction, matter: Matter | None, now: datetime
) -> None:
    unit_id = case.unit_id
    if matter is not None and matter.name != case.matter:
        case.matter, case.sector, case.deadline_class = matter.name, matter.sector, matter.deadline_class
        case.matter_path = [matter.parent.name, matter.name] if matter.parent else [matter.name]
        unit_id = matter.unit_id or unit_id
        # It is compared with the cases of its matter: that is to be done again.
        case.followed_up_at = None
    if correction.unit:
        unit_id = _unit(session, correction.unit)
    if unit_id != case.unit_id:
        give_back_turn(session, case.unit_id)
        case.unit_id = unit_id
        take_turn(session, unit_id, now)
    if correction.place is not None:
        said = {name: clean.line(correction.place.get(name) or "") or None for name in PLACE_PARTS}
        if said != {name: case.place.get(name) or None for name in PLACE_PARTS}:
            case.place = {**said, "ambiguous": []}


def _shown(session: Session, case: Case) -> dict[str, Any]:
    unit = session.get(Unit, case.unit_id) if case.unit_id is not None else None
    place = "".join(str(case.place.get(name) or "") for name in PLACE_PARTS)
    return {"matter": case.matter, "unit": unit.name if unit else None, "place": place}


def _matter(session: Session, code: str | None) -> Matter | None:
    if not code:
        return None
    code = clean.line(code, 64)
    second = select(Matter).where(Matter.code == code, Matter.active, Matter.parent_id.is_not(None))
    found = session.scalars(second).first()
    if found is None:
        raise NotFound(f"there is no matter {code} in use")
    return found


def _unit(session: Session, code: str) -> int:
    code = clean.line(code, 64)
    found = session.scalar(select(Unit.id).where(Unit.code == code, Unit.active))
    if found is None:
        raise NotFound(f"there is no unit {code} in use")
    return found


# ---------------------------------------------------------------- what there is to choose, and to learn


def choices(session: Session) -> dict[str, list[dict[str, Any]]]:
    """What is in use: `matters` (`code`, `name`, `first`: the first level), `units` (`code`, `name`)."""
    first = aliased(Matter)
    matters = session.execute(
        select(Matter.code, Matter.name, first.name.label("first"))
        .join(first, Matter.parent_id == first.id)
        .where(Matter.active)
        .order_by(first.id, Matter.id)
    )
    units = session.execute(select(Unit.code, Unit.name).where(Unit.active).order_by(Unit.id))
    return {
        "matters": [dict(row._mapping) for row in matters],
        "units": [dict(row._mapping) for row in units],
    }


def examples(session: Session) -> list[tuple[str, str]]:
    """(text, matter's code) of every case that a person corrected, by the last correction; oldest first."""
    last = select(func.max(Example.id)).group_by(Example.case_id)
    wanted = select(Example.text, Example.matter).where(Example.id.in_(last)).order_by(Example.id)
    return [(text, matter) for text, matter in session.execute(wanted)]
