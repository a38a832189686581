"""Every address × every role × somebody else's case; and nonsense in every field of every form."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from console import Console
from every_scene import (
    OWN_CALLER,
    STRANGE_CALLER,
    STRANGE_WORDS,
    Forms,
    Ids,
    Visitor,
    address,
    copied,
    counts,
    people,
    two_cases,
)
from runs import make_settings
from servers import RedisServer
from sqlalchemy import select
from test_rights import MAY, OWN, PUBLIC
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from cases.model import Case, CaseEvent
from cases.states import Move, Role
from hotline.wiring import build
from web.limits import limiter

NOBODY = ""
EVERYBODY = (NOBODY, *(f"{role}1" for role in Role if role not in (Role.SYSTEM, Role.CITIZEN)))
STRANGERS = (Role.UNIT, Role.DESK)
"""Who sees the own cases only."""
NONSENSE_IDS = (
    {"int": "7777777", "uuid": "00000000-0000-4000-8000-000000000000", "default": "100005"},
    {"int": "9007199254740991", "uuid": "x", "default": "%00"},
    {"int": "-1", "uuid": "1", "default": "..%2F..%2Fetc%2Fpasswd"},
    {"int": "1e9", "uuid": "%F0%9F%98%80", "default": "%E2%80%AE%F0%9F%98%80'%20OR%201=1--" + "x" * 300},
)
EVERYWHERE = ("", "x" * 100_000, "99999999999999999999")
NONSENSE = (
    "\u202e\u0627\u0644\u0639\u0631\u0628\u064a\u0629\u202c", "😀" * 50,
    "a\x00b", "'; DROP TABLE \"case\"; --",
    "<script>alert(1)</script>", "-1", "0000-99-99", "１２３", "\ufffd",
)  # fmt: skip
ENDS_IT = ("/logout", "/language")


@pytest.fixture(scope="module")
def told(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, redis_process: RedisServer
) -> tuple[Path, Ids, Ids, dict[str, Role]]:
    """The city's database, told once; what stands in addresses of the own case and of the stranger's."""
    run_dir = tmp_path_factory.mktemp("told")
    database = run_dir / "minsheng110.db"
    database.write_bytes(sqlite_template.read_bytes())
    wiring = build(make_settings(run_dir, f"sqlite:///{database}", redis_process.url))
    own, strange = two_cases(wiring)
    names = people(Console(wiring))
    wiring.close()
    return database, own, strange, names


@pytest.fixture
def city(told: Any, tmp_path: Path, redis_server: RedisServer) -> Iterator[Console]:
    """A copy of it for one test, with nobody counting how often somebody asks."""
    wiring = build(make_settings(tmp_path, copied(tmp_path, told[0]), redis_server.url))
    console = Console(wiring)
    limiter.enabled = False
    yield console
    limiter.enabled = True
    console.app.extensions["feed"].close()
    wiring.close()


def walk(console: Console, told: Any, method: str, role: Role | None) -> Iterator[tuple[Rule, str, str]]:
    """(rule, whose address it is, the address): own; for those whom it may keep out also strange, nonsense.

    Every move of a case for those who differ in them.
    """
    _database, own, strange, _names = told
    whole = role is None or role in STRANGERS
    moving = role in (Role.UNIT, Role.SUPERVISOR)
    for rule in console.app.url_map.iter_rules():
        if method not in (rule.methods or ()) or rule.endpoint == "auth.logout":
            continue
        if not rule.arguments:
            yield rule, "own", rule.rule
            continue
        moves = [each.value for each in Move] if moving and "what" in rule.arguments else [own["what"]]
        for whose, values in (("own", own), ("strange", strange))[: 1 + whole]:
            yield from ((rule, whose, address(rule, {**values, "what": what})) for what in moves)
        for kinds in NONSENSE_IDS if whole else ():
            yield rule, "nonsense", address(rule, {name: kinds[kind(rule, name)] for name in rule.arguments})


def kind(rule: Rule, name: str) -> str:
    found = re.search(rf"<(int|uuid)[^>]*:{name}>", rule.rule)
    return found[1] if found else "default"


def text_of(rule: Rule, answer: TestResponse) -> str:
    """The page; nothing of a stream without end or of a file."""
    text = answer.text if answer.mimetype in ("text/html", "application/json", "text/plain") else ""
    answer.close()
    return text


def tells_of_the_stranger(page: str) -> bool:
    return STRANGE_WORDS in page or re.search(r"139\D{0,6}8882|13900008882", page) is not None


def test_every_address_says_who_may_or_is_listed_as_open(city: Console) -> None:
    """A new address is closed until somebody has written down whom it is for."""
    views, open_to_all = city.app.view_functions, PUBLIC | OWN
    undeclared = {name for name, view in views.items() if not getattr(view, "needs", ())} - open_to_all
    assert not undeclared, "give these views @needs, or list them in test_rights.py as open"
    assert not {name for name, view in views.items() if getattr(view, "needs", ())} & open_to_all
    assert set(views) == set(MAY) | open_to_all


@pytest.mark.parametrize("username", EVERYBODY)
def test_whoever_asks_nothing_breaks_and_nobody_sees_a_strangers_case(
    city: Console, told: Any, username: str
) -> None:
    names = told[3]
    visitor, role = Visitor(city, username), names.get(username)
    before, wrong = counts(city.wiring), []
    for rule, whose, path in walk(city, told, "GET", role):
        answer = visitor.get(path)
        page = text_of(rule, answer)
        if answer.status_code >= 500 and answer.status_code != 503:
            wrong.append((path, answer.status_code))
        if OWN_CALLER in page or STRANGE_CALLER in page:
            wrong.append((path, "a whole number, unasked"))
        if (role is None or role in STRANGERS) and (
            tells_of_the_stranger(page) or is_open(rule, whose, answer)
        ):
            wrong.append((path, "a stranger's case"))
        if role is None and rule.endpoint not in PUBLIC and answer.status_code not in (302, 401, 404):
            wrong.append((path, "open to nobody"))
    assert not wrong
    assert counts(city.wiring) == before, "a look changes nothing"


def is_open(rule: Rule, whose: str, answer: TestResponse) -> bool:
    """Whether a page of a case is shown that is a stranger's."""
    hangs_on_a_case = {"number", "photo_id", "recording_id"} & rule.arguments
    return whose == "strange" and bool(hangs_on_a_case) and answer.status_code == 200


@pytest.mark.parametrize("username", EVERYBODY)
def test_whoever_sends_nothing_breaks_and_nobody_moves_a_strangers_case(
    city: Console, told: Any, username: str
) -> None:
    strange, names = told[2], told[3]
    visitor, role = Visitor(city, username), names.get(username)
    before, wrong = history(city, strange["number"]), []
    for rule, whose, path in walk(city, told, "POST", role):
        answer = visitor.post(path)
        page = text_of(rule, answer)
        if answer.status_code >= 500 and answer.status_code != 503:
            wrong.append((path, answer.status_code))
        shows = role in (None, Role.UNIT, Role.DESK, Role.LEADER) and (
            OWN_CALLER in page or STRANGE_CALLER in page
        )
        strangers = (role is None or role in STRANGERS) and (
            tells_of_the_stranger(page) or is_open(rule, whose, answer)
        )
        if shows or strangers:
            wrong.append((path, "what is not theirs"))
    assert not wrong
    if role is None or role in STRANGERS:
        assert history(city, strange["number"]) == before


def history(console: Console, number: str) -> list[Any]:
    with console.wiring.reading() as work:
        case = work.session.scalars(select(Case).where(Case.number == number)).one()
        events = work.session.scalars(select(CaseEvent.id).where(CaseEvent.case_id == case.id)).all()
        return [case.state, case.version, case.unit_id, *events]


def test_what_changes_something_takes_no_look_and_no_form_without_its_token(city: Console, told: Any) -> None:
    readers = {rule.rule for rule in city.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    visitors = [Visitor(city, name) for name in (NOBODY, "admin1")]
    wrong = []
    for rule in city.app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()):
            continue
        path = address(rule, told[1]) if rule.arguments else rule.rule
        for visitor in visitors:
            if visitor.client.post(path).status_code != 400:
                wrong.append((path, "without a token"))
            if visitor.client.post(path, data={"csrf_token": "x"}).status_code != 400:
                wrong.append((path, "with a token of nobody's"))
            if rule.rule not in readers and visitor.get(path).status_code not in (404, 405):
                wrong.append((path, "by a look"))
    assert not wrong


def test_nonsense_in_any_field_of_any_form_is_never_our_fault(city: Console, told: Any) -> None:
    seen: set[Any] = set()
    wrong, sent = [], 0
    for username, role in {NOBODY: None, **told[3]}.items():
        visitor = Visitor(city, username)
        for path, form in forms(city, told, visitor, role, seen):
            for turn in range(_TURNS):
                answer = send(visitor, path, form, turn)
                sent += 1
                if answer.status_code >= 500 and answer.status_code != 503:
                    wrong.append((form[1] or path, sorted(form[2]), turn, answer.status_code))
                answer.close()
    assert not wrong
    assert len(seen) > 30
    assert sent > 180


def forms(
    console: Console, told: Any, visitor: Visitor, role: Role | None, seen: set[Any]
) -> list[tuple[str, Any]]:
    """Every form that this visitor sees and nobody saw before."""
    found = []
    for rule, whose, path in walk(console, told, "GET", role):
        if whose != "own":
            continue
        answer = visitor.get(path)
        page = text_of(rule, answer) if answer.status_code == 200 else ""
        for form in Forms(page).found:
            key = (form[0], re.sub(r"[0-9a-f-]{36}|\d+", "*", form[1] or rule.rule), *sorted(form[2]))
            if key not in seen and not form[1].startswith(ENDS_IT):
                seen.add(key)
                found.append((path, form))
    return found


_TURNS = 6


def send(visitor: Visitor, path: str, form: Any, turn: int) -> TestResponse:
    """Empty, huge, what no row can bear: in every field. Else other nonsense in each, what is hidden kept."""
    method, action, fields, files, hidden = form
    if turn < len(EVERYWHERE):
        said: dict[str, Any] = dict.fromkeys(fields, EVERYWHERE[turn])
    else:
        said = {name: fields[name] if name in hidden else NONSENSE[(place + turn * 3) % len(NONSENSE)]
                for place, name in enumerate(fields)}  # fmt: skip
    if method == "get":
        return visitor.get(action or path, query_string={name: value[:5000] for name, value in said.items()})
    for name in files:
        said[name] = (io.BytesIO(said[name].encode("utf-8", "replace")), "x\u202e.csv")
    return visitor.post(action or path, said)
