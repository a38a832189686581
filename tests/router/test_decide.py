"""The decision as a whole: every rule of whose it is, and that no text is too odd for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.decide import Decision, Sorter, decide, matter_named

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
KEYS = [
    "matter",
    "matter_path",
    "probability",
    "kind",
    "sector",
    "unit",
    "co_units",
    "place",
    "priority",
    "deadline_class",
    "danger",
    "to_110",
    "unsure",
    "guesses",
    "reasons",
]


@pytest.fixture(params=["words and model", "words alone"])
def any_sorter(request: pytest.FixtureRequest, sorter: Sorter, words_alone: Sorter) -> Sorter:
    return sorter if request.param == "words and model" else words_alone


def said(sorter: Sorter, text: str, **more: Any) -> Decision:
    return decide(text, city=sorter, now=NOON, **more)


def whys(found: Decision) -> str:
    return "\n".join(each.why for each in found.reasons)


# ---------------------------------------------------------------- the shape


def test_the_answer_has_the_keys_of_the_interface(any_sorter: Sorter) -> None:
    told = said(any_sorter, "解放路十二号那边的路灯坏了一个星期没人修").to_json()
    assert list(told) == KEYS
    assert list(told["place"]) == ["township", "community", "road", "number", "poi", "ambiguous"]
    assert [list(each) for each in told["reasons"]] == [["text", "why"]] * len(told["reasons"])
    assert told["matter_path"] == ["道路交通", "路灯照明"]
    assert told["unit"] == "市政管理处"
    assert (told["place"]["road"], told["place"]["number"]) == ("解放路", "12号")


def test_three_guesses_come_with_it_the_likeliest_first(any_sorter: Sorter) -> None:
    found = said(any_sorter, "小区里面停车的地方不够,物业还要涨停车费")
    chances = [each.probability for each in found.guesses]
    assert len(chances) == 3
    assert chances == sorted(chances, reverse=True)
    assert found.guesses[0].matter.name == found.matter
    assert 0 < sum(chances) <= 1 + 1e-6


def test_reasons_are_pieces_of_what_was_said_with_the_rule_or_weight_behind_them(sorter: Sorter) -> None:
    text = "你好,我要投诉,我们小区的電梯老是坏,三天坏两次"
    found = said(sorter, text)
    assert found.reasons
    assert all(each.text in text and each.why for each in found.reasons)
    assert "词“" in whys(found)
    assert "学到的特征" in whys(found)
    assert any("電梯" in each.text for each in found.reasons)


# ---------------------------------------------------------------- no text is too odd

ODD = st.one_of(
    st.text(max_size=60),
    st.text(
        st.sampled_from("路灯水电垃圾着火没有吗请问投诉一二三十百号0９Ａ。,!?😀\u200b\ud800裏體 \n"),
        max_size=80,
    ),
)


@given(ODD)
@settings(max_examples=300, deadline=None)
def test_never_an_exception_and_reasons_are_verbatim(sorter: Sorter, text: str) -> None:
    found = said(sorter, text)
    assert all(each.text in text for each in found.reasons)
    assert 0 <= found.probability <= 1
    assert found.unsure or (found.matter and found.unit)
    assert list(found.to_json()) == KEYS


@given(ODD)
@settings(max_examples=200, deadline=None)
def test_nor_by_words_alone(words_alone: Sorter, text: str) -> None:
    found = said(words_alone, text)
    assert all(each.text in text for each in found.reasons)
    assert found.unsure or (found.matter and found.unit)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n",
        "嗯",
        "的",
        "?",
        "……",
        "hello world",
        "qwertyuiop",
        "😀😀😀",
        "13800138000",
        "\ud83d",
        "\0",
    ],
)
def test_what_says_nothing_goes_to_the_dispatcher(any_sorter: Sorter, text: str) -> None:
    found = said(any_sorter, text)
    assert found.unsure
    assert not found.danger
    assert not found.to_110


@pytest.mark.parametrize(
    "text",
    [
        "操你妈的什么东西",
        "傻逼",
        "你们他妈的都是饭桶",
        "喂喂,听得见吗",
        "嗯,那个,就是那个嘛",
    ],
)
def test_curses_and_fillers_alone_are_no_matter_and_no_danger(sorter: Sorter, text: str) -> None:
    found = said(sorter, text)
    assert found.unsure
    assert not found.to_110


@pytest.mark.parametrize("text", ["妈的路灯又他妈的坏了", "喂,喂,听得到吗,我家停水了", "嗯那个老板不发工资"])
def test_curses_and_fillers_do_not_hide_a_matter(sorter: Sorter, text: str) -> None:
    found = said(sorter, text)
    assert not found.unsure
    assert found.matter in ("路灯照明", "停水与水压", "拖欠工资")


def test_a_hundred_kilobytes_are_decided_on(sorter: Sorter) -> None:
    text = "小区门口的路灯坏了三天没人来修," * 2_200
    assert len(text.encode()) > 100_000
    assert said(sorter, text).matter == "路灯照明"


@pytest.mark.parametrize(
    ("text", "matter"),
    [
        ("小區門口的路燈壞了沒人修", "路灯照明"),
        ("小区门口的路燈坏了沒人修!!!😡😡", "路灯照明"),
        ("嗯那个,就是,那个路灯啊,呃,它不亮", "路灯照明"),
        ("我家里停水了,从昨天停到今天", "停水与水压"),
        ("包工头拖千农民工工资不给", "拖欠工资"),
        ("ＫＴＶ唱歌唱到半夜两点吵得睡不着", "社会生活噪音"),
    ],
)
def test_scripts_fillers_and_wrong_characters_are_stood(sorter: Sorter, text: str, matter: str) -> None:
    found = said(sorter, text)
    assert found.matter == matter
    assert not found.unsure


# ---------------------------------------------------------------- kind, priority, deadline


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("请问公租房怎么申请,需要什么材料", "咨询"),
        ("我要投诉物业乱收费", "投诉"),
        ("我举报有人往河里偷排污水", "举报"),
        ("建议在学校门口增设红绿灯", "建议"),
        ("我要感谢环卫工人,特别感谢他们", "感谢"),
        ("家里的下水道堵了,麻烦你们派人来", "求助"),
        ("我要补办身份证,预约办理", "政务办理"),
    ],
)
def test_kinds_are_heard(any_sorter: Sorter, text: str, kind: str) -> None:
    found = said(any_sorter, text)
    assert found.kind == kind


def test_danger_goes_to_110_at_once_whatever_the_matter(any_sorter: Sorter) -> None:
    found = said(any_sorter, "快来人,我们楼下着火了,电动车充电的地方烧起来了")
    assert found.danger
    assert found.to_110
    assert (found.priority, found.deadline_class) == ("emergency", "emergency")
    assert found.reasons[0].text in ("着火", "烧起来")
    assert "先转110" in found.reasons[0].why


def test_danger_without_a_matter_counts_all_the_same(words_alone: Sorter) -> None:
    found = said(words_alone, "救命")
    assert found.danger
    assert found.to_110
    assert found.unsure
    assert found.reasons[0].text == "救命"


def test_what_cannot_wait_has_a_higher_priority(any_sorter: Sorter) -> None:
    assert said(any_sorter, "家里停水了").priority == "normal"
    assert said(any_sorter, "家里停水了,孤寡老人在家,十万火急").priority == "high"


# ---------------------------------------------------------------- 110 or us


def test_a_crime_is_110s(any_sorter: Sorter) -> None:
    found = said(any_sorter, "我们村有人聚众赌博,每天晚上开赌场")
    assert found.to_110
    assert not found.danger
    assert "边界清单:赌博吸毒卖淫属110" in whys(found)


def test_what_is_surely_ours_stays_with_the_first_receiver(sorter: Sorter) -> None:
    """Both sides of the list are touched, and the matter is clearly ours: 首接负责."""
    found = said(sorter, "老板拖欠农民工工资不给,还恐吓我们不许去讨工资")
    assert found.matter == "拖欠工资"
    assert not found.to_110
    assert "首接负责" in whys(found)
    assert found.priority == "high"


def test_what_is_denied_or_over_is_not_110s(any_sorter: Sorter) -> None:
    assert not said(any_sorter, "没有人赌博,就是棋牌室打麻将太吵了").to_110


def test_a_shared_matter_brings_the_other_side_as_a_co_unit(any_sorter: Sorter) -> None:
    found = said(any_sorter, "楼上天天装修电钻吵死人,我报过警,警察来过也没用")
    assert found.matter == "装修与邻里噪音"
    assert "公安局" in found.co_units
    assert not found.to_110
    assert "噪音屡劝不止,首接负责" in whys(found)


# ---------------------------------------------------------------- whose


def test_a_local_matter_goes_to_its_township_with_the_department_beside_it(any_sorter: Sorter) -> None:
    found = said(any_sorter, "拿口镇这边垃圾堆了一个星期没人收,垃圾桶都满了")
    assert found.unit == "拿口镇"
    assert "环卫处" in found.co_units
    assert "属地办理" in whys(found)


def test_a_local_matter_without_a_place_goes_to_the_department(any_sorter: Sorter) -> None:
    found = said(any_sorter, "垃圾堆了一个星期没人收,垃圾桶都满了")
    assert found.unit == "环卫处"


def test_an_ambiguous_township_is_not_guessed(any_sorter: Sorter) -> None:
    found = said(any_sorter, "水北那边垃圾堆了一个星期没人收,垃圾桶都满了")
    assert found.place.township == ""
    assert set(found.place.ambiguous) == {"水北街道", "水北镇"}
    assert found.unit == "环卫处"


def test_a_matter_that_is_not_local_goes_to_its_department_wherever_it_is(any_sorter: Sorter) -> None:
    assert said(any_sorter, "拿口镇街上的路灯不亮").unit == "市政管理处"


def test_a_household_that_is_served_free_is_a_reason(any_sorter: Sorter) -> None:
    found = said(any_sorter, "我是低保户,家里门锁坏了打不开,请帮忙找个开锁的")
    assert found.sector == "market"
    assert any(each.text == "低保户" and "可免费" in each.why for each in found.reasons)


@pytest.mark.parametrize(
    ("text", "matter"),
    [
        ("我家门锁坏了进不去,我是低保户", "开锁换锁"),
        ("我是残疾人,家里跳闸了想找电工来修电路", "水电维修"),
        ("我是低保户,这个月的低保金怎么没有发", "低保与临时救助"),
        ("我是低保户", "低保与临时救助"),
    ],
)
def test_who_a_citizen_is_does_not_hide_what_he_wants(sorter: Sorter, text: str, matter: str) -> None:
    assert said(sorter, text).matter == matter


def test_no_firm_that_may_come_leaves_it_to_the_dispatcher(any_sorter: Sorter) -> None:
    locks = {firm.code for firm in any_sorter.city.firm if "lock" in firm.trades}
    found = said(any_sorter, "钥匙锁在家里了,要开锁", not_firms=locks)
    assert found.matter == "开锁换锁"
    assert found.unit is None
    assert found.unsure


def test_matters_are_found_by_name_or_code(sorter: Sorter) -> None:
    one = matter_named(sorter, "路灯照明")
    assert one is not None
    assert matter_named(sorter, one.code) is one
    assert matter_named(sorter, "没有") is None
