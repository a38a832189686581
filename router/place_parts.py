"""Parts of an address by their form alone: 某某镇, 某某村, 某某路, 十二号. No name has to be known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from router.numerals import SIGNS, to_arabic

TOWNSHIP, COMMUNITY, ROAD, NUMBER, BUILDING, OUTER, LANDMARK = (
    "township",
    "community",
    "road",
    "number",
    "building",
    "outer",
    "landmark",
)


@dataclass(frozen=True)
class Part:
    """text[start:end] is this part of an address; `name` as it is to be shown."""

    kind: str
    start: int
    end: int
    name: str


# What people say around a place: a name never holds these.
_AROUND = (
    "我家住在|我家在|我们家|我住在|我住|住在|家住|位于|地址是|地址|就是说|就是在|就是|那个|这个|我们|你们|他们|咱们|"
    "附近|旁边|对面|隔壁|后面|前面|门口|这边|那边|这里|那里|楼下|楼上|靠近|靠着|挨着|路过|经过|沿着|市民|关于|反映|"
    "请问|你好|您好|麻烦|问一下|属于|可以|一直|每天|昨天|今天|早上|晚上|"
    "嗯|呃|啊|哦|喂|呢|吧|嘛|吗|了|的|在|到|住|是|们|我|你|他|她|这|那|把|被|说|很"
)
_WEAK = frozenset("有去往和跟与及要请来给对让离回过叫属条个座想问整进出由为因将都也还没不会能从")
"""A name may hold these; a long one is cut behind the last of them."""
_BREAK = re.compile(rf"{_AROUND}|[^一-鿿0-9a-z]+")
_NUMBER = re.compile(rf"([{SIGNS}]+)(?:[-之附]([{SIGNS}]+))?号(?!线|楼|院|文|码|店)")
_BUILDING = re.compile(
    rf"(?:[{SIGNS}a-z]+(?:栋|幢|座|号楼|号院|单元|楼|层|室)){{1,4}}(?:[{SIGNS}]{{3,4}}(?!路|年|元|块|号))?"
)
_SUFFIX = re.compile(
    r"(?P<township>街道办事处|街道办|街道|镇|乡)|(?P<community>社区|居委会|村委会|村)|"
    r"(?P<road>大道|大街|胡同|路|街|巷|弄)|(?P<outer>省|自治[区州县]|市|区|县)|"
    r"(?P<landmark>小区|花园|新村|家园|花苑|公寓|广场|大厦|公园|市场|医院|学校|小学|中学|车站|大桥|工业园|佳苑|公馆|名城|新城|山庄)"
)
_LONGEST_NAME = {TOWNSHIP: 5, COMMUNITY: 6, ROAD: 6, OUTER: 6, LANDMARK: 7}


def _names(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_NO_NAMES = {
    TOWNSHIP: _names("城 乡 村 集 本 各 古 小 下 老家 全 重 心 家 坐 同 故 各个 中心 老 外 城 进"),
    COMMUNITY: _names(
        "农 本 全 各 乡 山 小 整 古 城中 新农 几 每 邻 同 外 自然 老 一 两 中 大 当地 本地 贫困 示范"
        " 度假 美丽"
    ),
    ROAD: _names(
        "马 公 道 铁 修 走 半 一 上 门 网 线 电 水 思 出 断头 水泥 土 石子 柏油 小 大 老 主干 乡村 "
        "机耕 山 养 "
        "逛 步行 沿 商业 满大 当 美食 两 村 通村 盘山 回家 过 过马 高速 高速公 主 整 小吃 古 弯 让 占 岔 "
        "入 条 整条"
    ),
    OUTER: _names(
        "城 小 全 地 市 片 山 库 社 辖 本 景 园 厂 校 学 超 老 新 菜 夜 开发 工业 郊 县 街 禁 停车 服务 "
        "住宅 居民 "
        "生活 风景 政务 同 广大 大超 上 门"
    ),
    LANDMARK: _names("小 大 老 每 全 整 本 各 菜 农贸 人才 劳动力 火 学 去 上 下 整个 全部 住宅 老旧"),
}
_LONG = 5
_SINGLE = frozenset("东西南北中前后上下新老")
_NOT_AFTER = {
    "路": "灯面边口上线由费人过程标障",
    "街": "上边头舞道",
    "村": "民里干医主长务委",
    "镇": "上政里",
    "乡": "下亲里村政",
    "区": "别域分",
    "市": "民场政委区容容",
    "巷": "子",
}


def parts(folded: str) -> Iterator[Part]:
    """The parts in the folded text, in order."""
    for start, end in _chunks(folded):
        yield from _in_chunk(folded, start, end)
    taken = 0
    for match in _BUILDING.finditer(folded):
        taken = match.end()
        yield Part(BUILDING, match.start(), match.end(), match[0])
    for match in _NUMBER.finditer(folded):
        if match.start() >= taken or match.end() <= taken:
            second = f"-{to_arabic(match[2])}" if match[2] else ""
            yield Part(NUMBER, match.start(), match.end(), f"{to_arabic(match[1])}{second}号")


def _chunks(folded: str) -> Iterator[tuple[int, int]]:
    last = 0
    for match in _BREAK.finditer(folded):
        if match.start() > last:
            yield last, match.start()
        last = match.end()
    if last < len(folded):
        yield last, len(folded)


def _in_chunk(folded: str, start: int, end: int) -> Iterator[Part]:
    begin = start
    for match in _SUFFIX.finditer(folded, start, end):
        if match.start() < begin:
            continue
        kind = str(match.lastgroup)
        if _goes_on(folded, match.end(), end):
            continue
        name = _trimmed(folded[begin : match.start()])
        name_start = match.start() - len(name)
        if _is_name(kind, name, folded[match.end() - 1], folded[match.end() : match.end() + 1]):
            yield Part(kind, name_start, match.end(), folded[name_start : match.end()])
        begin = match.end()


def _goes_on(folded: str, position: int, end: int) -> bool:
    """Whether another ending follows at once: 新市镇, 三村村, 下村路 end at the last one."""
    following = _SUFFIX.match(folded, position, end)
    return bool(following and following.end() - following.start() == 1)


def _trimmed(name: str) -> str:
    """A name begins anew after a house number (12号东门社区), and a long one after a little word."""
    cut = max(name.rfind(sign) for sign in "号栋幢") + 1
    name = name[cut:]
    weak = max((place for place, sign in enumerate(name) if sign in _WEAK), default=-1)
    return name[weak + 1 :] if weak >= 0 and len(name) >= _LONG else name


def _is_name(kind: str, name: str, last: str, following: str) -> bool:
    if not name or len(name) > _LONGEST_NAME[kind] or name in _NO_NAMES[kind]:
        return False
    if following and following in _NOT_AFTER.get(last, "") and len(name) < 2:
        return False
    return len(name) > 1 or kind in (TOWNSHIP, COMMUNITY, OUTER) or name in _SINGLE
