"""House numbers and buildings, as they are spoken: 九六九号, 十二号附三号, 三号楼二单元."""

from __future__ import annotations

import re
from collections.abc import Iterator

from router.numerals import SIGNS, to_arabic

COUNT = f"[{SIGNS}]"
_NO_HOUSE = (
    "线|楼(?![下上道梯])|文|码|店(?![铺面])|路(?![灯面边上旁])|大街|大道|公路|街(?!道)|桥|门(?![面市店牌口前外])|厅|馆|库|窗|车间|厂房|井|机|"
    "桌|仓|桩|柱|墙|那天|这天|开始|之前|以前|以后|下午|上午|晚上|早上|中午|凌晨|到|就(?=[停没要开来])|停|来|去|病|信"
)
"""What makes of 三号 no house: a line, a gate, a day of the month."""
_NUMBER = re.compile(
    rf"(?<!月)(?<!{COUNT})(?P<group>{COUNT}{{1,3}}[组队])?(?P<letter>[a-z甲乙丙丁])?"
    rf"(?P<first>{COUNT}{{1,8}})(?:(?P<joint>[-之杠]|号之|号-|附)(?P<second>{COUNT}{{1,8}}))?"
    rf"(?P<sign>号|弄)(?:(?P<link>[附之])(?P<annex>{COUNT}{{1,8}})号?)?(?!{_NO_HOUSE})(?P<yard>院(?!子))?"
)
_ROAD_NUMBER = re.compile(rf"(?<=[路街道巷])(?P<first>[0-9]{{1,5}}|{COUNT}{{2,5}})(?=$|[^一-鿿0-9a-z])")
_BUILDING = re.compile(
    rf"(?:(?:{COUNT}{{1,8}}(?:[-之]{COUNT}{{1,8}})?|[a-z])(?:号楼(?![下上道梯])|单元|[栋幢座楼层室排])){{1,4}}"
    rf"(?:{COUNT}{{3,4}}(?!路|年|元|块|号))?"
)


_COUNTED = re.compile(rf"[a-z]|{COUNT}")


def numbers(folded: str) -> Iterator[tuple[str, int, int, str]]:
    """(kind, start, end, name as shown) of the buildings and of the numbers of the folded text, in order."""
    if not _COUNTED.search(folded):
        return
    buildings = [(match.start(), match.end(), match[0]) for match in _BUILDING.finditer(folded)]
    taken = bytearray(len(folded))
    for start, end, _ in buildings:
        taken[start:end] = b"\1" * (end - start)
    found = [match for match in _NUMBER.finditer(folded) if not any(taken[match.start() : match.end()])]
    # 669弄14号: the lane has the number, the 14 is a house in it.
    lanes = {match.end() for match in found if match["sign"] == "弄"}
    houses = [(match.start(), match.end(), _shown(match)) for match in found if match.start() in lanes]
    spans = [("building", *each) for each in _joined(sorted([*buildings, *houses]))]
    spans += [
        ("number", match.start(), match.end(), _shown(match)) for match in found if match.start() not in lanes
    ]
    spans += [
        ("number", match.start(), match.end(), f"{to_arabic(match['first'])}号")
        for match in _ROAD_NUMBER.finditer(folded)
    ]
    yield from sorted(spans, key=lambda each: each[1])


def _joined(spans: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """A house and the room said right after it are one."""
    joined: list[tuple[int, int, str]] = []
    for start, end, name in spans:
        if joined and joined[-1][1] == start:
            before = joined.pop()
            start, name = before[0], before[2] + name
        joined.append((start, end, name))
    return joined


def _shown(match: re.Match[str]) -> str:
    """In Arabic digits, joined as they were said: 十八杠一号 → 18-1号."""
    group = match["group"] or ""
    shown = f"{to_arabic(group[:-1])}{group[-1]}" if group else ""
    shown += f"{(match['letter'] or '').upper()}{to_arabic(match['first'])}"
    if match["second"]:
        shown += f"-{to_arabic(match['second'])}"
    shown += match["sign"] + (match["yard"] or "")
    if match["annex"]:
        shown += match["link"] + to_arabic(match["annex"]) + ("号" if match["link"] == "附" else "")
    return shown
