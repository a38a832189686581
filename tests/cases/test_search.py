"""Cases are found by words, numbers, parts of a caller's number, and filters: on both databases the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from handling_scene import LAMPS, WATER, City
from sorting_scene import LAMP, accepted
from sqlalchemy import Engine, event, func, select, update
from sqlalchemy import text as sql

from cases import corrections
from cases.deadlines import Colour
from cases.indexing import index_waiting
from cases.life import line_with_colour
from cases.model import Case, Unindexed
from cases.queries import cases_list
from cases.search import Asked, Own, number_asked, search
from cases.states import CaseState, Kind, Role, Sector
from cases.unit_of_work import UnitOfWork, reading

ALL = Own(callers=True)
NASTY = (
    *("'", '"', '"路灯" NEAR "x"', "路灯*", "路灯 OR 1=1", "'; DROP TABLE case; --", "\0", "路\0灯", "😀"),
    *("<script>", "\ud800", "\u202e路灯", "(((", "words:路灯", "-路灯", "^路灯", "' | 'x':* & !'路灯'"),
    *("路灯 " * 30_000, "x" * 100_000, "9" * 100_000, "_138", "%", "\\", "灯" * 5000),
)


@pytest.fixture
def city(engine: Engine) -> City:
    return City(engine)


def find(city: City, words: str = "", own: Own = ALL, **asked: Any) -> list[str]:
    with reading(city.engine) as work:
        return [each["number"] for each in search(work.session, Asked(words, **asked), own, city.now)]


def index(city: City) -> None:
    while True:
        with UnitOfWork(city.engine) as work:
            done = index_waiting(work.session)
            work.commit()
        if not done:
            return


def test_two_signs_sentences_numbers_and_places_are_found_before_and_after_the_indexing(city: City) -> None:
    place = {"township": "昭阳街道", "road": "解放路", "number": "23号"}
    lamp = city.case(text="解放路的路灯坏了三天，没有人来", caller="13800110110", place=place)
    water = city.case(text="熙春路二十三号停水了", caller="13912345678", matter="水压不足", place={})
    for indexed in (False, True):
        if indexed:
            index(city)
        for words, found in (
            ("路灯", [lamp]),
            ("停水", [water]),
            ("路灯坏了3天没有人来", [lamp]),
            ("路灯坏了，三天没有人来。", [lamp]),
            ("熙春路23号", [water]),
            ("水压 熙春", [water]),
            ("23号", [water, lamp]),
            ("路灯 停水", []),
            ("灯路", []),
            ("昭阳街道", [lamp]),
            ("0110", [lamp]),
            ("139", [water]),
            ("139 5678", [water]),
            ("1380011 路灯", [lamp]),
            (water, [water]),
            (f" {lamp[:3]} {lamp[3:]}", [lamp]),
            ("熙", [water]),
            ("没", [lamp]),
            ("。，", []),
        ):
            assert find(city, words) == found, (words, indexed)


def test_no_query_is_an_error(city: City) -> None:
    city.case(text="解放路的路灯坏了")
    for _ in range(2):
        for nasty in NASTY:
            for own in (ALL, Own(unit_id=1), Own(desk="desk1")):
                find(city, nasty, own)
            number_asked(nasty)
        index(city)


def test_what_was_corrected_is_found_by_its_new_words_only(city: City) -> None:
    number = city.case(text="解放路的路登坏了", matter=LAMP)
    index(city)
    assert find(city, "路登") == [number]
    with UnitOfWork(city.engine) as work:
        corrections.correct_words(
            work.session, number, "解放路的路灯坏了", who="agent1", role=Role.AGENT, now=city.now
        )
        work.commit()
    for _ in range(2):
        assert find(city, "路登") == []
        assert find(city, "路灯坏了") == [number]
        index(city)


def test_a_message_that_was_written_down_later_is_found(engine: Engine) -> None:
    city = City(engine)
    number = accepted(engine, "", 9)
    index(city)
    with UnitOfWork(engine) as work:
        work.session.execute(update(Case).where(Case.number == number).values(text="井盖不见了"))
        work.commit()
    assert find(city, "井盖") == [number]


def test_a_unit_and_a_desk_find_only_their_own(city: City) -> None:
    own = city.case(text="路灯一", caller="13800110110")
    other = city.case(text="路灯二", caller="13800110111", unit="自来水公司")
    city.move(own, "dispatch", Role.DISPATCHER, unit=LAMPS)
    city.move(other, "dispatch", Role.DISPATCHER, unit=WATER)
    for _ in range(2):
        assert find(city, "路灯", Own(unit_id=city.units[LAMPS])) == [own]
        assert find(city, "路灯", Own(unit_id=city.units[WATER])) == [other]
        assert find(city, "13800110110", Own(unit_id=city.units[LAMPS])) == []
        assert find(city, other, Own(unit_id=city.units[LAMPS])) == []
        assert find(city, "路灯", Own(desk="desk9")) == []
        index(city)


def test_filters_narrow_and_combine_with_words(city: City) -> None:
    lamp = city.case(
        text="路灯坏了", place={"township": "昭阳街道"}, kind=Kind.REPORT, sector=Sector.GOVERNMENT
    )
    water = city.case(
        text="停水了，路灯也坏了", matter="水压不足", place={"township": "水北镇"}, kind=Kind.HELP
    )
    city.move(lamp, "dispatch", Role.DISPATCHER, unit=LAMPS)
    index(city)
    for asked, found in (
        ({}, [water, lamp]),
        ({"family": "working"}, [lamp]),
        ({"state": CaseState.SORTED}, [water]),
        ({"unit": LAMPS, "family": "working"}, [lamp]),
        ({"unit": "nobody"}, []),
        ({"matter": "水压不足"}, [water]),
        ({"township": "昭阳街道"}, [lamp]),
        ({"kind": Kind.REPORT}, [lamp]),
        ({"sector": Sector.SOCIETY}, []),
        ({"danger": True}, []),
        ({"until": city.now - timedelta(days=300)}, []),
        ({"since": city.now + timedelta(days=300)}, []),
    ):
        assert find(city, "路灯", **asked) == found, asked
        assert find(city, "", **asked) == found, asked


def test_the_colour_asked_for_is_the_colour_shown(city: City) -> None:
    for count in range(6):
        number = city.case(text="路灯坏了", second=9 + count)
        if count:
            city.move(number, "dispatch", Role.DISPATCHER, unit=LAMPS)
    with UnitOfWork(city.engine) as work:
        rows = list(work.session.scalars(select(Case).where(Case.state == CaseState.DISPATCHED)))
        for row, due, yellow in zip(rows, (-1, 0, 1, 2, 5), (-2, -1, 0, 1, 4), strict=True):
            row.due_at, row.yellow_at = city.now + timedelta(days=due), city.now + timedelta(days=yellow)
        rows[-1].clock_stopped_at = city.now
        work.commit()
    with reading(city.engine) as work:
        lines = [line_with_colour(each, city.now) for each in cases_list(work.session)]
    for colour in Colour:
        shown = {each["number"] for each in lines if each["colour"] == colour}
        assert set(find(city, colour=colour)) == shown, colour
    assert {each["colour"] for each in lines} == set(Colour)


def test_pages_go_on_without_missing_or_doubling(city: City) -> None:
    numbers = [city.case(text="路灯坏了", second=9 + count) for count in range(7)]
    index(city)
    numbers.append(city.case(text="路灯又坏了", second=60))
    for asked in (Asked("路灯"), Asked(family="waiting")):
        seen: list[str] = []
        while True:
            with reading(city.engine) as work:
                before = seen[-1] if seen else None
                page = search(work.session, asked, ALL, city.now, limit=3, before=before)
            seen += [each["number"] for each in page]
            if len(page) < 3:
                break
        assert seen == numbers[::-1]


def test_a_search_takes_few_queries_however_much_it_finds(city: City) -> None:
    for count in range(12):
        city.case(text="路灯坏了", second=9 + count)

    def queries() -> int:
        seen: list[str] = []
        event.listen(city.engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
        find(city, "路灯")
        return sum(1 for each in seen if each.lstrip().startswith("SELECT"))

    assert queries() == 5
    index(city)
    assert queries() == 2


def test_two_indexers_leave_nothing_and_do_nothing_twice(city: City) -> None:
    number = city.case(text="路灯坏了")
    index(city)
    with UnitOfWork(city.engine) as work:
        left = work.session.scalar(select(func.count()).select_from(Unindexed))
        work.session.execute(update(Case).where(Case.number == number).values(version=9))
        changed = work.session.scalar(select(func.count()).select_from(Unindexed))
        work.session.execute(update(Case).where(Case.number == number).values(caller="13800110110"))
        again = work.session.scalar(select(func.count()).select_from(Unindexed))
        work.commit()
    assert (left, changed, again) == (0, 0, 1)
    assert find(city, "0110") == [number]


def test_the_index_of_sqlite_agrees_with_its_words(sqlite_engine: Engine) -> None:
    city = City(sqlite_engine)
    for count in range(5):
        city.case(text=f"路灯坏了{count}", second=9 + count)
    index(city)
    with UnitOfWork(sqlite_engine) as work:
        work.session.execute(update(Case).values(text="停水"))
        work.commit()
    index(city)
    with UnitOfWork(sqlite_engine) as work:
        # FTS5 raises when its index and the words disagree.
        work.session.execute(sql("INSERT INTO case_words (case_words, rank) VALUES ('integrity-check', 1)"))
    assert find(city, "路灯坏") == []
