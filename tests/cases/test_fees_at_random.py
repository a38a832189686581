"""Hundreds of market cases are moved at random: every fee adds up, none counts twice, none is forgotten."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from money_scene import CHANGE_LOCK, FIRM, OPEN_DOOR, OTHER, Market
from sorting_scene import LOCKS
from sqlalchemy import Engine, select

from cases import claims, fees, money, statements
from cases.errors import MoveRefused
from cases.handling import Actor, Asked, make_move
from cases.model import Case, Fee, FreeClaim
from cases.numbers import tracking_code
from cases.opening import reserve_numbers
from cases.states import RULES as TABLE
from cases.states import CaseState, ClaimState, FeeState, Move, Role, Sector, WayIn
from cases.unit_of_work import UnitOfWork, reading

CASES, STEPS = 40, 9
_CALLERS = ("13800000001", "13800000002", "13900000009", "")
_ONWARD = {Move.DISPATCH: 9, Move.SIGN: 9, Move.REPORT: 9, Move.COMPLETE: 9, Move.RULE: 5, Move.REDO: 3,
           Move.REOPEN: 3}  # fmt: skip
_AT_FIRM = (CaseState.DISPATCHED, CaseState.SIGNED, CaseState.IN_PROGRESS, CaseState.REPORTED)


class Fair:
    """A market where everything happens that may happen to money."""

    def __init__(self, engine: Engine, seed: int) -> None:
        self.city, self.dice = Market(engine), random.Random(seed)  # noqa: S311 - a walk
        self.units = [self.city.units[FIRM], self.city.units[OTHER], self.city.units["shizheng"]]
        self.done: Counter[str] = Counter()
        self._steps = [*[self._moves] * 7, self._agrees, self._claims, self._says, self._says]
        self.numbers = self._opens()

    def _opens(self) -> list[str]:
        with UnitOfWork(self.city.engine) as work:
            found = reserve_numbers(work.session, CASES)
            for number in found:
                now = self.city.now
                case = Case(number=number, tracking_code=tracking_code(), opened_at=now, changed_at=now)
                case.state, case.way_in, case.sector = CaseState.SORTED, WayIn.KEY, Sector.MARKET
                case.matter, case.caller = LOCKS, self.dice.choice(_CALLERS)
                case.unit_id, case.deadline_class = self.dice.choice(self.units), "help"
                work.session.add(case)
            work.commit()
        return found

    def lives(self, number: str) -> None:
        """One transaction a case, a savepoint a step."""
        now = self.city.now
        with UnitOfWork(self.city.engine) as work:
            for _ in range(STEPS):
                now += timedelta(hours=self.dice.choice((0.2, 2, 30, 200)))
                step = self.dice.choice(self._steps)
                try:
                    with work.session.begin_nested():
                        self.done[step(work.session, number, now)] += 1
                except MoveRefused as error:
                    work.session.expire_all()
                    self.done[error.rule] += 1
            work.commit()

    def _moves(self, session: Any, number: str, now: Any) -> str:
        case = session.scalars(select(Case).where(Case.number == number)).one()
        rows = [rule for rule in TABLE if case.state in rule.sources and rule.move != Move.NOTE]
        (rule,) = self.dice.choices(rows, [_ONWARD.get(row.move, 1) for row in rows])
        role = self.dice.choice(rule.roles)
        actor = Actor(f"{role}1", role, case.unit_id if role == Role.UNIT else None)
        unit = self.dice.choice((None, None, FIRM, OTHER, "shizheng"))
        asked = Asked(reason="因为", answer="好了", unit=unit, into=self.dice.choice(self.numbers))
        make_move(session, number, rule.move, actor, now, self.city.rules, asked)
        return rule.move.value

    def _agrees(self, session: Any, number: str, now: Any) -> str:
        service = self.dice.choice((None, OPEN_DOOR, CHANGE_LOCK, "nothing"))
        actor = Actor("agent1", self.dice.choice((Role.AGENT, Role.SUPERVISOR)))
        quantity = self.dice.randrange(0, 5)
        rules = self.city.rules
        fees.agree(session, number, actor, now, rules, service=service, quantity=quantity)
        return "agreed"

    def _claims(self, session: Any, number: str, now: Any) -> str:
        claims.claim_free(session, number, Actor("agent1", Role.AGENT), now)
        claims.check_claim(session, number, now, self.city.rules)
        return "claimed"

    def _says(self, session: Any, number: str, now: Any) -> str:
        name = self.dice.choice(("张三", "李四", "王五"))
        claims.check_with_name(session, number, name, Actor("agent1", Role.AGENT), now, self.city.rules)
        return "named"


@pytest.mark.parametrize("seed", [110])
def test_whatever_happens_to_cases_their_fees_add_up(engine: Engine, seed: int) -> None:
    fair = Fair(engine, seed)
    for number in fair.numbers:
        fair.lives(number)
    assert min(fair.done[each] for each in ("dispatch", "complete", "return", "redo", "agreed", "named")) > 0
    with reading(engine) as work:
        rows = work.session.execute(
            select(Case, Fee, FreeClaim)
            .join(Fee, Fee.case_id == Case.id)
            .outerjoin(FreeClaim, FreeClaim.case_id == Case.id)
        ).all()
        cases = work.session.scalars(select(Case)).all()
    firms = set(fair.units[:2])
    in_force = [(case, fee, claim) for case, fee, claim in rows if fee.state != FeeState.VOID]
    assert len({case.id for case, _fee, _claim in in_force}) == len(in_force)
    for case, fee, claim in in_force:
        free = claim is not None and claim.state == ClaimState.GRANTED
        amounts = money.of(fee.reference_fen, 10, free=free)
        assert money.Amounts() + fee == amounts
        assert (fee.billed_at is not None) == (fee.state == FeeState.BILLED), case.number
        assert fee.unit_id in firms
    by_case = {case.id: fee for case, fee, _claim in in_force}
    for case in cases:
        fee = by_case.get(case.id)
        if case.state in _AT_FIRM and case.unit_id in firms:
            assert fee is not None, case.number
            assert (fee.unit_id, fee.state in (FeeState.ESTIMATED, FeeState.AGREED)) == (case.unit_id, True)
        if case.state in (CaseState.MERGED, CaseState.HANDED_BACK, CaseState.RETURNED):
            assert fee is None, case.number
    _every_billed_fee_is_in_one_statement(fair, [fee for _case, fee, _claim in in_force])


def _every_billed_fee_is_in_one_statement(fair: Fair, in_force: list[Fee]) -> None:
    billed = [fee for fee in in_force if fee.state == FeeState.BILLED]
    now = max(fee.billed_at for fee in billed if fee.billed_at)
    months = sorted(
        {f"{fee.billed_at.astimezone(fair.city.rules.zone):%Y-%m}" for fee in billed if fee.billed_at}
    )
    found: list[statements.MonthStatement] = [fair.city.statement(month, now) for month in months]
    assert sum(len(each.rows) for each in found) == len(billed)
    assert money.total([each.total for each in found]) == money.total(billed)
