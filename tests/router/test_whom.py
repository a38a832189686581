"""Who is given it: firms by trade, area, hours, contract and fair turn; teams by area and skill."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.city_file import City, Firm
from router.decide import Sorter, decide
from router.matters import Matter, matters_of
from router.place import Place
from router.whom import Chooser, FirmState

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
"""Twelve in Shaowu."""
NIGHT = datetime(2026, 3, 2, 15, tzinfo=UTC)
"""Eleven at night in Shaowu."""
HEPING = Place(township="和平镇", code="350781108")
NAKOU = Place(township="拿口镇", code="350781105")
NOWHERE = Place()


def firm(number: int, **other: Any) -> Firm:
    values = {
        "code": f"firm-{number}",
        "name": f"示例开锁第{number}店",
        "trades": ["lock"],
        "hours": "08:00-18:00",
        "areas": ["*"],
        "contract_until": date(2030, 12, 31),
        "rating": 4.0,
    }
    return Firm(**{**values, **other})


def chooser(city: City, *firms: Firm) -> Chooser:
    return Chooser(city.model_copy(update={"firm": list(firms)}))


@pytest.fixture
def lock(city: City) -> Matter:
    return matter(city, "home.lock")


def matter(city: City, code: str) -> Matter:
    return next(each for each in matters_of(city) if each.code == code)


# ---------------------------------------------------------------- firms


def test_a_firm_of_the_trade_comes(city: City, lock: Matter) -> None:
    choice = chooser(city, firm(1, trades=["pipe"]), firm(2)).choose(lock, NOWHERE, NOON, firms={})
    assert choice.unit == "firm-2"
    assert choice.sector == "market"


def test_a_firm_comes_only_to_its_area(city: City, lock: Matter) -> None:
    two = chooser(city, firm(1, areas=["350781108"]), firm(2, areas=["350781105"]))
    assert two.choose(lock, HEPING, NOON, firms={}).unit == "firm-1"
    assert two.choose(lock, NAKOU, NOON, firms={}).unit == "firm-2"
    assert two.choose(lock, NOWHERE, NOON, firms={}).unit == ""


def test_a_firm_that_is_open_goes_before_one_that_is_not(city: City, lock: Matter) -> None:
    two = chooser(city, firm(1), firm(2, hours="00:00-24:00"))
    assert two.choose(lock, NOWHERE, NOON, firms={}).unit == "firm-1"
    found = two.choose(lock, NOWHERE, NIGHT, firms={})
    assert found.unit == "firm-2"
    assert "正在营业" in found.why


def test_hours_may_pass_midnight(city: City, lock: Matter) -> None:
    two = chooser(city, firm(1), firm(2, hours="20:00-06:00"))
    assert two.choose(lock, NOWHERE, NIGHT, firms={}).unit == "firm-2"


def test_when_all_are_closed_one_is_chosen_for_the_morning(city: City, lock: Matter) -> None:
    found = chooser(city, firm(1)).choose(lock, NOWHERE, NIGHT, firms={})
    assert found.unit == "firm-1"
    assert "等到营业时间" in found.why


def test_a_contract_that_is_over_is_over_in_the_citys_time(city: City, lock: Matter) -> None:
    last = firm(1, contract_until=date(2026, 3, 2))
    before_midnight, after_midnight = (
        datetime(2026, 3, 2, 15, 59, tzinfo=UTC),
        datetime(2026, 3, 2, 16, tzinfo=UTC),
    )
    assert chooser(city, last).choose(lock, NOWHERE, before_midnight, firms={}).unit == "firm-1"
    assert chooser(city, last).choose(lock, NOWHERE, after_midnight, firms={}).unit == ""


def test_a_firm_put_out_of_use_is_not_chosen(city: City, lock: Matter) -> None:
    found = chooser(city, firm(1), firm(2)).choose(
        lock, NOWHERE, NOON, firms={"firm-1": FirmState(active=False)}
    )
    assert found.unit == "firm-2"


def test_turns_go_by_rating(city: City, lock: Matter) -> None:
    """A firm rated 5 gets twice what one rated 2.5 gets."""
    two = chooser(city, firm(1, rating=5.0), firm(2, rating=2.5))
    jobs: Counter[str] = Counter()
    for _ in range(300):
        states = {code: FirmState(jobs=count) for code, count in jobs.items()}
        jobs[two.choose(lock, NOWHERE, NOON, firms=states).unit] += 1
    assert jobs["firm-1"] == pytest.approx(200, abs=2)


def test_the_rating_by_citizens_goes_before_the_files(city: City, lock: Matter) -> None:
    two = chooser(city, firm(1, rating=5.0), firm(2, rating=4.0))
    states = {"firm-1": FirmState(rating=1.0)}
    assert two.choose(lock, NOWHERE, NOON, firms=states).unit == "firm-2"


@given(ratings=st.lists(st.floats(0, 5), min_size=2, max_size=6), rounds=st.integers(50, 120))
@settings(max_examples=30, deadline=None)
def test_every_firm_gets_its_share_whatever_the_ratings(
    city: City, ratings: list[float], rounds: int
) -> None:
    """Nobody is ever more than one job and its share ahead; the badly rated wait long, and not for ever."""
    lock = matter(city, "home.lock")
    several = chooser(city, *(firm(n, rating=rating) for n, rating in enumerate(ratings)))
    weights = [max(rating / 5, 0.1) for rating in ratings]
    jobs = dict.fromkeys((f"firm-{n}" for n in range(len(ratings))), 0)
    for _ in range(rounds):
        states = {code: FirmState(jobs=count) for code, count in jobs.items()}
        jobs[several.choose(lock, NOWHERE, NOON, firms=states).unit] += 1
    for (_, count), weight in zip(jobs.items(), weights, strict=True):
        assert abs(count - rounds * weight / sum(weights)) <= 1 + len(ratings)


@pytest.mark.parametrize(
    "text",
    [
        "我要投诉示例开锁甲号店,乱收费,现在锁又打不开了要开锁",
        "上次示例开锁甲号来开锁没修好,换一家来开锁",
        "示例开锁假号店上次开锁态度不好,我要投诉,门锁又坏了要开锁",
    ],
)
def test_never_the_firm_that_the_citizen_complains_about(words_alone: Sorter, text: str) -> None:
    without = decide("门锁坏了要开锁", city=words_alone, now=NOON)
    found = decide(text, city=words_alone, now=NOON)
    assert without.unit == "示例开锁甲号店"
    assert found.matter == "开锁换锁"
    assert found.unit not in (None, "示例开锁甲号店")


def test_a_firm_that_is_named_with_praise_may_come_again(words_alone: Sorter) -> None:
    found = decide("上次示例开锁甲号店来开锁很好,门锁又坏了要开锁", city=words_alone, now=NOON)
    assert found.unit == "示例开锁甲号店"


def test_a_firm_that_the_core_rules_out_does_not_come(words_alone: Sorter) -> None:
    found = decide("门锁坏了要开锁", city=words_alone, now=NOON, not_firms=["firm-lock-1"])
    assert found.unit == "示例开锁乙号店"


# ---------------------------------------------------------------- society


def test_a_team_comes_where_it_works(city: City) -> None:
    quarrel = matter(city, "neighbour.quarrel")
    street = Place(township="昭阳街道", code="350781001")
    found = Chooser(city).choose(quarrel, street, NOON, firms={})
    assert found.unit == "team-redcap"
    assert found.sector == "society"


def test_where_no_team_works_the_township_does_it(city: City) -> None:
    found = Chooser(city).choose(matter(city, "neighbour.quarrel"), NAKOU, NOON, firms={})
    assert found.unit == NAKOU.code
    assert found.sector == "government"
    assert "没有队伍管这一片" in found.why


def test_an_unknown_place_gets_the_usual_team(city: City) -> None:
    found = Chooser(city).choose(matter(city, "legal.consult"), NOWHERE, NOON, firms={})
    assert found.unit == "team-law"


def test_a_team_asked_for_by_its_skill_goes_first(city: City) -> None:
    old = next(team for team in city.team if team.code == "team-law")
    scribe = old.model_copy(update={"code": "team-scribe", "name": "代书志愿者", "skills": ["写诉状"]})
    both = Chooser(city.model_copy(update={"team": [*city.team, scribe]}))
    consult = matter(city, "legal.consult")
    assert both.choose(consult, NOWHERE, NOON, "想问一下离婚", firms={}).unit == "team-law"
    found = both.choose(consult, NOWHERE, NOON, "请人帮我写诉状", firms={})
    assert found.unit == "team-scribe"
    assert "会“写诉状”" in found.why


def test_experts_of_the_matter_help(city: City) -> None:
    found = Chooser(city).choose(matter(city, "mind.family"), NOWHERE, NOON, firms={})
    assert found.co_units == ("expert-schooling",)


def test_a_team_helps_a_department_where_its_skill_is_asked_for(city: City) -> None:
    elder = matter(city, "civil.elder")
    asked = Chooser(city).choose(elder, NOWHERE, NOON, "老人住院没人陪护", firms={})
    assert asked.unit == "minzheng"
    assert "team-volunteer" in asked.co_units
    assert Chooser(city).choose(elder, NOWHERE, NOON, "高龄补贴没到账", firms={}).co_units == ()


# ---------------------------------------------------------------- everybody


def test_every_matter_of_the_city_is_somebodys_everywhere(city: City) -> None:
    places = [NOWHERE, *(Place(township=each.name, code=each.code) for each in city.township)]
    names = Chooser(city)
    for one in matters_of(city):
        for place in places:
            found = names.choose(one, place, NOON, firms={})
            assert names.name(found.unit), (one.code, place.township)
            assert found.unit not in found.co_units
            assert found.why
