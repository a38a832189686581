"""Three founded complaints suspend a firm at once; a person ends its contract or gives it back."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from money_scene import FIRM, OTHER, Market
from sorting_scene import load, turns
from sqlalchemy import Engine

from cases import contracts
from cases.errors import MoveRefused, NotFound
from cases.states import ContractState, Role
from cases.unit_of_work import UnitOfWork, reading


class Court(Market):
    """Citizens complain of a firm, and a supervisor judges."""

    def complains(self, firm: str = FIRM) -> int:
        self.later(minutes=1)
        return self.answers(self.done(firm), 3)

    def judges(self, survey_id: int, founded: bool = True) -> None:
        self.later(minutes=1)
        with UnitOfWork(self.engine) as work:
            actor = self.actor(Role.SUPERVISOR)
            contracts.judge(work.session, survey_id, founded, actor, self.now, self.rules)
            work.commit()

    def decides(
        self, use: Callable[..., Any], role: Role = Role.SUPERVISOR, why: str = "查实", firm: str = FIRM
    ) -> None:
        self.later(minutes=1)
        with UnitOfWork(self.engine) as work:
            use(work.session, firm, self.actor(role), self.now, why)
            work.commit()

    def contract(self, firm: str = FIRM) -> ContractState:
        with reading(self.engine) as work:
            return next(each["state"] for each in contracts.contracts(work.session) if each["code"] == firm)

    def history(self) -> list[dict[str, Any]]:
        with reading(self.engine) as work:
            return contracts.history(work.session, FIRM)


def test_the_third_founded_complaint_suspends_the_firm_at_once(engine: Engine) -> None:
    city = Court(engine)
    surveys = [city.complains() for _ in range(3)]
    city.judges(surveys[0])
    city.judges(surveys[1])
    assert city.contract() == ContractState.ACTIVE
    assert turns(engine)[FIRM].active
    city.judges(surveys[2])
    assert city.contract() == ContractState.SUSPENDED
    assert not turns(engine)[FIRM].active
    assert turns(engine)[OTHER].active
    [change] = city.history()
    assert (change["who"], change["to_state"], len(change["evidence"])) == ("system", "suspended", 3)


def test_complaints_without_ground_and_those_of_others_do_not_count(engine: Engine) -> None:
    city = Court(engine)
    for _ in range(2):
        city.judges(city.complains())
    city.judges(city.complains(), founded=False)
    for _ in range(2):
        city.judges(city.complains(OTHER))
    assert city.contract() == city.contract(OTHER) == ContractState.ACTIVE


def suspended(engine: Engine) -> Court:
    city = Court(engine)
    for _ in range(3):
        city.judges(city.complains())
    return city


def test_nobody_can_give_a_suspended_firm_a_case(engine: Engine) -> None:
    city = suspended(engine)
    waits = city.job(OTHER)
    with pytest.raises(MoveRefused, match=r"M03\.1"):
        city.move(waits, "dispatch", "dispatcher", unit=FIRM)


def test_a_city_file_that_is_loaded_again_does_not_bring_a_suspended_firm_back(engine: Engine) -> None:
    city = suspended(engine)
    load(engine, FIRM, OTHER, "c")
    assert not turns(engine)[FIRM].active
    city.decides(contracts.reinstate)
    assert turns(engine)[FIRM].active


def test_the_end_is_confirmed_by_a_person(engine: Engine) -> None:
    city = suspended(engine)
    city.decides(contracts.end, Role.LEADER)
    assert city.contract() == ContractState.ENDED
    assert not turns(engine)[FIRM].active
    assert [each["to_state"] for each in city.history()] == ["ended", "suspended"]


def test_a_firm_that_is_reinstated_begins_with_no_complaints(engine: Engine) -> None:
    city = suspended(engine)
    city.decides(contracts.reinstate)
    city.judges(city.complains())
    city.judges(city.complains())
    assert city.contract() == ContractState.ACTIVE
    city.judges(city.complains())
    assert city.contract() == ContractState.SUSPENDED


def test_a_judgement_that_is_taken_back_no_longer_counts(engine: Engine) -> None:
    city = Court(engine)
    surveys = [city.complains() for _ in range(3)]
    city.judges(surveys[0])
    city.judges(surveys[0], founded=False)
    city.judges(surveys[1])
    city.judges(surveys[2])
    assert city.contract() == ContractState.ACTIVE


@pytest.mark.parametrize(
    ("rule", "use", "role", "why"),
    [
        ("C01", contracts.end, Role.SUPERVISOR, "查实"),
        ("C01", contracts.reinstate, Role.SUPERVISOR, "查实"),
        ("C02", contracts.suspend, Role.AGENT, "查实"),
        ("C03", contracts.suspend, Role.SUPERVISOR, "  "),
    ],
)
def test_what_may_not_become_of_a_contract_is_refused(
    engine: Engine, rule: str, use: Callable[..., Any], role: Role, why: str
) -> None:
    city = Court(engine)
    with pytest.raises(MoveRefused) as error:
        city.decides(use, role, why)
    assert error.value.rule == rule
    assert city.history() == []
    with pytest.raises(NotFound):
        city.decides(contracts.suspend, firm="zilaishui")


def test_the_sweep_catches_what_was_judged_past_the_use_case(engine: Engine) -> None:
    city = Court(engine)
    for _ in range(3):
        city.answers(city.done(), 4, founded=True)
    with UnitOfWork(engine) as work:
        assert contracts.watch_all(work.session, city.now, city.rules) == [FIRM]
        work.commit()
    with UnitOfWork(engine) as work:
        assert contracts.watch_all(work.session, city.now, city.rules) == []
    assert city.contract() == ContractState.SUSPENDED


def test_supervisors_who_judge_at_once_suspend_once(engine: Engine) -> None:
    city = Court(engine)
    surveys = [city.complains() for _ in range(4)]
    threads = [Thread(target=city.judges, args=(each,)) for each in surveys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert city.contract() == ContractState.SUSPENDED
    assert [each["to_state"] for each in city.history()] == ["suspended"]
