"""`bench pages`: what open pages take while nothing happens, and how soon all of them hear of a call."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from http.client import HTTPResponse
from threading import Barrier, Thread
from urllib.error import HTTPError
from urllib.request import OpenerDirector

from cases.facts import CallStarted, new_id
from hotline import health
from hotline.bench.page import logged_in
from hotline.bench.processes import Meter, family, resident_mb
from hotline.bench.report import Report, Result, percentile
from hotline.host import Progress
from hotline.settings import Settings
from hotline.temporary import temporary_system
from hotline.wiring import build

_FEED = re.compile(r'data-feed="([^"]+)" data-after="(\d+)"')
_PATIENCE = 60.0
_SETTLES = 3.0
"""Seconds after which what an opening page sets going is over."""


def measure(pages: int, seconds: int, progress: Progress) -> Report:
    """Start a system, look at its console without a page and with many, remove it."""
    progress("starting a whole system in a temporary folder")
    with temporary_system() as supervisor:
        settings = supervisor.settings
        web = family(health.state(settings)["services"]["web"]["pid"])
        browser = logged_in(settings)
        progress(f"{seconds} s without a page")
        alone, alone_mb = _quiet(web, seconds), resident_mb(web)
        progress(f"{pages} open pages, {seconds} s")
        with _open(settings, browser, pages) as feeds:
            used, used_mb = _quiet(web, seconds), resident_mb(web)
            progress("one call comes in")
            heard = _heard(settings, feeds)
    name = f"{pages} open pages"
    return Report(
        "pages",
        [
            Result(f"{name}: refused, they look by themselves", pages - len(feeds), "pages", pages),
            Result(f"{name}, nothing happens: processor", used, "% of a core", seconds, "no page", alone),
            Result(f"{name}: memory of the console", used_mb, "MB", 1, "no page", alone_mb),
            Result(f"{name}: a call stands in the feed of all, last one", max(heard), "ms", len(heard)),
            Result(f"{name}: a call stands in the feed, median", percentile(heard, 50), "ms", len(heard)),
        ],
    )


def _quiet(pids: set[int], seconds: int) -> float:
    time.sleep(_SETTLES)
    meter = Meter(pids)
    time.sleep(seconds)
    return meter.percent()


@contextmanager
def _open(settings: Settings, browser: OpenerDirector, pages: int) -> Iterator[list[HTTPResponse]]:
    """The feeds of so many pages of one person; those that the console has no thread for are left out."""
    with browser.open(f"{settings.web_url}/queue", timeout=_PATIENCE) as page:
        found = _FEED.search(page.read().decode())
    if found is None:
        raise RuntimeError("the queue's page names no feed")
    feeds: list[HTTPResponse] = []
    with ExitStack() as opened:
        for _ in range(pages):
            try:
                feed = browser.open(f"{settings.web_url}{found[1]}?after={found[2]}", timeout=_PATIENCE)
            except HTTPError as refused:
                refused.close()
            else:
                feeds.append(opened.enter_context(closing(feed)))
        yield feeds


def _heard(settings: Settings, feeds: list[HTTPResponse]) -> list[float]:
    """Milliseconds from the fact told until each page had it."""
    told: list[float] = []
    heard: list[float] = []
    listening = Barrier(len(feeds) + 1)

    def listen(feed: HTTPResponse) -> None:
        listening.wait(_PATIENCE)
        while not feed.readline().startswith(b"data:"):
            pass
        heard.append(time.perf_counter())

    threads = [Thread(target=listen, args=(feed,), daemon=True) for feed in feeds]
    for thread in threads:
        thread.start()
    wiring = build(settings)
    with closing(wiring):
        wiring.ledger.stock_up()
        listening.wait(_PATIENCE)
        told.append(time.perf_counter())
        at = datetime.now(UTC)
        call = CallStarted(call_id=new_id(), at=at, linked_id="bench", channel="", caller="", way_in="direct")
        wiring.ledger.record(call)
        for thread in threads:
            thread.join(_PATIENCE)
    return [round(1000 * (moment - told[0]), 1) for moment in heard]
