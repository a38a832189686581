"""A person corrects the sorter: by the table, with before and after, and kept to learn from."""

from __future__ import annotations

from typing import Any

import pytest
from sorting_scene import LAMP, LOCKS, WATER, accepted, case, decision, jobs, load, sort, sorted_case
from sqlalchemy import Engine, select
from telling import at

from cases.corrections import Correction, choices, correct, examples
from cases.errors import Conflict, MoveRefused, NotFound
from cases.model import Case, Example
from cases.states import CaseState, Role
from cases.unit_of_work import UnitOfWork, reading

TEXT = "解放路的路灯坏了"


def corrected(
    engine: Engine,
    number: str,
    correction: Correction,
    role: Role = Role.DISPATCHER,
    version: int | None = None,
    second: float = 90,
) -> bool:
    with UnitOfWork(engine) as work:
        done = correct(work.session, number, correction, who="li", role=role, now=at(second), version=version)
        work.commit()
    return done


def learned(engine: Engine) -> list[tuple[str, str]]:
    with reading(engine) as work:
        return list(examples(work.session))


def test_a_matter_corrected_brings_its_unit_and_says_what_was_before(engine: Engine) -> None:
    load(engine)
    number = sorted_case(engine, TEXT)
    assert corrected(engine, number, Correction(matter="water.off"))
    row = case(engine, number)
    assert (row.matter, row.matter_path, row.unsure) == (WATER, ["供水排水", WATER], False)
    assert (row.unit and row.unit.name, row.deadline_class) == ("自来水公司", "help")
    told = row.events[-1]
    assert (told.move, told.rule, told.who, told.at) == ("corrected", "M02", "li", at(90))
    assert told.detail == {
        "before": {"matter": LAMP, "unit": "市政管理处"},
        "after": {"matter": WATER, "unit": "自来水公司"},
    }


def test_the_sorter_learns_the_last_word_on_each_text(engine: Engine) -> None:
    load(engine)
    number, other = sorted_case(engine, TEXT), sorted_case(engine, "家里没水", matter=LOCKS)
    corrected(engine, number, Correction(matter="home.lock"))
    corrected(engine, other, Correction(matter="water.off"))
    corrected(engine, number, Correction(matter="water.off"), second=95)
    assert learned(engine) == [("家里没水", "water.off"), (TEXT, "water.off")]
    with reading(engine) as work:
        kept = work.session.scalars(select(Example).order_by(Example.id)).all()
    assert [(each.who, each.at) for each in kept] == [("li", at(90)), ("li", at(90)), ("li", at(95))]


def test_a_guess_that_a_person_confirms_is_learned_too(engine: Engine) -> None:
    load(engine)
    number = sorted_case(engine, TEXT, unsure=True)
    assert corrected(engine, number, Correction(matter="road.lamp"))
    assert learned(engine) == [(TEXT, "road.lamp")]
    assert case(engine, number).unsure is False


def test_a_place_alone_teaches_nothing_and_settles_an_ambiguous_one(engine: Engine) -> None:
    load(engine)
    number = sorted_case(engine, TEXT, place={"township": None, "ambiguous": ["水北街道", "水北镇"]})
    assert corrected(engine, number, Correction(place={"township": "水北镇", "road": " "}))
    row = case(engine, number)
    assert (row.place["township"], row.place["road"], row.place["ambiguous"]) == ("水北镇", None, [])
    assert row.events[-1].detail["after"] == {"place": "水北镇"}
    assert learned(engine) == []


def test_nothing_to_change_changes_nothing(engine: Engine) -> None:
    load(engine)
    number = sorted_case(engine, TEXT)
    before = case(engine, number)
    place = {name: before.place.get(name) or "" for name in ("township", "road", "number")}
    assert not corrected(engine, number, Correction("road.lamp", "shizheng", place))
    after = case(engine, number)
    assert (len(after.events), after.version, learned(engine)) == (len(before.events), before.version, [])


def test_a_message_that_nobody_sorted_is_sorted_by_the_person(engine: Engine) -> None:
    load(engine)
    number = accepted(engine, TEXT)
    assert corrected(engine, number, Correction(matter="road.lamp"), Role.AGENT)
    assert case(engine, number).state == CaseState.SORTED
    assert not sort(engine, number, decision(WATER))


@pytest.mark.parametrize("role", [Role.UNIT, Role.LEADER, Role.DESK, Role.VISITOR, Role.CITIZEN])
def test_whom_the_table_does_not_name_may_not_correct(engine: Engine, role: Role) -> None:
    load(engine)
    number = sorted_case(engine, TEXT)
    with pytest.raises(MoveRefused, match="M02"):
        corrected(engine, number, Correction(matter="water.off"), role)
    assert case(engine, number).matter == LAMP


def test_a_case_that_is_dispatched_is_corrected_no_longer(engine: Engine) -> None:
    load(engine)
    number = sorted_case(engine, TEXT)
    with UnitOfWork(engine) as work:
        row = work.session.scalars(select(Case).where(Case.number == number)).one()
        row.state = CaseState.DISPATCHED
        work.commit()
    with pytest.raises(MoveRefused, match="M02"):
        corrected(engine, number, Correction(matter="water.off"))


def test_who_saw_an_older_case_is_told_to_read_it_again(engine: Engine) -> None:
    load(engine)
    number = sorted_case(engine, TEXT)
    seen = case(engine, number).version
    assert corrected(engine, number, Correction(matter="water.off"), version=seen)
    with pytest.raises(Conflict):
        corrected(engine, number, Correction(matter="home.lock"), version=seen)


@pytest.mark.parametrize(
    "wrong",
    [{"matter": "no.such"}, {"unit": "nobody"}, {"matter": "road\x00"}],
    ids=["matter", "unit", "NUL"],
)
def test_what_is_not_in_the_city_is_not_found(engine: Engine, wrong: dict[str, Any]) -> None:
    load(engine)
    number = sorted_case(engine, TEXT)
    with pytest.raises(NotFound):
        corrected(engine, number, Correction(**wrong))
    with pytest.raises(NotFound):
        corrected(engine, "999999", Correction(matter="water.off"))


def test_a_firm_from_which_a_case_is_taken_keeps_its_turn(engine: Engine) -> None:
    load(engine, "a", "b")
    number = sorted_case(engine, TEXT, matter=LOCKS, unit="a锁店")
    assert corrected(engine, number, Correction(unit="b"))
    assert jobs(engine) == {"a": 0, "b": 1}
    assert corrected(engine, number, Correction(matter="water.off"))
    assert jobs(engine) == {"a": 0, "b": 0}


def test_one_chooses_among_what_is_in_use(engine: Engine) -> None:
    load(engine, "a")
    load(engine)
    with reading(engine) as work:
        found = choices(work.session)
    assert [(each["first"], each["name"]) for each in found["matters"]] == [
        ("供水排水", WATER),
        ("道路交通", LAMP),
        ("家政与维修服务", LOCKS),
    ]
    assert [each["code"] for each in found["units"]] == ["zilaishui", "shizheng"]
