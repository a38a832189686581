"""Firms' contracts: three founded complaints suspend one at once; a supervisor or leader has the last word.

A suspended firm is out of use as a unit: the router gives it nothing, nobody can choose it, and a city file
that is loaded again does not bring it back. The cases that it has stay with it until somebody moves them.

| rule | what it forbids |
|---|---|
| C01 | to change a contract from a state in which that is not possible |
| C02 | to do so in a role that may not |
| C03 | to do so without saying why |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from cases import clean, survey
from cases.errors import MoveRefused, NotFound
from cases.model import Case, Contract, ContractEvent, Survey, Unit
from cases.model.citizens import FOUNDED
from cases.states import ContractState, Role, UnitType

if TYPE_CHECKING:
    from cases.moving import Actor
    from cases.rules import Rules

_S = ContractState
_STEPS: Mapping[ContractState, tuple[ContractState, ...]] = {
    _S.SUSPENDED: (_S.ACTIVE,),
    _S.ENDED: (_S.SUSPENDED,),
    _S.ACTIVE: (_S.SUSPENDED, _S.ENDED),
}
"""To which state from which: a contract is never ended without having been suspended."""
_MAY = (Role.SUPERVISOR, Role.LEADER)
SYSTEM = "system"


# ---------------------------------------------------------------- complaints


def judge(
    session: Session, survey_id: int, founded: bool, actor: Actor, now: datetime, rules: Rules
) -> Survey:
    """A supervisor judges a complaint, and what follows for the firm. Raises NotFound, MoveRefused."""
    row = survey.judge(session, survey_id, founded, actor, now)
    session.flush()
    watch(session, row.unit_id, now, rules)
    return row


def blamed(session: Session, rules: Rules) -> list[int]:
    """Ids of firms in use with that many founded complaints, forgiven ones included. One query, one index."""
    wanted = (
        select(Survey.unit_id)
        .join(Unit, Survey.unit_id == Unit.id)
        .where(FOUNDED, Unit.type == UnitType.FIRM, Unit.active)
        .group_by(Survey.unit_id)
        .having(func.count() >= rules.money.complaints_end_contract)
        .order_by(Survey.unit_id)
    )
    return [each for each in session.scalars(wanted) if each is not None]


def watch_all(session: Session, now: datetime, rules: Rules) -> list[str]:
    """The net under `judge`: every firm that has too many founded complaints and still works; their codes."""
    ids = [each for each in blamed(session, rules) if watch(session, each, now, rules)]
    return list(session.scalars(select(Unit.code).where(Unit.id.in_(ids)).order_by(Unit.code)))


def watch(session: Session, unit_id: int | None, now: datetime, rules: Rules) -> bool:
    """Whether the firm's contract was suspended now, because its founded complaints are that many.

    To be called when a complaint was judged. A unit that is no firm has no contract.
    """
    firm = session.get(Unit, unit_id) if unit_id is not None else None
    if firm is None or firm.type != UnitType.FIRM:
        return False
    contract = _locked(session, firm, now)
    evidence = complaints(session, firm.id, contract.counted_from)
    if contract.state != _S.ACTIVE or len(evidence) < rules.money.complaints_end_contract:
        return False
    why = f"{len(evidence)} founded complaints"
    _change(session, contract, firm, _S.SUSPENDED, SYSTEM, now, why, evidence)
    return True


def complaints(session: Session, unit_id: int, counted_from: datetime | None) -> list[str]:
    """Numbers of the cases with a founded complaint about this firm, by when it was judged; each once."""
    wanted = (
        select(Case.number)
        .join(Survey, Survey.case_id == Case.id)
        .where(Survey.unit_id == unit_id, FOUNDED)
        .order_by(Survey.judged_at, Survey.id)
    )
    if counted_from is not None:
        wanted = wanted.where(Survey.judged_at > counted_from)
    return list(dict.fromkeys(session.scalars(wanted)))


# ---------------------------------------------------------------- what people do


def suspend(session: Session, code: str, actor: Actor, now: datetime, why: str) -> Contract:
    """A supervisor stops a firm at once, whatever the count says. Raises NotFound, MoveRefused."""
    return _by_hand(session, code, _S.SUSPENDED, actor, now, why)


def end(session: Session, code: str, actor: Actor, now: datetime, why: str) -> Contract:
    """The suspended contract is over. Raises NotFound, MoveRefused."""
    return _by_hand(session, code, _S.ENDED, actor, now, why)


def reinstate(session: Session, code: str, actor: Actor, now: datetime, why: str) -> Contract:
    """The firm may work again; complaints judged until now count no more. Raises NotFound, MoveRefused."""
    contract = _by_hand(session, code, _S.ACTIVE, actor, now, why)
    contract.counted_from = now
    return contract


def _by_hand(
    session: Session, code: str, to_state: ContractState, actor: Actor, now: datetime, why: str
) -> Contract:
    firm = session.scalars(select(Unit).where(Unit.code == code, Unit.type == UnitType.FIRM)).first()
    if firm is None:
        raise NotFound(f"there is no firm {clean.line(code, 64)}")
    if actor.role not in _MAY:
        raise MoveRefused("C02", f"a contract is not changed by the role {actor.role}")
    why = clean.text(why, 2000).strip()
    if not why:
        raise MoveRefused("C03", "say why: it stands in the contract's history")
    contract = _locked(session, firm, now)
    if contract.state not in _STEPS[to_state]:
        raise MoveRefused("C01", f"firm {firm.code} is {contract.state}: it cannot become {to_state}")
    evidence = complaints(session, firm.id, contract.counted_from)
    _change(session, contract, firm, to_state, actor.who, now, why, evidence)
    return contract


def _locked(session: Session, firm: Unit, now: datetime) -> Contract:
    """The firm's row, locked; made when it is the first time. The unit's own row is what one waits at."""
    session.execute(select(Unit.id).where(Unit.id == firm.id).with_for_update())
    contract = session.get(Contract, firm.id, populate_existing=True)
    if contract is None:
        contract = Contract(unit_id=firm.id, state=_S.ACTIVE, since=now)
        session.add(contract)
    return contract


def _change(
    session: Session,
    contract: Contract,
    firm: Unit,
    to_state: ContractState,
    who: str,
    now: datetime,
    why: str,
    evidence: Sequence[str],
) -> None:
    session.add(
        ContractEvent(
            unit_id=firm.id,
            at=now,
            who=who,
            from_state=contract.state,
            to_state=to_state,
            why=why,
            evidence=list(evidence),
        )
    )
    contract.state, contract.since = to_state, now
    firm.active = to_state == _S.ACTIVE
    session.flush()


def stopped(session: Session) -> set[str]:
    """Codes of the firms that may not be given cases."""
    wanted = select(Unit.code).join(Contract, Contract.unit_id == Unit.id).where(Contract.state != _S.ACTIVE)
    return set(session.scalars(wanted))


# ---------------------------------------------------------------- reading


def contracts(session: Session) -> list[dict[str, Any]]:
    """Every firm with its contract: those that are suspended first. One query."""
    wanted = (
        select(Unit.code, Unit.name, Unit.detail, Contract.state, Contract.since, Contract.counted_from)
        .outerjoin(Contract, Contract.unit_id == Unit.id)
        .where(Unit.type == UnitType.FIRM, or_(Unit.active, Contract.state.is_not(None)))
        .order_by(Unit.code)
    )
    order = {_S.SUSPENDED: 0, _S.ACTIVE: 1, _S.ENDED: 2}
    found = [
        {
            "code": row.code,
            "name": row.name,
            "state": row.state or _S.ACTIVE,
            "since": row.since,
            "counted_from": row.counted_from,
            "until": row.detail.get("contract_until"),
        }
        for row in session.execute(wanted)
    ]
    return sorted(found, key=lambda each: (order[each["state"]], each["code"]))


def history(session: Session, code: str) -> list[dict[str, Any]]:
    """A contract's changes, newest first. One query."""
    wanted = (
        select(ContractEvent)
        .join(Unit, ContractEvent.unit_id == Unit.id)
        .where(Unit.code == code)
        .order_by(ContractEvent.id.desc())
    )
    names = ("at", "who", "from_state", "to_state", "why", "evidence")
    return [{name: getattr(row, name) for name in names} for row in session.scalars(wanted)]
