"""Where it is: spoken addresses of this city and of others, numbers as they are said, names by sound."""

from __future__ import annotations

import re
from collections.abc import Callable
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import ELEMENTS, Score, labelled, measure

from router import place_parts
from router.city_file import CITIES, load, path_of
from router.place import Place, PlaceFinder

EXAMPLES = CITIES / "examples"
FINDER = PlaceFinder(load(path_of("shaowu")))
_HARD = "五常街道文一西路九百六十九号弄村镇社区解放水北和平附之杠在那个呃 ,a1栋单元市区县省"


def said(text: str) -> dict[str, Any]:
    return FINDER.find(text).to_json()


def elements(text: str) -> tuple[str | None, ...]:
    found = said(text)
    return tuple(found[each] for each in ELEMENTS)


@pytest.mark.parametrize("half", ["development", "held-out"])
def test_spoken_addresses_of_many_cities_are_taken_apart(half: str) -> None:
    scores = measure(labelled(half), said)
    assert {element: round(score.f1, 3) for element, score in scores.items() if score.f1 < 0.95} == {}


def test_the_measure_counts_a_wrong_name_twice_and_an_invented_one_once() -> None:
    blank = dict.fromkeys(ELEMENTS, "")
    rows = [{"text": "甲", **blank, "road": "甲路"}, {"text": "乙", **blank}]
    scores = measure(rows, lambda _: {**blank, "road": "乙路"})
    assert scores["road"] == Score(right=0, wrong=2, missed=1)
    assert scores["road"].f1 == 0.0
    assert measure(rows[:1], lambda _: rows[0])["road"].f1 == 1.0


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("解放路十二号", (None, None, "解放路", "12号")),
        ("就在那个幺二零号", (None, None, None, "120号")),
        ("福建省邵武市昭阳街道五四路一百二十号", ("昭阳街道", None, "五四路", "120号")),
        (
            "我住在浙江省杭州市余杭区五常街道文一西路九六九号阿里巴巴",
            ("五常街道", None, "文一西路", "969号"),
        ),
        ("浙江杭州余杭仓前街道葛巷社区", ("仓前街道", "葛巷社区", None, None)),
        ("延安北路街道延安南路三号", ("延安北路街道", None, "延安南路", "3号")),
        ("萧山区市心中路八百号", (None, None, "市心中路", "800号")),
        ("柳营路六六九弄十四号", (None, None, "柳营路", "669弄")),
        ("成都一环路南四段十八号", (None, None, "一环路南四段", "18号")),
        ("一零四国道旁边", (None, None, "104国道", None)),
        ("荷花中路一号附三号", (None, None, "荷花中路", "1号附3号")),
        ("括苍路十八杠一号", (None, None, "括苍路", "18-1号")),
        ("杭州下沙的六号大街四五二号", (None, None, "6号大街", "452号")),
        ("竹源村五组六号", (None, "竹源村", None, "5组6号")),
        ("五常 街道 文一 西路 九六九 号", ("五常街道", None, "文一西路", "969号")),
    ],
)
def test_an_address_is_known_by_its_form(text: str, wanted: tuple[str | None, ...]) -> None:
    assert elements(text) == wanted


@pytest.mark.parametrize(
    "filler", ["那个", "就是说", "呃", "什么", "有个", "好像是", "对对对", "叫", "噢", "一个", "在那个"]
)
def test_a_name_begins_behind_what_people_say_while_they_think(filler: str) -> None:
    parts = ["余姚市", "低塘街道", "黄清堰村", "剑江西路", "一百零二号"]
    wanted = ("低塘街道", "黄清堰村", "剑江西路", "102号")
    assert elements(filler.join(parts) + "门口") == wanted
    assert elements(" ".join(filler.join(parts))) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "小区楼下有人半夜唱歌吵得睡不着",
        "三月十二号我在网上买了东西商家不退货",
        "五路车的司机态度很差",
        "他每天晚上十二点还在装修",
        "我们村里的路灯坏了三天了没人修",
        "",
        "。",
        "help",
    ],
)
def test_where_no_place_is_said_none_is_found(text: str) -> None:
    assert FINDER.find(text).empty
    assert elements(text) == (None, None, None, None)


def test_a_building_is_told_beside_the_number() -> None:
    assert said("熙春路八号三号楼二单元")["poi"] == "三号楼二单元"
    assert said("熙春路八号三号楼二单元")["number"] == "8号"


def test_a_house_in_a_lane_is_told_beside_the_lanes_number() -> None:
    found = said("柳营路六六九弄十四号五零二室")
    assert (found["number"], found["poi"]) == ("669弄", "14号五零二室")


def test_a_bare_shui_bei_stays_open_between_street_and_town() -> None:
    found = said("水北那边停水了")
    assert (found["township"], found["ambiguous"]) == (None, ["水北街道", "水北镇"])


@pytest.mark.parametrize(("text", "town"), [("水北镇停水了", "水北镇"), ("水北城丰社区停水", "水北街道")])
def test_what_else_is_said_settles_it(text: str, town: str) -> None:
    found = said(text)
    assert (found["township"], found["ambiguous"]) == (town, [])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("我家在水北城丰路三十号", ("水北街道", None, "城丰路", "30号")),
        ("金坑下坊村", ("金坑乡", "下坊村", None, None)),
        ("吴家塘铁罗村三组", ("吴家塘镇", "铁罗村", "3组", None)),
        ("和平新村停水", (None, None, None, None)),
        ("大埠岗竹源那边", ("大埠岗镇", None, None, None)),
    ],
)
def test_a_town_said_without_its_last_sign_is_known_by_what_follows(
    text: str, wanted: tuple[str | None, ...]
) -> None:
    assert elements(text) == wanted


def test_a_new_district_of_ours_is_no_other_city() -> None:
    assert said("水北新区停水")["ambiguous"] == ["水北街道", "水北镇"]


def test_a_name_heard_wrong_is_corrected_and_says_so() -> None:
    text = "邵武市水背街道福溪社区"
    found = FINDER.find(text)
    assert found.township == "水北街道"
    evidence = next(each for each in found.evidence if "水北街道" in each.why)
    assert text[evidence.start : evidence.end] == "水背街道"
    assert "按读音更正" in evidence.why
    assert not any("更正" in each.why for each in FINDER.find("水北街道福溪社区").evidence)


def test_in_another_citys_address_our_names_mean_nothing() -> None:
    assert FINDER.find("广西桂林市东门社区").code == ""
    assert said("武义县白洋街道大东门街")["road"] == "大东门街"


def test_every_piece_of_evidence_stands_in_the_text_though_it_is_written_with_spaces() -> None:
    text = "在 水北 街道 那个 药村 社区 十 二 号"
    pieces = [text[each.start : each.end] for each in FINDER.find(text).evidence]
    assert pieces == ["水北 街道", "药村 社区", "十 二 号"]


def test_the_ordinary_requests_of_a_city_hardly_ever_seem_to_name_a_place_that_is_none() -> None:
    city = load(path_of("shaowu"))
    known = {road.name for road in city.gazetteer.road} | {each.name for each in city.gazetteer.community}
    known |= {each.name for each in city.township} | {""}
    requests = [text for path in EXAMPLES.glob("*.txt") for text in path.read_text("utf-8").splitlines()]
    invented = [
        text
        for text in requests
        for place in [FINDER.find(text)]
        if not {place.township, place.community, place.road} <= known
    ]
    assert len(requests) > 2_000
    assert len(invented) < len(requests) / 100, invented[:20]


@given(st.one_of(st.text(max_size=80), st.text(alphabet=_HARD, max_size=80)))
def test_any_text_gives_a_place_whose_pieces_stand_in_it(text: str) -> None:
    found = FINDER.find(text)
    assert isinstance(found, Place)
    for piece in found.evidence:
        assert 0 <= piece.start < piece.end <= len(text)
        assert piece.why.startswith("地点:")


@pytest.mark.parametrize(
    "sign", ["九", "一栋", "路号村镇市", "甲乙", "水北", "水北镇", "解放路十二号", "水背街道"]
)
def test_a_very_long_text_is_soon_read(sign: str) -> None:
    assert _seconds(lambda: FINDER.find(sign * (20_000 // len(sign)))) < 2


def _seconds(work: Callable[[], object]) -> float:
    begun = process_time()
    work()
    return process_time() - begun


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("解放路十二号路灯不亮", "12号"),
        ("建设路8号路面塌陷", "8号"),
        ("五四路三号路边堆了垃圾", "3号"),
        ("3号路的路灯不亮", None),
    ],
)
def test_what_stands_on_the_road_before_a_house_leaves_the_house_its_number(
    text: str, number: str | None
) -> None:
    assert said(text)["number"] == number


@given(
    st.text(
        alphabet="解放路灯街镇乡村社区居委会省市区县号公园大道巷弄我家住在附近的工业沿线支3十二一-。",
        max_size=24,
    )
)
def test_the_signs_that_spare_the_patterns_their_work_change_nothing(said_so: str) -> None:
    for gated in (place_parts._BREAK, place_parts._SUFFIX):
        plain = re.compile(re.sub(r"\(\?=\[[^\]]+\]\)", "", gated.pattern, count=1))
        assert [each.span() for each in gated.finditer(said_so)] == [
            each.span() for each in plain.finditer(said_so)
        ]
