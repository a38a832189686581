"""Facts may come late, doubled and out of order: what is known afterwards is the same."""

from __future__ import annotations

from threading import Thread
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from telling import Telling, call_of, rows, write

from cases import intake, numbers
from cases.facts import Fact
from cases.model import Call, CallBack, Case, DeskNote
from cases.unit_of_work import UnitOfWork, reading

# One database serves all examples: every example tells calls of its own.
in_any_order = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_sequence = iter(range(500_000, 10_000_000))


def fresh_number() -> str:
    return numbers.make(next(_sequence))


def message() -> Telling:
    told = Telling().starts().is_answered().notes("prompt", 0.5).speaks()
    return told.hears_number(fresh_number(), text="路灯坏了").ends("message")


def died() -> Telling:
    return Telling().starts().is_answered().speaks(by="hangup").ends("hung_up")


def early() -> Telling:
    return Telling().starts().is_answered().ends("hung_up")


def agent_after_message() -> Telling:
    told = Telling().starts().speaks().hears_number(fresh_number()).is_promised_a_call("no_agent", 10)
    return told.talks_to("agent2", 15).talks_to("agent1", 12).ends("hung_up", 40)


def back_to_110() -> Telling:
    told = Telling().starts().is_answered().goes_back_to_110(second=4).goes_back_to_110("danger", "着火", 9)
    return told.is_taken_by("desk2", 11).ends("back_to_110", 30)


def ended_twice() -> Telling:
    return Telling().starts().ends("hung_up", 20).ends("progress_told", 20.4)


KINDS = (message, died, early, agent_after_message, back_to_110, ended_twice)


@st.composite
def disordered(draw: st.DrawFn) -> tuple[Telling, list[Fact]]:
    told = draw(st.sampled_from(KINDS))()
    order = draw(st.permutations(told.facts))
    again = draw(st.lists(st.sampled_from(order), max_size=4))
    return told, [*order, *again]


def known(engine: Engine, told: Telling) -> dict[str, Any]:
    """Everything that matters of a call, in a form that can be compared."""
    call = call_of(engine, told)
    with reading(engine) as work:
        cases = work.session.scalars(select(Case).join(Call).where(Call.id == told.call_id)).all()
        backs = rows(work.session, CallBack, told.call_id)
        notes = sorted(rows(work.session, DeskNote, told.call_id), key=lambda note: note.created_at)
    return {
        "call": (call.caller, call.way_in, call.desk, call.started_at, call.answered_at, call.ended_at),
        "outcome": (call.outcome, call.agent),
        "cases": [(case.state, case.caller, case.desk, case.text, case.recording_id) for case in cases],
        "call_backs": [(back.reason, back.caller, back.case_id is None) for back in backs],
        "notes": [(note.reason, note.heard, note.answered_by) for note in notes],
        "recordings": [(each.path[:4], each.state, each.transcript.state) for each in call.recordings],
        "legs": sorted((leg.role, leg.party, leg.started_at, leg.ended_at) for leg in call.legs),
        "events": [event.what for event in call.events],
    }


def expected(engine: Engine, told: Telling) -> dict[str, Any]:
    """The same kind of call, told in the right order, once."""
    kind = next(kind for kind in KINDS if [type(f) for f in kind().facts] == [type(f) for f in told.facts])
    straight = kind()
    write(engine, *sorted(straight.facts, key=lambda fact: fact.at))
    seen = known(engine, straight)
    seen["cases"] = [(*rest, told.recording_id if recording else None) for *rest, recording in seen["cases"]]
    return seen


@in_any_order
@given(told=disordered())
def test_any_order_with_repeats_leaves_the_same(engine: Engine, told: tuple[Telling, list[Fact]]) -> None:
    telling, facts = told
    fresh = write(engine, *facts)
    assert sum(fresh) == len(telling.facts)
    assert known(engine, telling) == expected(engine, telling)


@in_any_order
@given(order=st.permutations(range(7)))
def test_the_number_the_caller_heard_is_the_cases_number_in_any_order(
    engine: Engine, order: list[int]
) -> None:
    told = message()
    opened = next(fact for fact in told.facts if hasattr(fact, "number"))
    write(engine, *(told.facts[place] for place in order))
    case = call_of(engine, told).case
    assert case is not None
    assert case.number == opened.number  # type: ignore[attr-defined]
    assert case.tracking_code == "ABC234"


@in_any_order
@given(told=disordered(), data=st.data())
def test_a_replay_cut_off_anywhere_and_begun_again_leaves_the_same(
    engine: Engine, told: tuple[Telling, list[Fact]], data: st.DataObject
) -> None:
    telling, facts = told
    cut = data.draw(st.integers(0, len(facts)))
    with UnitOfWork(engine) as work:
        for fact in facts[:cut]:
            intake.record(work.session, fact)
    write(engine, *facts)
    assert known(engine, telling) == expected(engine, telling)


def test_facts_of_one_call_written_at_the_same_time_are_all_kept(engine: Engine) -> None:
    told = message()
    threads = [Thread(target=write, args=(engine, fact)) for fact in [*told.facts, *told.facts]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert known(engine, told) == expected(engine, told)
