"""Every page of everybody: valid HTML, and nobody kept out in either language and theme."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import html5lib
import pytest
from console import Console
from every_scene import Visitor, copied
from scene import PASSWORD
from servers import RedisServer
from serving import Served
from test_every_route import EVERYBODY, city, told, walk

from cases.states import Role

__all__ = ["city", "told"]

AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
DESKTOP, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
NO_PAGES = ("/logout", "/events", "/metrics")
LANGUAGES = ("zh", "en")
WIDEST = """() => {
    if (document.documentElement.scrollWidth <= innerWidth) return null;
    const over = (each) => each.getBoundingClientRect().right > innerWidth + 1;
    const all = [...document.querySelectorAll("main *, header *")];
    return all.filter(over).at(-1)?.outerHTML.slice(0, 160) ?? "?";
}"""
_PAGE = "text/html"
_LOOKING = (Role.ADMIN, Role.UNIT, Role.LEADER, Role.VISITOR, Role.DISPATCHER)
"""Who has pages that the first does not have."""


def pages(console: Console, told: Any, username: str) -> Iterator[tuple[str, str, str]]:
    """(endpoint, address, HTML) of all that this person sees as a page, parts of pages included."""
    role = told[3].get(username)
    visitor = Visitor(console, username)
    for rule, whose, path in walk(console, told, "GET", role):
        if whose != "own" or path.startswith(NO_PAGES):
            continue
        answer = visitor.get(path)
        if answer.status_code == 200 and answer.mimetype == _PAGE:
            yield rule.endpoint, path, answer.text
        answer.close()


def faults(html: str) -> list[str]:
    """What the HTML standard's parser says of a page, or of a part; and ids that stand twice."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(html) if "<!doctype" in html[:50].lower() else parser.parseFragment(html)
    found = [f"line {line}: {what} {detail}" for (line, _), what, detail in parser.errors]
    ids = Counter(element.get("id") for element in tree.iter() if element.get("id"))
    found += [f"id {name} stands {count} times" for name, count in ids.items() if count > 1]
    names = {label.get("for") for label in tree.iter("label")} - {None, *ids}
    return found + [f"a label is for {name}, which is not there" for name in sorted(names)]


@pytest.mark.parametrize("username", EVERYBODY)
def test_every_page_is_valid_html(city: Console, told: Any, username: str) -> None:
    seen = list(pages(city, told, username))
    assert seen
    assert not {path: found for _, path, html in seen if (found := faults(html))}


@pytest.mark.parametrize(
    "html",
    [
        "<p><div>a</div></p>",
        "<b id=a></b><i id=a></i>",
        '<label for="x">a</label>',
        "<td>1</td>",
        "<a href='x' href='y'>a</a>",
    ],
)
def test_what_is_no_html_is_found(html: str) -> None:
    assert faults(html)


@pytest.fixture
def everybodys(told: Any, tmp_path: Path, redis_server: RedisServer) -> Iterator[Served]:
    served = Served(tmp_path, copied(tmp_path, told[0]), redis_server.url)
    yield served
    served.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", _LOOKING)
def test_no_page_keeps_anybody_out_in_any_language_and_theme(
    city: Console, told: Any, everybodys: Served, chromium: Any, role: Role, language: str
) -> None:
    """axe-core finds nothing; in the dark what changes is contrast. No page is wider than its screen."""
    theirs = _whole_pages(city, told, role)
    if role is not _LOOKING[0]:  # who sees most has the pages that others see as well
        firsts = _whole_pages(city, told)
        theirs = {name: path for name, path in theirs.items() if name not in firsts}
    assert theirs
    context = chromium.new_context(viewport=DESKTOP, base_url=everybodys.url)
    page = context.new_page()
    page.goto("/login")
    page.fill("#username", f"{role}1")
    page.fill("#password", PASSWORD)
    page.click("button.main")
    page.wait_for_url(re.compile(r"^(?!.*/login)"))
    source = AXE.read_text()
    wrong = [each for path in theirs.values() for each in _looked_at(page, path, language, source)]
    context.close()
    assert not wrong


def _whole_pages(console: Console, told: Any, role: Role = _LOOKING[0]) -> dict[str, str]:
    """Address by endpoint."""
    found = pages(console, told, f"{role}1")
    return {name: path for name, path, html in found if "<!doctype" in html[:50].lower()}


def _looked_at(page: Any, path: str, language: str, source: str) -> list[Any]:
    if page.get_attribute("html", "lang") != {"zh": "zh-CN", "en": "en"}[language]:
        page.locator(f"form[action$='/language/{language}'] button").click()
    page.emulate_media(color_scheme="light")
    page.goto(path)
    page.evaluate(source)
    found = [
        ("light", each) for each in page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    ]
    page.emulate_media(color_scheme="dark")
    contrast = page.evaluate("axe.run({runOnly: ['color-contrast'], resultTypes: ['violations']})")[
        "violations"
    ]
    found += [("dark", each) for each in contrast]
    wrong = [(path, language, how, each["id"], each["nodes"][0]["html"][:160]) for how, each in found]
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        if widest := page.evaluate(WIDEST):
            wrong.append((path, language, "wider than the screen", size["width"], widest))
    return wrong
