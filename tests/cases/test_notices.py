"""What the citizen is told, when, and what never."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from handling_scene import LAMPS, RULES, WATER, City
from hypothesis import given
from hypothesis import strategies as st
from sorting_scene import accepted, load
from sqlalchemy import Engine, select
from telling import Telling, at, numbers_for, write

from cases import notices
from cases.citizen_states import MessageKind
from cases.model import Case, MessageOut
from cases.notices import receives_sms
from cases.unit_of_work import UnitOfWork, reading

LATER = at(3600)


@pytest.fixture
def city(engine: Engine) -> City:
    return City(engine)


def sent_to(engine: Engine, number: str) -> list[MessageOut]:
    with reading(engine) as work:
        wanted = select(MessageOut).join(Case).where(Case.number == number).order_by(MessageOut.id)
        return list(work.session.scalars(wanted))


def kinds(engine: Engine, number: str) -> list[str]:
    return [row.template for row in sent_to(engine, number)]


def tell_new(engine: Engine, now=LATER, rules=RULES) -> int:  # type: ignore[no-untyped-def]
    """What the sweep does."""
    with UnitOfWork(engine) as work:
        waiting = notices.untold(work.session, now, rules)
        for case_id in waiting:
            notices.tell_accepted(work.session, case_id, now, rules)
        work.commit()
    return len(waiting)


def change(engine: Engine, number: str, **values: object) -> None:
    with UnitOfWork(engine) as work:
        case = work.session.scalars(select(Case).where(Case.number == number)).one()
        for name, value in values.items():
            setattr(case, name, value)
        work.commit()


# ---------------------------------------------------------------- who can be told
@pytest.mark.parametrize(
    ("number", "mobile"),
    [
        ("13800110110", "13800110110"),
        ("+8613800110110", "13800110110"),
        ("008613800110110", "13800110110"),
        ("8619900000000", "19900000000"),
        ("", None),
        ("05996328000", None),
        ("6328000", None),
        ("12000000000", None),
        ("1380011011", None),
        ("138001101100", None),
        ("+85291234567", None),
        ("110", None),
        ("1380011011a", None),
    ],
)
def test_only_chinese_mobile_numbers_get_a_message(number: str, mobile: str | None) -> None:
    assert receives_sms(number) == mobile


@given(st.text(max_size=30))
def test_whatever_a_line_says_of_itself_a_message_goes_to_eleven_digits_or_to_nobody(number: str) -> None:
    mobile = receives_sms(number)
    assert mobile is None or (len(mobile) == 11 and mobile.isascii() and mobile.isdigit())


@pytest.mark.parametrize("caller", ["", "05996328000"], ids=["anonymous", "landline"])
def test_nothing_is_written_for_who_cannot_be_told_and_it_is_not_tried_again(city: City, caller: str) -> None:
    number = city.completed(caller=caller)
    tell_new(city.engine)
    assert sent_to(city.engine, number) == []
    assert tell_new(city.engine) == 0


# ---------------------------------------------------------------- acceptance
def test_acceptance_says_number_code_and_unit_once(city: City) -> None:
    number = city.case()
    with UnitOfWork(city.engine) as work:
        work.session.scalars(select(Case).where(Case.number == number)).one().followed_up_at = at(61)
        work.commit()
    assert tell_new(city.engine, at(62)) == 1
    assert tell_new(city.engine, at(63)) == 0
    (row,) = sent_to(city.engine, number)
    assert (row.template, row.to) == (MessageKind.ACCEPTED, "13800000001")
    for piece in (number, "ABC234", "市政管理处", f"/t/{number}-ABC234"):
        assert piece in row.text


def test_acceptance_waits_a_while_for_the_sorting_and_no_longer(engine: Engine) -> None:
    load(engine)
    number = accepted(engine)
    patience = timedelta(seconds=RULES.told_after_seconds)
    opened = at(9)
    assert tell_new(engine, opened + patience - timedelta(seconds=1)) == 0
    assert tell_new(engine, opened + patience) == 1
    (row,) = sent_to(engine, number)
    assert number in row.text
    assert "办理" not in row.text


def test_a_unit_that_the_sorter_only_guesses_is_not_named(city: City) -> None:
    number = city.case(unsure=True)
    tell_new(city.engine)
    assert "市政管理处" not in sent_to(city.engine, number)[0].text


def test_nobody_who_works_on_the_case_is_disturbed_by_its_message(city: City) -> None:
    number = city.case()
    before = city.look(number).version
    tell_new(city.engine)
    assert city.look(number).version == before


def test_a_case_that_is_dispatched_at_once_is_told_in_order_and_only_once(city: City) -> None:
    number = city.dispatched()
    assert kinds(city.engine, number) == ["accepted", "dispatched"]
    assert tell_new(city.engine) == 0


def test_two_who_tell_at_once_tell_it_once(city: City) -> None:
    number = city.case()
    with UnitOfWork(city.engine) as work:
        (case_id,) = notices.untold(work.session, LATER, RULES)
        assert notices.tell_accepted(work.session, case_id, LATER, RULES)
        assert not notices.tell_accepted(work.session, case_id, LATER, RULES)
        work.commit()
    assert kinds(city.engine, number) == ["accepted"]


def test_cases_that_were_opened_together_are_told_together(engine: Engine) -> None:
    for number in numbers_for(engine, 5):
        write(engine, *Telling().starts().speaks().hears_number(number).ends("message").facts)
    assert tell_new(engine) == 5


# ---------------------------------------------------------------- moves
def test_each_stage_is_told_when_it_happens(city: City) -> None:
    number = city.completed()
    assert kinds(city.engine, number) == ["accepted", "dispatched", "reported", "completed"]
    texts = {row.template: row.text for row in sent_to(city.engine, number)}
    assert "市政管理处" in texts[MessageKind.DISPATCHED]
    assert "评价" in texts[MessageKind.REPORTED]
    assert "30天" in texts[MessageKind.COMPLETED]
    assert all(text.startswith("【民生110】") for text in texts.values())


def test_what_is_done_again_is_told_again(city: City) -> None:
    number = city.reported()
    city.later(hours=1)
    city.move(number, "redo", "citizen", reason="没修好")
    city.move(number, "sign", "unit")
    city.move(number, "report", "unit", answer="修好了")
    assert kinds(city.engine, number)[2:] == ["reported", "redone", "reported"]


def test_remarks_extensions_and_co_units_are_no_news_for_the_citizen(city: City) -> None:
    number = city.signed()
    before = kinds(city.engine, number)
    city.move(number, "note", "agent", reason="来电催问")
    city.move(number, "ask-extension", "unit", days=2, reason="等材料")
    city.move(number, "add-unit", "dispatcher", unit="zilaishui")
    assert kinds(city.engine, number) == before


def test_a_return_is_news_only_when_another_unit_gets_the_case(city: City) -> None:
    number = city.dispatched()
    city.later(hours=1)
    city.move(number, "return", "unit", reason="不归我们管")
    city.move(number, "rule", "dispatcher", unit=LAMPS)
    assert kinds(city.engine, number) == ["accepted", "dispatched"]
    city.move(number, "return", "unit", reason="这是自来水公司的")
    city.move(number, "rule", "dispatcher", unit=WATER)
    assert kinds(city.engine, number) == ["accepted", "dispatched", "dispatched"]


def test_a_refused_move_tells_nobody(city: City) -> None:
    number = city.case()
    with pytest.raises(Exception, match="M04"):
        city.move(number, "sign", "unit")
    assert sent_to(city.engine, number) == []


def test_of_a_confidential_case_neither_unit_nor_matter_is_said(city: City) -> None:
    number = city.case()
    change(city.engine, number, confidential=True)
    city.move(number, "dispatch", "dispatcher")
    city.move(number, "sign", "unit")
    city.move(number, "report", "unit", answer="路灯修好了")
    city.move(number, "complete", "visitor")
    rows = sent_to(city.engine, number)
    assert len(rows) == 4
    for row in rows:
        assert number in row.text
        assert "ABC234" in row.text
        assert not any(word in row.text for word in ("市政", "路灯", "解放路"))


def test_everybody_who_told_the_same_hears_that_it_is_done(city: City) -> None:
    main = city.signed()
    first, second, anonymous = (city.case(caller=caller) for caller in ("13800000011", "13800000012", ""))
    for other, into in ((second, first), (first, main), (anonymous, main)):
        city.move(other, "merge", "dispatcher", into=into)
    own = city.case()
    city.move(own, "merge", "dispatcher", into=main)
    city.move(main, "report", "unit", answer="修好了")
    city.move(main, "complete", "visitor")
    assert [kinds(city.engine, each)[-1] for each in (first, second)] == ["joined", "joined"]
    assert sent_to(city.engine, anonymous) == []
    assert "joined" not in kinds(city.engine, own)
    (told,) = [row for row in sent_to(city.engine, first) if row.template == MessageKind.JOINED]
    assert first in told.text
    assert main not in told.text


def test_a_message_is_short_enough_for_two_parts_and_holds_nothing_of_the_request(city: City) -> None:
    city.with_rules(public_url="https://minsheng110.example.com")
    number = city.completed()
    for row in sent_to(city.engine, number):
        assert len(row.text) <= 134
        assert "https://minsheng110.example.com/t/" in row.text
        assert not any(word in row.text for word in ("路灯坏了", "解放路", "修好了", "138"))


def test_the_address_of_the_site_may_end_in_a_stroke() -> None:
    rules = replace(RULES, public_url="https://city.example/")
    assert notices.link("100005", "ABC234", rules) == "https://city.example/t/100005-ABC234"
