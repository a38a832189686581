"""The administrator's work on users: by rules, each change in the audit, never without an administrator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Thread
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from cases.errors import CaseError, NotFound
from cases.model import AuditEntry, Unit, User
from cases.people import Given, PersonRefused, Why, change_person, new_person, people, person, set_active
from cases.states import Role, Sector, UnitType
from cases.unit_of_work import UnitOfWork, reading
from cases.users import add_user, authenticate

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
PASSWORD = "long enough 7"
T = TypeVar("T")


def do(engine: Engine, use_case: Callable[[Session], T]) -> T:
    with UnitOfWork(engine) as work:
        found = use_case(work.session)
        work.commit()
    return found


def somebody(engine: Engine, username: str, role: Role) -> str:
    do(engine, lambda session: add_user(session, username, role, PASSWORD, NOW, "system"))
    return username


def unit(engine: Engine) -> int:
    def put(session: Session) -> int:
        row = Unit(code="water", name="自来水", type=UnitType.DEPARTMENT, sector=Sector.GOVERNMENT)
        session.add(row)
        session.flush()
        return row.id

    return do(engine, put)


def told(engine: Engine, what: str) -> list[tuple[str, str, Any]]:
    with reading(engine) as work:
        rows = work.session.scalars(select(AuditEntry).where(AuditEntry.what == what).order_by(AuditEntry.id))
        return [(row.who, row.target, row.detail) for row in rows]


def refusal(engine: Engine, use_case: Callable[[Session], Any]) -> Why:
    with pytest.raises(PersonRefused) as refused:
        do(engine, use_case)
    return refused.value.why


def test_a_new_person_gets_a_password_that_must_be_changed(engine: Engine) -> None:
    unit(engine)
    password = do(engine, lambda s: new_person(s, " Wang.Li ", Given("unit", "王丽", "water"), NOW, "admin"))
    with UnitOfWork(engine) as work:
        found = authenticate(work.session, "wang.li", password, NOW)
        assert isinstance(found, User)
        assert found.must_change_password
    with reading(engine) as work:
        shown = person(work.session, "wang.li")
    assert shown is not None
    assert (shown["name"], shown["unit"], shown["role"]) == ("王丽", "自来水", Role.UNIT)
    assert told(engine, "user_added") == [("admin", "wang.li", {"role": "unit"})]


@pytest.mark.parametrize(
    ("username", "given_", "why"),
    [
        ("李", Given("agent"), Why.NAME),
        ("a" * 65, Given("agent"), Why.NAME),
        ("a\x00b; --", Given("agent"), Why.NAME),
        ("agent1", Given("agent"), Why.TAKEN),
        ("new", Given("system"), Why.ROLE),
        ("new", Given("citizen"), Why.ROLE),
        ("new", Given("x" * 100_000), Why.ROLE),
        ("new", Given("unit"), Why.NEEDS_UNIT),
        ("new", Given("unit", unit="no such"), Why.UNIT),
        ("new", Given("desk"), Why.NEEDS_DESK),
    ],
)
def test_who_cannot_be_made_is_refused_with_the_reason(
    engine: Engine, username: str, given_: Given, why: Why
) -> None:
    somebody(engine, "agent1", Role.AGENT)
    assert refusal(engine, lambda session: new_person(session, username, given_, NOW, "admin")) == why
    with reading(engine) as work:
        assert [each["username"] for each in people(work.session)] == ["agent1"]


def test_another_role_ends_the_sessions_and_says_before_and_after(engine: Engine) -> None:
    somebody(engine, "li", Role.AGENT)
    with reading(engine) as work:
        before = work.session.scalars(select(User.session_version)).one()
    assert do(engine, lambda s: change_person(s, "li", Given("dispatcher", "李"), NOW, "admin"))
    assert not do(engine, lambda s: change_person(s, "li", Given("dispatcher", "李"), NOW, "admin"))
    with reading(engine) as work:
        assert work.session.scalars(select(User.session_version)).one() == before + 1
    assert told(engine, "user_changed") == [
        (
            "admin",
            "li",
            {"before": {"role": "agent", "name": ""}, "after": {"role": "dispatcher", "name": "李"}},
        )
    ]


def test_who_is_disabled_cannot_log_in_until_enabled_again(engine: Engine) -> None:
    somebody(engine, "li", Role.AGENT)
    for active in (False, True):
        assert do(engine, lambda s, to=active: set_active(s, "li", to, NOW, "admin"))
        assert not do(engine, lambda s, to=active: set_active(s, "li", to, NOW, "admin"))
        found = do(engine, lambda s: authenticate(s, "li", PASSWORD, NOW))
        assert isinstance(found, User) == active
    assert [who for who, *_ in told(engine, "user_disabled") + told(engine, "user_enabled")] == ["admin"] * 2


def test_nobody_who_is_not_there_is_changed(engine: Engine) -> None:
    with pytest.raises(NotFound):
        do(engine, lambda session: set_active(session, "x\x00", False, NOW, "admin"))


CHANGES = st.lists(
    st.tuples(st.sampled_from(["aa", "bb", "cc"]), st.sampled_from(["off", "on", "agent", "admin"])),
    max_size=12,
)


@given(changes=CHANGES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_changed_an_administrator_is_left(engine: Engine, changes: list[tuple[str, str]]) -> None:
    do(engine, lambda session: session.execute(delete(User)))
    for name in ("aa", "bb", "cc"):
        somebody(engine, name, Role.ADMIN)
    reasons: set[Why] = set()
    for name, what in changes:
        try:
            if what in ("on", "off"):
                do(engine, lambda s, n=name, w=what: set_active(s, n, w == "on", NOW, "admin"))
            else:
                do(engine, lambda s, n=name, w=what: change_person(s, n, Given(w), NOW, "admin"))
        except PersonRefused as refused:
            reasons.add(refused.why)
        with reading(engine) as work:
            assert any(each["active"] and each["role"] == Role.ADMIN for each in people(work.session))
    assert reasons <= {Why.LAST_ADMINISTRATOR}


def test_two_administrators_cannot_put_each_other_out_of_use_at_once(engine: Engine) -> None:
    for name in ("aa", "bb"):
        somebody(engine, name, Role.ADMIN)
    refused: list[CaseError] = []

    def off(name: str) -> None:
        try:
            do(engine, lambda session: set_active(session, name, False, NOW, "x"))
        except CaseError as error:
            refused.append(error)

    threads = [Thread(target=off, args=(name,)) for name in ("aa", "bb")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with reading(engine) as work:
        assert sum(each["active"] for each in people(work.session)) == 1
    assert len(refused) == 1
