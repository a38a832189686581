"""Photos of the work: shown on the case's page, served as pictures to those who may see the case."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from console import Console
from PIL import Image
from scene import SAID
from sqlalchemy import select

from cases.handling import Actor, Asked, make_move
from cases.model import Case, Photo
from cases.states import Role
from hotline.photos import kept_photos

OTHER_UNIT = "民政"


def move(console: Console, number: str, what: str, role: Role, **asked: Any) -> None:
    unit = console.scene.unit(SAID[0].unit) if role == Role.UNIT else None
    actor = Actor(f"{role}1", role, unit)
    sent = asked.pop("sent", [])
    wiring = console.wiring
    with kept_photos(wiring.settings, sent, wiring.now()) as kept, wiring.unit_of_work() as work:
        given = Asked(**asked, photos=kept)
        make_move(work.session, number, what, actor, wiring.now(), wiring.rules, given)
        work.commit()


def picture() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (640, 480), (60, 120, 60)).save(written, "PNG")
    return written.getvalue()


@pytest.fixture
def photographed(console: Console) -> tuple[str, str]:
    """A case that its unit reported with a photo; its number and the photo's id."""
    number = console.scene.case(300)
    move(console, number, "dispatch", Role.DISPATCHER)
    move(console, number, "sign", Role.UNIT)
    move(console, number, "report", Role.UNIT, answer="下水道已经疏通", sent=[picture()])
    with console.wiring.reading() as work:
        return number, work.session.query(Photo).one().id


def test_a_photo_is_a_picture_and_never_a_page(console: Console, photographed: tuple[str, str]) -> None:
    _, photo = photographed
    answer = console.somebody(Role.AGENT).get(f"/photos/{photo}")
    assert (answer.status_code, answer.mimetype, answer.data[:3]) == (200, "image/jpeg", b"\xff\xd8\xff")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "no-store"


def test_who_may_see_the_case_sees_its_photos_and_nobody_else(
    console: Console, photographed: tuple[str, str]
) -> None:
    number, photo = photographed
    own = console.somebody(Role.UNIT, "own", unit_id=console.scene.unit(SAID[0].unit))
    other = console.somebody(Role.UNIT, "other", unit_id=console.scene.unit(OTHER_UNIT))
    assert f"/photos/{photo}" in own.get(f"/cases/{number}").text
    assert own.get(f"/photos/{photo}").status_code == 200
    assert other.get(f"/photos/{photo}").status_code == 404
    assert console.browser().get(f"/photos/{photo}").status_code == 302


def test_a_co_unit_sees_the_case_and_its_photos(console: Console, photographed: tuple[str, str]) -> None:
    number = console.scene.case(200)
    move(console, number, "dispatch", Role.DISPATCHER)
    browser = console.somebody(Role.UNIT, "other", unit_id=console.scene.unit(OTHER_UNIT))
    assert browser.get(f"/cases/{number}").status_code == 404
    move(console, number, "add-unit", Role.DISPATCHER, unit=OTHER_UNIT, part="联系社区")
    page = browser.get(f"/cases/{number}").text
    assert "联系社区" in page
    assert number in browser.get("/cases").text.replace(" ", "")


def test_a_path_that_leads_out_of_the_folder_is_none(console: Console, photographed: tuple[str, str]) -> None:
    _, photo = photographed
    with console.wiring.unit_of_work() as work:
        work.session.get_one(Photo, photo).path = "../secrets.toml"
        work.commit()
    assert console.somebody(Role.AGENT).get(f"/photos/{photo}").status_code == 404


def test_the_page_tells_who_has_it_until_when_and_what_was_answered(
    console: Console, photographed: tuple[str, str]
) -> None:
    number, _ = photographed
    page = console.somebody(Role.SUPERVISOR).get(f"/cases/{number}").text
    for text in ("主办", "按时", "下水道已经疏通", "时限暂停", "等待市民"):
        assert text in page


def test_a_deadline_in_a_year_that_nobody_knows_says_so_on_the_page(console: Console) -> None:
    number = console.scene.case(300)
    move(console, number, "dispatch", Role.DISPATCHER, deadline_class="complex")
    with console.wiring.unit_of_work() as work:
        make_due_in(work.session, number, 2050)
        work.commit()
    page = console.somebody(Role.SUPERVISOR).get(f"/cases/{number}").text
    assert "2050年的节假日还没有录入" in page


def make_due_in(session: Any, number: str, year: int) -> None:
    case = session.scalars(select(Case).where(Case.number == number)).one()
    case.dispatched_at = case.dispatched_at.replace(year=year)
    case.due_at = case.due_at.replace(year=year)


def test_a_list_says_what_is_late_or_soon_and_nothing_of_a_silent_caller(console: Console) -> None:
    number = console.scene.case(300, confidential=True, caller="13800005678", deadline_class="emergency")
    move(console, number, "dispatch", Role.DISPATCHER)
    unit = console.somebody(Role.UNIT, "own", unit_id=console.scene.unit(SAID[0].unit))
    page = unit.get("/cases").text
    assert "快到期" in page
    assert "5678" not in page
    with console.wiring.unit_of_work() as work:
        case = work.session.scalars(select(Case).where(Case.number == number)).one()
        case.due_at = console.wiring.now() - timedelta(hours=1)
        work.commit()
    assert "已超期" in unit.get("/cases").text
