"""The sweep checks claims, suspends who has too many founded complaints, and rates firms anew."""

from __future__ import annotations

from datetime import timedelta

from money_scene import FIRM, Market
from sqlalchemy import select

from cases.claims import claim_free
from cases.model import Case, Contract, FirmTurn, FreeClaim
from cases.states import ClaimState, ContractState, Role
from hotline.promises import check_claims, rate_firms, watch_contracts
from hotline.sweep import Sweep
from hotline.wiring import Wiring


def claimed(wiring: Wiring, city: Market) -> str:
    number = city.given(caller="13800000001")
    with wiring.unit_of_work() as work:
        claim_free(work.session, number, city.actor(Role.AGENT), city.now)
        work.commit()
    return number


def test_a_pass_checks_each_claim_once(wiring: Wiring) -> None:
    city = Market(wiring.engine)
    number = claimed(wiring, city)
    report = Sweep(wiring, lambda _: None).run()
    assert report["checked"] == [number]
    assert report["problems"] == {}
    assert check_claims(wiring, city.now) == []
    with wiring.reading() as work:
        [claim] = work.session.scalars(select(FreeClaim)).all()
    assert (claim.state, claim.checked_by) == (ClaimState.PROVISIONAL, "system")


def test_a_claim_of_a_case_that_is_not_sorted_waits(wiring: Wiring) -> None:
    city = Market(wiring.engine)
    number = claimed(wiring, city)
    with wiring.unit_of_work() as work:
        case = work.session.scalars(select(Case).where(Case.number == number)).one()
        case.state = "accepted"
        work.commit()
    assert check_claims(wiring, city.now) == []


def test_a_pass_suspends_who_has_too_many_founded_complaints(wiring: Wiring) -> None:
    city = Market(wiring.engine)
    for _ in range(3):
        city.answers(city.done(), 3, founded=True)
    assert watch_contracts(wiring, city.now) == [FIRM]
    assert watch_contracts(wiring, city.now) == []
    with wiring.reading() as work:
        assert work.session.scalars(select(Contract.state)).all() == [ContractState.SUSPENDED]


def test_firms_are_rated_by_what_was_said_within_the_year(wiring: Wiring) -> None:
    city = Market(wiring.engine)
    city.answers(city.done(), 1)
    assert rate_firms(wiring, city.now) == 1
    assert rate_firms(wiring, city.now) == 0
    assert rate_firms(wiring, city.now + timedelta(days=366)) == 1
    with wiring.reading() as work:
        assert set(work.session.scalars(select(FirmTurn.rating))) == {None}
