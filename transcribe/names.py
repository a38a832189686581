"""Names of a city put right after recognition: 水背街道 is 水北街道, by how the syllables sound.

A recogniser writes what it hears with the characters it likes best; the names of a city's units and places
are rarer than their neighbours in sound. A piece of the text becomes a name only when it has the name's
length, shares characters with it, and every other syllable sounds the same or nearly so. What is already a
name, or is written with everyday particles, stays as it is. Pure: the names come as plain data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from transcribe.engine import Word

_SHORTEST, _LONGEST = 3, 12
"""Characters of a name: two sound like too many other words."""
_MOST_DISTANCE = {3: 1, 4: 2}
"""By length, longer ones as the last; see `_apart`."""
_CONFIDENCE_LOST = 0.12
"""For each step of distance."""
_PARTICLES = frozenset(
    "的了着过吗呢吧啊呀嘛是有在从又也都就很太再还要不没别和跟把被给让对到去来上下里外前后左右"
    "我你他她它们这那哪个一二三四五六七八九十两几多少大小常老总真能会可想说看做用见找叫问请因为"
    "所以但如果时今明昨天年月日号点半"
)
"""Characters of everyday words: they are never taken for a mistake."""
_NEAR_INITIALS = [
    ("zh", "z"),
    ("ch", "c"),
    ("sh", "s"),
    ("n", "l"),
    ("f", "h"),
    ("b", "p"),
    ("d", "t"),
    ("g", "k"),
]
_NEAR_FINALS = [("ang", "an"), ("eng", "en"), ("ing", "in"), ("uang", "uan"), ("iang", "ian"), ("ong", "eng")]
_INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcsyw")


@dataclass(frozen=True)
class Correction:
    """`first`: the number of the word it begins in. `start`, `end` in seconds; `confidence` 0..1."""

    original: str
    corrected: str
    first: int
    start: float
    end: float
    confidence: float


@dataclass(frozen=True)
class _Syllable:
    initial: str
    final: str
    tone: str


class Names:
    """The names of a city, ready to be looked for. Build it once; about 1 ms for 50 names."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = sorted({n for n in names if _SHORTEST <= len(n) <= _LONGEST and _chinese(n)})

    @cached_property
    def known(self) -> frozenset[str]:
        return frozenset(self._names)

    @cached_property
    def lengths(self) -> list[int]:
        """Longest first: the longer name is the more certain one."""
        return sorted({len(name) for name in self._names}, reverse=True)

    @cached_property
    def _by_sound(self) -> dict[tuple[str, ...], list[tuple[str, tuple[_Syllable, ...]]]]:
        found: dict[tuple[str, ...], list[tuple[str, tuple[_Syllable, ...]]]] = defaultdict(list)
        for name in self._names:
            sound = tuple(_syllables(name))
            if len(sound) == len(name):
                found[tuple(map(_rough, sound))].append((name, sound))
        return dict(found)

    def ready(self) -> Names:
        """Look at every name now: a process that forks does it once for all its children."""
        _ = self.known, self.lengths, self._by_sound
        return self

    def like(self, piece: str, sound: Sequence[_Syllable]) -> tuple[str, int] | None:
        """The one name that this piece of text must be, and its distance; None for none or for several."""
        near = [
            (distance, name)
            for name, wanted in self._by_sound.get(tuple(map(_rough, sound)), ())
            if (distance := _distance(piece, sound, name, wanted)) is not None
        ]
        near.sort()
        if not near or (len(near) > 1 and near[0][0] == near[1][0]):
            return None
        return near[0][1], near[0][0]


def correct(
    words: Sequence[Word], names: Names | Iterable[str]
) -> tuple[tuple[Word, ...], tuple[Correction, ...]]:
    """The words with the names in them put right, and what was changed.

    Words keep their number, place and length; a changed one carries what was heard.
    """
    book = names if isinstance(names, Names) else Names(names)
    text = "".join(word.word for word in words)
    owner = [number for number, word in enumerate(words) for _ in word.word]
    found = _replacements(text, book)
    if not found:
        return tuple(words), ()
    signs = list(text)
    corrections = []
    for at, name, distance in found:
        first, last = owner[at], owner[at + len(name) - 1]
        signs[at : at + len(name)] = name
        heard = min(word.confidence for word in words[first : last + 1])
        corrections.append(
            Correction(
                original=text[at : at + len(name)],
                corrected=name,
                first=first,
                start=words[first].start,
                end=words[last].end,
                confidence=round(heard * (1 - _CONFIDENCE_LOST * distance), 3),
            )
        )
    return _rewritten(words, "".join(signs)), tuple(corrections)


def _replacements(text: str, book: Names) -> list[tuple[int, str, int]]:
    """(where, name, distance), from left to right, none over another."""
    if not book.lengths or not _chinese_in(text):
        return []
    sound = _syllables(text)
    if len(sound) != len(text):
        return []
    taken = _names_in(text, book)
    found = []
    for length in book.lengths:
        for at in range(len(text) - length + 1):
            piece = slice(at, at + length)
            if any(taken[piece]):
                continue
            like = book.like(text[piece], sound[piece])
            if like is not None:
                found.append((at, *like))
                taken[piece] = [True] * length
    return sorted(found)


def _names_in(text: str, book: Names) -> list[bool]:
    """For each character, whether it belongs to a name that is already right."""
    taken = [False] * len(text)
    for name in book.known:
        at = text.find(name)
        while at >= 0:
            taken[at : at + len(name)] = [True] * len(name)
            at = text.find(name, at + 1)
    return taken


def _distance(piece: str, sound: Sequence[_Syllable], name: str, wanted: Sequence[_Syllable]) -> int | None:
    """How far apart they sound; None: this piece is not that name."""
    changed = [i for i, (a, b) in enumerate(zip(piece, name, strict=True)) if a != b]
    if not changed or len(name) - len(changed) < len(name) / 2:
        return None
    if any(piece[i] in _PARTICLES for i in changed):
        return None
    steps = [_apart(sound[i], wanted[i]) for i in changed]
    if any(step is None for step in steps):
        return None
    distance = sum(step or 0 for step in steps)
    return distance if distance <= _MOST_DISTANCE.get(len(name), _MOST_DISTANCE[4]) else None


def _apart(heard: _Syllable, wanted: _Syllable) -> int | None:
    """0: alike; 1: one of initial, final and tone is a neighbour; None: another sound."""
    steps = 0
    for a, b, near in (
        (heard.initial, wanted.initial, _NEAR_INITIALS),
        (heard.final, wanted.final, _NEAR_FINALS),
    ):
        if a != b:
            if (a, b) not in near and (b, a) not in near:
                return None
            steps += 1
    # A third tone before another is spoken as a second one.
    steps += heard.tone != wanted.tone and {heard.tone, wanted.tone} != {"2", "3"}
    return steps if steps <= 1 else None


def _rough(syllable: _Syllable) -> str:
    """One key for all syllables that may be taken for each other."""
    initial = {"zh": "z", "ch": "c", "sh": "s", "l": "n", "h": "f", "p": "b", "t": "d", "k": "g"}.get(
        syllable.initial, syllable.initial
    )
    final = syllable.final.replace("ong", "eng")
    return initial + (final[:-1] if final.endswith("ng") else final)


@lru_cache(maxsize=4096)
def _syllable(spelled: str) -> _Syllable:
    tone = spelled[-1] if spelled[-1].isdigit() else "5"
    body = spelled.rstrip("12345")
    initial = next((each for each in _INITIALS if body.startswith(each)), "")
    return _Syllable(initial, body[len(initial) :], tone)


def _syllables(text: str) -> list[_Syllable]:
    """One for each character; what is not Chinese sounds like nothing else."""
    from pypinyin import Style, lazy_pinyin  # here, so that a process without transcripts does not load it

    spelled = lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True, errors=list)  # type: ignore[arg-type]
    return [_syllable(each) for each in spelled]


def _chinese(text: str) -> bool:
    return all("\u4e00" <= sign <= "\u9fff" for sign in text)


def _chinese_in(text: str) -> bool:
    return any("\u4e00" <= sign <= "\u9fff" for sign in text)


def _rewritten(words: Sequence[Word], text: str) -> tuple[Word, ...]:
    out, at = [], 0
    for word in words:
        now = text[at : at + len(word.word)]
        at += len(word.word)
        out.append(word if now == word.word else replace(word, word=now, heard=word.word))
    return tuple(out)
