"""A citizen says that the household is served free: a claim, checked against the register, never trusted.

The call's key 5 is a line of the call's history (`free_claimed`); here it becomes the claim of the call's
case, once, in whatever order the facts came. Somebody who talked to the citizen may write a claim down, too.

When it is checked:

- number and name are registered together: granted; the government pays;
- the number is registered and the name is not known: **provisional**. The citizen is not charged on the
  spot; the firm at the door, or an agent, says the name, and that is looked up;
- the number is not registered, or is under another name, or nobody knows the number: refused. Whoever knows
  better gives number and name, and it is looked up again.

A name that the line sent with the call is no name of a person: it is not used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from cases import clean, fees
from cases.errors import MoveRefused, NotFound
from cases.history import event
from cases.households import look_up
from cases.model import AuditEntry, Call, CallEvent, Case, FreeClaim, Household
from cases.once import column, insert_once, look
from cases.opening import keep_history
from cases.states import CaseState, ClaimState, Move, Role, move

if TYPE_CHECKING:
    from cases.moving import Actor
    from cases.rules import Rules

CLAIMED = "free_claimed"
"""The call event; and the case event of a claim that somebody wrote down."""
CHECKED = "claim_checked"
MOST_TRIES = 5
"""Names that one person may try for one case: the register is no telephone book."""
_CITIZEN = "citizen"
_ASKERS = (Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR, Role.VISITOR, Role.UNIT, Role.ADMIN)
_STATES = {
    "matched": ClaimState.GRANTED,
    "name_unknown": ClaimState.PROVISIONAL,
}
_AT = (
    select(column(CallEvent.at))
    .where(column(CallEvent.call_id) == bindparam("call"), column(CallEvent.what) == CLAIMED)
    .order_by(column(CallEvent.at))
)


# ---------------------------------------------------------------- making a claim


def keep_claim(session: Session, call: Call) -> None:
    """A call's key 5 is a claim on its case, once both are known. Inside the call's own transaction."""
    if call.case_id is None:
        return
    pressed_at = look(session, _AT, call=call.id).scalar()
    if pressed_at is not None:
        _keep(session, call.case_id, pressed_at, _CITIZEN)


def claim_free(session: Session, number: str, actor: Actor, now: datetime) -> FreeClaim:
    """Somebody writes down that the citizen claims it. Twice is once. Raises NotFound, MoveRefused F05."""
    case = _case(session, number)
    _ask(actor, case)
    if _keep(session, case.id, now, actor.who):
        stays = move(case.state, Move.NOTE, Role.SYSTEM)
        keep_history(session, case, now, [event(now, actor.who, stays, {}, name=CLAIMED)])
    return _claim(session, case)


def _keep(session: Session, case_id: int, at: datetime, who: str) -> bool:
    values = {"case_id": case_id, "claimed_at": at, "claimed_by": clean.line(who, 64)}
    blank = {"household_id": None, "why": "", "checked_at": None, "checked_by": None}
    return insert_once(session, FreeClaim, {**values, **blank, "state": ClaimState.CLAIMED})


def follow(session: Session, case: Case, made: Mapping[str, Any], _now: datetime, _rules: Rules) -> None:
    """After a merge: what this caller claimed in the later call is claimed in the case that goes on."""
    if made["to_state"] != CaseState.MERGED or made["from_state"] == CaseState.MERGED or not case.caller:
        return
    claim = session.scalars(select(FreeClaim).where(FreeClaim.case_id == case.id)).first()
    other = session.get(Case, case.merged_into_id) if case.merged_into_id is not None else None
    if claim is not None and other is not None and other.caller == case.caller:
        _keep(session, other.id, claim.claimed_at, claim.claimed_by)


# ---------------------------------------------------------------- checking it


def claims_to_check(session: Session, limit: int = 100) -> Sequence[str]:
    """Numbers of cases with a claim that nobody checked, oldest first, once they are sorted."""
    wanted = (
        select(Case.number)
        .join(FreeClaim, FreeClaim.case_id == Case.id)
        .where(FreeClaim.state == ClaimState.CLAIMED, Case.state != CaseState.ACCEPTED)
        .order_by(FreeClaim.id)
    )
    return session.scalars(wanted.limit(limit)).all()


def check_claim(session: Session, number: str, now: datetime, rules: Rules) -> ClaimState | None:
    """The program looks the caller's number up; -> what became of the claim. None: nothing was to be done."""
    case = _case(session, number)
    claim = session.scalars(select(FreeClaim).where(FreeClaim.case_id == case.id)).first()
    if claim is None or claim.state != ClaimState.CLAIMED:
        return None
    _look(session, case, claim, case.caller, None, Role.SYSTEM.value, now, rules)
    return claim.state


def check_with_name(
    session: Session,
    number: str,
    name: str,
    actor: Actor,
    now: datetime,
    rules: Rules,
    *,
    telephone: str | None = None,
    address: str = "",
) -> FreeClaim:
    """Somebody says the name (and `telephone`, when it is not the caller's): looked up again.

    Raises NotFound; MoveRefused F05 no such claim or not for this person, F06 too many names tried.
    """
    case = _case(session, number)
    _ask(actor, case)
    claim = _claim(session, case)
    if claim.state == ClaimState.GRANTED:
        raise MoveRefused("F05", f"the claim of case {number} is granted already")
    if tries(session, case.number, actor.who) >= MOST_TRIES:
        raise MoveRefused("F06", f"{MOST_TRIES} names were tried for case {number}; a supervisor goes on")
    _look(session, case, claim, telephone or case.caller, name, actor.who, now, rules, address)
    return claim


def _look(
    session: Session,
    case: Case,
    claim: FreeClaim,
    number: str,
    name: str | None,
    who: str,
    now: datetime,
    rules: Rules,
    address: str = "",
) -> None:
    today = now.astimezone(rules.zone).date()
    found = look_up(session, number, name, today, who=who, now=now, target=case.number, address=address)
    claim.state = _STATES.get(found.why, ClaimState.REFUSED)
    claim.why, claim.household_id = found.why, found.household_id
    claim.checked_at, claim.checked_by = now, clean.line(who, 64)
    session.flush()
    fees.claim_decided(session, case)
    stays = move(case.state, Move.NOTE, Role.SYSTEM)
    # Not the kind: units see the case's history, and what a household suffers from is not theirs to know.
    detail = {"claim": claim.state.value, "why": found.why}
    keep_history(session, case, now, [event(now, who, stays, detail, name=CHECKED)])


def tries(session: Session, number: str, who: str) -> int:
    """How often this person has looked somebody up for this case."""
    asked = (AuditEntry.who == who, AuditEntry.what == "household_lookup", AuditEntry.target == number)
    return session.scalar(select(func.count()).select_from(AuditEntry).where(*asked)) or 0


def _ask(actor: Actor, case: Case) -> None:
    if actor.role not in _ASKERS:
        raise MoveRefused("F05", f"a claim is not checked by the role {actor.role}")
    if actor.role == Role.UNIT and (actor.unit_id is None or actor.unit_id != case.unit_id):
        raise MoveRefused("F05", "the case is not this unit's")


def _case(session: Session, number: str) -> Case:
    wanted = select(Case).where(Case.number == number).with_for_update()
    case = session.scalars(wanted, execution_options={"populate_existing": True}).first()
    if case is None:
        raise NotFound(f"there is no case {number}")
    return case


def _claim(session: Session, case: Case) -> FreeClaim:
    claim = session.scalars(select(FreeClaim).where(FreeClaim.case_id == case.id)).first()
    if claim is None:
        raise MoveRefused("F05", f"nobody claims to be served free in case {case.number}")
    return claim


def claim_of(session: Session, number: str) -> dict[str, Any] | None:
    """The claim of the case with this number, naming nobody; None: there is none. One query."""
    wanted = (
        select(FreeClaim, Household.kind)
        .join(Case, FreeClaim.case_id == Case.id)
        .outerjoin(Household, FreeClaim.household_id == Household.id)
        .where(Case.number == number)
    )
    found = session.execute(wanted).first()
    if found is None:
        return None
    claim, kind = found
    names = ("state", "why", "claimed_at", "claimed_by", "checked_at", "checked_by")
    return {"case": number, "kind": kind, **{name: getattr(claim, name) for name in names}}
