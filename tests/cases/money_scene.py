"""A city with firms, their prices and the register of households, for the tests of money and scores."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from handling_scene import City
from sorting_scene import LOCKS
from sqlalchemy import select

from cases import claims, fees, households, prices, statements
from cases.model import Case, Fee, FreeClaim, Survey
from cases.prices import PriceRow
from cases.states import Role
from cases.unit_of_work import UnitOfWork, reading

OPEN_DOOR, CHANGE_LOCK = "open", "change"
PRICES = (
    PriceRow("开锁", OPEN_DOOR, "开普通门锁", 8005, date(2026, 1, 1), usual=True),
    PriceRow("开锁", CHANGE_LOCK, "换锁芯", 15_050, date(2026, 1, 1)),
)
REGISTER = (
    "kind,name,number,valid_from,valid_until\n"
    "低保户,张三,13800000001,2026-01-01,\n"
    "残疾人,李四,13800000002,2026-01-01,2026-06-30\n"
)
KINDS = {"low_income": "低保户", "disabled": "残疾人"}
FIRM, OTHER = "a", "b"


class Market(City):
    """Firms a and b open locks; a case of the market's is made by `job`."""

    def __init__(self, engine: Any, *firms: str, listed: Sequence[PriceRow] = PRICES) -> None:
        super().__init__(engine, *(firms or (FIRM, OTHER)))
        with UnitOfWork(engine) as work:
            prices.put(work.session, listed)
            table, rows = households.from_csv(REGISTER.encode(), KINDS)
            households.put(work.session, table, rows, "admin", self.now, self.now.date())
            work.commit()

    def job(self, firm: str = FIRM, **values: Any) -> str:
        """A case that the router has sorted to this firm."""
        values.setdefault("deadline_class", "help")
        return self.case(matter=LOCKS, unit=f"{firm}锁店", sector="market", **values)

    def given(self, firm: str = FIRM, **values: Any) -> str:
        number = self.job(firm, **values)
        self.move(number, "dispatch", "dispatcher")
        return number

    def done(self, firm: str = FIRM, **values: Any) -> str:
        number = self.given(firm, **values)
        self.finish(number, firm)
        return number

    def finish(self, number: str, firm: str = FIRM) -> None:
        self.move(number, "sign", "unit", unit_of=firm)
        self.move(number, "report", "unit", unit_of=firm, answer="门打开了")
        self.move(number, "complete", "visitor")

    # ------------------------------------------------------------ claims
    def claims(self, number: str) -> FreeClaim:
        """As an agent writes it down, and the program checks it."""
        with UnitOfWork(self.engine) as work:
            claims.claim_free(work.session, number, self.actor(Role.AGENT), self.now)
            work.commit()
        return self.checks(number)

    def checks(self, number: str) -> FreeClaim:
        with UnitOfWork(self.engine) as work:
            claims.check_claim(work.session, number, self.now, self.rules)
            work.commit()
        return self.claim(number)

    def says(
        self, number: str, name: str, role: Role = Role.AGENT, firm: str = FIRM, **more: Any
    ) -> FreeClaim:
        with UnitOfWork(self.engine) as work:
            actor = self.actor(role, firm)
            claims.check_with_name(work.session, number, name, actor, self.now, self.rules, **more)
            work.commit()
        return self.claim(number)

    def claim(self, number: str) -> FreeClaim:
        with reading(self.engine) as work:
            wanted = select(FreeClaim).join(Case, FreeClaim.case_id == Case.id)
            return work.session.scalars(wanted.where(Case.number == number)).one()

    # ------------------------------------------------------------ fees
    def agrees(self, number: str, role: Role = Role.AGENT, firm: str = FIRM, **what: Any) -> Fee:
        with UnitOfWork(self.engine) as work:
            actor = self.actor(role, firm)
            fees.agree(work.session, number, actor, self.now, self.rules, **what)
            work.commit()
        return self.fee(number)

    def fee(self, number: str) -> Fee:
        """The newest."""
        return self.fees(number)[-1]

    def fees(self, number: str) -> list[Fee]:
        with reading(self.engine) as work:
            wanted = select(Fee).join(Case, Fee.case_id == Case.id).where(Case.number == number)
            return list(work.session.scalars(wanted.order_by(Fee.turn)))

    def statement(self, month: str, now: datetime | None = None) -> statements.MonthStatement:
        with reading(self.engine) as work:
            return statements.statement(work.session, month, now or self.now, self.rules)

    # ------------------------------------------------------------ what citizens say
    def answers(self, number: str, answer: int, founded: bool | None = None) -> int:
        """A survey that was answered; -> its id."""
        case = self.look(number)
        with UnitOfWork(self.engine) as work:
            rounds = work.session.scalars(select(Survey.round).where(Survey.case_id == case.id)).all()
            survey = Survey(
                case_id=case.id,
                round=max(rounds, default=0) + 1,
                unit_id=case.unit_id,
                state="answered",
                planned_at=self.now,
                way="visitor",
                answer=answer,
                answered_at=self.now,
                answered_by="visitor1",
                founded=founded,
                judged_at=self.now if founded is not None else None,
            )
            work.session.add(survey)
            work.session.flush()
            survey_id = survey.id
            work.commit()
        return survey_id
