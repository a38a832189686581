"""The second factor: the standard's own vectors, codes that are good once, and what wrong ones cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from telling import NOON, at

from cases.model import AuditEntry, User
from cases.second_factor import (
    Offer,
    SecondFactorRefused,
    code_at,
    confirm,
    lock_up,
    new_codes,
    offer,
    offered,
    prove,
    step_at,
    turn_off,
    unlock,
)
from cases.states import Role
from cases.unit_of_work import UnitOfWork, reading
from cases.users import Refusal, Refused, add_user, authenticate, find_user

PASSWORD, KEY = "a long enough one", "k" * 40
SEEDS = {
    "sha1": b"12345678901234567890",
    "sha256": b"12345678901234567890123456789012",
    "sha512": b"1234567890123456789012345678901234567890123456789012345678901234",
}
# RFC 6238, appendix B.
VECTORS = (
    (59, "94287082", "46119246", "90693936"),
    (1111111109, "07081804", "68084774", "25091201"),
    (1111111111, "14050471", "67062674", "99943326"),
    (1234567890, "89005924", "91819424", "93441116"),
    (2000000000, "69279037", "90698825", "38618901"),
    (20000000000, "65353130", "77737706", "47863826"),
)  # fmt: skip


@pytest.mark.parametrize(("second", "sha1", "sha256", "sha512"), VECTORS)
def test_codes_are_the_standards(second: int, sha1: str, sha256: str, sha512: str) -> None:
    step = step_at(datetime.fromtimestamp(second, UTC))
    for algorithm, wanted in (("sha1", sha1), ("sha256", sha256), ("sha512", sha512)):
        assert code_at(SEEDS[algorithm], step, 8, algorithm) == wanted
    assert code_at(SEEDS["sha1"], step) == sha1[-6:]


def test_the_first_codes_are_those_of_rfc_4226() -> None:
    wanted = "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489"
    assert [code_at(SEEDS["sha1"], count) for count in range(10)] == wanted.split()


@given(st.binary(max_size=32), st.text(), st.text(alphabet="abc", min_size=1))
def test_a_locked_up_secret_opens_for_its_own_key_and_person_only(secret: bytes, key: str, name: str) -> None:
    kept = lock_up(secret, key, name)
    assert unlock(kept, key, name) == secret
    for other_key, other_name in ((key + "x", name), (key, name + "x")):
        with pytest.raises(SecondFactorRefused, match="second_factor_key"):
            unlock(kept, other_key, other_name)


class Person:
    """Somebody with a device, whose clock is the test's."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        with UnitOfWork(engine) as work:
            add_user(work.session, "ming", Role.ADMIN, PASSWORD, NOON, "system")
            work.commit()
        self.recovery: list[str] = []

    def is_offered(self) -> Offer:
        with UnitOfWork(self.engine) as work:
            made = offer(work.session, "ming", KEY, "民生110")
            work.commit()
        return made

    def sets_up(self, seconds: float = 0) -> None:
        self.is_offered()
        with UnitOfWork(self.engine) as work:
            found = confirm(work.session, "ming", self.code(seconds), KEY, at(seconds))
            work.commit()
        assert isinstance(found, list)
        self.recovery = found

    def code(self, seconds: float) -> str:
        with reading(self.engine) as work:
            kept = work.session.scalars(select(User.totp_secret)).one()
        assert kept is not None
        return code_at(unlock(kept, KEY, "ming"), step_at(at(seconds)))

    def gives_password(self, said: str, seconds: float) -> User | Refused:
        with UnitOfWork(self.engine) as work:
            found = authenticate(work.session, "ming", said, at(seconds))
            work.commit()
        return found

    def proves(self, said: str, seconds: float) -> User | Refused:
        with UnitOfWork(self.engine) as work:
            found = prove(work.session, find_user(work.session, "ming"), said, KEY, at(seconds))
            work.commit()
        return found

    @property
    def row(self) -> User:
        with reading(self.engine) as work:
            return work.session.scalars(select(User)).one()

    @property
    def audited(self) -> list[str]:
        with reading(self.engine) as work:
            return list(work.session.scalars(select(AuditEntry.what).order_by(AuditEntry.id)))


@pytest.fixture
def ming(engine: Engine) -> Person:
    return Person(engine)


def test_an_offer_is_an_address_and_nothing_before_it_is_confirmed(ming: Person) -> None:
    made = ming.is_offered()
    assert made.uri.startswith("otpauth://totp/%E6%B0%91%E7%94%9F110%3Aming?secret=")
    assert f"secret={made.secret}&" in made.uri
    assert made.grouped.replace(" ", "") == made.secret
    assert made.secret not in (ming.row.totp_secret or "")
    assert isinstance(ming.gives_password(PASSWORD, 1), User)
    assert ming.audited[-1] == "login"


def test_the_offer_stays_while_its_person_tries(ming: Person) -> None:
    made = ming.is_offered()
    with UnitOfWork(ming.engine) as work:
        assert confirm(work.session, "ming", "000000", KEY, at(0)) == Refused(Refusal.WRONG)
        assert offered(work.session, "ming", KEY, "民生110") == made


def test_a_second_secret_is_not_offered_beside_one_in_use(ming: Person) -> None:
    ming.sets_up()
    with pytest.raises(SecondFactorRefused):
        ming.is_offered()
    with UnitOfWork(ming.engine) as work, pytest.raises(SecondFactorRefused):
        confirm(work.session, "ming", "123456", KEY, at(0))


def test_a_login_is_whole_with_the_code(ming: Person) -> None:
    ming.sets_up()
    assert isinstance(ming.gives_password(PASSWORD, 60), User)
    assert (ming.audited[-1], ming.row.last_login_at) == ("password_given", None)
    code = ming.code(60)
    assert isinstance(ming.proves(f" {code[:3]} {code[3:]} ", 60), User)
    assert (ming.audited[-1], ming.row.last_login_at) == ("login", at(60))


@pytest.mark.parametrize(("late", "good"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_is_good_half_a_minute_to_either_side(ming: Person, late: int, good: bool) -> None:
    ming.sets_up()
    answer = ming.proves(ming.code(600), 600 + late)
    assert isinstance(answer, User) == good


def test_a_code_that_was_used_is_used_and_so_are_those_before_it(ming: Person) -> None:
    ming.sets_up()
    assert ming.proves(ming.code(0), 0) == Refused(Refusal.WRONG)  # the one that confirmed it
    assert isinstance(ming.proves(ming.code(90), 90), User)
    assert ming.proves(ming.code(90), 91) == Refused(Refusal.WRONG)
    assert ming.proves(ming.code(60), 91) == Refused(Refusal.WRONG)
    assert isinstance(ming.proves(ming.code(120), 91), User)


@pytest.mark.parametrize("said", ["", "abc", "１２３４５６", "\x00", "12345", "1234567", "'; --", "9" * 500])
def test_nonsense_is_a_wrong_code(ming: Person, said: str) -> None:
    ming.sets_up()
    assert ming.proves(said, 60) == Refused(Refusal.WRONG)


def test_a_recovery_code_is_good_once_however_it_is_typed(ming: Person) -> None:
    ming.sets_up()
    first = ming.recovery[0]
    assert len(set(ming.recovery)) == 10
    assert first not in str(ming.row.recovery_codes)
    assert isinstance(ming.proves(first.upper().replace("-", " "), 60), User)
    assert ming.proves(first, 61) == Refused(Refusal.WRONG)
    assert len(ming.row.recovery_codes or ()) == 9
    with UnitOfWork(ming.engine) as work:
        new_codes(work.session, find_user(work.session, "ming"), at(62))
        work.commit()
    assert ming.proves(ming.recovery[1], 63) == Refused(Refusal.WRONG)


def test_wrong_codes_and_wrong_passwords_are_counted_together(ming: Person) -> None:
    ming.sets_up()
    for second in range(2):
        ming.gives_password("wrong", second)
    # A right password in between forgets nothing: nobody has entered.
    for second in range(2, 4):
        assert isinstance(ming.gives_password(PASSWORD, second), User)
        assert ming.proves("000000", second) == Refused(Refusal.WRONG)
    end = at(5) + timedelta(minutes=15)
    assert ming.proves("000000", 5) == Refused(Refusal.LOCKED, end)
    assert ming.proves(ming.code(60), 60) == Refused(Refusal.LOCKED, end)
    assert ming.gives_password(PASSWORD, 61) == Refused(Refusal.LOCKED, end)
    assert isinstance(ming.proves(ming.code(1000), 1000), User)
    assert ming.row.failed_logins == 0


def test_a_reset_ends_the_sessions_and_opens_the_way_to_a_new_one(ming: Person) -> None:
    ming.sets_up()
    version = ming.row.session_version
    with UnitOfWork(ming.engine) as work:
        turn_off(work.session, find_user(work.session, "ming"), at(60), "admin")
        work.commit()
    row = ming.row
    assert (row.totp_secret, row.totp_since, row.recovery_codes) == (None, None, None)
    assert row.session_version == version + 1
    assert ming.proves("000000", 61) == Refused(Refusal.WRONG)
    assert isinstance(ming.gives_password(PASSWORD, 62), User)
    assert ming.audited[-1] == "login"
    ming.sets_up(120)
