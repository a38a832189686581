"""The call's key 5 is a claim on its case: once, in whatever order the facts come, and checked later."""

from __future__ import annotations

from itertools import permutations

from sorting_scene import LOCKS, decision, load
from sqlalchemy import Engine, select
from telling import CALLER, Telling, at, numbers_for, write

from cases import claims
from cases.model import Case, FreeClaim
from cases.rules import Rules
from cases.states import ClaimState
from cases.unit_of_work import UnitOfWork, reading


def told(number: str) -> Telling:
    said = decision(LOCKS, "a锁店", sector="market")
    call = Telling().starts().speaks().hears_number(number, text="门锁打不开", decision=said)
    return call.notes("free_claimed", 12).ends("message")


def claim(engine: Engine) -> FreeClaim | None:
    with reading(engine) as work:
        return work.session.scalars(select(FreeClaim)).one_or_none()


def test_key_5_claims_for_the_calls_case_and_claims_no_more_when_told_again(engine: Engine) -> None:
    load(engine, "a")
    number = numbers_for(engine, 1)[0]
    call = told(number)
    write(engine, *call.facts)
    write(engine, *call.facts)
    found = claim(engine)
    assert found is not None
    assert (found.state, found.claimed_at, found.claimed_by) == (ClaimState.CLAIMED, at(12), "citizen")


def test_in_whatever_order_the_facts_come_the_claim_is_kept(sqlite_engine: Engine) -> None:
    engine = sqlite_engine
    load(engine, "a")
    for order in list(permutations(range(5)))[::7]:
        number = numbers_for(engine, 1)[0]
        facts = [
            f for f in told(number).facts if type(f).__name__ not in ("RecordingStarted", "RecordingEnded")
        ]
        write(engine, *(facts[k] for k in order if k < len(facts)))
        with reading(engine) as work:
            claimed = select(FreeClaim).join(Case, FreeClaim.case_id == Case.id).where(Case.number == number)
            assert work.session.scalars(claimed).one().claimed_by == "citizen", order


def test_a_call_without_the_key_claims_nothing(engine: Engine) -> None:
    load(engine, "a")
    number = numbers_for(engine, 1)[0]
    write(engine, *Telling().starts().speaks().hears_number(number).ends("message").facts)
    assert claim(engine) is None


def test_it_is_checked_once_the_case_is_sorted(engine: Engine) -> None:
    load(engine, "a")
    number = numbers_for(engine, 1)[0]
    write(engine, *told(number).facts)
    with UnitOfWork(engine) as work:
        assert claims.claims_to_check(work.session) == [number]
        assert claims.check_claim(work.session, number, at(60), Rules()) == ClaimState.REFUSED
        work.commit()
    found = claim(engine)
    assert found is not None
    assert found.why == "not_registered"
    assert CALLER not in str(found.why)
