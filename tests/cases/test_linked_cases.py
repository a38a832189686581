"""Several requests of one message: own numbers, own sorting, linked, opened once."""

from __future__ import annotations

import pytest
from sorting_scene import LOCKS, WATER, accepted, case, decision, jobs, load, sort, sorted_case, turns
from sqlalchemy import Engine, func, select
from telling import CALLER, at

from cases import follow_up, numbers, queries
from cases.errors import Conflict
from cases.linked import Request, linked_cases, open_linked
from cases.model import Case
from cases.states import CaseState
from cases.unit_of_work import UnitOfWork, reading

MESSAGE = "解放路的路灯坏了另外我们小区停水了"
SECOND = Request(8, 17, MESSAGE[8:], decision(WATER, "自来水公司", place={"township": "水北街道"}))


def split(engine: Engine, number: str, *requests: Request, seen: object = None) -> list[str] | None:
    """As the worker does it; None: it was done before."""
    with UnitOfWork(engine) as work:
        first = follow_up.take(work.session, number, MESSAGE)
        if first is None:
            return None
        opened = open_linked(work.session, first, requests, at(70), seen)  # type: ignore[arg-type]
        follow_up.done(first, at(70))
        work.commit()
    return opened


def test_a_second_request_gets_a_case_of_its_own_that_says_whose_it_is(engine: Engine) -> None:
    load(engine)
    number = sorted_case(engine, MESSAGE)
    (opened,) = split(engine, number, SECOND) or []
    assert numbers.check(opened)
    first, second = case(engine, number), case(engine, opened)
    assert (second.part_of_id, second.part) == (first.id, 1)
    assert second.text == "另外我们小区停水了"
    assert (second.matter, second.unit and second.unit.name) == (WATER, "自来水公司")
    assert (second.caller, second.desk, second.recording_id) == (CALLER, first.desk, first.recording_id)
    assert second.state == CaseState.SORTED
    assert second.tracking_code != first.tracking_code
    assert first.text == MESSAGE


def test_the_events_of_both_say_so(engine: Engine) -> None:
    load(engine)
    number = sorted_case(engine, MESSAGE)
    (opened,) = split(engine, number, SECOND) or []
    assert case(engine, number).events[-1].detail == {"linked": [opened]}
    accepted_event, sorted_event = case(engine, opened).events
    assert accepted_event.detail == {"told": False, "part_of": number, "piece": [8, 17]}
    assert (accepted_event.rule, sorted_event.rule) == ("M01", "M02")


def test_a_retry_opens_nothing_again(engine: Engine) -> None:
    load(engine)
    number = sorted_case(engine, MESSAGE)
    assert len(split(engine, number, SECOND) or []) == 1
    assert split(engine, number, SECOND) is None
    with reading(engine) as work:
        assert work.session.scalar(select(func.count(Case.id))) == 2


def test_words_that_changed_meanwhile_are_looked_at_anew(engine: Engine) -> None:
    load(engine)
    number = sorted_case(engine, "别的话")
    assert split(engine, number, SECOND) is None
    assert case(engine, number).followed_up_at is None


def test_a_firm_whose_turn_was_taken_meanwhile_leaves_nothing_half_opened(engine: Engine) -> None:
    load(engine, "a")
    number, seen = sorted_case(engine, MESSAGE), turns(engine)
    locked_out = Request(8, 17, MESSAGE[8:], decision(LOCKS, "a锁店"))
    sort(engine, accepted(engine), decision(LOCKS, "a锁店"))
    with pytest.raises(Conflict):
        split(engine, number, locked_out, seen=seen)
    with reading(engine) as work:
        assert work.session.scalar(select(func.count(Case.id)).where(Case.part > 0)) == 0
    assert split(engine, number, locked_out, seen=turns(engine))
    assert jobs(engine) == {"a": 2}


def test_each_knows_the_others_of_its_message(engine: Engine) -> None:
    load(engine)
    number = sorted_case(engine, MESSAGE)
    third = Request(8, 17, MESSAGE[8:], decision(LOCKS, None))
    second_number, third_number = split(engine, number, SECOND, third) or []
    with reading(engine) as work:
        rows = {row.number: row for row in work.session.scalars(select(Case))}
        for mine, others in (
            (number, [second_number, third_number]),
            (second_number, [number, third_number]),
        ):
            row = rows[mine]
            linked = linked_cases(work.session, row.id, row.part_of_id)
            assert [each["number"] for each in linked] == others


def test_the_page_of_a_linked_case_has_the_message_it_came_from(engine: Engine) -> None:
    load(engine)
    number = sorted_case(engine, MESSAGE)
    (opened,) = split(engine, number, SECOND) or []
    with reading(engine) as work:
        page = queries.case_detail(work.session, opened)
        first = queries.case_detail(work.session, number)
    assert page is not None
    assert first is not None
    assert page["recording"]["id"] == first["recording"]["id"]
    assert [each["number"] for each in page["linked"]] == [number]
    assert page["linked"][0]["part"] == 0


def test_what_waits_to_be_followed_up_is_sorted_and_not_yet_done(engine: Engine) -> None:
    load(engine)
    waiting = sorted_case(engine, MESSAGE)
    unsorted = accepted(engine)
    done = sorted_case(engine, MESSAGE)
    split(engine, done)
    with reading(engine) as work:
        assert list(follow_up.cases_to_follow_up(work.session)) == [waiting]
        assert follow_up.pending(work.session, unsorted) is None
        assert follow_up.pending(work.session, done) is None
        pending = follow_up.pending(work.session, waiting)
    assert pending is not None
    assert (pending.text, pending.whole, pending.matter_path[0]) == (MESSAGE, True, "道路交通")
