"""Beside a case: what was told before about the same place."""

from __future__ import annotations

from dataclasses import replace

from console import Console
from scene import SAID, Said

from cases.states import Role

HOUSE = {"township": "昭阳街道", "road": "五四路", "number": "12号"}


def at(said: Said, **place: str) -> Said:
    return replace(said, place=place)


def test_earlier_requests_of_the_same_house_stand_beside_a_case(console: Console) -> None:
    scene, browser = console.scene, console.somebody(Role.AGENT)
    before = scene.case(9000, at(SAID[1], **HOUSE))
    elsewhere = scene.case(8000, at(SAID[2], **{**HOUSE, "number": "120号"}))
    now = scene.case(900, at(SAID[3], **HOUSE))
    later = scene.case(300, at(SAID[1], **HOUSE))
    assert f"/cases/{now}/place" in browser.get(f"/cases/{now}").text
    beside = browser.part(f"/cases/{now}/place").text
    assert before in beside
    assert all(number not in beside for number in (elsewhere, later))


def test_a_township_alone_is_no_place_to_compare_by(console: Console) -> None:
    scene, browser = console.scene, console.somebody(Role.AGENT)
    for ago in (9000, 300):
        number = scene.case(ago, at(SAID[1], township="城郊镇"))
    assert "data-row" not in browser.part(f"/cases/{number}/place").text


def test_a_unit_is_not_told_of_other_units_cases_there(console: Console) -> None:
    number = console.scene.case(300, at(SAID[1], **HOUSE))
    assert console.somebody(Role.UNIT).get(f"/cases/{number}/place").status_code == 403
