"""The feed: every change once, in order, whoever is away in between."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice

import pytest
from console import Browser, Console
from servers import RedisServer
from sqlalchemy import delete
from werkzeug.test import TestResponse

from cases import queries
from cases.changes import changed
from cases.model import Change
from cases.states import Role
from web.live import Feed

WAIT = 10
_EVENT = re.compile(rb"id: (\d+)\nevent: change\ndata: (.+)\n\n")


def change(console: Console, *keys: str) -> None:
    with console.wiring.unit_of_work() as unit:
        for key in keys:
            changed(unit.session, console.wiring.now(), "case", key)
        unit.commit()
    console.wiring.bell.nudge()


def last(console: Console) -> int:
    with console.wiring.reading() as unit:
        return queries.last_change(unit.session)


class Page:
    """An open page: reads events as they come."""

    def __init__(self, browser: Browser, after: int | None = None, **headers: str) -> None:
        query = {} if after is None else {"after": str(after)}
        self.answer: TestResponse = browser.get(
            "/events", query_string=query, headers=headers, buffered=False
        )
        self._chunks: Iterator[bytes] = iter(self.answer.response)  # type: ignore[arg-type]

    def events(self, count: int) -> list[tuple[int, str]]:
        """The next `count` changes: (id, key)."""
        found: list[tuple[int, str]] = []
        for chunk in self._chunks:
            found += [(int(number), json.loads(data)["key"]) for number, data in _EVENT.findall(chunk)]
            if len(found) >= count:
                return found
        return found

    def keys(self, count: int) -> list[str]:
        return [key for _, key in self.events(count)]

    def close(self) -> None:
        self.answer.close()


@contextmanager
def page(browser: Browser, after: int | None = None, **headers: str) -> Iterator[Page]:
    opened = Page(browser, after, **headers)
    yield opened
    opened.close()


def test_a_page_hears_what_came_after_it_was_made(console: Console) -> None:
    change(console, "old")
    browser, place = console.somebody(Role.AGENT), last(console)
    change(console, "100005", "100014")
    with page(browser, place) as opened:
        assert opened.answer.mimetype == "text/event-stream"
        assert opened.keys(2) == ["100005", "100014"]
        change(console, "100023")
        assert opened.keys(1) == ["100023"]


def test_a_page_that_lost_its_line_misses_and_doubles_nothing(console: Console) -> None:
    browser, place = console.somebody(Role.AGENT), last(console)
    change(console, "a", "b", "c")
    with page(browser, place) as opened:
        heard = opened.events(3)
    change(console, "d", "e")
    # The browser sends the id of the last event it had, and the address it began with.
    with page(browser, place, **{"Last-Event-ID": str(heard[1][0])}) as opened:
        assert opened.keys(3) == ["c", "d", "e"]


def test_a_nudge_wakes_the_page_at_once(console: Console) -> None:
    browser = console.somebody(Role.AGENT)
    with page(browser, last(console)) as opened, ThreadPoolExecutor(1) as pool:
        change(console, "first")
        opened.keys(1)  # from here the feed is subscribed
        heard = pool.submit(opened.keys, 1)
        began = time.monotonic()
        change(console, "second")
        assert heard.result(WAIT) == ["second"]
        assert time.monotonic() - began < 1


def test_without_redis_the_page_hears_it_a_little_later(console: Console, redis_server: RedisServer) -> None:
    browser = console.somebody(Role.AGENT)
    with redis_server.away(), page(browser, last(console)) as opened, ThreadPoolExecutor(1) as pool:
        heard = pool.submit(opened.keys, 2)
        change(console, "one")
        change(console, "two")
        assert heard.result(WAIT) == ["one", "two"]


def test_a_page_far_behind_catches_up(console: Console) -> None:
    browser, place = console.somebody(Role.AGENT), last(console)
    with page(browser, place) as watcher:
        change(console, *(str(number) for number in range(1500)))
        assert len(set(watcher.keys(1500))) == 1500
        with page(browser, place) as late:
            assert late.keys(1500) == [str(number) for number in range(1500)]


def test_many_pages_hear_everything_in_order(sqlite_console: Console) -> None:
    console = sqlite_console
    browser, place = console.somebody(Role.AGENT), last(console)
    wanted = [str(number) for number in range(60)]
    pages = [Page(browser, place) for _ in range(20)]
    with ThreadPoolExecutor(21) as pool:
        heard = [pool.submit(each.keys, len(wanted)) for each in pages]
        for key in wanted:
            change(console, key)
        assert all(each.result(30) == wanted for each in heard)
    for each in pages:
        each.close()


def test_a_restored_database_makes_the_page_look_at_everything(sqlite_console: Console) -> None:
    browser = sqlite_console.somebody(Role.AGENT)
    with page(browser, last(sqlite_console) + 500) as opened:
        assert b'"noun": "all"' in b"".join(islice(opened._chunks, 2))


def test_a_database_restored_under_an_open_page_ends_its_line(sqlite_console: Console) -> None:
    console = sqlite_console
    browser = console.somebody(Role.AGENT)
    with page(browser, last(console)) as opened:
        change(console, "one")
        opened.keys(1)
        with console.wiring.unit_of_work() as unit:
            unit.session.execute(delete(Change))
            unit.commit()
        console.wiring.bell.nudge()
        assert opened.keys(1) == []  # the line ended; the page connects again


def test_a_console_that_ends_lets_its_pages_go(sqlite_console: Console) -> None:
    browser = sqlite_console.somebody(Role.AGENT)
    with page(browser) as opened, ThreadPoolExecutor(1) as pool:
        ended = pool.submit(opened.keys, 1)
        sqlite_console.app.extensions["feed"].close()
        assert ended.result(WAIT) == []


def test_the_last_threads_are_for_requests(sqlite_console: Console) -> None:
    console = sqlite_console
    browser = console.somebody(Role.AGENT)
    feed: Feed = console.app.extensions["feed"]
    pages = [Page(browser) for _ in range(console.wiring.settings.web_threads - 16)]
    refused = browser.get("/events")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "15")
    pages.pop().close()
    with page(browser) as opened:
        assert opened.answer.status_code == 200
    for each in pages:
        each.close()
    assert feed._pages == 0


@pytest.mark.parametrize("place", ["-1", "x", "9" * 40, "１", "\x00"])
def test_a_place_that_is_none_is_the_beginning(sqlite_console: Console, place: str) -> None:
    browser = sqlite_console.somebody(Role.AGENT)
    change(sqlite_console, "100005")
    answer = browser.get("/events", query_string={"after": place})
    with_event = b"".join(islice(iter(answer.response), 3))  # type: ignore[arg-type]
    assert b"100005" in with_event
    answer.close()
