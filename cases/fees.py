"""What a firm's work on a case costs, from the estimate to the statement. Follows the moves of the case.

| the case | its fee |
|---|---|
| is dispatched to a firm | estimated by the price list of that day |
| firm, agent or dispatcher name service and quantity | agreed |
| is completed | billed: it stands in the statement of that month |
| is returned, merged, handed back, or goes to somebody else | void |
| is done again by the same firm | the same fee, billed at the next completion; one that is settled stays |

Who pays is the claim's state (cases/claims.py): the citizen, unless it is granted. Rounding: cases/money.py.
The case's row is locked by whoever moves it, so a case's fees are made one after another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import money
from cases.errors import MoveRefused, NotFound
from cases.history import event as history_event
from cases.model import Case, Fee, FreeClaim, Matter, Price, Unit
from cases.opening import keep_history
from cases.prices import price_for, services
from cases.states import CaseState, ClaimState, FeeState, Move, Role, UnitType, move

if TYPE_CHECKING:
    from cases.moving import Actor
    from cases.rules import Rules

AGREED = "fee_agreed"
"""The case event."""
MOST = 1000
"""Of one service in one fee."""
_VOID_IN = (CaseState.RETURNED, CaseState.MERGED, CaseState.HANDED_BACK)
_OPEN = (FeeState.ESTIMATED, FeeState.AGREED)
_MAY_AGREE = (Role.UNIT, Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN)


def follow(session: Session, case: Case, event: Mapping[str, Any], now: datetime, rules: Rules) -> None:
    """What a move of this case means for its fee. The case is locked."""
    what, to_state = event["move"], event["to_state"]
    if to_state == event["from_state"]:
        return  # a co-unit's part, or a move beside the main line
    if to_state in _VOID_IN:
        _void(fee_of(session, case), what, now)
    elif to_state == CaseState.DISPATCHED:
        _given(session, case, what, now, rules)
    elif to_state == CaseState.COMPLETED:
        _bill(fee_of(session, case), now)


def fee_of(session: Session, case: Case) -> Fee | None:
    """The case's fee that is not void, if it has one."""
    wanted = select(Fee).where(Fee.case_id == case.id, Fee.state != FeeState.VOID)
    return session.scalars(wanted.order_by(Fee.turn.desc())).first()


# ---------------------------------------------------------------- what the moves do


def _given(session: Session, case: Case, what: str, now: datetime, rules: Rules) -> None:
    """The case is at a unit, for the first time or again."""
    standing = fee_of(session, case)
    if standing is not None and standing.unit_id == case.unit_id:
        if standing.state == FeeState.BILLED:
            standing.state, standing.billed_at = FeeState.AGREED, None
        return
    if standing is not None and standing.state != FeeState.SETTLED:
        _void(standing, what, now)
    unit = session.get(Unit, case.unit_id) if case.unit_id is not None else None
    if unit is not None and unit.type == UnitType.FIRM:
        _estimate(session, case, unit, now, rules)


def _estimate(session: Session, case: Case, firm: Unit, now: datetime, rules: Rules) -> None:
    matter = session.scalar(
        select(Matter.code).where(Matter.name == case.matter, Matter.parent_id.is_not(None)).limit(1)
    )
    price = price_for(session, trades(firm), matter, _day(now, rules))
    turns = session.scalars(select(Fee.turn).where(Fee.case_id == case.id)).all()
    fee = Fee(case_id=case.id, unit_id=firm.id, turn=max(turns, default=-1) + 1, made_at=now, quantity=1)
    fee.state = FeeState.ESTIMATED
    _price(session, fee, price, 1, rules)
    session.add(fee)


def _void(fee: Fee | None, what: str, now: datetime) -> None:
    """The firm does not do this case. What the government has paid stays paid."""
    if fee is not None and fee.state != FeeState.SETTLED:
        fee.state, fee.void_at, fee.void_why, fee.billed_at = FeeState.VOID, now, str(what), None


def _bill(fee: Fee | None, now: datetime) -> None:
    """The work is done. What the list has no price for waits until somebody names its service."""
    if fee is not None and fee.state in _OPEN and fee.price_id is not None:
        fee.state, fee.billed_at = FeeState.BILLED, now


def _price(session: Session, fee: Fee, price: Price | None, quantity: int, rules: Rules) -> None:
    _split(session, fee, price.reference_fen * quantity if price is not None else 0, rules)
    fee.price_id, fee.quantity = (price.id if price is not None else None), quantity


def _split(session: Session, fee: Fee, reference_fen: int, rules: Rules) -> None:
    """The amounts, all at once, by the reference and by who pays."""
    free = _is_free(session, fee.case_id)
    amounts = money.of(reference_fen, rules.money.discount_percent, free=free)
    for name, value in asdict(amounts).items():
        setattr(fee, name, value)


def _is_free(session: Session, case_id: int) -> bool:
    return session.scalar(select(FreeClaim.state).where(FreeClaim.case_id == case_id)) == ClaimState.GRANTED


def claim_decided(session: Session, case: Case) -> None:
    """Who pays may have changed: the same price is the other's, unless it is settled."""
    fee = fee_of(session, case)
    if fee is not None and fee.state != FeeState.SETTLED:
        price = fee.price_fen
        free = _is_free(session, case.id)
        fee.citizen_fen, fee.government_fen = (0, price) if free else (price, 0)


# ---------------------------------------------------------------- what people do


def agree(
    session: Session,
    number: str,
    actor: Actor,
    now: datetime,
    rules: Rules,
    *,
    service: str | None = None,
    quantity: int = 1,
) -> Fee:
    """Name what the fee is for: a service of the list (None: as estimated) and how many of it.

    Raises NotFound; MoveRefused F01 no fee, F02 it is closed, F03 no such service, F04 not this person's.
    """
    case, fee = _locked(session, number)
    firm = session.get_one(Unit, fee.unit_id)
    _may_agree(fee, actor)
    if not 1 <= quantity <= MOST:
        raise MoveRefused("F03", f"a quantity is a number from 1 to {MOST}")
    price = _service(session, fee, firm, service, now, rules)
    late = fee.state == FeeState.BILLED or case.state in (CaseState.COMPLETED, CaseState.ARCHIVED)
    _price(session, fee, price, quantity, rules)
    fee.agreed_at, fee.agreed_by = now, actor.who
    fee.state = FeeState.AGREED
    if late:
        # A slip is put right in the month in which the work was completed.
        fee.state, fee.billed_at = FeeState.BILLED, fee.billed_at or case.completed_at or now
    stays = move(case.state, Move.NOTE, Role.SYSTEM)
    detail = {"service": price.name, "quantity": quantity, "price_fen": fee.price_fen}
    keep_history(session, case, now, [history_event(now, actor.who, stays, detail, name=AGREED)])
    return fee


def _locked(session: Session, number: str) -> tuple[Case, Fee]:
    wanted = select(Case).where(Case.number == number).with_for_update()
    case = session.scalars(wanted, execution_options={"populate_existing": True}).first()
    if case is None:
        raise NotFound(f"there is no case {number}")
    fee = fee_of(session, case)
    if fee is None:
        raise MoveRefused("F01", f"case {number} has no fee: no firm has it")
    if fee.state == FeeState.SETTLED:
        raise MoveRefused("F02", f"the fee of case {number} is settled")
    return case, fee


def _may_agree(fee: Fee, actor: Actor) -> None:
    if actor.role not in _MAY_AGREE:
        raise MoveRefused("F04", f"a fee is not agreed by the role {actor.role}")
    if actor.role == Role.UNIT and actor.unit_id != fee.unit_id:
        raise MoveRefused("F04", "the fee is another firm's")
    if actor.role == Role.UNIT and fee.state == FeeState.BILLED:
        raise MoveRefused("F04", "the fee is billed: a supervisor puts it right")


def _service(
    session: Session, fee: Fee, firm: Unit, service: str | None, now: datetime, rules: Rules
) -> Price:
    if service is None:
        price = session.get(Price, fee.price_id) if fee.price_id is not None else None
    else:
        there = services(session, trades(firm), _day(now, rules))
        price = next((each for each in there if each.service == service), None)
    if price is None:
        raise MoveRefused("F03", f"the price list has no such service for firm {firm.code}")
    return price


def trades(firm: Unit) -> list[str]:
    """What the firm does, in the city file's order."""
    said = firm.detail.get("trades")
    return [str(trade) for trade in said] if isinstance(said, list) else []


def _day(now: datetime, rules: Rules) -> date:
    """The city's day."""
    return now.astimezone(rules.zone).date()


# ---------------------------------------------------------------- reading


def choices(session: Session, number: str, now: datetime, rules: Rules) -> list[dict[str, Any]]:
    """What the case's fee can be for: the services of its firm's trades as they are priced today."""
    wanted = (
        select(Unit)
        .join(Fee, Fee.unit_id == Unit.id)
        .join(Case, Fee.case_id == Case.id)
        .where(Case.number == number, Fee.state.not_in((FeeState.VOID, FeeState.SETTLED)))
    )
    firm = session.scalars(wanted.limit(1)).first()
    there = services(session, trades(firm), _day(now, rules)) if firm is not None else []
    names = ("service", "name", "reference_fen", "per")
    return [{name: getattr(price, name) for name in names} for price in there]


def fees_of_case(session: Session, number: str) -> list[dict[str, Any]]:
    """Every fee of a case, void ones included, the newest last; one query."""
    wanted = (
        select(Fee, Unit.name, Price.name, FreeClaim.state, FreeClaim.why)
        .join(Unit, Fee.unit_id == Unit.id)
        .outerjoin(Price, Fee.price_id == Price.id)
        .join(Case, Fee.case_id == Case.id)
        .outerjoin(FreeClaim, FreeClaim.case_id == Fee.case_id)
        .where(Case.number == number)
        .order_by(Fee.turn)
    )
    return [
        {
            **{name: getattr(fee, name) for name in ("state", "unit_id", "quantity", *_AMOUNTS, *_MOMENTS)},
            "firm": firm,
            "service": service,
            "claim": claim,
            "claim_why": why,
        }
        for fee, firm, service, claim, why in session.execute(wanted)
    ]


_AMOUNTS = tuple(money.Amounts.__dataclass_fields__)
_MOMENTS = ("made_at", "agreed_at", "billed_at", "settled_at", "void_at", "void_why")
