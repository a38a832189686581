"""Case numbers: short, speakable, and a mistake in reading one out is noticed."""

from __future__ import annotations

from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from telling import numbers_for

from cases import intake, numbers
from cases.unit_of_work import UnitOfWork

sequences = st.integers(numbers.FIRST_SEQUENCE, 10**10)


@given(sequences)
def test_every_number_made_is_one_that_checks(sequence: int) -> None:
    assert numbers.check(numbers.make(sequence))


@given(sequences)
def test_any_single_wrong_digit_is_found(sequence: int) -> None:
    number = numbers.make(sequence)
    for place, right in enumerate(number):
        for wrong in set("0123456789") - {right}:
            assert not numbers.check(number[:place] + wrong + number[place + 1 :])


@given(sequences)
def test_any_swap_of_neighbours_is_found(sequence: int) -> None:
    number = numbers.make(sequence)
    for place in range(len(number) - 1):
        swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        assert swapped == number or not numbers.check(swapped)


def test_the_first_number_has_six_digits_and_numbers_grow_by_themselves() -> None:
    assert len(numbers.make(10_000)) == 6
    assert len(numbers.make(99_999)) == 6
    assert len(numbers.make(100_000)) == 7


@given(st.text(max_size=20))
def test_what_is_no_number_is_no_case_number(text: str) -> None:
    assert not numbers.check(text) or text.isascii()


@pytest.mark.parametrize("wrong", ["", "1", "10000", "000000", "१००००५", "１０００05", "10000 5", "1" * 13])
def test_strange_digits_and_lengths_are_refused(wrong: str) -> None:
    assert not numbers.check(wrong)


@pytest.mark.parametrize(
    ("number", "spoken"),
    [
        ("100005", ("100", "005")),
        ("1000002", ("100", "0002")),
        ("12345678", ("123", "456", "78")),
        ("123456789", ("123", "456", "789")),
    ],
)
def test_a_number_is_spoken_in_groups(number: str, spoken: tuple[str, ...]) -> None:
    assert numbers.groups(number) == spoken


@given(sequences)
def test_the_groups_together_are_the_number(sequence: int) -> None:
    number = numbers.make(sequence)
    assert "".join(numbers.groups(number)) == number
    assert all(2 <= len(group) <= 4 for group in numbers.groups(number))


def test_tracking_codes_differ_and_have_no_signs_that_look_alike() -> None:
    codes = {numbers.tracking_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert not set("".join(codes)) & set("01OIl")


def test_numbers_reserved_at_the_same_time_are_nobody_elses(engine: Engine) -> None:
    reserved: list[str] = []
    threads = [Thread(target=lambda: reserved.extend(numbers_for(engine, 3))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(reserved)) == 60
    assert sorted(reserved)[0] == numbers.make(numbers.FIRST_SEQUENCE)


def test_a_block_that_was_not_committed_is_given_again(engine: Engine) -> None:
    with UnitOfWork(engine) as work:
        lost = intake.reserve_numbers(work.session, 2)
    assert numbers_for(engine, 2) == lost


def test_a_block_of_no_numbers_is_refused(engine: Engine) -> None:
    with UnitOfWork(engine) as work, pytest.raises(ValueError, match="block of 0"):
        intake.reserve_numbers(work.session, 0)
