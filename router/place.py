"""Where it is: township, community, road, number, building, landmark, from spoken words.

Known names come from the city's gazetteer, by their characters or by their sound; unknown ones by their form
(place_parts.py). A name that several townships share stays ambiguous.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from router.city_file import City
from router.lexicon import Hit, Lexicon
from router.place_parts import (
    BUILDING,
    COMMUNITY,
    LANDMARK,
    NUMBER,
    OUTER,
    ROAD,
    TOWNSHIP,
    Part,
    is_region,
    parts,
)
from router.text import blurred, fold, squeezed

_ENDING = re.compile(r"(街道|镇|乡)$")
_SAID_BEFORE = re.compile(r"(^|[在到住去从是们于回来]|[^一-鿿])$")
_SAID_AFTER = re.compile(r"^($|[那这的街人镇乡边里村中卫有上下往]|政府|集镇|派出所|新区|老街|方向|[^一-鿿])")
_SHORT_BARE = 2
_SHORTEST_NAME = 3
"""Two signs and the ending."""
_GOES_ON = re.compile(r"街道|社区|小学|中学|小区|学校|医院")
BARE = "bare"


class Evidence(NamedTuple):
    """text[start:end] says this of the place."""

    start: int
    end: int
    why: str


@dataclass(frozen=True)
class Place:
    """The place as far as it is known; empty texts for what is not. `code`: the township's code."""

    township: str = ""
    community: str = ""
    road: str = ""
    number: str = ""
    building: str = ""
    landmark: str = ""
    code: str = ""
    ambiguous: tuple[str, ...] = ()
    """The townships that a name may mean, where it stays open."""
    evidence: tuple[Evidence, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The keys of `router decide`'s place."""
        poi = self.landmark + self.building if self.landmark else self.building
        return {
            "township": self.township or None,
            "community": self.community or None,
            "road": self.road or None,
            "number": self.number or None,
            "poi": poi or None,
            "ambiguous": list(self.ambiguous),
        }

    @property
    def empty(self) -> bool:
        return not (self.township or self.community or self.road or self.landmark or self.ambiguous)


class _Known(NamedTuple):
    kind: str
    name: str
    townships: tuple[str, ...]


@dataclass
class _Found:
    """What was found so far, by kind; the first of a kind stands unless only a later one is known."""

    parts: dict[str, Part] = field(default_factory=dict)
    known: dict[str, _Known] = field(default_factory=dict)
    corrected: dict[str, str] = field(default_factory=dict)
    """As it was written down, where a known name was taken by its sound."""
    foreign: bool = False
    """Another city is named, and not this one."""


class PlaceFinder:
    """Finds places by one city's gazetteer."""

    def __init__(self, city: City) -> None:
        self._names = {each.code: each.name for each in city.township}
        self._own = city.city.name.removesuffix("市")
        self._bare = {_ENDING.sub("", each.name) for each in city.township}
        self._lexicon = Lexicon[_Known](_entries(city))

    def find(self, text: str) -> Place:
        """The place said in `text`; an empty Place when none is. Never raises."""
        folded, origin = squeezed(fold(text))
        found = _Found()
        formed = list(parts(folded))
        outer = {part.name for part in formed if part.kind == OUTER and is_region(part.name)}
        found.foreign = bool(outer - self._bare) and self._own not in folded
        # The address of another city: its East Gate Street is not ours.
        hits = [] if found.foreign else list(self._known_hits(folded, formed))
        for hit, known in hits:
            corrected = "" if folded[hit.start : hit.end] in known.name else folded[hit.start : hit.end]
            part = Part(known.kind, hit.start, hit.end, known.name)
            self._keep(found, known.kind, part, known, corrected if hit.heard else "")
        taken = bytearray(len(folded))
        for hit, _ in hits:
            taken[hit.start : hit.end] = b"\1" * (hit.end - hit.start)
        towns = {hit.start: hit.end for hit, known in hits if known.kind in (TOWNSHIP, BARE)}
        for part in formed:
            part = _behind(part, towns.get(part.start, part.start), folded)
            if not any(taken[part.start : part.end]):
                self._keep(found, part.kind, part, None)
        _choose_number(found, formed)
        return self._place(found, origin)

    def _known_hits(self, folded: str, formed: list[Part]) -> Iterator[tuple[Hit[_Known], _Known]]:
        """Known names, longest first; by sound where no characters matched."""
        exact = self._lexicon.find(folded)
        begins = {hit.start for hit in exact} | {part.start for part in formed if part.kind == NUMBER}
        villages = {part.start: part.end for part in formed if part.kind in (COMMUNITY, ROAD)}
        heard = self._lexicon.find_heard(blurred(folded))
        taken = bytearray(len(folded))
        for hit in sorted(exact, key=_size) + sorted(heard, key=_size):
            if any(taken[hit.start : hit.end]):
                continue
            values = hit.values
            bare = all(known.kind == BARE for known in values)
            followed = hit.end in begins or villages.get(hit.start, 0) - hit.end >= _SHORTEST_NAME
            if bare and not _said_as_place(folded, hit, followed):
                continue
            if _begins_longer_name(folded, hit):
                continue
            taken[hit.start : hit.end] = b"\1" * (hit.end - hit.start)
            yield from ((hit, known) for known in values)

    @staticmethod
    def _keep(found: _Found, kind: str, part: Part, known: _Known | None, corrected: str = "") -> None:
        slot = TOWNSHIP if kind == BARE else kind
        standing = found.known.get(slot)
        if known and standing and {*known.townships} != {*standing.townships}:
            if standing.kind == BARE and known.kind == BARE and part.start == found.parts[slot].start:
                found.known[slot] = _Known(BARE, known.name, standing.townships + known.townships)
            elif standing.kind == BARE and known.kind == TOWNSHIP:
                found.known[slot], found.parts[slot] = known, part
            return
        if slot not in found.parts or (known and not standing):
            found.parts[slot] = part
            if known:
                found.known[slot] = known
                found.corrected[slot] = corrected

    def _place(self, found: _Found, origin: Sequence[int]) -> Place:
        names = {kind: part.name for kind, part in found.parts.items()}
        code, ambiguous = self._township(found)
        spoken = names.get(TOWNSHIP, "")
        if TOWNSHIP in found.known or not spoken:
            spoken = self._names.get(code, "")
        evidence = sorted(
            (
                Evidence(origin[part.start], origin[part.end - 1] + 1, _why(part, found.corrected.get(kind)))
                for kind, part in found.parts.items()
                if kind != OUTER
            ),
            key=lambda each: each.start,
        )
        return Place(
            township="" if ambiguous else spoken,
            community=names.get(COMMUNITY, ""),
            road=names.get(ROAD, ""),
            number=names.get(NUMBER, ""),
            building=names.get(BUILDING, ""),
            landmark=names.get(LANDMARK, ""),
            code=code,
            ambiguous=tuple(self._names[each] for each in ambiguous),
            evidence=tuple(evidence),
        )

    def _township(self, found: _Found) -> tuple[str, tuple[str, ...]]:
        """The township's code, or the codes between which it stays open."""
        said = found.known.get(TOWNSHIP)
        hints = [
            set(found.known[kind].townships)
            for kind in (COMMUNITY, LANDMARK, ROAD)
            if kind in found.known and found.known[kind].townships
        ]
        if said is None:
            unknown_town = TOWNSHIP in found.parts
            sure = [hint for hint in hints[:1] if len(hint) == 1]
            usable = (
                not unknown_town
                and not found.foreign
                and (COMMUNITY in found.known or LANDMARK in found.known)
            )
            return (sure[0].pop() if sure and usable else ""), ()
        codes = set(said.townships)
        for hint in hints:
            codes = codes & hint or codes
        if len(codes) == 1:
            return codes.pop(), ()
        return "", tuple(sorted(codes))


def _choose_number(found: _Found, formed: list[Part]) -> None:
    """The number that follows the road, or the village, is the house's; 三百号 said before it is not."""
    numbers = [part for part in formed if part.kind == NUMBER]
    named = found.parts.get(ROAD) or found.parts.get(COMMUNITY)
    behind = [part for part in numbers if named is not None and part.start >= named.end]
    road = found.parts.get(ROAD)
    if numbers:
        found.parts[NUMBER] = (behind or numbers)[0]
    if road and NUMBER in found.parts and road.start == found.parts[NUMBER].start:
        del found.parts[ROAD]  # 五组六号 is one number


def _begins_longer_name(folded: str, hit: Hit[_Known]) -> bool:
    """Whether the name goes on: 解放路小学 and 解放路街道 are not 解放路."""
    if any(known.kind != ROAD for known in hit.values):
        return False
    return bool(_GOES_ON.match(folded, hit.end))


def _why(part: Part, corrected: str | None) -> str:
    heard = f"(听写为“{corrected}”,按读音更正)" if corrected else ""
    return f"地点:{part.name}{heard}"


def _size(hit: Hit[_Known]) -> tuple[int, int]:
    return hit.start - hit.end, hit.start


def _said_as_place(folded: str, hit: Hit[_Known], followed: bool) -> bool:
    """Whether a bare name like 和平 is meant as a place here. `followed`: another name begins behind it."""
    if len(hit.word) > _SHORT_BARE:
        return True  # 大埠岗 means nothing else
    before, after = folded[max(0, hit.start - 1) : hit.start], folded[hit.end : hit.end + 3]
    goes_on = followed or _SAID_AFTER.match(after)
    return bool(goes_on) and (bool(_SAID_BEFORE.search(before)) or after[:1] in tuple("那这镇"))


def _behind(part: Part, end: int, folded: str) -> Part:
    """The village or road whose name begins behind a known town: 金坑下坊村 → 下坊村."""
    if part.kind not in (COMMUNITY, ROAD) or not part.start < end <= part.end - _SHORTEST_NAME:
        return part
    return Part(part.kind, end, part.end, folded[end : part.end])


def _entries(city: City) -> Iterable[tuple[str, _Known]]:
    for each in city.township:
        known = _Known(TOWNSHIP, each.name, (each.code,))
        for name in (each.name, *each.aliases):
            yield fold(name), known
        if _ENDING.search(each.name):
            yield fold(_ENDING.sub("", each.name)), _Known(BARE, each.name, (each.code,))
    spots = city.gazetteer
    for community in spots.community:
        yield fold(community.name), _Known(COMMUNITY, community.name, (community.township,))
    for road in spots.road:
        yield fold(road.name), _Known(ROAD, road.name, tuple(road.townships))
    for mark in spots.landmark:
        known = _Known(LANDMARK, mark.name, (mark.township,) if mark.township else ())
        for name in (mark.name, *mark.aliases):
            yield fold(name), known
