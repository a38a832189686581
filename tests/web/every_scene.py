"""Two cases with all that hangs on a case: one of a unit and a desk, and one of strangers. All invented."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import uuid4

from console import Console
from flask.testing import FlaskClient
from late_scene import DISPATCHER, LateCity
from scene import PASSWORD, SAID
from sqlalchemy import func, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from cases.citizen_states import MessageKind, SurveyState
from cases.model import Base, Burst, Case, MessageOut, Photo, ReceptionItem, Recording, RepeatOffer, Survey
from cases.moving import Actor
from cases.reception_outcomes import write_report
from cases.states import Move, Role
from hotline.wiring import Wiring

OWN_UNIT, OWN_DESK = "市政管理处", "desk1"
OWN_CALLER, STRANGE_CALLER = "13800009991", "13900008882"
STRANGE_WORDS = "楼下的烧烤摊天天吵到半夜两点"
ASIDE = "aside"
"""A user whom an administrator may change; nobody in the walk is that one."""
Ids = dict[str, str]


def people(console: Console) -> dict[str, Role]:
    """Somebody of every role; the unit's and the desk's own the first case."""
    unit_id = console.scene.unit(OWN_UNIT)
    found = {}
    for role in Role:
        if role in (Role.SYSTEM, Role.CITIZEN):
            continue
        own = {"unit_id": unit_id} if role is Role.UNIT else {"desk": OWN_DESK} if role is Role.DESK else {}
        found[console.scene.person(role, **own)] = role
    console.scene.person(Role.AGENT, ASIDE)
    return found


def two_cases(wiring: Wiring) -> tuple[Ids, Ids]:
    """What stands in an address, by name: of the own case, and of the stranger's."""
    city = LateCity(wiring)
    for said in (SAID[0], SAID[4]):
        city.unit(said.unit, "某")
    own = city.dispatched(0, desk=OWN_DESK)
    strange = city.scene.case(590, SAID[4], caller=STRANGE_CALLER, desk="desk2")
    city.move(strange, Move.DISPATCH, DISPATCHER, 90)
    city.goes_round(city.dispatched(1, 80))
    city.supervised()
    month = city.reception_day()
    return (_hangs_on(city, own, OWN_CALLER, month), _hangs_on(city, strange, STRANGE_CALLER, month))


def _hangs_on(city: LateCity, number: str, caller: str, month: str) -> Ids:
    wiring, now = city.wiring, city.now
    city.scene.gives_up(600, caller=caller, desk=OWN_DESK if caller == OWN_CALLER else "desk2")
    with wiring.unit_of_work() as work:
        made = write_report(
            work.session, number, "产权不清", "请明确", Actor("s", Role.SUPERVISOR), now, wiring.rules
        )
        case = work.session.scalars(select(Case).where(Case.number == number)).one()
        case.caller = caller
        recording = work.session.get_one(Recording, case.recording_id)
        photo = Photo(id=str(uuid4()), case_id=case.id, at=now, who="unit1", move="note",
                      path=f"{number}.jpg", width=1, height=1, size=3, unit_id=case.unit_id)  # fmt: skip
        survey = Survey(case_id=case.id, state=SurveyState.PLANNED, planned_at=now, unit_id=case.unit_id)
        message = MessageOut(
            case_id=case.id, template=MessageKind.ACCEPTED, occasion="again", to=caller, text="您好"
        )
        message.created_at = now
        offer = RepeatOffer(case_id=case.id, earlier_id=case.id, at=now, score=0.5)
        burst = Burst(matter=case.matter or "", place=number, raised_at=now, last_at=now)
        work.session.add_all([photo, survey, message, offer, burst])
        work.session.flush()
        item = work.session.scalar(select(func.min(ReceptionItem.id))) or 1
        ids = {
            "number": number, "call_id": recording.call_id, "recording_id": recording.id,
            "photo_id": photo.id,
            "survey_id": survey.id, "message_id": message.id, "offer_id": offer.id, "burst_id": burst.id,
            "report_id": made.id, "item_id": item, "call_back_id": 1, "code": OWN_UNIT, "what": "note",
            "name": "en", "phone": "agent1",
            "username": ASIDE, "kind": "nightly", "day": "2026-03-01", "form": "json",
            "prompt": "nothing", "filename": "app.css", "key": f"{number}-ABC234", "month": month,
        }  # fmt: skip
        path = wiring.settings.photos / photo.path
        work.commit()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\xff\xd8\xff")
    return {name: str(value) for name, value in ids.items()}


def address(rule: Rule, values: Ids) -> str:
    """This rule's address with these values."""
    return "".join(values[part] if is_name else part for is_name, part in rule._trace).lstrip("|")


def counts(wiring: Wiring) -> dict[str, int]:
    """How much stands where, and how often cases moved; what a look may write is left out."""
    looks = ("audit_entry", "audit_head", "change", "user")
    with wiring.reading() as work:
        found = {table.name: work.session.scalar(select(func.count()).select_from(table)) or 0
                 for table in Base.metadata.sorted_tables if table.name not in looks}  # fmt: skip
        found["versions"] = int(work.session.scalar(select(func.sum(Case.version))) or 0)
    return found


def copied(run_dir: Path, database: Path) -> str:
    """The told city once more, for one test."""
    shutil.copytree(database.parent, run_dir, dirs_exist_ok=True)
    return f"sqlite:///{run_dir / database.name}"


class Visitor:
    """A browser that keeps one token, as an open page does. `username` empty: nobody has logged in."""

    def __init__(self, console: Console, username: str = "") -> None:
        self.client: FlaskClient = console.app.test_client()
        if username:
            answer = self.post("/login", {"username": username, "password": PASSWORD})
            assert answer.status_code == 302, answer.text
        self.logged_in = bool(username)
        self._token = ""

    def get(self, path: str, **given: Any) -> TestResponse:
        return self.client.get(path, **given)

    def post(self, path: str, data: dict[str, Any] | None = None) -> TestResponse:
        return self.client.post(path, data={**(data or {}), "csrf_token": self.token})

    @property
    def token(self) -> str:
        if not getattr(self, "_token", ""):
            page = self.client.get("/second-factor" if getattr(self, "logged_in", False) else "/login").text
            found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
            assert found, page
            self._token = found[1]
        return self._token


class Forms(HTMLParser):
    """The forms of a page: (method, action, {field: its value}, its files' fields, its hidden ones)."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, dict[str, str], set[str], set[str]]] = []
        self._open = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = True
            self.found.append((given.get("method", "get").lower(), given.get("action", ""), {}, set(), set()))
        elif self._open and tag in ("input", "textarea", "select", "button") and given.get("name"):
            self.found[-1][2].setdefault(given["name"], given.get("value", ""))
            if given.get("type") == "file":
                self.found[-1][3].add(given["name"])
            if given.get("type") == "hidden":
                self.found[-1][4].add(given["name"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False
