"""Told before: the same caller, place and matter within a time; one matter of one place by many. Pure.

    repeats(new, earlier, within)          # candidates for merging, each with its score and reasons
    burst(new, recent, within, callers)    # a new alarm, or one that stands and is joined

Nothing is merged here: a person is offered it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from typing import Any

from router.text import fold, is_chinese

LEAST_SCORE = 0.6
"""Below this, two messages are two requests."""
MOST_OFFERS = 5
_CALLER, _MATTER, _PLACE, _WORDS, _TIME = 0.3, 0.25, 0.25, 0.15, 0.05
_WORDS_SAY_IT = 0.5
_NOWHERE = 0.3
"""How near two places are of which one is not known."""
_READ = 600
"""Characters of a message that are compared: a request says it in the first minutes."""
_STOPS = re.compile(r"^[\s,.。，、]+|[\s,.。，、]+$")
_SHORTEST_PIECE = 2
_MOST_PIECES = 12
_SAID_BY_ALL = frozenset(
    {
        "你好",
        "您好",
        "我们",
        "我想",
        "那个",
        "这个",
        "就是",
        "请问",
        "一下",
        "麻烦",
        "谢谢",
        "什么",
        "怎么",
        "可以",
        "没有",
        "现在",
        "今天",
        "昨天",
        "反映",
        "投诉",
        "我要",
        "是不是",
    }
)
# From the large to the small. Two that are known and differ are two places.
_LEVELS = ("township", "community", "road", "number")
_NEAR = {"township": 0.4, "community": 0.8, "road": 0.7}
_NAMES = ("poi", "community", "road", "township")


@dataclass(frozen=True)
class Told:
    """A case as far as repeats go. `place`: the keys of `router decide`; `burst`: the alarm it belongs to."""

    number: str
    caller: str
    matter: str | None
    place: Mapping[str, Any]
    text: str
    at: datetime
    burst: int | None = None


@dataclass(frozen=True)
class Repeat:
    """`score` 0..1; `reasons`: what both have, weightiest first; `common`: pieces in both texts."""

    number: str
    score: float
    reasons: tuple[str, ...]
    common: tuple[str, ...]


@dataclass(frozen=True)
class BurstHeard:
    """Many callers, one matter, one place. `standing`: the alarm that the new case joins; None: a new one."""

    place: str
    members: tuple[str, ...]
    standing: int | None = None


# ---------------------------------------------------------------- repeats


def repeats(new: Told, earlier: Iterable[Told], within: timedelta) -> tuple[Repeat, ...]:
    """The earlier cases that `new` may tell again, likeliest first, at most MOST_OFFERS."""
    found = [_compared(new, other, within) for other in earlier if other.number != new.number]
    likely = sorted((each for each in found if each is not None), key=lambda each: (-each.score, each.number))
    return tuple(likely[:MOST_OFFERS])


def _compared(new: Told, other: Told, within: timedelta) -> Repeat | None:
    apart = abs(new.at - other.at)
    if apart > within:
        return None
    same_caller = bool(new.caller) and new.caller == other.caller
    same_matter = new.matter is not None and new.matter == other.matter
    near = nearness(new.place, other.place)
    alike = likeness(new.text, other.text)
    if near is None or not (same_matter or (same_caller and alike >= _WORDS_SAY_IT)):
        return None
    if not same_caller and near < _NEAR["road"]:
        return None  # two strangers speak of the same thing only where the place says so
    score = (
        _CALLER * same_caller
        + _MATTER * same_matter
        + _PLACE * near
        + _WORDS * alike
        + _TIME * (1 - apart / within)
    )
    if score < LEAST_SCORE and not (same_caller and same_matter):
        return None
    reasons = [
        (_CALLER * same_caller, "caller"),
        (_MATTER * same_matter, "matter"),
        (_PLACE * near if near > _NOWHERE else 0, "place"),
        (_WORDS * alike if alike >= _WORDS_SAY_IT else 0, "words"),
    ]
    said = tuple(name for weight, name in sorted(reasons, key=lambda each: -each[0]) if weight)
    return Repeat(other.number, round(min(score, 1.0), 3), said, common(new.text, other.text))


def nearness(one: Mapping[str, Any], other: Mapping[str, Any]) -> float | None:
    """How near two places are, 0..1; None: they are two different ones."""
    shared = []
    for level in _LEVELS:
        mine, theirs = one.get(level), other.get(level)
        if mine and theirs and mine != theirs:
            return None
        if mine and theirs:
            shared.append(level)
    if one.get("poi") and one.get("poi") == other.get("poi"):
        return 1.0
    if "number" in shared and ("road" in shared or "community" in shared):
        return 1.0
    return max((_NEAR[level] for level in shared if level in _NEAR), default=_NOWHERE)


def likeness(one: str, other: str) -> float:
    """How much of the shorter text's pairs of signs stands in the longer one, 0..1."""
    mine, theirs = _pairs(one), _pairs(other)
    least = min(len(mine), len(theirs))
    return len(mine & theirs) / least if least else 0.0


def _pairs(text: str) -> set[str]:
    plain = "".join(sign for sign in fold(text[:_READ]) if sign.isalnum())
    return {plain[at : at + 2] for at in range(len(plain) - 1)}


def common(one: str, other: str) -> tuple[str, ...]:
    """Pieces of two signs and more that stand verbatim in both texts, in the first one's order."""
    matcher = SequenceMatcher(None, one[:_READ], other[:_READ], autojunk=False)
    pieces = (_STOPS.sub("", one[block.a : block.a + block.size]) for block in matcher.get_matching_blocks())
    telling = [
        piece
        for piece in pieces
        if len(piece) >= _SHORTEST_PIECE and any(map(is_chinese, piece)) and piece not in _SAID_BY_ALL
    ]
    return tuple(dict.fromkeys(telling))[:_MOST_PIECES]


# ---------------------------------------------------------------- bursts


def burst(new: Told, recent: Iterable[Told], within: timedelta, callers: int) -> BurstHeard | None:
    """The burst that `new` belongs to: an alarm that stands, or a new one of at least `callers` callers.

    All who withhold their number count as one caller: one person can ring many times.
    """
    if new.matter is None or not _named(new.place):
        return None
    beside = [
        other
        for other in recent
        if other.matter == new.matter
        and other.number != new.number
        and abs(new.at - other.at) <= within
        and meet(new.place, other.place)
    ]
    standing = [other for other in beside if other.burst is not None]
    if standing:
        latest = max(standing, key=lambda each: each.at)
        return BurstHeard(_shared_name([new, latest]), (new.number,), latest.burst)
    members = sorted([*beside, new], key=lambda each: (each.at, each.number))
    if len({each.caller for each in members}) < callers:
        return None
    return BurstHeard(_shared_name(members), tuple(each.number for each in members))


def meet(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether both may speak of one place: a name in common, and no two townships."""
    if one.get("township") and other.get("township") and one["township"] != other["township"]:
        return False
    return any(one.get(name) and one.get(name) == other.get(name) for name in _NAMES)


def _named(place: Mapping[str, Any]) -> bool:
    return any(place.get(name) for name in _NAMES)


def _shared_name(members: Iterable[Told]) -> str:
    """What most of them call the place; of equals the smallest place."""
    said = Counter(
        (name, str(each.place[name])) for each in members for name in _NAMES if each.place.get(name)
    )
    most = max(said.values())
    named = {name: value for (name, value), count in said.items() if count == most}
    return next(named[name] for name in _NAMES if name in named)
