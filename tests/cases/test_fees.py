"""A fee follows its case: estimated, agreed, billed, void; who pays is the claim's."""

from __future__ import annotations

import pytest
from handling_scene import MONDAY
from money_scene import CHANGE_LOCK, FIRM, OPEN_DOOR, OTHER, PRICES, Market
from sqlalchemy import Engine

from cases import claims, prices
from cases.errors import MoveRefused, NotFound
from cases.money import Amounts
from cases.states import CaseState, ClaimState, FeeState, Role
from cases.unit_of_work import UnitOfWork

STRANGER, ENTITLED, EXPIRED = "13900000009", "13800000001", "13800000002"


def amounts(fee: object) -> Amounts:
    return Amounts() + fee  # type: ignore[operator]


# ---------------------------------------------------------------- with the moves


def test_a_case_at_a_firm_is_estimated_by_the_list(engine: Engine) -> None:
    city = Market(engine)
    fee = city.fee(city.given())
    assert (fee.state, fee.unit_id) == (FeeState.ESTIMATED, city.units[FIRM])
    assert amounts(fee) == Amounts(8005, 801, 7204, 7204, 0)


def test_a_case_at_a_department_costs_nothing(engine: Engine) -> None:
    city = Market(engine)
    assert city.fees(city.completed()) == []


def test_completion_bills_it_and_a_redo_by_the_same_firm_bills_it_once(engine: Engine) -> None:
    city = Market(engine)
    number = city.done()
    assert (city.fee(number).state, city.fee(number).billed_at) == (FeeState.BILLED, MONDAY)
    city.later(days=1)
    city.move(number, "redo", "visitor", reason="没修好")
    assert (city.fee(number).state, city.fee(number).billed_at) == (FeeState.AGREED, None)
    city.finish(number)
    assert [fee.state for fee in city.fees(number)] == [FeeState.BILLED]
    assert city.fee(number).billed_at == city.now


@pytest.mark.parametrize(
    ("what", "role", "asked"),
    [
        ("return", "unit", {"reason": "不做这种锁"}),
        ("merge", "dispatcher", {}),
        ("to-110", "agent", {"reason": "有人受伤"}),
    ],
)
def test_what_takes_a_case_from_the_firm_makes_its_fee_void(
    engine: Engine, what: str, role: str, asked: dict[str, str]
) -> None:
    city = Market(engine)
    number = city.given()
    into = {"into": city.job(caller=STRANGER)} if what == "merge" else {}
    city.move(number, what, role, unit_of=FIRM, **asked, **into)
    assert (city.fee(number).state, city.fee(number).void_why) == (FeeState.VOID, what)
    assert city.statement("2026-03").rows == []


def test_another_firm_gets_a_fee_of_its_own_and_a_return_refused_a_new_one(engine: Engine) -> None:
    city = Market(engine)
    number = city.given()
    city.move(number, "return", "unit", unit_of=FIRM, reason="太远")
    city.move(number, "rule", "dispatcher", unit=FIRM)
    assert [fee.state for fee in city.fees(number)] == [FeeState.VOID, FeeState.ESTIMATED]
    city.move(number, "return", "unit", unit_of=FIRM, reason="太远")
    city.move(number, "rule", "dispatcher", unit=OTHER)
    city.finish(number, OTHER)
    assert [fee.state for fee in city.fees(number)] == [FeeState.VOID, FeeState.VOID, FeeState.BILLED]
    assert city.fee(number).unit_id == city.units[OTHER]


def test_a_firm_that_only_helps_a_department_has_no_fee(engine: Engine) -> None:
    city = Market(engine)
    number = city.dispatched()
    city.move(number, "add-unit", "dispatcher", unit=FIRM)
    assert city.fees(number) == []
    other = city.given()
    city.move(other, "add-unit", "dispatcher", unit=OTHER)
    city.move(other, "return", "unit", unit_of=OTHER, reason="不用我们")
    assert city.fee(other).state == FeeState.ESTIMATED


def test_a_reopened_case_that_goes_to_another_firm_is_paid_once(engine: Engine) -> None:
    city = Market(engine)
    number = city.done()
    city.move(number, "reopen", "citizen")
    assert city.fee(number).state == FeeState.BILLED
    city.move(number, "dispatch", "dispatcher", unit=OTHER)
    city.finish(number, OTHER)
    assert [fee.state for fee in city.fees(number)] == [FeeState.VOID, FeeState.BILLED]


def test_what_the_list_has_no_price_for_is_not_billed_until_somebody_names_it(engine: Engine) -> None:
    city = Market(engine, listed=[])
    number = city.done()
    assert (city.fee(number).state, city.fee(number).price_id) == (FeeState.ESTIMATED, None)
    assert city.statement("2026-03").unpriced == [number]
    with pytest.raises(MoveRefused, match="F03"):
        city.agrees(number)
    with UnitOfWork(engine) as work:
        prices.put(work.session, PRICES)
        work.commit()
    city.later(days=40)
    fee = city.agrees(number, service=OPEN_DOOR)
    assert (fee.state, fee.billed_at) == (FeeState.BILLED, MONDAY)
    assert city.statement("2026-03").unpriced == []


# ---------------------------------------------------------------- agreed by people


def test_service_and_quantity_are_agreed_and_written_into_the_history(engine: Engine) -> None:
    city = Market(engine)
    number = city.given()
    fee = city.agrees(number, Role.UNIT, service=CHANGE_LOCK, quantity=3)
    assert (fee.state, fee.agreed_by) == (FeeState.AGREED, "unit1")
    assert amounts(fee) == Amounts(45_150, 4515, 40_635, 40_635, 0)
    event = city.events(number)[-1]
    assert (event.move, event.detail["price_fen"]) == ("fee_agreed", 40_635)
    city.finish(number)
    assert amounts(city.fee(number)) == amounts(fee)


@pytest.mark.parametrize(
    ("rule", "role", "firm", "what"),
    [
        ("F03", Role.AGENT, FIRM, {"service": "paint the house"}),
        ("F03", Role.AGENT, FIRM, {"quantity": 0}),
        ("F03", Role.AGENT, FIRM, {"quantity": 1001}),
        ("F04", Role.UNIT, OTHER, {}),
        ("F04", Role.DESK, FIRM, {}),
    ],
)
def test_what_may_not_be_agreed_is_refused_and_changes_nothing(
    engine: Engine, rule: str, role: Role, firm: str, what: dict[str, object]
) -> None:
    city = Market(engine)
    number = city.given()
    before = amounts(city.fee(number))
    with pytest.raises(MoveRefused) as error:
        city.agrees(number, role, firm, **what)
    assert error.value.rule == rule
    assert amounts(city.fee(number)) == before


def test_a_firm_does_not_change_what_is_billed_and_a_case_without_a_fee_has_none(engine: Engine) -> None:
    city = Market(engine)
    number = city.done()
    with pytest.raises(MoveRefused, match="F04"):
        city.agrees(number, Role.UNIT, service=CHANGE_LOCK)
    fee = city.agrees(number, Role.SUPERVISOR, service=CHANGE_LOCK)
    assert (fee.state, fee.billed_at, fee.reference_fen) == (FeeState.BILLED, MONDAY, 15_050)
    with pytest.raises(MoveRefused, match="F01"):
        city.agrees(city.completed())
    with pytest.raises(NotFound):
        city.agrees("999999")


# ---------------------------------------------------------------- claims


def test_a_registered_number_alone_is_provisional_and_the_name_at_the_door_decides(engine: Engine) -> None:
    city = Market(engine)
    number = city.given(caller=ENTITLED)
    claim = city.claims(number)
    assert (claim.state, claim.why) == (ClaimState.PROVISIONAL, "name_unknown")
    assert city.fee(number).government_fen == 0
    assert city.says(number, "张 三", Role.UNIT).state == ClaimState.GRANTED
    assert amounts(city.fee(number)) == Amounts(8005, 801, 7204, 0, 7204)
    assert [each.move for each in city.events(number)][-3:] == [
        "free_claimed", "claim_checked", "claim_checked",
    ]  # fmt: skip


def test_a_claim_that_was_granted_before_the_firm_had_the_case_counts(engine: Engine) -> None:
    city = Market(engine)
    number = city.job(caller=ENTITLED)
    city.claims(number)
    city.says(number, "张三")
    city.move(number, "dispatch", "dispatcher")
    assert city.fee(number).government_fen == 7204


@pytest.mark.parametrize(("caller", "why"), [(STRANGER, "not_registered"), ("", "no_number")])
def test_who_is_not_registered_pays(engine: Engine, caller: str, why: str) -> None:
    city = Market(engine)
    number = city.given(caller=caller)
    claim = city.claims(number)
    assert (claim.state, claim.why) == (ClaimState.REFUSED, why)
    assert city.fee(number).citizen_fen == 7204


def test_another_name_is_refused_and_the_right_number_with_the_name_granted(engine: Engine) -> None:
    city = Market(engine)
    number = city.given(caller=STRANGER)
    city.claims(number)
    assert city.says(number, "王五", telephone=ENTITLED).why == "other_name"
    assert city.says(number, "张三", telephone=ENTITLED).state == ClaimState.GRANTED
    with pytest.raises(MoveRefused, match="F05"):
        city.says(number, "张三")


def test_who_was_entitled_is_not_after_the_last_day(engine: Engine) -> None:
    city = Market(engine)
    number = city.given(caller=EXPIRED)
    city.later(days=150)
    assert city.claims(number).why == "not_registered"


def test_nobody_tries_name_after_name(engine: Engine) -> None:
    city = Market(engine)
    number = city.given(caller=ENTITLED)
    city.claims(number)
    for name in ("甲", "乙", "丙", "丁", "戊"):
        city.says(number, name, Role.UNIT)
    with pytest.raises(MoveRefused, match="F06"):
        city.says(number, "张三", Role.UNIT)
    assert city.says(number, "张三", Role.SUPERVISOR).state == ClaimState.GRANTED


def test_a_stranger_firm_and_a_case_without_a_claim_are_refused(engine: Engine) -> None:
    city = Market(engine)
    number = city.given(caller=ENTITLED)
    with pytest.raises(MoveRefused, match="F05"):
        city.says(number, "张三")
    city.claims(number)
    with pytest.raises(MoveRefused, match="F05"):
        city.says(number, "张三", Role.UNIT, OTHER)
    with pytest.raises(MoveRefused, match="F05"):
        city.says(number, "张三", Role.DESK)


def test_a_claim_is_written_down_once_and_checked_once(engine: Engine) -> None:
    city = Market(engine)
    number = city.given(caller=ENTITLED)
    city.claims(number)
    city.says(number, "张三")
    city.claims(number)
    assert city.claim(number).state == ClaimState.GRANTED
    with UnitOfWork(engine) as work:
        assert claims.claims_to_check(work.session) == []
        assert claims.check_claim(work.session, number, city.now, city.rules) is None


@pytest.mark.parametrize(("caller", "claimed"), [(ENTITLED, 1), (STRANGER, 0)])
def test_a_claim_goes_with_its_caller_into_the_case_that_goes_on(
    engine: Engine, caller: str, claimed: int
) -> None:
    city = Market(engine)
    first, again = city.given(caller=caller), city.given(caller=ENTITLED)
    city.claims(again)
    city.move(again, "merge", "dispatcher", into=first)
    with UnitOfWork(engine) as work:
        assert claims.claims_to_check(work.session) == [first] * claimed


def test_a_late_grant_changes_a_billed_fee_and_no_settled_one(engine: Engine) -> None:
    city = Market(engine)
    number = city.done(caller=ENTITLED)
    city.claims(number)
    before = city.statement("2026-03")
    city.says(number, "张三")
    after = city.statement("2026-03")
    assert (before.total.government_fen, after.total.government_fen) == (0, 7204)
    assert before.digest != after.digest
    assert city.look(number).state == CaseState.COMPLETED
