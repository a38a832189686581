"""What is late is told to the unit, its head, supervision and the leader: each once, whatever happens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select
from supervision_scene import (
    AGENT,
    DISPATCHED,
    DISPATCHER,
    SUPERVISOR,
    VISITOR,
    city,
    dispatched,
    events,
    make,
    names,
    notices,
    run,
    sorted_only,
    taken,
    unit_id,
    watches,
    worker,
)

from cases.model import Case, Escalation
from cases.states import CaseState, Move
from cases.unit_of_work import reading


def test_the_unit_then_its_head_then_supervision_then_the_leader(engine: Engine) -> None:
    number = dispatched(engine)
    told = {}
    for day in range(2, 16):
        for hour in (8, 12, 18):
            for step in run(engine, city(day, hour)):
                told[f"{step['step']} {day}. {hour}:00"] = (step["move"], *step["to"])
    assert told == {
        "unsigned 3. 18:00": ("urge", "unit"),
        "yellow 4. 12:00": ("urge", "unit"),
        "red 5. 18:00": ("urge", "unit", "head"),
        "supervision 6. 18:00": ("supervise", "unit", "head", "supervisor"),
        "leader 10. 18:00": ("supervise", "head", "supervisor", "leader"),
        "again 12. 18:00": ("supervise", "unit", "head", "supervisor", "leader"),
    }
    moves = [each.move for each in events(engine, number) if each.who == "system"]
    assert moves[-6:] == ["urge", "urge", "urge", "supervise", "supervise", "supervise"]


def test_a_second_run_does_nothing(engine: Engine) -> None:
    number = dispatched(engine)
    first = run(engine, city(6, 18))
    assert names(first) == ["unsigned", "yellow", "red", "supervision"]
    before = notices(engine, number)
    assert run(engine, city(6, 18)) == []
    assert run(engine, city(6, 18)) == []
    assert notices(engine, number) == before


def test_after_a_long_stop_every_step_comes_once_and_the_repeated_ones_are_not_made_up_for(
    engine: Engine,
) -> None:
    dispatched(engine)
    late = run(engine, city(27))
    assert names(late) == ["unsigned", "yellow", "red", "supervision", "leader", "again"]
    assert run(engine, city(27, 18)) == []
    assert names(run(engine, city(30, 18))) == ["again"]


def test_what_is_signed_is_not_reminded_to_sign(engine: Engine) -> None:
    number = dispatched(engine)
    make(engine, number, Move.SIGN, worker(engine), city(3, 9))
    assert names(run(engine, city(4, 7))) == []
    assert names(run(engine, city(4, 18))) == ["yellow"]


def test_a_reported_case_waits_for_the_visitor_and_no_longer_for_the_unit(engine: Engine) -> None:
    number = dispatched(engine)
    make(engine, number, Move.SIGN, worker(engine), city(3, 9))
    make(engine, number, Move.REPORT, worker(engine), city(3, 10), answer="路灯已修好。")
    assert run(engine, city(4, 9)) == []
    steps = run(engine, city(4, 10))
    assert [(each["step"], each["to"]) for each in steps] == [("not-called", ["visitor"])]
    assert names(run(engine, city(5, 18))) == ["supervision"]


def test_completion_ends_every_reminder(engine: Engine) -> None:
    number = dispatched(engine)
    make(engine, number, Move.SIGN, worker(engine), city(3, 9))
    make(engine, number, Move.REPORT, worker(engine), city(3, 10), answer="路灯已修好。")
    make(engine, number, Move.COMPLETE, VISITOR, city(3, 11))
    assert run(engine, city(20)) == []


def test_what_is_completed_is_archived_after_thirty_days(engine: Engine) -> None:
    number = dispatched(engine)
    make(engine, number, Move.SIGN, worker(engine), city(3, 9))
    make(engine, number, Move.REPORT, worker(engine), city(3, 10), answer="路灯已修好。")
    make(engine, number, Move.COMPLETE, VISITOR, city(3, 11))
    assert run(engine, city(2, 10, month=4)) == []
    assert names(run(engine, city(2, 11, month=4))) == ["archive"]
    assert events(engine, number)[-1].to_state == CaseState.ARCHIVED
    assert run(engine, city(1, month=6)) == []
    assert watches(engine) == []


def test_a_case_that_nobody_dispatches_comes_to_the_dispatcher_and_then_to_supervision(
    engine: Engine,
) -> None:
    number = sorted_only(engine)
    assert [(each["step"], each["to"]) for each in run(engine, city(2, 16, 30))] == [
        ("undispatched", ["dispatcher"])
    ]
    assert names(run(engine, city(3, 12, 30))) == ["supervision"]
    make(engine, number, Move.DISPATCH, DISPATCHER, city(3, 13))
    assert run(engine, city(4, 12)) == []


def test_an_emergency_that_nobody_dispatches_waits_ten_minutes(engine: Engine) -> None:
    sorted_only(engine, danger=True, priority="emergency")
    assert names(run(engine, city(2, 12, 11))) == ["undispatched"]
    assert names(run(engine, city(2, 12, 32))) == ["supervision"]


def test_a_return_without_a_ruling_comes_to_supervision_on_the_second_day(engine: Engine) -> None:
    number = dispatched(engine)
    make(engine, number, Move.RETURN, worker(engine), city(3, 10), reason="不归我单位管")
    assert ("return", "dispatcher") in notices(engine, number)
    assert names(run(engine, city(4, 10))) == ["unruled"]
    assert names(run(engine, city(5, 10))) == ["supervision"]
    make(engine, number, Move.RULE, DISPATCHER, city(5, 11), unit="zilaishui", reason="改派")
    assert names(run(engine, city(9, 11))) == ["unsigned", "yellow"]


def test_a_suspended_case_comes_back_on_the_day_of_its_review(engine: Engine) -> None:
    number = dispatched(engine)
    review = city(30).date()
    make(engine, number, Move.SUSPEND, SUPERVISOR, city(3, 10), reason="等设备", until=review)
    assert run(engine, city(20)) == []
    told = [(each["step"], each["to"]) for each in run(engine, city(31, 18))]
    assert told == [("review-soon", ["unit", "supervisor"]), ("review", ["unit", "head", "supervisor"])]


def test_an_extension_moves_the_reminders(engine: Engine) -> None:
    number = dispatched(engine)
    unit = worker(engine)
    make(engine, number, Move.SIGN, unit, city(3, 9))
    assert names(run(engine, city(4, 18))) == ["yellow"]
    make(engine, number, Move.ASK_EXTENSION, unit, city(5, 9), days=5, reason="等配件")
    make(engine, number, Move.GRANT_EXTENSION, DISPATCHER, city(5, 10), reason="同意")
    assert run(engine, city(10, 18)) == []
    assert names(run(engine, city(11, 18))) == ["yellow"]
    assert names(run(engine, city(12, 18))) == ["red"]


def test_a_redo_runs_a_clock_of_its_own(engine: Engine) -> None:
    number = dispatched(engine)
    unit = worker(engine)
    make(engine, number, Move.SIGN, unit, city(3, 9))
    assert names(run(engine, city(4, 12))) == ["yellow"]
    make(engine, number, Move.REPORT, unit, city(5, 10), answer="已处理。")
    make(engine, number, Move.REDO, VISITOR, city(5, 11), reason="没有修好")
    assert names(run(engine, city(27)))[:2] == ["unsigned", "yellow"]
    assert len(taken(engine)) == len(set(taken(engine)))


def test_what_is_merged_is_forgotten(engine: Engine) -> None:
    number = dispatched(engine)
    other = sorted_only(engine, second=12)
    make(engine, number, Move.MERGE, AGENT, city(2, 14), into=other, reason="同一件事")
    steps = run(engine, city(27))
    assert {each["case"] for each in steps} == {other}


def test_a_co_unit_has_reminders_of_its_own(engine: Engine) -> None:
    number = dispatched(engine)
    make(engine, number, Move.SIGN, worker(engine), city(2, 14))
    make(engine, number, Move.ADD_UNIT, DISPATCHER, city(3, 9), units=["zilaishui"], reason="配合")
    assert ("add-unit", "unit") in notices(engine, number)
    steps = run(engine, city(9, 18))
    yellow = [each["unit"] for each in steps if each["step"] == "yellow"]
    assert sorted(yellow) == ["市政管理处", "自来水公司"]
    unsigned = [each["unit"] for each in steps if each["step"] == "unsigned"]
    assert unsigned == ["自来水公司"]


def test_a_reminder_disturbs_nobody_who_writes(engine: Engine) -> None:
    number = dispatched(engine)
    with reading(engine) as work:
        seen = work.session.scalars(select(Case.version).where(Case.number == number)).one()
    run(engine, city(27))
    with reading(engine) as work:
        case = work.session.scalars(select(Case).where(Case.number == number)).one()
    assert case.version == seen
    assert case.changed_at < city(27)
    make(engine, number, Move.SIGN, worker(engine), city(3, 9))


def test_supervision_has_it_since_the_first_supervising_step(engine: Engine) -> None:
    number = dispatched(engine)
    run(engine, city(6, 18))
    run(engine, city(10, 18))
    with reading(engine) as work:
        case = work.session.scalars(select(Case).where(Case.number == number)).one()
    assert case.supervised_at == city(6, 18)


def test_every_step_leaves_its_row_with_when_it_should_have_come(engine: Engine) -> None:
    dispatched(engine)
    run(engine, city(5, 20))
    with reading(engine) as work:
        rows = list(work.session.scalars(select(Escalation).order_by(Escalation.id)))
    assert [(row.step, row.planned_at) for row in rows] == [
        ("unsigned", DISPATCHED + timedelta(days=1)),
        ("yellow", city(4, 8, 30)),
        ("red", city(5, 17, 30)),
    ]
    assert all(row.at == city(5, 20) for row in rows)


def test_notices_for_the_unit_name_the_unit_that_has_the_case(engine: Engine) -> None:
    from cases.model import StaffNotice

    dispatched(engine)
    run(engine, city(6, 18))
    with reading(engine) as work:
        rows = list(work.session.scalars(select(StaffNotice)))
    assert {row.unit_id for row in rows if row.audience in ("unit", "head")} == {unit_id(engine)}
    assert {row.unit_id for row in rows if row.audience == "supervisor"} == {None}


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_a_run_in_small_parts_does_the_same(engine: Engine, limit: int) -> None:
    for second in range(5):
        dispatched(engine, second=9 + second)
    assert names(run(engine, city(5, 18), limit)) == ["unsigned", "yellow", "red"] * 5
    assert len(set(taken(engine))) == 15
