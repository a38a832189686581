"""The outbox: each message goes out once, or a person is told that it did not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sorting_scene import accepted, load
from sqlalchemy import Engine, select
from telling import at

from cases import messages
from cases.citizen_states import MessageKind, MessageState
from cases.errors import NotFound
from cases.model import Case, MessageOut
from cases.unit_of_work import UnitOfWork, reading

LEASE = timedelta(minutes=2)
NOW = at(100)


@pytest.fixture
def outbox(engine: Engine) -> Engine:
    load(engine)
    number = accepted(engine)
    with UnitOfWork(engine) as work:
        case_id = work.session.scalars(select(Case.id).where(Case.number == number)).one()
        for count in range(3):
            assert messages.put_out(
                work.session, case_id, MessageKind.DISPATCHED, str(count), "13800000001", f"第{count}条", NOW
            )
        work.commit()
    return engine


def claim(engine: Engine, sender: str = "one", limit: int = 10, now=NOW) -> list[MessageOut]:  # type: ignore[no-untyped-def]
    with UnitOfWork(engine) as work:
        rows = messages.claim_messages(work.session, sender, now, LEASE, limit)
        work.commit()
        return rows


def row(engine: Engine, message_id: int) -> MessageOut:
    with reading(engine) as work:
        return work.session.get_one(MessageOut, message_id)


def fail(engine: Engine, message: MessageOut, now, **values) -> bool:  # type: ignore[no-untyped-def]
    with UnitOfWork(engine) as work:
        done = messages.mark_failed(
            work.session, message.id, "one", now, "the gateway answered 503",
            tries=message.tries, most_tries=3, **values,
        )  # fmt: skip
        work.commit()
        return done


def test_the_same_occasion_is_told_once(outbox: Engine) -> None:
    with UnitOfWork(outbox) as work:
        case_id = work.session.scalars(select(MessageOut.case_id)).first()
        again = messages.put_out(
            work.session, case_id, MessageKind.DISPATCHED, "0", "13800000001", "第0条", NOW
        )
    assert not again


def test_a_message_is_claimed_by_one_sender_oldest_first(outbox: Engine) -> None:
    first = claim(outbox, "one", 2)
    assert [each.text for each in first] == ["第0条", "第1条"]
    assert [each.text for each in claim(outbox, "two")] == ["第2条"]
    assert claim(outbox, "three") == []


def test_what_was_sent_is_never_claimed_again(outbox: Engine) -> None:
    (message,) = claim(outbox, limit=1)
    with UnitOfWork(outbox) as work:
        assert messages.mark_sent(work.session, message.id, "one", NOW)
        work.commit()
    sent = row(outbox, message.id)
    assert (sent.state, sent.sent_at, sent.claimed_by) == (MessageState.SENT, NOW, None)
    assert message.id not in [each.id for each in claim(outbox, now=NOW + timedelta(days=9))]


def test_a_refused_message_waits_longer_each_time_and_is_set_aside_in_the_end(outbox: Engine) -> None:
    now, pauses = NOW, []
    for _ in range(3):
        (message,) = [each for each in claim(outbox, now=now) if each.text == "第0条"]
        assert fail(outbox, message, now)
        again = row(outbox, message.id)
        if again.next_at is not None:
            pauses.append((again.next_at - now).total_seconds())
            assert [each for each in claim(outbox, "two", now=now) if each.id == message.id] == []
            now = again.next_at
    assert pauses == [30, 120]
    assert (again.state, again.problem) == (MessageState.SET_ASIDE, "the gateway answered 503")


def test_what_can_never_be_sent_is_set_aside_at_once(outbox: Engine) -> None:
    (message,) = claim(outbox, limit=1)
    fail(outbox, message, NOW, for_good=True)
    assert row(outbox, message.id).state == MessageState.SET_ASIDE


def test_a_message_whose_sender_died_is_not_sent_twice(outbox: Engine) -> None:
    (message,) = claim(outbox, limit=1)
    late = NOW + 2 * LEASE
    with UnitOfWork(outbox) as work:
        assert messages.left_in_the_middle(work.session, NOW, safe_to_repeat=False) == 0
        assert messages.left_in_the_middle(work.session, late, safe_to_repeat=False) == 1
        work.commit()
    left = row(outbox, message.id)
    assert (left.state, left.problem) == (MessageState.SET_ASIDE, messages.LEFT)
    assert not fail(outbox, message, late)
    assert message.id not in [each.id for each in claim(outbox, now=late)]


def test_a_sender_that_notices_a_second_time_gets_it_again(outbox: Engine) -> None:
    (message,) = claim(outbox, limit=1)
    late = NOW + 2 * LEASE
    with UnitOfWork(outbox) as work:
        messages.left_in_the_middle(work.session, late, safe_to_repeat=True)
        work.commit()
    assert message.id in [each.id for each in claim(outbox, now=late)]
    with UnitOfWork(outbox) as work:
        assert messages.show(work.session, message.id, message.to, message.text, late)
        assert not messages.show(work.session, message.id, message.to, message.text, late)
        work.commit()


def test_the_console_sees_them_newest_first_page_by_page(outbox: Engine) -> None:
    with reading(outbox) as work:
        page = messages.messages(work.session, limit=2)
        older = messages.messages(work.session, limit=2, before=page[-1]["id"])
        assert [each["text"] for each in (*page, *older)] == ["第2条", "第1条", "第0条"]
        assert messages.message(work.session, page[0]["id"])["text"] == "第2条"
        assert messages.count_unsent(work.session) == {"waiting": 3, "sending": 0, "set_aside": 0}
        with pytest.raises(NotFound):
            messages.message(work.session, 999_999)
