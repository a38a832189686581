"""What the screens read: the right keys, in few queries however much there is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, update
from telling import CALLER, Telling, at, call_of, numbers_for, write

from cases import intake, queries
from cases.model import Call, Case
from cases.states import Priority
from cases.unit_of_work import UnitOfWork, reading

CALL_KEYS = {"id", "caller", "way_in", "desk", "started", "answered", "ended", "outcome", "case"}
CASE_KEYS = {
    "number", "state", "caller", "desk", "matter", "kind", "sector", "unit", "place", "priority", "reasons",
    "recording", "transcript", "events",
}  # fmt: skip


@contextmanager
def counting(engine: Engine) -> Iterator[list[str]]:
    statements: list[str] = []

    def count(*args: Any) -> None:
        if args[2].lstrip().upper().startswith("SELECT"):
            statements.append(args[2])

    event.listen(engine, "before_cursor_execute", count)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", count)


def fill(engine: Engine, calls: int = 12) -> list[Telling]:
    """Messages with cases, hang-ups with call-backs, one call going on."""
    told = []
    for place in range(calls):
        one = Telling().starts(place * 100).speaks(second=place * 100 + 3)
        told.append(one.hears_number("", place * 100 + 9).ends("message", place * 100 + 20))
        told.append(Telling().starts(place * 100 + 50).ends("hung_up", place * 100 + 55))
    told.append(Telling().starts(calls * 100))
    write(engine, *(fact for one in told for fact in one.facts))
    return told


def test_calls_are_listed_newest_first_with_their_cases(engine: Engine) -> None:
    told = fill(engine)
    with counting(engine) as statements, reading(engine) as work:
        listed = queries.calls_list(work.session)
    assert len(statements) == 1
    assert [call["id"] for call in listed] == [one.call_id for one in reversed(told)]
    assert set(listed[0]) >= CALL_KEYS
    assert listed[0]["outcome"] == "in_progress"
    assert all(call["case"] for call in listed if call["outcome"] == "message")


@pytest.mark.parametrize("page", [1, 4, 5, 100])
def test_pages_by_key_give_every_row_once(engine: Engine, page: int) -> None:
    fill(engine)
    with reading(engine) as work:
        paged: list[dict[str, Any]] = []
        while rows := queries.calls_list(work.session, limit=page, before=paged[-1]["id"] if paged else None):
            paged += rows
        assert paged == queries.calls_list(work.session)
        assert len(paged) >= 12


def test_the_newest_cases_come_first_and_a_callers_alone_on_request(engine: Engine) -> None:
    fill(engine, 3)
    with UnitOfWork(engine) as work:
        first = work.session.query(Case).order_by(Case.id).first()
        assert first is not None
        first.caller, number = "10086", first.number
        work.commit()
    with reading(engine) as work:
        every = queries.cases_list(work.session)
        assert [each["opened"] for each in every] == sorted((each["opened"] for each in every), reverse=True)
        assert len(queries.cases_list(work.session, limit=2)) == 2
        assert [each["number"] for each in queries.cases_list(work.session, caller="10086")] == [number]


def test_one_case_is_shown_whole_in_few_queries(engine: Engine) -> None:
    [number] = numbers_for(engine, 1)
    told = Telling().starts().is_answered().speaks().hears_number(number).is_promised_a_call("no_agent")
    write(engine, *told.ends("message").facts)
    with counting(engine) as statements, reading(engine) as work:
        detail = queries.case_detail(work.session, number)
    assert len(statements) == 11
    assert detail is not None
    assert set(detail) >= CASE_KEYS
    assert detail["recording"]["path"] == f"2026/03/02/{told.recording_id}.wav"
    assert (detail["recording"]["seconds"], detail["transcript"]["state"]) == (5.0, "waiting")
    assert set(detail["events"][0]) >= {"at", "who", "move", "from", "to"}
    assert [call["id"] for call in detail["calls"]] == [told.call_id]
    assert detail["call_backs"][0]["reason"] == "no_agent"


def test_a_case_with_many_calls_costs_no_more_queries(engine: Engine) -> None:
    told = fill(engine, 6)
    with UnitOfWork(engine) as work:
        [case, *_] = work.session.query(Case).order_by(Case.id).all()
        work.session.execute(update(Call).values(case_id=case.id))
        number = case.number
        work.commit()
    with counting(engine) as statements, reading(engine) as work:
        detail = queries.case_detail(work.session, number)
    assert detail is not None
    assert len(detail["calls"]) == len(told)
    assert len(statements) == 11


def test_a_case_from_a_message_that_said_nothing_or_a_talk_has_no_recording_to_show(engine: Engine) -> None:
    told = Telling().starts().talks_to("agent1").hears_number("", recording_id=None).ends("agent")
    write(engine, *told.facts)
    case = call_of(engine, told).case
    assert case is not None
    with reading(engine) as work:
        detail = queries.case_detail(work.session, case.number)
    assert detail is not None
    assert (detail["recording"], detail["transcript"]) == (None, None)


def test_there_is_nothing_to_show_of_a_number_that_is_none(engine: Engine) -> None:
    with reading(engine) as work:
        assert queries.case_detail(work.session, "100005") is None
        assert queries.progress_of(work.session, "'; --") is None
        assert queries.recording_of(work.session, "nothing") is None
        assert queries.last_change(work.session) == 0


def test_the_queue_shows_what_waits_the_urgent_first(engine: Engine) -> None:
    fill(engine, 4)
    danger = Telling().starts(900).speaks(second=903).hears_number("", 909, danger=True).ends("message", 920)
    write(engine, *danger.facts)
    with counting(engine) as statements, reading(engine) as work:
        queue = queries.queue(work.session)
    assert len(statements) == 4
    assert queue["counts"] == {"calls": 1, "cases": 5, "call_backs": 4}
    assert queue["cases"][0]["priority"] == Priority.EMERGENCY
    waited = [case["opened"] for case in queue["cases"][1:]]
    assert waited == sorted(waited)
    assert [back["caller"] for back in queue["call_backs"]] == [CALLER] * 4
    assert queue["call_backs"][0]["created"] < queue["call_backs"][-1]["created"]


def test_a_long_queue_is_cut_and_counted_whole(engine: Engine) -> None:
    fill(engine, 8)
    with reading(engine) as work:
        queue = queries.queue(work.session, limit=3)
    assert (len(queue["cases"]), queue["counts"]["cases"]) == (3, 8)


def test_a_recording_names_its_case_and_call_for_the_player(engine: Engine) -> None:
    told = Telling().starts().speaks().hears_number("").ends("message")
    write(engine, *told.facts)
    case = call_of(engine, told).case
    assert case is not None
    with reading(engine) as work:
        found = queries.recording_of(work.session, told.recording_id)
    assert found is not None
    assert (found["case"], found["call"]) == (case.number, told.call_id)


def test_the_state_of_a_case_is_told_by_its_number(engine: Engine) -> None:
    [number] = numbers_for(engine, 1)
    write(engine, *Telling().starts().speaks().hears_number(number).ends("message").facts)
    with reading(engine) as work:
        assert queries.progress_of(work.session, number) == "accepted"


def test_an_unanswered_note_is_every_desks_an_answered_one_its_own(engine: Engine) -> None:
    open_note = Telling().starts().goes_back_to_110(second=5)
    taken = Telling().starts().goes_back_to_110(second=6).is_taken_by("desk2", 8)
    write(engine, *open_note.facts, *taken.facts)
    with counting(engine) as statements, reading(engine) as work:
        for desk, calls in (
            (None, [taken.call_id, open_note.call_id]),
            ("desk1", [open_note.call_id]),
            ("desk2", [taken.call_id, open_note.call_id]),
        ):
            assert [note["call"] for note in queries.desk_notes(work.session, desk)] == calls
        assert queries.desk_notes(work.session, since=at(100)) == []
    assert len(statements) == 4


def test_the_feed_tells_each_change_once_and_in_order(engine: Engine) -> None:
    told = Telling().starts().speaks().hears_number("").ends("message")
    write(engine, *told.facts)
    with reading(engine) as work:
        changes = queries.changes_after(work.session, 0)
        last = queries.last_change(work.session)
        assert queries.changes_after(work.session, last) == []
        assert queries.changes_after(work.session, changes[1]["id"]) == changes[2:]
    assert [change["id"] for change in changes] == sorted(change["id"] for change in changes)
    assert {change["noun"] for change in changes} == {"call", "transcript", "case"}
    assert last == changes[-1]["id"]


def test_all_of_it_can_be_written_as_json(engine: Engine) -> None:
    fill(engine, 2)
    with reading(engine) as work:
        answers = (
            queries.queue(work.session),
            queries.calls_list(work.session),
            queries.desk_notes(work.session),
        )
        text = json.dumps(queries.json_ready(answers), ensure_ascii=False)
    assert "+00:00" in text


def test_a_completed_call_back_leaves_the_queue(engine: Engine) -> None:
    write(engine, *Telling().starts().ends("hung_up").facts)
    with UnitOfWork(engine) as work:
        [back] = queries.queue(work.session)["call_backs"]
        intake.complete_call_back(work.session, back["id"], "agent1", at(300))
        work.commit()
    with reading(engine) as work:
        assert queries.queue(work.session)["call_backs"] == []
