"""A person puts right what the recogniser heard: both stand, with who and when."""

from __future__ import annotations

import pytest
from sorting_scene import WATER, case, load, sorted_case
from sqlalchemy import Engine, select
from telling import at

from cases.corrections import Correction, correct, correct_words
from cases.errors import Conflict, MoveRefused
from cases.model import Case
from cases.sorting import unsorted_cases
from cases.states import CaseState, Role
from cases.unit_of_work import UnitOfWork, reading

HEARD, RIGHT = "解放路的路等不亮", "解放路的路灯不亮"


def words_corrected(
    engine: Engine,
    number: str,
    text: str,
    role: Role = Role.AGENT,
    version: int | None = None,
    second: int = 90,
) -> bool:
    with UnitOfWork(engine) as work:
        done = correct_words(work.session, number, text, who="li", role=role, now=at(second), version=version)
        work.commit()
    return done


def test_words_put_right_stand_beside_what_was_heard_with_who_and_when(engine: Engine) -> None:
    load(engine)
    number = sorted_case(engine, HEARD)
    before = case(engine, number)
    assert words_corrected(engine, number, f"  {RIGHT}\x00 ")
    after = case(engine, number)
    told = after.events[-1]
    assert after.text == RIGHT
    assert (told.move, told.rule, told.who, told.at) == ("words_corrected", "M12", "li", at(90))
    assert told.detail == {"before": before.text, "after": RIGHT}
    assert (after.state, after.matter) == (before.state, before.matter)
    assert not words_corrected(engine, number, RIGHT)


def test_a_case_the_sorter_was_unsure_of_is_sorted_anew_by_better_words(engine: Engine) -> None:
    load(engine)
    number = sorted_case(engine, HEARD, unsure=True)
    words_corrected(engine, number, RIGHT)
    after = case(engine, number)
    assert [each.rule for each in after.events[-2:]] == ["M12", "M30"]
    assert (after.state, after.unit_id) == (CaseState.ACCEPTED, None)
    with reading(engine) as work:
        assert [each.number for each in unsorted_cases(work.session)] == [number]


def test_a_matter_that_a_person_chose_is_not_sorted_again(engine: Engine) -> None:
    load(engine)
    number = sorted_case(engine, HEARD, unsure=True)
    with UnitOfWork(engine) as work:
        correct(work.session, number, Correction("water.off"), who="li", role=Role.DISPATCHER, now=at(80))
        work.commit()
    words_corrected(engine, number, RIGHT)
    after = case(engine, number)
    assert (after.state, after.matter) == (CaseState.SORTED, WATER)


def test_words_are_put_right_also_when_a_unit_works_on_them(engine: Engine) -> None:
    load(engine)
    number = sorted_case(engine, HEARD, unsure=True)
    with UnitOfWork(engine) as work:
        row = work.session.scalars(select(Case).where(Case.number == number)).one()
        row.state = CaseState.IN_PROGRESS
        work.commit()
    assert words_corrected(engine, number, RIGHT)
    assert case(engine, number).state == CaseState.IN_PROGRESS


@pytest.mark.parametrize("nothing", ["", " \n", "\x00"])
def test_words_are_never_put_right_to_nothing(engine: Engine, nothing: str) -> None:
    load(engine)
    number = sorted_case(engine, HEARD)
    with pytest.raises(MoveRefused, match="M12"):
        words_corrected(engine, number, nothing)


def test_a_unit_does_not_write_what_the_citizen_said(engine: Engine) -> None:
    load(engine)
    number = sorted_case(engine, HEARD)
    with pytest.raises(MoveRefused):
        words_corrected(engine, number, "没有这回事", Role.UNIT)


def test_who_saw_older_words_changes_nothing(engine: Engine) -> None:
    load(engine)
    number = sorted_case(engine, HEARD)
    seen = case(engine, number).version
    words_corrected(engine, number, RIGHT)
    with pytest.raises(Conflict):
        words_corrected(engine, number, "别的", version=seen)
