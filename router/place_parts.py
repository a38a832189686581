"""Parts of an address by their form alone: 某某镇, 某某村, 某某路, 十二号. No name has to be known.

A name begins behind what people say around it (我住在, 那个, 附近), behind the part before it, and behind
the names of provinces, cities and counties, which people say with or without 省, 市, 区 (data/regions.txt).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from router.numerals import to_arabic
from router.place_numbers import COUNT, numbers
from router.place_words import (
    AROUND,
    LANDMARKS,
    LONGEST_NAME,
    NO_ENDING,
    NO_NAMES,
    NOT_AFTER,
    OUTER_ENDINGS,
    SINGLE,
    WEAK,
    first_signs,
)

TOWNSHIP, COMMUNITY, ROAD, NUMBER, BUILDING, OUTER, LANDMARK = (
    "township",
    "community",
    "road",
    "number",
    "building",
    "outer",
    "landmark",
)


class Part(NamedTuple):
    """text[start:end] is this part of an address; `name` as it is to be shown."""

    kind: str
    start: int
    end: int
    name: str


_BREAK = re.compile(rf"(?={first_signs(AROUND)})(?:{AROUND})|[^一-鿿0-9a-z]+")
_ROAD_BEGINS = "号公支辅路大胡国省县街巷弄里坊条线道"
_SUFFIX_BEGINS = first_signs(*"街镇乡苏社居村", *_ROAD_BEGINS, LANDMARKS, OUTER_ENDINGS)
_SUFFIX = re.compile(
    rf"(?={_SUFFIX_BEGINS})(?:"
    r"(?P<township>街道办事处|街道办|街道|(?<![环沿绕])镇(?!镇[中前东南西北]+路)|(?<=镇)镇|乡|苏木)|"
    rf"(?P<landmark>{LANDMARKS})|"
    r"(?P<community>社区|居民委员会|居委会|村民委员会|村委会|村)|"
    rf"(?P<road>(?:(?:(?<={COUNT})号)?(?:[公支辅]?路|大道|大街)|胡同|[国省县]道|街|巷|"
    rf"(?<!{COUNT})[弄里坊条线道](?=(?:{COUNT}{{1,8}}[号弄])))"
    rf"(?:[东西南北中]段|[东西南北中第]?{COUNT}段|[东西南北](?={COUNT}))?)|"
    rf"(?P<outer>{OUTER_ENDINGS}))"
)
_REGION = re.compile(OUTER_ENDINGS)
_REGION_SIGNS = frozenset("省市区县州盟旗")
_NAME_BEGINNINGS = frozenset({"新市", "小市", "古市", "下市", "上市", "老市", "新区", "新县"})
_LEADING = re.compile(r"(?:[一有几某]个|[去往给离对])+(?=..)")
_POINTS = tuple("东西南北中")
_NO_ENDINGS = {kind: re.compile(rf"(?:{ending})$") for kind, ending in NO_ENDING.items()}
_COUNTED_ROADS = ("国道", "省道", "县道")
_COUNTED = re.compile(rf"{COUNT}{{1,3}}")
_GROUP = re.compile(rf"{COUNT}{{1,3}}[组队](?!长)")
_LONG = 5
_OFFICES = re.compile(r"居委会|居民委员会|村委会|村民委员会|居民|服务|党|卫生|便民")
_DIRECTIONS = re.compile(r"[东西南北中前后上下新老内外一二三四五六七八九十0-9]*(?:大?[路街])?")
_ESTATES = frozenset({"新村", "花园", "新城", "家园", "公园", "山庄", "名城", "新苑", "花苑"})
_TWO_NAMES = 4
_LIKE_ROADS = frozenset("路街门村里桥巷")
_TWICE = re.compile(r"(.{2,4})\1$")
_BEHIND_NUMBER = re.compile(rf".*(?:{COUNT}[号弄组栋幢楼]|单元|段)(?=.)")


def parts(folded: str) -> Iterator[Part]:
    """The parts in the folded text: names in order, then buildings, then numbers."""
    local = False
    for start, end in _chunks(folded):
        for part in _in_chunk(folded, start, end, local):
            local = local or part.kind in (TOWNSHIP, COMMUNITY, ROAD)
            yield part
    for match in _GROUP.finditer(folded):
        yield Part(ROAD, match.start(), match.end(), to_arabic(match[0][:-1]) + match[0][-1])
    for kind, start, end, name in numbers(folded):
        yield Part(kind, start, end, name)


def _chunks(folded: str) -> Iterator[tuple[int, int]]:
    last = 0
    for match in _BREAK.finditer(folded):
        if match.start() > last:
            yield last, match.start()
        last = match.end()
    if last < len(folded):
        yield last, len(folded)


def _in_chunk(folded: str, start: int, end: int, local: bool) -> Iterator[Part]:
    """Each ending closes the name that began behind the part before it.

    `local`: a township, community or road was said already: no region is named behind it.
    """
    begin, city = start, False
    for region in () if local else _regions(folded, start, end):
        city = region.name.removesuffix("市") in _known()[0]
        begin = region.end if folded[region.end - 1] in _REGION_SIGNS else begin
        yield region
    looked, named = begin, begin if begin > start else -1
    while match := _SUFFIX.search(folded, looked, end):
        kind = str(match.lastgroup)
        looked = match.start() + 1
        shown = _shown(match[0])
        raw = folded[begin : match.start()]
        if (not raw and shown[0] != "号") or raw + shown in _NAME_BEGINNINGS:
            continue  # 市心中路, 镇海区: the sign begins a name
        if _goes_on(folded, match, end):
            continue
        name = _name(raw, kind, local, city)
        following = folded[match.end() : match.end() + 1]
        known = name and begin == named and raw == name  # it begins right behind another part
        if (known or not _ends_like_none(kind, name, following)) and _is_name(kind, name, shown, following):
            named = match.start() + len(shown)
            spoken = to_arabic(name) if shown[0] == "号" or shown in _COUNTED_ROADS else name
            local, city = local or kind in (TOWNSHIP, COMMUNITY, ROAD), False
            yield Part(kind, match.start() - len(name), match.start() + len(shown), spoken + shown)
        begin = looked = match.end()


def _regions(folded: str, start: int, end: int) -> Iterator[Part]:
    """The known regions with which this chunk begins, each with its last sign or without it."""
    cities, counties = _known()
    while folded[start : start + 2] in _first_two():
        for length in (4, 3, 2):
            name = folded[start : min(start + length, end)]
            if len(name) == length and (name in cities or name in counties):
                break
        else:
            return
        ending = _REGION.match(folded, start + length, end)
        if ending:
            yield Part(OUTER, start, ending.end(), folded[start : ending.end()])
        elif name in cities and not _named_after(folded, start + length, end):
            yield Part(OUTER, start, start + length, name)
        start = ending.end() if ending else start + length


def _named_after(folded: str, position: int, end: int) -> bool:
    """Whether a street or village is named after the region: 南京路, 延安西路."""
    position += folded[position : position + 1] in _POINTS
    following = _SUFFIX.match(folded, position, end)
    return bool(following and following.lastgroup in (ROAD, TOWNSHIP, COMMUNITY))


def _shown(ending: str) -> str:
    """街道办事处 is an office of the 街道."""
    return "街道" if ending.startswith("街道") else ending


def _goes_on(folded: str, match: re.Match[str], end: int) -> bool:
    """Whether another ending follows at once: 新市镇, 下村路, 延安北路街道, 解放路小学 end at the last."""
    kind = match.lastgroup
    following = _SUFFIX.match(folded, match.end(), end)
    if following is None or following.lastgroup == "outer":
        return False
    after = folded[following.end() : following.end() + 1]
    if following[0] == "巷" and after == "子":
        return False  # 建设路 and then 巷子
    if kind == "community" and _OFFICES.match(folded, match.end()):
        return False
    return not (kind == "township" and following.lastgroup in ("community", "landmark") and match[0] != "乡")


def _name(raw: str, kind: str, local: bool, city: bool) -> str:
    """The end of `raw` that is the name itself. `city`: the name of a city stands right before it."""
    if kind == ROAD and raw and raw[-1] == "号":
        raw = raw[:-1]
    if match := _BEHIND_NUMBER.match(raw):
        raw = raw[match.end() :]
    name = raw if local else _without_regions(raw)
    if city and kind == TOWNSHIP and len(name) >= _TWO_NAMES and name[-1] not in _LIKE_ROADS:
        name = name[2:]  # a county said without its last sign, which no list has
    if match := _LEADING.match(name):
        name = name[match.end() :]
    if len(name) >= _LONG or len(name) > LONGEST_NAME[kind]:
        weak = max((place for place, sign in enumerate(name[:-1]) if sign in WEAK), default=-1)
        name = name[weak + 1 :]
    if match := _TWICE.search(name):
        name = match[1]
    return name


def _without_regions(name: str) -> str:
    """`name` without the provinces, cities and counties at its start, as long as a name is left."""
    while True:
        for length in (4, 3, 2):
            rest = name[length:]
            if (
                any(name[:length] in known for known in _known())
                and len(rest) >= 2
                and not _DIRECTIONS.fullmatch(rest)
                and rest not in _ESTATES
            ):
                name = rest
                break
        else:
            return name


def is_region(name: str) -> bool:
    """Whether this is surely a province, city or county: in the list, or called one. 水北新区 is none."""
    if any(name[:length] in known for known in _known() for length in (2, 3, 4)):
        return True
    return name[-1] in "省市县" or "自治" in name


@cache
def _known() -> tuple[frozenset[str], frozenset[str]]:
    """Provinces and cities; districts and counties."""
    text = (Path(__file__).parent / "data" / "regions.txt").read_text("utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    cities, _, counties = lines.partition("\n\n")
    return frozenset(cities.split()), frozenset(counties.split())


@cache
def _first_two() -> frozenset[str]:
    """The first two signs of every known region: hardly a chunk begins with one."""
    return frozenset(name[:2] for names in _known() for name in names)


def _is_name(kind: str, name: str, ending: str, following: str) -> bool:
    if ending[0] == "号":
        return bool(_COUNTED.fullmatch(name))
    if not name or len(name) > LONGEST_NAME[kind] or name in NO_NAMES[kind]:
        return False
    if following and following in NOT_AFTER.get(ending[-1], "") and len(name) < 2:
        return False
    if kind == ROAD and following in ("车", "公") and _COUNTED.fullmatch(name[-1]):
        return False  # 五路车, 12路公交
    return len(name) > 1 or kind in (TOWNSHIP, COMMUNITY, OUTER) or name in SINGLE


def _ends_like_none(kind: str, name: str, following: str) -> bool:
    """Whether such an ending is common speech; a road with a house number is a road all the same."""
    if kind not in NO_ENDING or (kind == ROAD and _COUNTED.match(following)):
        return False
    return _NO_ENDINGS[kind].search(name) is not None
