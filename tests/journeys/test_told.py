"""The citizen is told of the number by SMS, without anybody doing anything, and follows the case by it."""

import re

import pytest
from sqlalchemy import select
from town import COMPLAINT, wait_for

from cases.model import Case, MessageOut, ShownMessage
from cases.tracking import tracked


def shown(town, citizen):
    """What the development sender has sent to this citizen."""
    with town.wiring.reading() as unit:
        wanted = select(ShownMessage.text).where(ShownMessage.to == citizen.user).order_by(ShownMessage.at)
        return list(unit.session.scalars(wanted))


def leaves_a_message(town, citizen):
    """-> the number that the citizen heard."""
    call = town.dials_the_hotline(citizen).hears("greeting").presses("#").hears_the_beep()
    call.says(town.voice.says(COMPLAINT)).presses("#").hears("your_number", within=20)
    number = call.listener.hears_digits("digit_", within=15)
    call.hangs_up()
    return number


def test_after_the_call_an_sms_says_number_and_code_by_which_the_case_is_followed(town):
    citizen = town.citizen()
    number = leaves_a_message(town, citizen)
    (said,) = wait_for("the message of acceptance", lambda: shown(town, citizen), within=60)
    assert number in said
    code = re.search(rf"/t/{number}-(\w+)", said)[1]
    with town.wiring.reading() as unit:
        page = tracked(unit.session, number, code, town.wiring.now(), town.wiring.rules)
    assert [each["what"] for each in page["steps"]] == ["accepted"]
    assert town.logs_hold(citizen.user, code) == []


@pytest.mark.parametrize("caller", ["anonymous", "05996328000"])
def test_a_caller_without_a_number_and_a_landline_are_told_nothing(town, caller):
    number = leaves_a_message(town, town.citizen(caller))

    def looked_at():
        with town.wiring.reading() as unit:
            return unit.session.scalar(
                select(Case.id).where(Case.number == number, Case.told_at.is_not(None))
            )

    case_id = wait_for("the look at this case", looked_at, within=60)
    with town.wiring.reading() as unit:
        assert unit.session.scalars(select(MessageOut).where(MessageOut.case_id == case_id)).all() == []
