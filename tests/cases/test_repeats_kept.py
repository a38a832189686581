"""Repeats are found by indexes, offered once, answered by a person; one alarm for each burst."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from threading import Thread

import pytest
from query_plans import plans
from sorting_scene import LAMP, WATER, case, load, sorted_case
from sqlalchemy import Engine, func, select
from telling import at

from cases import follow_up, repeats
from cases.errors import Conflict, MoveRefused, NotFound
from cases.merging import merge_offered, refuse_offered
from cases.model import Burst, BurstMember, Case, RepeatOffer
from cases.rules import Rules
from cases.states import CaseState, Role
from cases.unit_of_work import UnitOfWork, reading

DAYS, HOUR = timedelta(hours=72), timedelta(hours=1)


@dataclass(frozen=True)
class Likely:
    """What the router says of an earlier case."""

    number: str
    score: float = 0.8
    reasons: list[str] = field(default_factory=lambda: ["caller", "matter"])
    common: list[str] = field(default_factory=lambda: ["路灯"])


@dataclass(frozen=True)
class Many:
    """What the router says of a burst."""

    place: str
    members: list[str]
    standing: int | None = None


def offered(engine: Engine, number: str, *others: str) -> int:
    with UnitOfWork(engine) as work:
        row = work.session.scalars(select(Case).where(Case.number == number)).one()
        fresh = repeats.keep_offers(work.session, row, map(Likely, others), at(70))
        work.commit()
    return fresh


def offers(engine: Engine, number: str) -> list[dict[str, object]]:
    with reading(engine) as work:
        row = work.session.scalars(select(Case).where(Case.number == number)).one()
        return repeats.offers_of(work.session, row.id)


def beside(engine: Engine, number: str) -> list[str]:
    with reading(engine) as work:
        row = work.session.scalars(select(Case).where(Case.number == number)).one()
        return sorted(each["number"] for each in repeats.beside(work.session, row, DAYS))


def alarm(engine: Engine, number: str, heard: Many) -> int:
    with UnitOfWork(engine) as work:
        row = work.session.scalars(select(Case).where(Case.number == number)).one()
        repeats.alone_with(work.session, row.matter)
        burst = repeats.keep_burst(work.session, row, heard, at(70))
        work.commit()
    return burst


# ---------------------------------------------------------------- finding


def test_cases_of_the_caller_and_of_the_matter_are_found_within_the_time(engine: Engine) -> None:
    load(engine)
    same_caller = sorted_case(engine, matter=WATER, caller="13800000009")
    same_matter = sorted_case(engine, caller="13900000001")
    sorted_case(engine, matter=WATER, caller="13900000002")
    sorted_case(engine, second=9 + 4 * 86_400, caller="13800000009")
    mine = sorted_case(engine, caller="13800000009")
    assert beside(engine, mine) == sorted([same_caller, same_matter])


def test_anonymous_callers_are_not_each_others_earlier_cases(engine: Engine) -> None:
    load(engine)
    sorted_case(engine, matter=WATER, caller="")
    mine = sorted_case(engine, caller="")
    assert beside(engine, mine) == []


def test_finding_reads_no_table_from_end_to_end(engine: Engine) -> None:
    load(engine)
    for _ in range(3):
        number = sorted_case(engine)
    with UnitOfWork(engine) as work:
        row = work.session.scalars(select(Case).where(Case.number == number)).one()
        told = plans(work.session, lambda: repeats.beside(work.session, row, DAYS))
        told += plans(work.session, lambda: follow_up.cases_to_follow_up(work.session))
    assert len(told) == 3
    indexes = ("ix_case_matter_opened_at", "ix_case_caller_opened_at", "ix_case_followed_up_at_opened_at")
    for plan in told:
        assert any(index in plan for index in indexes), plan
        assert "SCAN case" not in plan
        assert "Seq Scan on" not in plan.replace("Seq Scan on burst_member", "")


# ---------------------------------------------------------------- offers


def test_a_pair_is_offered_once_to_both_cases_the_later_one_with_the_earlier(engine: Engine) -> None:
    load(engine)
    earlier, later = sorted_case(engine), sorted_case(engine, second=500)
    assert offered(engine, later, earlier) == 1
    assert offered(engine, later, earlier) == 0
    assert offered(engine, earlier, later) == 0
    (at_later,), (at_earlier,) = offers(engine, later), offers(engine, earlier)
    assert (at_later["number"], at_later["earlier"]) == (earlier, True)
    assert (at_earlier["number"], at_earlier["earlier"]) == (later, False)
    assert at_later["common"] == ["路灯"]


def test_a_merged_case_points_to_the_one_that_stays_and_both_say_so(engine: Engine) -> None:
    load(engine)
    earlier, later = sorted_case(engine), sorted_case(engine, second=500)
    offered(engine, later, earlier)
    (offer,) = offers(engine, later)
    with UnitOfWork(engine) as work:
        kept = merge_offered(work.session, int(str(offer["id"])), "agent1", Role.AGENT, at(600), Rules())
        work.commit()
    assert kept == earlier
    one, other = case(engine, earlier), case(engine, later)
    assert (other.state, other.merged_into_id) == (CaseState.MERGED, one.id)
    assert (other.events[-1].rule, other.events[-1].detail) == ("M26", {"into": earlier})
    assert (one.state, one.events[-1].detail) == (CaseState.SORTED, {"merged": later})
    assert offers(engine, later)[0]["answer"] == "merged"


def test_an_offer_is_answered_once_and_by_those_who_may(engine: Engine) -> None:
    load(engine)
    earlier, later = sorted_case(engine), sorted_case(engine, second=500)
    offered(engine, later, earlier)
    number = int(str(offers(engine, later)[0]["id"]))
    with UnitOfWork(engine) as work, pytest.raises(MoveRefused):
        merge_offered(work.session, number, "unit1", Role.UNIT, at(600), Rules())
    with UnitOfWork(engine) as work:
        refuse_offered(work.session, number, "agent1", Role.AGENT, at(600))
        work.commit()
    for answer in (partial(merge_offered, rules=Rules()), refuse_offered):
        with UnitOfWork(engine) as work, pytest.raises(Conflict):
            answer(work.session, number, "agent2", Role.AGENT, at(610))
        with UnitOfWork(engine) as work, pytest.raises(NotFound):
            answer(work.session, 999_999, "agent2", Role.AGENT, at(610))
    assert case(engine, later).state == CaseState.SORTED


def test_two_who_merge_in_a_ring_end_with_one_that_stays(engine: Engine) -> None:
    load(engine)
    first, second, third = (sorted_case(engine, second=9 + k) for k in range(3))
    offered(engine, second, first)
    offered(engine, third, second)
    ids = [int(str(offers(engine, each)[-1]["id"])) for each in (first, third)]
    with UnitOfWork(engine) as work:
        merge_offered(work.session, ids[0], "agent1", Role.AGENT, at(600), Rules())
        work.commit()
    with UnitOfWork(engine) as work, pytest.raises(Conflict):
        merge_offered(work.session, ids[1], "agent1", Role.AGENT, at(600), Rules())


# ---------------------------------------------------------------- bursts


def test_an_alarm_has_its_members_and_a_later_caller_joins_it(engine: Engine) -> None:
    load(engine)
    numbers = [sorted_case(engine, matter=WATER, caller=f"1390000000{k}", second=9 + k) for k in range(5)]
    raised = alarm(engine, numbers[3], Many("水北街道", numbers[:4]))
    assert alarm(engine, numbers[4], Many("水北街道", [numbers[4]], raised)) == raised
    with reading(engine) as work:
        (shown,) = repeats.bursts(work.session, at(100))
        row = work.session.scalars(select(Case).where(Case.number == numbers[0])).one()
        known = {each["number"]: each["burst"] for each in repeats.beside(work.session, row, DAYS)}
    assert (shown["matter"], shown["place"], shown["members"]) == (WATER, "水北街道", numbers)
    assert known == dict.fromkeys(numbers[1:], raised)


def test_a_case_is_in_one_burst_at_most(engine: Engine) -> None:
    load(engine)
    number = sorted_case(engine, matter=WATER)
    first = alarm(engine, number, Many("水北街道", [number]))
    alarm(engine, number, Many("水北街道", [number]))
    with reading(engine) as work:
        members = work.session.scalars(select(BurstMember.burst_id)).all()
    assert members == [first]


def test_an_alarm_that_somebody_saw_is_shown_no_longer_nor_one_of_yesterday(engine: Engine) -> None:
    load(engine)
    number = sorted_case(engine, matter=WATER)
    raised = alarm(engine, number, Many("水北街道", [number]))
    with reading(engine) as work:
        assert len(repeats.bursts(work.session, at(100))) == 1
        assert repeats.bursts(work.session, at(2 * 86_400)) == []
    with UnitOfWork(engine) as work:
        repeats.see_burst(work.session, raised, "agent1", at(110))
        work.commit()
    with reading(engine) as work:
        assert repeats.bursts(work.session, at(120)) == []
        assert work.session.get_one(Burst, raised).seen_by == "agent1"
    with UnitOfWork(engine) as work, pytest.raises(NotFound):
        repeats.see_burst(work.session, 999_999, "agent1", at(110))


def test_two_who_compare_one_matter_at_once_raise_one_alarm(engine: Engine) -> None:
    """Each looks for a standing alarm and raises one when there is none: the lock makes the second see it."""
    load(engine)
    numbers = [sorted_case(engine, matter=WATER, caller=f"1390000000{k}") for k in range(4)]

    def compare(number: str) -> None:
        with UnitOfWork(engine) as work:
            row = work.session.scalars(select(Case).where(Case.number == number)).one()
            repeats.alone_with(work.session, row.matter)
            standing = [each["burst"] for each in repeats.beside(work.session, row, HOUR) if each["burst"]]
            members = numbers if not standing else [number]
            repeats.keep_burst(
                work.session, row, Many("水北街道", members, standing[0] if standing else None), at(70)
            )
            work.commit()

    threads = [Thread(target=compare, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as work:
        assert work.session.scalar(select(func.count(Burst.id))) == 1
        assert work.session.scalar(select(func.count(BurstMember.case_id))) == 4


def test_nobody_is_offered_what_is_not_there(engine: Engine) -> None:
    load(engine)
    number = sorted_case(engine, matter=LAMP)
    assert offered(engine, number, "100005000") == 0
    with reading(engine) as work:
        assert work.session.scalar(select(func.count(RepeatOffer.id))) == 0
