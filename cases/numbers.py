"""Case numbers: short, speakable, and a wrong digit is noticed.

A number is a running sequence and one check digit by Damm's method, which finds every single wrong digit and
every swap of two neighbours: the two mistakes people make when they read a number out or key it in. The
sequence starts at 10000, so numbers have six digits and grow by themselves.
"""

from __future__ import annotations

import secrets

FIRST_SEQUENCE = 10_000

# Damm's weakly totally anti-symmetric quasigroup of order 10.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
_DIGITS = frozenset("0123456789")
_SHORTEST = len(str(FIRST_SEQUENCE)) + 1
_LONGEST = 12

# No 0/O and no 1/I: a tracking code is read from an SMS and keyed in.
_CODE_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CODE_LENGTH = 6


def _damm(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim


def make(sequence: int) -> str:
    """The case number of a place in the sequence. Raises ValueError below FIRST_SEQUENCE."""
    if sequence < FIRST_SEQUENCE:
        raise ValueError(f"case numbers start at sequence {FIRST_SEQUENCE}, not {sequence}")
    return f"{sequence}{_damm(str(sequence))}"


def check(number: str) -> bool:
    """Whether this can be a case number: ASCII digits, long enough, and the check digit agrees."""
    right_shape = _SHORTEST <= len(number) <= _LONGEST and set(number) <= _DIGITS and number[0] != "0"
    return right_shape and _damm(number) == 0


def groups(number: str) -> tuple[str, ...]:
    """The number cut for speaking and printing: groups of three from the left, a last group of 2 to 4.

    "100005" → ("100", "005"); "1000002" → ("100", "0002").
    """
    cut = [number[at : at + 3] for at in range(0, len(number), 3)]
    if len(cut) > 1 and len(cut[-1]) == 1:
        cut[-2:] = ["".join(cut[-2:])]
    return tuple(cut)


def tracking_code() -> str:
    """A fresh secret that lets the citizen, and nobody who only guesses numbers, follow the case."""
    return "".join(secrets.choice(_CODE_SIGNS) for _ in range(_CODE_LENGTH))
