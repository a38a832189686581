"""责任追究: the three conditions together, with the evidence, and nobody's number in it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from query_plans import plans
from sqlalchemy import Engine
from supervision_scene import (
    AGENT,
    DISPATCHER,
    LEADER,
    RULES,
    SUPERVISOR,
    city,
    dispatched,
    events,
    make,
    sorted_only,
    worker,
)

from cases.accountability import candidates, start
from cases.errors import MoveRefused
from cases.evidence import missing
from cases.moving import Actor
from cases.states import Move, Role
from cases.supervision_rules import AccountabilityRules
from cases.unit_of_work import UnitOfWork, reading

FEW = replace(RULES, accountability=AccountabilityRules(people=3, reactions=2, transfers=3))
CITIZEN = Actor("citizen", Role.CITIZEN)


def listed(engine: Engine) -> list[dict[str, Any]]:
    with reading(engine) as work:
        return candidates(work.session, FEW)


def started(engine: Engine, number: str, actor: Actor = SUPERVISOR, reason: str = "久拖不决") -> None:
    with UnitOfWork(engine) as work:
        start(work.session, number, reason, actor, city(20), FEW)
        work.commit()


def goes_round(engine: Engine, number: str) -> None:
    """Returned, ruled on, returned: three transfers without an end."""
    make(engine, number, Move.RETURN, worker(engine), city(3), reason="不归我单位管")
    make(engine, number, Move.RULE, DISPATCHER, city(3, 10), unit="zilaishui", reason="改派")
    make(engine, number, Move.RETURN, worker(engine, "自来水公司"), city(4), reason="也不归我单位管")
    make(engine, number, Move.RULE, DISPATCHER, city(4, 10), unit="shizheng", reason="再派")


def many_tell_it(engine: Engine, number: str, count: int = 2) -> list[str]:
    """So many others told the same, and were merged into it."""
    others = [sorted_only(engine, second=20 + n, caller=f"1390000000{n}") for n in range(count)]
    for other in others:
        make(engine, other, Move.MERGE, AGENT, city(2, 15), into=number, reason="同一件事")
    return others


def is_urged(engine: Engine, number: str, times: int = 2) -> None:
    for n in range(times):
        make(engine, number, Move.URGE, CITIZEN, city(5 + n), reason="还没有人来")


def all_three(engine: Engine) -> tuple[str, list[str]]:
    number = dispatched(engine)
    others = many_tell_it(engine, number)
    goes_round(engine, number)
    is_urged(engine, number)
    return number, others


def test_all_three_together_put_a_case_on_the_list_with_its_evidence(engine: Engine) -> None:
    number, others = all_three(engine)
    (found,) = listed(engine)
    evidence = found["evidence"]
    assert (found["number"], found["unit"], found["started"]) == (number, "市政管理处", None)
    assert evidence["people"] == {"count": 3, "cases": sorted(others), "bursts": 0}
    assert [each["move"] for each in evidence["transfers"]["events"]] == ["return", "rule", "return", "rule"]
    assert [each["who"] for each in evidence["reactions"]["events"]] == ["citizen", "citizen"]


@pytest.mark.parametrize("lacking", ["people", "reactions", "transfers"])
def test_two_of_three_are_not_enough(engine: Engine, lacking: str) -> None:
    number = dispatched(engine)
    if lacking != "people":
        many_tell_it(engine, number)
    if lacking != "transfers":
        goes_round(engine, number)
    if lacking != "reactions":
        is_urged(engine, number)
    assert listed(engine) == []
    with pytest.raises(MoveRefused, match=rf"M24\.1.*{lacking}"):
        started(engine, number)


def test_the_same_caller_again_and_again_is_one_person(engine: Engine) -> None:
    number = dispatched(engine)
    for n in range(4):
        other = sorted_only(engine, second=20 + n)
        make(engine, other, Move.MERGE, AGENT, city(2, 15), into=number, reason="同一件事")
    goes_round(engine, number)
    is_urged(engine, number)
    assert listed(engine) == []


def test_what_our_own_clock_urges_is_no_reaction(engine: Engine) -> None:
    number = dispatched(engine)
    many_tell_it(engine, number)
    goes_round(engine, number)
    for n in range(3):
        make(engine, number, Move.URGE, Actor("system", Role.SYSTEM), city(5 + n))
    assert listed(engine) == []


def test_it_is_started_once_with_the_evidence_of_that_day(engine: Engine) -> None:
    number, _ = all_three(engine)
    with pytest.raises(MoveRefused, match=r"M24\.2"):
        started(engine, number, reason=" ")
    started(engine, number, LEADER)
    last = events(engine, number)[-1]
    assert (last.move, last.rule, last.who) == (Move.ACCOUNTABILITY, "M24", "leader1")
    assert last.detail["counts"] == {"people": 3, "reactions": 2, "transfers": 4}
    (found,) = listed(engine)
    assert found["started"]["who"] == "leader1"
    with pytest.raises(MoveRefused, match=r"M24\.3"):
        started(engine, number)


def test_an_agent_starts_no_accountability(engine: Engine) -> None:
    number, _ = all_three(engine)
    with pytest.raises(MoveRefused, match="M24"):
        started(engine, number, AGENT)


def test_no_callers_number_is_in_the_evidence(engine: Engine) -> None:
    all_three(engine)
    (found,) = listed(engine)
    assert "1380000" not in json.dumps(found["evidence"], ensure_ascii=False)
    assert "1390000" not in json.dumps(found["evidence"], ensure_ascii=False)


def test_what_is_done_leaves_the_list(engine: Engine) -> None:
    number, _ = all_three(engine)
    make(engine, number, Move.SIGN, worker(engine), city(9))
    make(engine, number, Move.REPORT, worker(engine), city(9, 10), answer="已修好。")
    make(engine, number, Move.COMPLETE, Actor("visitor1", Role.VISITOR), city(9, 11))
    assert listed(engine) == []


def test_the_list_reads_the_few_transfers_and_no_other_events(engine: Engine) -> None:
    all_three(engine)
    with reading(engine) as work:
        found = plans(work.session, lambda: candidates(work.session, FEW))
    assert "ix_case_event_transfers" in found[0]
    lines = [line for plan in found for line in plan.splitlines()]
    scans = [line for line in lines if "SCAN case_event" in line or "Seq Scan on case_event" in line]
    assert all("ix_case_event_transfers" in line for line in scans), "the small index may be read whole"


def test_the_conditions_are_named() -> None:
    nothing = {name: {"count": 0} for name in ("people", "reactions", "transfers")}
    assert missing(nothing, FEW) == ["people", "reactions", "transfers"]
