"""Words that were written down while the caller spoke: kept once, shown while they come, said again."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, select
from telling import Telling, at, call_of, numbers_for, write

from cases import hearing, queries, sorting
from cases.facts import CaseReworded, new_id
from cases.model import Case, Transcript
from cases.states import CaseState, Move, Priority, Role, TranscriptState, move
from cases.transcripts import claim_transcript, lost_bells
from cases.unit_of_work import UnitOfWork, reading

HEARD: dict[str, Any] = {
    "text": "下水道堵了",
    "words": [{"word": "下水道", "start": 0.2, "end": 0.8, "confidence": 1.0}],
    "model": "embedded",
    "ready_ms": 240,
}


def shown(engine: Engine, number: str) -> dict[str, Any]:
    with reading(engine) as work:
        found = queries.case_detail(work.session, number)
    assert found is not None
    return found


def test_live_words_are_the_transcript_and_no_worker_does_it_again(engine: Engine) -> None:
    [number] = numbers_for(engine, 1)
    told = Telling().starts().speaks(heard=HEARD).hears_number(number, text=HEARD["text"]).ends("message")
    write(engine, *told.facts)
    case = shown(engine, number)
    assert (case["text"], case["transcript"]["text"]) == ("下水道堵了", "下水道堵了")
    assert case["transcript"]["state"] == TranscriptState.DONE
    assert case["transcript"]["words"] == HEARD["words"]
    assert (case["transcript"]["model"], case["transcript"]["ready_after_last_word_ms"]) == ("embedded", 240)
    with UnitOfWork(engine) as work:
        assert claim_transcript(work.session, "w", at(30), at(90) - at(30)) is None
        assert lost_bells(work.session, at(4000)) == []
        assert [each.number for each in sorting.unsorted_cases(work.session)] == [number]


def test_words_heard_in_noise_are_nothing_said(engine: Engine) -> None:
    told = Telling().starts().speaks(spoken=0.0, heard=HEARD).ends()
    write(engine, *told.facts)
    transcript = call_of(engine, told).recordings[0].transcript
    assert transcript is not None
    assert (transcript.state, transcript.text, transcript.words) == (TranscriptState.NOTHING_SAID, "", [])


def test_a_talk_fills_the_case_that_was_opened_when_it_began(engine: Engine) -> None:
    [number] = numbers_for(engine, 1)
    told = Telling().starts().talks_to("agent1").begins_to_record().hears_number(number)
    told.ends_recording(heard=HEARD, second=60).ends("agent", second=61)
    write(engine, *told.facts)
    assert shown(engine, number)["text"] == "下水道堵了"


def test_what_is_heard_is_shown_while_it_is_recorded_and_gone_afterwards(engine: Engine) -> None:
    told = Telling().starts().begins_to_record()
    write(engine, *told.facts)
    live = {
        "said": [{"who": "citizen", "text": "下水"}],
        "matter": None,
        "unit": None,
        "kind": None,
        "place": {},
    }
    with UnitOfWork(engine) as work:
        before = queries.last_change(work.session)
        assert hearing.show(work.session, told.recording_id, told.call_id, live, at(4))
        work.commit()
    with reading(engine) as work:
        [call] = queries.calls_in_progress(work.session)
        assert call["live"] == live
        assert queries.last_change(work.session) > before
    write(engine, *Telling.ends_recording(told, heard=HEARD).facts[-1:])
    with UnitOfWork(engine) as work:
        assert not hearing.show(work.session, told.recording_id, told.call_id, live, at(9))
    with reading(engine) as work:
        [call] = queries.calls_in_progress(work.session)
        assert call["live"] is None


def reworded(told: Telling, text: str, **heard: Any) -> CaseReworded:
    return CaseReworded(call_id=told.call_id, at=at(15), recording_id=new_id(), text=text, **heard)


def sorted_case(engine: Engine) -> tuple[Telling, str]:
    [number] = numbers_for(engine, 1)
    told = Telling().starts().speaks(heard=HEARD).hears_number(number, text=HEARD["text"])
    write(engine, *told.facts)
    with UnitOfWork(engine) as work:
        assert sorting.sort_case(work.session, number, {"matter": "排水与内涝", "unsure": False}, at(10))
        work.commit()
    return told, number


def test_who_says_it_again_is_sorted_again_and_the_first_words_stay_on_record(engine: Engine) -> None:
    told, number = sorted_case(engine)
    fact = reworded(told, "路灯坏了")
    assert write(engine, fact, fact) == [True, False]
    case = shown(engine, number)
    assert (case["text"], case["state"]) == ("路灯坏了", CaseState.ACCEPTED)
    assert [event["move"] for event in case["events"]] == ["accept", "sort", "reword"]
    assert case["events"][-1]["detail"]["before"] == "下水道堵了"
    with reading(engine) as work:
        assert [each.text for each in sorting.unsorted_cases(work.session)] == ["路灯坏了"]


def test_a_case_that_somebody_took_up_keeps_its_words_and_notes_the_new_ones(engine: Engine) -> None:
    told, number = sorted_case(engine)
    with UnitOfWork(engine) as work:
        case = work.session.scalars(select(Case).where(Case.number == number)).one()
        case.state = move(case.state, Move.DISPATCH, Role.AGENT).to_state
        work.commit()
    write(engine, reworded(told, "路灯坏了"))
    found = shown(engine, number)
    assert (found["text"], found["state"]) == ("下水道堵了", CaseState.DISPATCHED)
    assert found["events"][-1]["detail"]["said_again"] == "路灯坏了"


def test_danger_in_words_said_again_marks_the_case_whatever_the_router_says(engine: Engine) -> None:
    told, number = sorted_case(engine)
    write(engine, reworded(told, "煤气", danger=True))
    case = shown(engine, number)
    assert (case["danger"], case["priority"]) == (True, Priority.EMERGENCY)


def test_words_said_again_before_the_case_was_told_open_it(engine: Engine) -> None:
    told = Telling().starts()
    write(engine, *told.facts, reworded(told, "路灯坏了"))
    call = call_of(engine, told)
    assert call.case is not None
    assert call.case.text == "路灯坏了"


@pytest.mark.parametrize("bad", [{"text": None}, {"text": 5, "words": None, "ready_ms": "x"}, {"words": [1]}])
def test_odd_live_words_never_lose_the_recording(engine: Engine, bad: dict[str, Any]) -> None:
    told = Telling().starts().speaks(heard=bad).ends()
    write(engine, *told.facts)
    with reading(engine) as work:
        assert len(work.session.scalars(select(Transcript)).all()) >= 1
