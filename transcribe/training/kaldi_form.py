"""Kaldi's binary forms, as far as the recipe writes them: tokens, numbers, vectors, compressed matrices."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER = b"\0B"
"""The first bytes of a binary file."""


def token(name: str) -> bytes:
    return name.encode() + b" "


def integer(value: int) -> bytes:
    return struct.pack("<bi", 4, value)


def real(value: float) -> bytes:
    return struct.pack("<bf", 4, value)


def integers(values: Sequence[int]) -> bytes:
    return struct.pack("<bi", 4, len(values)) + struct.pack(f"<{len(values)}i", *values)


def vector(values: Any) -> bytes:
    array = np.asarray(values, "<f4")
    return token("FV") + integer(len(array)) + array.tobytes()


def matrix(values: NDArray[Any]) -> bytes:
    """Two bytes a value: between the smallest and the largest of the whole matrix in 65,535 steps."""
    low, high = float(values.min()), float(values.max())
    reach = (high - low) or 1.0
    steps = np.round((values - low) / reach * 65535).astype("<u2")
    return token("CM2") + struct.pack("<ffii", low, reach, *values.shape) + steps.tobytes()
