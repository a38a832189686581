"""Numbers as they are spoken: 十二, 一百零八, 幺二八, １２ become Arabic digits."""

from __future__ import annotations

_DIGITS = {sign: value for value, signs in enumerate(("零〇0", "一幺1", "二两2")) for sign in signs}
_DIGITS |= {sign: 3 + index for index, sign in enumerate("三四五六七八九")}
_DIGITS |= {str(value): value for value in range(10)}
_UNITS = {"十": 10, "百": 100, "千": 1000}
SIGNS = "零〇一二三四五六七八九十百千两幺0-9"
"""The signs a spoken number is made of, for a character class of a regular expression."""


def to_arabic(spoken: str) -> str:
    """The number in Arabic digits; what is no number comes back unchanged."""
    if not spoken or any(sign not in _DIGITS and sign not in _UNITS for sign in spoken):
        return spoken
    if not any(sign in _UNITS for sign in spoken):
        return "".join(str(_DIGITS[sign]) for sign in spoken)
    return str(_with_units(spoken))


def _with_units(spoken: str) -> int:
    total, waiting, last_unit = 0, 0, 1
    for sign in spoken:
        if sign in _UNITS:
            last_unit = _UNITS[sign]
            total += (waiting or 1) * last_unit
            waiting = 0
        else:
            waiting = waiting * 10 + _DIGITS[sign] if waiting else _DIGITS[sign]
    # 一百二 is 120, 一百零二 is 102
    shortened = last_unit >= 100 and waiting < 10 and "零" not in spoken and "〇" not in spoken
    return total + (waiting * last_unit // 10 if shortened else waiting)
