"""A call becomes rows: what each kind of call leaves behind, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select
from telling import CALLER, Telling, at, call_of, numbers_for, rows, write

from cases import intake, numbers, queries
from cases.errors import Conflict, NotFound
from cases.model import CallBack, Case, DeskNote, Unit
from cases.states import (
    CallBackReason,
    CallBackState,
    CallOutcome,
    CaseState,
    LegRole,
    Priority,
    RecordingState,
    Sector,
    TranscriptState,
    UnitType,
    WayIn,
)
from cases.unit_of_work import UnitOfWork, reading


def call_back_of(engine: Engine, call_id: str) -> CallBack | None:
    with reading(engine) as work:
        found = rows(work.session, CallBack, call_id)
    assert len(found) <= 1
    return found[0] if found else None


def test_a_message_becomes_a_case_under_the_number_the_caller_heard(engine: Engine) -> None:
    [number] = numbers_for(engine, 1)
    told = Telling().starts().is_answered().speaks().hears_number(number).ends("message")
    assert write(engine, *told.facts) == [True] * 6
    call = call_of(engine, told)
    assert (call.caller, call.way_in, call.desk) == (CALLER, WayIn.KEY, "desk1")
    assert (call.started_at, call.answered_at, call.ended_at) == (at(0), at(0.1), at(20))
    assert call.outcome == CallOutcome.MESSAGE
    assert call.case is not None
    assert (call.case.number, call.case.state, call.case.caller) == (number, CaseState.ACCEPTED, CALLER)
    assert [(event.move, event.rule, event.to_state) for event in call.case.events] == [
        ("accept", "M01", "accepted")
    ]
    assert call.recordings[0].transcript is not None
    assert call.recordings[0].transcript.state == TranscriptState.WAITING
    assert call_back_of(engine, told.call_id) is None


def test_a_fact_told_twice_is_written_once(engine: Engine) -> None:
    told = Telling().starts().speaks().hears_number("").ends("message")
    assert all(write(engine, *told.facts))
    with reading(engine) as work:
        before = queries.last_change(work.session)
    assert not any(write(engine, *told.facts))
    with reading(engine) as work:
        assert queries.last_change(work.session) == before


def test_a_caller_who_hangs_up_before_a_word_is_owed_a_call(engine: Engine) -> None:
    told = Telling().starts().is_answered().ends("hung_up")
    write(engine, *told.facts)
    owed = call_back_of(engine, told.call_id)
    assert owed is not None
    assert (owed.reason, owed.caller) == (CallBackReason.HUNG_UP_EARLY, CALLER)
    assert call_of(engine, told).outcome == CallOutcome.HUNG_UP


def test_an_anonymous_caller_who_hangs_up_cannot_be_called_back(engine: Engine) -> None:
    told = Telling(caller="").starts().ends("hung_up")
    write(engine, *told.facts)
    assert call_back_of(engine, told.call_id) is None


def test_a_message_whose_conversation_died_still_becomes_a_case(engine: Engine) -> None:
    told = Telling().starts().speaks(spoken=1.0, by="hangup").ends("hung_up")
    write(engine, *told.facts)
    call = call_of(engine, told)
    assert call.outcome == CallOutcome.MESSAGE
    assert call.case is not None
    assert numbers.check(call.case.number)
    assert call.case.recording_id == told.recording_id
    assert call.case.events[0].detail == {"told": False}
    assert call_back_of(engine, told.call_id) is None


def test_half_a_spoken_second_is_no_case_but_a_call_back(engine: Engine) -> None:
    told = Telling().starts().speaks(spoken=0.5, by="hangup").ends("hung_up")
    write(engine, *told.facts)
    assert call_of(engine, told).case is None
    owed = call_back_of(engine, told.call_id)
    assert owed is not None
    assert owed.reason == CallBackReason.HUNG_UP_EARLY


def test_how_much_speech_makes_a_case_is_a_setting(engine: Engine) -> None:
    told = Telling().starts().speaks(spoken=1.5).ends("hung_up")
    for fact in told.facts:
        with UnitOfWork(engine) as work:
            intake.record(work.session, fact, spoken_second=2.0)
            work.commit()
    assert call_of(engine, told).case is None


def test_a_promised_call_keeps_its_reason_and_its_case(engine: Engine) -> None:
    told = Telling().starts().speaks().hears_number("").is_promised_a_call("no_agent").ends("message")
    write(engine, *told.facts)
    owed = call_back_of(engine, told.call_id)
    assert owed is not None
    assert owed.reason == CallBackReason.NO_AGENT
    assert owed.case_id == call_of(engine, told).case_id is not None


def test_a_caller_who_asked_how_far_it_is_is_owed_nothing(engine: Engine) -> None:
    told = Telling().starts().ends("progress_told")
    write(engine, *told.facts)
    assert call_of(engine, told).outcome == CallOutcome.PROGRESS_TOLD
    assert call_back_of(engine, told.call_id) is None


def test_a_fault_of_ours_is_a_call_back_for_this_reason(engine: Engine) -> None:
    told = Telling().starts().ends("failed")
    write(engine, *told.facts)
    owed = call_back_of(engine, told.call_id)
    assert owed is not None
    assert owed.reason == CallBackReason.FAULT


def test_a_talk_with_an_agent_is_a_case_and_beats_the_hang_up(engine: Engine) -> None:
    told = Telling().starts().talks_to("agent1").hears_number("", recording_id=None).ends("hung_up")
    write(engine, *told.facts)
    call = call_of(engine, told)
    assert (call.outcome, call.agent) == (CallOutcome.AGENT, "agent1")
    assert call.case is not None
    assert call_back_of(engine, told.call_id) is None
    assert [(leg.role, leg.party, leg.ended_at) for leg in call.legs if leg.role == LegRole.AGENT] == [
        (LegRole.AGENT, "agent1", at(20))
    ]


def test_a_talk_that_nobody_made_a_case_of_is_one_when_it_ends(engine: Engine) -> None:
    told = Telling().starts().talks_to("agent1").ends("agent")
    write(engine, *told.facts)
    assert call_of(engine, told).case is not None


def test_the_way_back_to_110_leaves_a_note_for_the_desk_and_its_answer(engine: Engine) -> None:
    told = Telling().starts().goes_back_to_110("danger", "煤气味很大").is_taken_by("desk2").ends("hung_up")
    write(engine, *told.facts)
    assert call_of(engine, told).outcome == CallOutcome.BACK_TO_110
    with reading(engine) as work:
        [note] = queries.desk_notes(work.session)
    assert (note["reason"], note["heard"], note["answered_by"]) == ("danger", "煤气味很大", "desk2")
    assert (note["caller"], note["from_desk"], note["answered"]) == (CALLER, "desk1", at(7))
    assert call_back_of(engine, told.call_id) is None


def test_a_caller_lost_on_the_way_back_to_110_is_owed_a_call(engine: Engine) -> None:
    told = Telling().starts().goes_back_to_110().ends("hung_up")
    write(engine, *told.facts)
    owed = call_back_of(engine, told.call_id)
    assert owed is not None
    assert owed.reason == CallBackReason.NO_DESK


def test_a_second_way_back_is_a_second_note_with_its_own_answer(engine: Engine) -> None:
    told = Telling().starts().goes_back_to_110(second=4).goes_back_to_110(second=30)
    write(engine, *told.is_taken_by("desk1", 33).ends("back_to_110", 50).facts)
    with reading(engine) as work:
        first, second = rows(work.session, DeskNote, told.call_id)
    assert first.answered_by is None
    assert second.answered_by == "desk1"


def test_the_legs_of_a_call_have_their_times(engine: Engine) -> None:
    told = Telling().starts().is_answered().goes_back_to_110().is_taken_by("desk2").ends("back_to_110")
    write(engine, *told.facts)
    legs = {(leg.role, leg.party): leg for leg in call_of(engine, told).legs}
    citizen, passed_on = legs[LegRole.CITIZEN, ""], legs[LegRole.DESK, "desk1"]
    assert (citizen.started_at, citizen.answered_at, citizen.ended_at) == (at(0), at(0.1), at(20))
    assert passed_on.ended_at == at(-0.2)
    assert (legs[LegRole.DESK, "desk2"].started_at, legs[LegRole.DESK, "desk2"].ended_at) == (at(7), at(20))


def test_in_a_three_way_talk_the_desk_stays(engine: Engine) -> None:
    told = Telling(way_in="conference").starts().talks_to("agent1", 5).ends("agent")
    write(engine, *told.facts)
    assert {leg.ended_at for leg in call_of(engine, told).legs} == {at(20)}


def test_what_the_sorter_said_is_on_the_case_and_sorts_it(engine: Engine) -> None:
    with UnitOfWork(engine) as work:
        work.session.add(
            Unit(code="water", name="自来水公司", type=UnitType.DEPARTMENT, sector=Sector.GOVERNMENT)
        )
        work.commit()
    decision = {
        "matter": "供水排水",
        "matter_path": ["供水排水", "停水"],
        "kind": "投诉",
        "sector": "government",
        "unit": "water",
        "place": {"township": "水北街道", "ambiguous": False},
        "priority": "high",
        "deadline_class": "complaint",
        "unsure": False,
        "probability": 0.93,
        "reasons": [{"text": "没水", "why": "word"}],
    }
    told = Telling().starts().speaks().hears_number("", decision=decision, text="家里没水").ends("message")
    write(engine, *told.facts)
    case = call_of(engine, told).case
    assert case is not None
    assert (case.state, case.priority, case.unsure) == (CaseState.SORTED, Priority.HIGH, False)
    assert case.reasons == [{"text": "没水", "why": "word"}]
    with reading(engine) as work:
        detail = queries.case_detail(work.session, case.number)
    assert detail is not None
    assert (detail["unit"], detail["kind"], detail["text"]) == ("自来水公司", "投诉", "家里没水")
    assert [event["move"] for event in detail["events"]] == ["accept", "sort"]


def test_a_decision_that_is_nonsense_still_leaves_a_case(engine: Engine) -> None:
    nonsense = {"matter": 7, "kind": "?", "unit": ["x"], "place": "there", "reasons": "no", "guesses": None}
    told = Telling().starts().speaks().hears_number("", decision=nonsense).ends("message")
    write(engine, *told.facts)
    case = call_of(engine, told).case
    assert case is not None
    assert (case.kind, case.unit_id, case.place, case.reasons) == (None, None, {}, [])


def test_danger_makes_the_case_an_emergency(engine: Engine) -> None:
    told = Telling().starts().speaks().hears_number("", danger=True).ends("message")
    write(engine, *told.facts)
    case = call_of(engine, told).case
    assert case is not None
    assert (case.danger, case.priority) == (True, Priority.EMERGENCY)


def test_a_number_that_is_another_callers_is_replaced_and_the_request_kept(engine: Engine) -> None:
    [number] = numbers_for(engine, 1)
    first = Telling().starts().speaks().hears_number(number).ends("message")
    second = Telling().starts().speaks().hears_number(number).ends("message")
    write(engine, *first.facts, *second.facts)
    one, other = call_of(engine, first).case, call_of(engine, second).case
    assert one is not None
    assert other is not None
    assert one.number == number != other.number
    assert other.events[0].detail["number_taken"] == number


@pytest.mark.parametrize(
    ("problem", "spoken", "recording", "transcript"),
    [
        (None, 3.0, RecordingState.KEPT, TranscriptState.WAITING),
        (None, 0.0, RecordingState.EMPTY, TranscriptState.NOTHING_SAID),
        ("empty", 0.0, RecordingState.EMPTY, TranscriptState.NOTHING_SAID),
        ("cut in half", 2.0, RecordingState.DAMAGED, TranscriptState.WAITING),
        ("no RIFF header", 0.0, RecordingState.DAMAGED, TranscriptState.SET_ASIDE),
        ("missing", 0.0, RecordingState.MISSING, None),
    ],
)
def test_each_kind_of_recording_has_its_state(
    engine: Engine,
    problem: str | None,
    spoken: float,
    recording: RecordingState,
    transcript: TranscriptState | None,
) -> None:
    told = Telling().starts().speaks(spoken, problem=problem).ends("hung_up")
    write(engine, *told.facts)
    [row] = call_of(engine, told).recordings
    assert row.state == recording
    assert (row.transcript.state if row.transcript else None) == transcript


def test_a_callers_name_of_any_kind_is_kept_as_one_line(engine: Engine) -> None:
    name = 'O\'Brien "张"\n\x00\ud800😀' + "长" * 10_000
    told = (
        Telling(caller_name=name, desk="d" * 300, way_in="no such way")
        .starts()
        .notes("n" * 99, 1, a=float("nan"))
    )
    write(engine, *told.facts)
    call = call_of(engine, told)
    assert len(call.caller_name) == 255
    assert call.caller_name.startswith('O\'Brien "张"  ?😀长')
    assert call.way_in == WayIn.DIRECT
    assert call.events[-1].detail == {"a": None}


def test_a_call_back_is_completed_once(engine: Engine) -> None:
    told = Telling().starts().ends("hung_up")
    write(engine, *told.facts)
    owed = call_back_of(engine, told.call_id)
    assert owed is not None
    with UnitOfWork(engine) as work:
        intake.complete_call_back(work.session, owed.id, "agent1", at(600), "接通,已解释")
        work.commit()
    done = call_back_of(engine, told.call_id)
    assert done is not None
    assert (done.state, done.done_by, done.note) == (CallBackState.DONE, "agent1", "接通,已解释")
    with UnitOfWork(engine) as work, pytest.raises(Conflict, match="agent1"):
        intake.complete_call_back(work.session, owed.id, "agent2", at(601))
    with UnitOfWork(engine) as work, pytest.raises(NotFound):
        intake.complete_call_back(work.session, 999_999, "agent2", at(601))


def test_the_sweep_finds_calls_and_recordings_that_never_ended(engine: Engine) -> None:
    left = Telling().starts().begins_to_record()
    ended = Telling().starts().speaks().ends("message")
    write(engine, *left.facts, *ended.facts)
    with reading(engine) as work:
        assert [call.id for call in intake.calls_without_end(work.session, at(60))] == [left.call_id]
        assert intake.calls_without_end(work.session, at(-1)) == []
        [recording] = intake.recordings_left_open(work.session, at(60))
    assert recording.id == left.recording_id


def test_old_bookkeeping_can_be_forgotten_and_ids_of_the_feed_never_come_again(engine: Engine) -> None:
    told = Telling().starts()
    write(engine, *told.facts)
    with UnitOfWork(engine) as work:
        last = queries.last_change(work.session)
        intake.forget_old(work.session, at(3600))
        work.commit()
    write(engine, *Telling().starts().facts)
    with reading(engine) as work:
        assert [change["id"] for change in queries.changes_after(work.session, last)] == [last + 1]


def test_a_case_is_of_one_call_and_a_call_of_one_case(engine: Engine) -> None:
    one, two = numbers_for(engine, 2)
    told = Telling().starts().speaks().hears_number(one, 9).hears_number(two, 12).ends("message")
    write(engine, *told.facts)
    with reading(engine) as work:
        [case] = work.session.scalars(select(Case)).all()
        assert case.number == one
        assert [event.detail for event in case.events] == [{"told": True}, {"also_told": two}]
