"""信访接待日: the list on the 15th, why each case is on it, what came of it, and what goes up."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Engine, select
from supervision_scene import (
    DISPATCHER,
    LEADER,
    RULES,
    SUPERVISOR,
    VISITOR,
    city,
    dispatched,
    events,
    make,
    notices,
    sorted_only,
    worker,
)

from cases.calendar import load_calendar
from cases.engine import make_engine
from cases.errors import Conflict, MoveRefused
from cases.model import ReceptionDay, ReceptionItem, SpecialReport, StaffNotice
from cases.reception import day_of_month, make_list
from cases.reception_outcomes import (
    Outcome,
    Received,
    instruct,
    record_outcome,
    tell_broken_promises,
    write_report,
)
from cases.states import Move
from cases.unit_of_work import UnitOfWork, reading


def listed(engine: Engine, now: datetime) -> dict[str, Any] | None:
    with UnitOfWork(engine) as work:
        made = make_list(work.session, now, RULES)
        work.commit()
    return made


def items(engine: Engine) -> list[ReceptionItem]:
    with reading(engine) as work:
        return list(work.session.scalars(select(ReceptionItem).order_by(ReceptionItem.id)))


def record(engine: Engine, item_id: int, told: Received, now: datetime) -> SpecialReport | None:
    with UnitOfWork(engine) as work:
        made = record_outcome(work.session, item_id, told, SUPERVISOR, now, RULES)
        work.commit()
    return made


def on_the_list(engine: Engine) -> tuple[str, int]:
    """A case far over its deadline, on the list of April; its number and its line."""
    number = dispatched(engine)
    assert listed(engine, city(15, 9, month=4)) is not None
    return number, items(engine)[0].id


@pytest.mark.parametrize(
    ("month", "held"),
    [(3, date(2026, 3, 16)), (4, date(2026, 4, 15)), (8, date(2026, 8, 17)), (2, date(2026, 2, 24))],
)
def test_the_day_is_the_fifteenth_or_the_next_working_day(engine: Engine, month: int, held: date) -> None:
    # In 2026 Spring Festival is off from the 15th to the 23rd of February.
    with reading(engine) as work:
        calendar = load_calendar(work.session, RULES)
    assert day_of_month(date(2026, month, 3), calendar, RULES) == held


def test_the_list_is_made_on_its_day_and_once(engine: Engine) -> None:
    number = dispatched(engine)
    assert listed(engine, city(14, 9, month=4)) is None
    made = listed(engine, city(15, 0, month=4))
    assert made is not None
    assert (made["month"], made["held_on"]) == ("2026-04", "2026-04-15")
    assert [each["case"] for each in made["cases"]] == [number]
    assert listed(engine, city(15, 9, month=4)) is None
    assert listed(engine, city(30, 9, month=4)) is None
    assert [each.move for each in events(engine, number)].count(Move.RECEPTION_DAY) == 1


def test_a_list_that_nobody_could_make_on_its_day_is_made_late(engine: Engine) -> None:
    dispatched(engine)
    made = listed(engine, city(18, 9, month=4))
    assert made is not None
    assert made["held_on"] == "2026-04-20", "the 18th is a Saturday"


def test_a_system_that_begins_after_the_day_makes_no_empty_list(engine: Engine) -> None:
    assert listed(engine, city(20, 9, month=3)) is None
    dispatched(engine)
    assert listed(engine, city(30, 9, month=3)) is not None, "the case is 17 working days late by then"
    assert listed(engine, city(31, 9, month=3)) is None


def test_several_who_make_the_list_at_once_make_one(engine: Engine, database_url: str) -> None:
    dispatched(engine)
    start, made = Barrier(3), []

    def one() -> None:
        own = make_engine(database_url)
        start.wait()
        made.append(listed(own, city(15, 9, month=4)))
        own.dispose()

    threads = [Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each is None for each in made].count(False) == 1
    assert len(items(engine)) == 1


def test_a_case_tells_why_it_is_on_the_list(engine: Engine) -> None:
    dispatched(engine)
    listed(engine, city(15, 9, month=4))
    (item,) = items(engine)
    # Due on the 5th of March; Qingming is off on the 6th of April.
    assert item.why == [{"criterion": "overdue", "value": 28, "limit": 10}]
    with reading(engine) as work:
        (day,) = work.session.scalars(select(ReceptionDay)).all()
    assert day.criteria["overdue_working_days"] == 10


def test_what_is_late_by_less_stays_away(engine: Engine) -> None:
    dispatched(engine, now=city(27, 9))
    made = listed(engine, city(15, 9, month=4))
    assert made is not None
    assert made["cases"] == []


def test_what_was_redone_in_vain_comes(engine: Engine) -> None:
    number, unit = dispatched(engine), worker(engine)
    make(engine, number, Move.SIGN, unit, city(3))
    make(engine, number, Move.REPORT, unit, city(3, 10), answer="已处理。")
    make(engine, number, Move.REDO, VISITOR, city(3, 11), reason="没有修好")
    make(engine, number, Move.SIGN, unit, city(14, 9, month=4))
    make(engine, number, Move.REPORT, unit, city(14, 10, month=4), answer="已处理。")
    # The second time it goes to supervision instead.
    make(engine, number, Move.REDO, VISITOR, city(14, 11, month=4), reason="还是没有修好")
    made = listed(engine, city(15, 9, month=4))
    assert made is not None
    assert made["cases"] == [
        {"case": number, "why": [{"criterion": "redone", "value": 1, "limit": 1}]},
    ]


def test_what_is_suspended_for_long_comes(engine: Engine) -> None:
    number = dispatched(engine)
    until = city(20, month=5).date()
    make(engine, number, Move.SUSPEND, SUPERVISOR, city(3), reason="等设备", until=until)
    assert listed(engine, city(15, 9, month=4)) is not None
    assert items(engine) == []
    assert listed(engine, city(15, 9, month=5)) is not None
    assert [each.why[0]["criterion"] for each in items(engine)] == ["suspended"]


def test_a_person_may_put_a_case_on_the_list_once(engine: Engine) -> None:
    other = sorted_only(engine, second=12)
    with pytest.raises(MoveRefused, match=r"M22\.3"):
        make(engine, other, Move.RECEPTION_DAY, SUPERVISOR, city(3))
    number, _ = on_the_list(engine)
    make(engine, other, Move.RECEPTION_DAY, SUPERVISOR, city(15, 10, month=4))
    assert items(engine)[-1].why == [{"criterion": "added", "by": "supervisor1"}]
    for each in (number, other):
        with pytest.raises(MoveRefused, match=r"M22\.3"):
            make(engine, each, Move.RECEPTION_DAY, SUPERVISOR, city(15, 11, month=4))


# ---------------------------------------------------------------- what came of it


def test_the_outcome_of_each_case_is_kept(engine: Engine) -> None:
    number, item = on_the_list(engine)
    record(engine, item, Received(Outcome.SOLVED, "陈副市长", "当场安排抢修"), city(15, 11, month=4))
    (row,) = items(engine)
    assert (row.outcome, row.leader, row.note) == ("solved", "陈副市长", "当场安排抢修")
    last = events(engine, number)[-1]
    assert (last.move, last.who, last.detail["outcome"]) == (Move.RECEPTION_DAY, "supervisor1", "solved")
    with pytest.raises(Conflict):
        record(engine, item, Received(Outcome.SOLVED, "", "再来"), city(15, 12, month=4))


def test_a_promise_names_a_day_and_a_broken_one_brings_the_case_back(engine: Engine) -> None:
    number, item = on_the_list(engine)
    now = city(15, 11, month=4)
    for until in (None, date(2026, 4, 15)):
        with pytest.raises(MoveRefused, match=r"M22\.2"):
            record(engine, item, Received(Outcome.PROMISED, "", "答应换灯", until), now)
    record(engine, item, Received(Outcome.PROMISED, "", "答应换灯", date(2026, 4, 30)), now)
    made = listed(engine, city(15, 9, month=5))
    assert made is not None
    criteria = [each["criterion"] for each in made["cases"][0]["why"]]
    assert (made["cases"][0]["case"], criteria) == (number, ["overdue", "promise"])


def test_a_broken_promise_is_told_the_next_day_and_once(engine: Engine) -> None:
    number, item = on_the_list(engine)
    told = Received(Outcome.PROMISED, "陈副市长", "答应换灯", date(2026, 4, 30))
    record(engine, item, told, city(15, 11, month=4))
    heard = []
    for now in (city(30, 23, month=4), city(1, 1, month=5), city(1, 2, month=5), city(9, month=5)):
        with UnitOfWork(engine) as work:
            heard.append(tell_broken_promises(work.session, now, RULES))
            work.commit()
    assert heard == [[], [{"case": number, "until": "2026-04-30"}], [], []]
    assert [each for each in notices(engine, number) if each[0] == "promise"] == [
        ("promise", "supervisor"),
        ("promise", "leader"),
    ]


def test_an_outcome_without_words_is_refused_and_changes_nothing(engine: Engine) -> None:
    number, item = on_the_list(engine)
    before = len(events(engine, number))
    with pytest.raises(MoveRefused, match=r"M22\.1"):
        record(engine, item, Received(Outcome.SOLVED, "", "  "), city(15, 11, month=4))
    assert items(engine)[0].outcome is None
    assert len(events(engine, number)) == before


def test_what_stays_unsolved_goes_up_under_the_years_next_number(engine: Engine) -> None:
    number, item = on_the_list(engine)
    now = city(15, 11, month=4)
    told = Received(Outcome.SPECIAL_REPORT, "陈副市长", "涉及三个单位", request="请明确牵头单位")
    report = record(engine, item, told, now)
    assert report is not None
    assert (report.year, report.serial, report.item_id) == (2026, 1, item)
    with UnitOfWork(engine) as work:
        second = write_report(work.session, number, "仍未解决", "请专题研究", SUPERVISOR, now, RULES)
        work.commit()
    assert (second.serial, second.item_id) == (2, None)
    assert ("special-report", "leader") in notices(engine, number)


def test_a_leader_instructs_once_and_supervision_is_told(engine: Engine) -> None:
    number, item = on_the_list(engine)
    now = city(15, 11, month=4)
    told = Received(Outcome.SPECIAL_REPORT, "", "涉及三个单位", request="请明确牵头单位")
    report = record(engine, item, told, now)
    assert report is not None
    later = now + timedelta(hours=1)
    with UnitOfWork(engine) as work, pytest.raises(MoveRefused, match=r"M23\.2"):
        instruct(work.session, report.id, "由住建局牵头", DISPATCHER, later, RULES)
    with UnitOfWork(engine) as work:
        done = instruct(work.session, report.id, "由住建局牵头", LEADER, later, RULES)
        work.commit()
    assert (done.instruction, done.instructed_by) == ("由住建局牵头", "leader1")
    assert ("supervise", "supervisor") in notices(engine, number)
    with UnitOfWork(engine) as work, pytest.raises(Conflict):
        instruct(work.session, report.id, "再批", LEADER, later, RULES)


def test_leaders_and_supervisors_are_told_of_the_list(engine: Engine) -> None:
    on_the_list(engine)
    with reading(engine) as work:
        told = select(StaffNotice.audience).where(StaffNotice.what == "reception-list")
        assert sorted(work.session.scalars(told)) == ["leader", "supervisor"]
