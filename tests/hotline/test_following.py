"""What follows a case's sorting, over a real database: split once, offered once, one alarm, firms in turn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from runs import make_settings
from servers import RedisServer
from sqlalchemy import select
from told import NOON, ended, started

from cases.city import load_city
from cases.facts import CaseOpened, new_id
from cases.firm_turns import firm_turns
from cases.model import Burst, BurstMember, Case, RepeatOffer
from cases.sorting import sort_case, unsorted_cases
from cases.states import CaseState
from hotline.city import file_of, rows
from hotline.following import Follower
from hotline.jobs import Transcriber
from hotline.sweep import Sweep
from hotline.wiring import Wiring, build
from router.city_file import load
from router.decide import Sorter, decide
from router.whom import FirmState

LAMP = "昭阳街道解放路十二号门口的路灯坏了好几天没人修"
DRY = "水北街道福溪社区停水了"
TWO = "昭阳街道解放路的路灯坏了另外我想反映一下水北街道停水了两天了"
LOCK = "我家的门锁打不开了想找人开锁"
_WORDS = {
    "路灯": (("道路交通", "路灯照明"), "市政管理处"),
    "停水": (("供水排水", "停水与水压"), "自来水公司"),
}


@pytest.fixture(autouse=True)
def _a_city(wiring: Wiring) -> None:
    with wiring.unit_of_work() as unit:
        load_city(unit.session, rows(file_of(wiring.settings)), NOON)
        unit.commit()


class Router:
    """The project's own places and firms, with a matter for every word in _WORDS: sure where one is said."""

    def __init__(self, wiring: Wiring) -> None:
        self.sorter = Sorter(load(file_of(wiring.settings)))

    def __call__(
        self, text: str, caller: str | None = None, *, firms: Mapping[str, FirmState] | None = None
    ) -> dict[str, Any]:
        said = decide(text, caller, city=self.sorter, now=NOON, firms=firms).to_json()
        named = [known for word, known in _WORDS.items() if word in text]
        if named:
            path, unit = named[0]
            sure = {"matter": path[1], "matter_path": list(path), "unit": unit, "unsure": len(named) > 1}
            said |= sure
        return said


def number_for(wiring: Wiring) -> str:
    number = wiring.ledger.reserve_number()
    assert number is not None
    return number


def told(wiring: Wiring, text: str, caller: str = "13800000001", minute: float = 0) -> str:
    """A message with its words that waits for the router; -> its case number."""
    call_id, number = new_id(), number_for(wiring)
    at = NOON + timedelta(minutes=minute)
    opened = CaseOpened(call_id=call_id, at=at, number=number, tracking_code="ABC234", text=text)
    wiring.ledger.record(started(call_id, 60 * minute, caller=caller), opened, ended(call_id))
    return number


def sort(wiring: Wiring, *numbers: str) -> None:
    worker = Transcriber(wiring, None, Router(wiring))
    with wiring.reading() as unit:
        waiting = {each.number: each for each in unsorted_cases(unit.session)}
    for number in numbers:
        assert worker.sort(waiting[number])


def cases(wiring: Wiring) -> list[Case]:
    with wiring.reading() as unit:
        return list(unit.session.scalars(select(Case).order_by(Case.id)))


def found(wiring: Wiring, kind: Any) -> list[Any]:
    with wiring.reading() as unit:
        return list(unit.session.scalars(select(kind)))


def test_a_message_with_two_requests_becomes_two_cases_sorted_each_by_its_own_words(wiring: Wiring) -> None:
    number = told(wiring, TWO)
    sort(wiring, number)
    first, second = cases(wiring)
    assert (first.number, first.text, first.matter) == (number, TWO, "路灯照明")
    assert (first.unsure, first.place["township"]) == (False, "昭阳街道")
    assert second.text == "另外我想反映一下水北街道停水了两天了"
    assert TWO.endswith(second.text)
    assert (second.matter, second.place["township"], second.part_of_id) == (
        "停水与水压",
        "水北街道",
        first.id,
    )
    assert first.followed_up_at is not None
    assert second.followed_up_at is None


def test_a_retry_and_the_sweep_split_nothing_again(wiring: Wiring) -> None:
    sort(wiring, told(wiring, TWO))
    follower = Follower(wiring, Router(wiring))
    (second,) = follower.follow_waiting()
    assert second == cases(wiring)[1].number
    assert follower.follow_waiting() == []
    assert not follower.follow(cases(wiring)[0].number)
    assert len(cases(wiring)) == 2


def test_several_at_once_split_a_message_once(wiring: Wiring) -> None:
    number = told(wiring, TWO)
    with wiring.unit_of_work() as unit:
        case = unit.session.scalars(select(Case).where(Case.number == number)).one()
        case.state, case.matter, case.matter_path = CaseState.SORTED, "路灯照明", ["道路交通", "路灯照明"]
        unit.commit()
    followers = [Follower(wiring, Router(wiring)) for _ in range(4)]
    done: list[bool] = []
    threads = [Thread(target=lambda each=each: done.append(each.follow(number))) for each in followers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False, False, False, True]
    assert len(cases(wiring)) == 2


def test_one_request_stays_one_case(wiring: Wiring) -> None:
    sort(wiring, told(wiring, LAMP))
    assert len(cases(wiring)) == 1


def test_the_same_caller_who_tells_it_again_is_offered_for_merging_once(wiring: Wiring) -> None:
    first, second = told(wiring, LAMP), told(wiring, "我说的" + LAMP, minute=300)
    sort(wiring, first, second)
    (offer,) = found(wiring, RepeatOffer)
    assert offer.score > 0.9
    assert {*offer.reasons} == {"caller", "matter", "place", "words"}
    assert LAMP in offer.common
    Follower(wiring, Router(wiring)).follow_waiting()
    assert len(found(wiring, RepeatOffer)) == 1


def test_four_callers_without_water_raise_one_alarm_and_the_fifth_joins_it(wiring: Wiring) -> None:
    numbers = [told(wiring, DRY, f"1390000000{k}", minute=k) for k in range(5)]
    sort(wiring, *numbers[:3])
    assert found(wiring, Burst) == []
    sort(wiring, numbers[3])
    (burst,) = found(wiring, Burst)
    assert (burst.matter, burst.place) == ("停水与水压", "福溪社区")
    sort(wiring, numbers[4])
    assert len(found(wiring, Burst)) == 1
    assert len(found(wiring, BurstMember)) == 5


def test_many_who_follow_up_one_burst_at_once_raise_one_alarm_and_fail_at_nothing(
    tmp_path: Path, database_url: str, redis_server: RedisServer
) -> None:
    wiring = build(make_settings(tmp_path, database_url, redis_server.url))
    numbers = [told(wiring, DRY, f"1390000000{k}", minute=k) for k in range(8)]
    said = Router(wiring)(DRY)
    with wiring.unit_of_work() as unit:
        for number in numbers:
            assert sort_case(unit.session, number, said, NOON)
        unit.commit()
    done: list[bool] = []
    followers = [Follower(wiring, Router(wiring)) for _ in numbers]
    threads = [
        Thread(target=lambda each=each, number=number: done.append(each.follow(number)))
        for each, number in zip(followers, numbers, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [True] * 8
    assert len(found(wiring, Burst)) == 1
    assert len(found(wiring, BurstMember)) == 8
    wiring.close()


def test_firms_are_asked_in_turn_by_what_the_database_says(wiring: Wiring) -> None:
    numbers = [told(wiring, LOCK, f"1390000000{k}", minute=k) for k in range(6)]
    sort(wiring, *numbers)
    with wiring.reading() as unit:
        jobs = {code: turn.jobs for code, turn in firm_turns(unit.session).items() if turn.jobs}
    assert sum(jobs.values()) == 6
    assert len(jobs) > 1, "one firm was given everything"


def test_what_was_sorted_in_the_call_is_followed_up_by_the_sweep(wiring: Wiring) -> None:
    wiring.__dict__["decide"] = Router(wiring)
    call_id, number = new_id(), number_for(wiring)
    decision = {"matter": "路灯照明", "matter_path": ["道路交通", "路灯照明"], "unsure": False}
    opened = CaseOpened(
        call_id=call_id, at=NOON, number=number, tracking_code="ABC234", text=TWO, decision=decision
    )
    wiring.ledger.record(started(call_id), opened, ended(call_id))
    sweep = Sweep(wiring, lambda _: None)
    assert sweep.follow_cases(NOON) == [number]
    assert [case.part for case in cases(wiring)] == [0, 1]


def test_a_router_that_fails_leaves_the_case_for_the_next_pass(wiring: Wiring) -> None:
    number = told(wiring, TWO)
    sort(wiring, told(wiring, LAMP))

    def fails(text: str, caller: str | None = None, **_: Any) -> dict[str, Any]:
        raise RuntimeError(text)

    with wiring.unit_of_work() as unit:
        case = unit.session.scalars(select(Case).where(Case.number == number)).one()
        case.state, case.matter = CaseState.SORTED, "路灯照明"
        unit.commit()
    assert Follower(wiring, fails).follow_waiting() == []
    assert Follower(wiring, Router(wiring)).follow_waiting() == [number]
