"""Two who do the same at the same moment: nobody is rung, told or done again twice. And a life at random."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from handling_scene import MONDAY, City
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, text

from cases import messages, notices, survey_calls, survey_settling
from cases.citizen_states import MessageState, SurveyState, SurveyWay, TryResult
from cases.errors import CaseError
from cases.facts import CallStarted, new_id
from cases.model import Case, CaseEvent, MessageOut, Survey
from cases.moving import Actor
from cases.states import CaseState, Role
from cases.survey import OPEN
from cases.unit_of_work import UnitOfWork, reading

LEASE = timedelta(minutes=5)
VISITOR = Actor("hui", Role.VISITOR)


@pytest.fixture
def city(engine: Engine) -> City:
    return City(engine)


def at_once(count: int, what: Callable[[int], Any]) -> list[Any]:
    """All begin in the same moment; -> what each gave, a refusal as None."""
    begin, gave = Barrier(count), [None] * count

    def run(which: int) -> None:
        begin.wait()
        try:
            gave[which] = what(which)
        except CaseError:
            gave[which] = None

    threads = [Thread(target=run, args=(which,)) for which in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return gave


def do(city: City, what: Any, *args: Any, **values: Any) -> Any:
    with UnitOfWork(city.engine) as work:
        done = what(work.session, *args, **values)
        work.commit()
        return done


def only_survey(city: City) -> Survey:
    with reading(city.engine) as work:
        return work.session.scalars(select(Survey)).one()


def test_two_who_ring_at_once_ring_a_citizen_once(city: City) -> None:
    city.reported()
    row = only_survey(city)
    city.now = row.next_at or city.now
    claimed = at_once(4, lambda _: do(city, survey_calls.claim, row.id, city.now, LEASE, city.rules))
    assert len([each for each in claimed if each is not None]) == 1
    assert only_survey(city).tries == 1


def test_a_link_and_a_visitor_caller_at_once_leave_one_answer_and_one_redo(city: City) -> None:
    number = city.reported()
    row = only_survey(city)

    def answer(which: int) -> Any:
        if which % 2:
            return do(city, survey_settling.answer_by_visitor, row.id, 3, VISITOR, "", city.now, city.rules)
        return do(city, survey_settling.answer_by_citizen, row.id, 4, SurveyWay.SMS, "", city.now, city.rules)

    gave = at_once(4, answer)
    assert len([each for each in gave if each is not None]) == 1
    case = city.look(number)
    assert (case.state, case.redo_count) == (CaseState.DISPATCHED, 1)


def test_two_sweeps_at_once_tell_and_send_each_message_once(city: City) -> None:
    for _ in range(6):
        city.case()
    later = city.now + timedelta(hours=1)

    def tell(_: int) -> None:
        with UnitOfWork(city.engine) as work:
            for case_id in notices.untold(work.session, later, city.rules):
                notices.tell_accepted(work.session, case_id, later, city.rules)
            work.commit()

    at_once(3, tell)
    claimed = at_once(3, lambda which: do(city, messages.claim_messages, f"sender {which}", later, LEASE, 10))
    ids = [each.id for rows in claimed for each in rows or ()]
    assert len(ids) == len(set(ids)) == 6


# ---------------------------------------------------------------- a life at random
_STEPS = st.sampled_from(
    ["ring", "lift", "key1", "key3", "hang up", "no answer", "run out", "page1", "page4", "visitor2",
     "not reached", "give up", "settle", "sign", "report", "complete", "redo", "reopen", "wait"]
)  # fmt: skip


class Life:
    """One case, and everything that can happen to its survey; a refusal changes nothing."""

    def __init__(self, city: City) -> None:
        self.city, self.number = city, city.reported()
        self.call_id = ""

    @property
    def row(self) -> Survey:
        with reading(self.city.engine) as work:
            wanted = select(Survey).join(Case).where(Case.number == self.number)
            return work.session.scalars(wanted.order_by(Survey.round.desc())).first()  # type: ignore[return-value]

    def take(self, step: str) -> None:
        self.city.later(minutes=7)
        row, now, rules = self.row, self.city.now, self.city.rules
        with suppress(CaseError):  # refused by a rule, as it should be
            self._take(step, row, now, rules)

    def _take(self, step: str, row: Survey, now: Any, rules: Any) -> None:
        city = self.city
        if step == "ring":
            do(city, survey_calls.claim, row.id, now, LEASE, rules)
        elif step == "lift":
            self.call_id = new_id()
            told = {"call_id": self.call_id, "linked_id": self.call_id, "channel": "c", "caller": ""}
            call = CallStarted(at=now, way_in="survey", **told)
            do(city, survey_calls.begins, row.id, call)
        elif step.startswith("key"):
            do(city, survey_calls.answered, row.id, self.call_id, int(step[-1]), now)
        elif step in ("hang up", "no answer", "run out"):
            do(city, survey_calls.in_vain, row.id, TryResult.HUNG_UP, now, rules)
        elif step.startswith("page"):
            do(city, survey_settling.answer_by_citizen, row.id, int(step[-1]), SurveyWay.PAGE, "", now, rules)
        elif step == "visitor2":
            do(city, survey_settling.answer_by_visitor, row.id, 2, VISITOR, "", now, rules)
        elif step == "not reached":
            do(city, survey_settling.not_reached_by_visitor, row.id, VISITOR, now, rules)
        elif step == "give up":
            do(city, survey_settling.close_unanswered, row.id, VISITOR, "", now, rules)
        elif step == "settle":
            do(city, survey_settling.settle, row.id, survey_settling.CITIZEN, now, rules)
        elif step == "wait":
            city.later(days=1)
        else:
            role = {"sign": "unit", "report": "unit", "complete": "supervisor"}.get(step, "citizen")
            city.move(self.number, step, role, reason="市民说", answer="办好了")


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_STEPS, max_size=25))
def test_whatever_happens_a_survey_is_answered_once_and_told_whole(
    sqlite_engine: Engine, steps: list[str]
) -> None:
    with sqlite_engine.begin() as connection:
        for name in ("shown_message", "message_out", "survey", "watch", "escalation", "assignment"):
            connection.execute(text(f"DELETE FROM {name}"))  # noqa: S608 - our own names
    life = Life(_city_of(sqlite_engine))
    for step in steps:
        life.take(step)
    _check(life.city, life.number)


_CITIES: dict[int, City] = {}


def _city_of(engine: Engine) -> City:
    """One city for all examples of a test: loading it again would only be slow."""
    if id(engine) not in _CITIES:
        _CITIES.clear()
        _CITIES[id(engine)] = City(engine)
    city = _CITIES[id(engine)]
    city.now = MONDAY
    return city


def _check(city: City, number: str) -> None:
    with reading(city.engine) as work:
        case = work.session.scalars(select(Case).where(Case.number == number)).one()
        rows = work.session.scalars(
            select(Survey).where(Survey.case_id == case.id).order_by(Survey.round)
        ).all()
        events = work.session.scalars(select(CaseEvent).where(CaseEvent.case_id == case.id)).all()
        twice = work.session.scalar(
            select(func.count()).select_from(
                select(MessageOut.case_id)
                .group_by(MessageOut.case_id, MessageOut.template, MessageOut.occasion)
                .having(func.count() > 1)
                .subquery()
            )
        )
        waiting = work.session.scalars(select(MessageOut.state)).all()
    assert [row.round for row in rows] == list(range(1, len(rows) + 1))
    assert len([row for row in rows if row.state in OPEN]) <= 1
    for row in rows:
        assert (row.answer is not None) == (row.state == SurveyState.ANSWERED)
        assert (row.next_at is not None) == (row.state == SurveyState.PLANNED)
        assert (row.claimed_until is not None) == (row.state == SurveyState.CALLING)
        assert row.settled_at is None or row.answer is not None
        told = [each for each in events if each.detail.get("survey") == row.id and each.detail.get("way")]
        assert len(told) == (1 if row.answer is not None else 0)
        assert row.tries >= 0
    assert twice == 0
    assert set(waiting) <= {MessageState.WAITING}
