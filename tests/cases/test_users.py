"""Who may log in, and what becomes of those who guess."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sorting_scene import load
from sqlalchemy import Engine, select
from telling import NOON, at

from cases.errors import CaseError, NotFound
from cases.model import AuditEntry, User
from cases.states import Role
from cases.unit_of_work import UnitOfWork, reading
from cases.users import (
    DEVELOPMENT_USERS,
    PasswordRefused,
    Refusal,
    Refused,
    add_user,
    authenticate,
    change_password,
    end_sessions,
    find_user,
    generate_password,
    reset_password,
    seat,
    seed_users,
)

PASSWORD = "a long enough one"


@pytest.fixture
def ming(engine: Engine) -> str:
    with UnitOfWork(engine) as work:
        add_user(work.session, "ming", Role.AGENT, PASSWORD, NOON, "admin")
        work.commit()
    return "ming"


def log_in(engine: Engine, username: str, password: str, seconds: float = 0) -> User | Refused:
    with UnitOfWork(engine) as work:
        answer = authenticate(work.session, username, password, at(seconds), "10.0.0.7")
        work.commit()
    return answer


def audited(engine: Engine) -> list[str]:
    with reading(engine) as work:
        return list(work.session.scalars(select(AuditEntry.what).order_by(AuditEntry.id)))


def test_the_right_password_opens(engine: Engine, ming: str) -> None:
    user = log_in(engine, " MING ", PASSWORD)
    assert isinstance(user, User)
    assert (user.role, user.last_login_at, user.must_change_password) == (Role.AGENT, NOON, True)
    assert audited(engine) == ["user_added", "login"]


@pytest.mark.parametrize("username", ["nobody", "", "x" * 500, "mi\x00ng", "'; DROP TABLE user; --"])
def test_an_unknown_user_is_refused_like_a_wrong_password(engine: Engine, ming: str, username: str) -> None:
    assert log_in(engine, username, PASSWORD) == Refused(Refusal.WRONG)
    assert log_in(engine, ming, "wrong") == Refused(Refusal.WRONG)


def test_five_wrong_passwords_in_a_row_lock_for_fifteen_minutes(engine: Engine, ming: str) -> None:
    for second in range(4):
        assert log_in(engine, ming, "wrong", second) == Refused(Refusal.WRONG)
    end = at(4) + timedelta(minutes=15)
    assert log_in(engine, ming, "wrong", 4) == Refused(Refusal.LOCKED, end)
    assert log_in(engine, ming, PASSWORD, 60) == Refused(Refusal.LOCKED, end)
    assert isinstance(log_in(engine, ming, PASSWORD, 4 + 15 * 60), User)
    assert audited(engine)[-3:] == ["locked", "login_locked", "login"]


def test_a_right_password_in_between_starts_the_count_anew(engine: Engine, ming: str) -> None:
    for _ in range(3):
        for _ in range(4):
            log_in(engine, ming, "wrong")
        assert isinstance(log_in(engine, ming, PASSWORD), User)


def test_a_disabled_user_stays_outside(engine: Engine, ming: str) -> None:
    with UnitOfWork(engine) as work:
        find_user(work.session, ming).active = False
        work.commit()
    assert log_in(engine, ming, PASSWORD) == Refused(Refusal.WRONG)


def test_a_hash_of_older_settings_is_renewed_at_login(engine: Engine, ming: str) -> None:
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    with UnitOfWork(engine) as work:
        find_user(work.session, ming).password_hash = old
        work.commit()
    user = log_in(engine, ming, PASSWORD)
    assert isinstance(user, User)
    assert user.password_hash != old
    assert isinstance(log_in(engine, ming, PASSWORD), User)


def test_a_changed_password_ends_the_other_sessions(engine: Engine, ming: str) -> None:
    with UnitOfWork(engine) as work:
        user = find_user(work.session, ming)
        before = user.session_version
        change_password(work.session, user, PASSWORD, "another long one", NOON)
        work.commit()
    assert (user.session_version, user.must_change_password) == (before + 1, False)
    assert log_in(engine, ming, PASSWORD) == Refused(Refusal.WRONG)
    assert isinstance(log_in(engine, ming, "another long one"), User)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("wrong", "another long one", "old password is wrong"),
        (PASSWORD, PASSWORD, "is the old one"),
        (PASSWORD, "short", "at least 10"),
        (PASSWORD, "x" * 201, "at most 200"),
        (PASSWORD, "Ming-ming-ming", "not the username"),
        (PASSWORD, "aaaaaaaaaaaa", "few characters"),
    ],
)
def test_a_poor_new_password_is_refused_and_says_why(
    engine: Engine, ming: str, old: str, new: str, why: str
) -> None:
    with UnitOfWork(engine) as work, pytest.raises(PasswordRefused, match=why):
        change_password(work.session, find_user(work.session, ming), old, new, NOON)


def test_a_reset_unlocks_and_hands_out_a_password_for_once(engine: Engine, ming: str) -> None:
    for _ in range(5):
        log_in(engine, ming, "wrong")
    with UnitOfWork(engine) as work:
        handed_out = reset_password(work.session, ming, at(9), "admin")
        work.commit()
    user = log_in(engine, ming, handed_out, 10)
    assert isinstance(user, User)
    assert user.must_change_password


def test_log_out_everywhere_makes_old_sessions_worthless(engine: Engine, ming: str) -> None:
    with UnitOfWork(engine) as work:
        user = find_user(work.session, ming)
        before = user.session_version
        end_sessions(work.session, user, NOON, "ming")
        work.commit()
    assert user.session_version == before + 1


def test_the_first_users_are_made_once_with_roles_desks_and_telephones(engine: Engine) -> None:
    passwords = {name: generate_password() for name in ("admin", "agent1", "desk1", *DEVELOPMENT_USERS)}
    with UnitOfWork(engine) as work:
        assert seed_users(work.session, passwords, NOON) == list(passwords)
        assert seed_users(work.session, passwords, NOON) == []
        work.commit()
    for name, password in passwords.items():
        user = log_in(engine, name, password)
        assert isinstance(user, User)
        assert user.must_change_password == (name == "admin")
    with reading(engine) as work:
        desk = work.session.scalars(select(User).where(User.username == "desk1")).one()
        assert (desk.role, desk.desk, desk.phone) == (Role.DESK, "desk1", "desk1")


def test_a_units_first_person_belongs_to_the_unit_with_most_matters(engine: Engine) -> None:
    with UnitOfWork(engine) as work:
        seed_users(work.session, {"unit1": PASSWORD}, NOON)
        assert seat(work.session, "unit1") is None
        work.commit()
    load(engine)
    with UnitOfWork(engine) as work:
        assert seat(work.session, "unit1") == "自来水公司"
        assert seat(work.session, "unit1") is None
        work.commit()


def test_a_first_user_with_another_name_needs_a_role(engine: Engine) -> None:
    with UnitOfWork(engine) as work:
        with pytest.raises(CaseError, match="li4"):
            seed_users(work.session, {"li4": PASSWORD}, NOON)
        with pytest.raises(PasswordRefused, match="agent3"):
            seed_users(work.session, {"agent3": "short"}, NOON)
        assert seed_users(work.session, {"li4": PASSWORD}, NOON, {"li4": Role.AGENT}) == ["li4"]


@pytest.mark.parametrize("username", ["", "a", "has space", "张三", "x" * 65, "../etc"])
def test_a_name_that_is_no_username_is_refused(engine: Engine, username: str) -> None:
    with UnitOfWork(engine) as work, pytest.raises(CaseError, match="username"):
        add_user(work.session, username, Role.AGENT, PASSWORD, NOON, "admin")


def test_a_taken_name_and_a_role_of_nobody_are_refused(engine: Engine, ming: str) -> None:
    with UnitOfWork(engine) as work:
        with pytest.raises(CaseError, match="already"):
            add_user(work.session, "Ming", Role.AGENT, PASSWORD, NOON, "admin")
        with pytest.raises(CaseError, match="system"):
            add_user(work.session, "robot", Role.SYSTEM, PASSWORD, NOON, "admin")
        with pytest.raises(NotFound):
            reset_password(work.session, "nobody", NOON, "admin")


def test_generated_passwords_differ_and_can_be_read_aloud() -> None:
    made = {generate_password() for _ in range(500)}
    assert len(made) == 500
    assert not set("".join(made)) & set("01oOlI")
