"""What changed, pushed to open pages by server-sent events.

The feed is the table of changes: its ids are the events' ids, so a page that lost its connection asks for
what came after its last one and misses and doubles nothing. One thread a process reads the table for all of
its pages; a nudge by Redis wakes it at once, and while Redis is away it looks by itself.

An open page holds a thread that sleeps. A worker carries `web_threads` less a reserve for requests; one more
page is told to ask again later and looks by itself meanwhile (static/live.js).
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from threading import Condition, Thread
from time import monotonic
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request
from flask.typing import ResponseReturnValue
from redis.exceptions import RedisError

from cases import queries
from cases.errors import CaseError
from hotline import logs
from hotline.bell import CHANGES_CHANNEL
from hotline.wiring import Wiring
from web.access import May, needs

log = logs.get(__name__)
blueprint = Blueprint("live", __name__)

_LOOK_SECONDS = 2.0
"""How often the table is looked at when nobody nudges."""
_HEARTBEAT_SECONDS = 20.0
_LIFE_SECONDS = 600.0
"""Then the page connects anew: its login is checked again."""
_KEPT = 1000
"""Changes kept in memory for pages that are a little behind; older ones come from the table."""
_RESERVE = 16
"""Threads that no open page may hold."""

Change = dict[str, Any]


class Feed:
    """The newest changes, read once for every open page of this process."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._news = Condition()
        self._kept: deque[Change] = deque(maxlen=_KEPT)
        self._last = 0
        self._restores = 0
        self._thread: Thread | None = None
        self._room = max(1, wiring.settings.web_threads - _RESERVE)
        self._pages = 0
        self._closing = False

    # ------------------------------------------------------------ pages
    def enter(self) -> bool:
        """Whether there is a thread left for one more page; then `leave` is owed."""
        with self._news:
            if self._pages >= self._room or self._closing:
                return False
            self._pages += 1
            if self._thread is None:
                self._thread = Thread(target=self._watch, name="changes", daemon=True)
                self._thread.start()
            return True

    def leave(self) -> None:
        with self._news:
            self._pages -= 1

    def close(self) -> None:
        """Let every open page go: this process ends."""
        self._closing = True
        with self._news:
            self._news.notify_all()

    def stream(self, after: int) -> Iterator[str]:
        """The events of one page, until its life is over or the process ends."""
        ends = monotonic() + _LIFE_SECONDS
        yield "retry: 1000\n\n"
        try:
            after, opening, restores = self._begin(after)
            yield opening
            while not self._closing and monotonic() < ends:
                if not self._wait(after, restores):
                    yield ": still here\n\n"
                    continue
                if self._restores != restores:
                    return  # the page connects again, to the database that is there now
                after, events = self._after(after)
                yield events
        except CaseError:
            return  # the page connects again and goes on where it was

    def _begin(self, after: int) -> tuple[int, str, int]:
        restores = self._restores
        with self._wiring.reading() as unit:
            newest = queries.last_change(unit.session)
        if after <= newest:
            return after, "", restores
        # The page knows a database that is no more (a restore): it looks at everything again.
        return newest, _event({"id": newest, "noun": "all", "key": ""}), restores

    def _wait(self, after: int, restores: int) -> bool:
        def news() -> bool:
            return self._closing or self._last > after or self._restores != restores

        with self._news:
            return self._news.wait_for(news, _HEARTBEAT_SECONDS) and not self._closing

    def _after(self, after: int) -> tuple[int, str]:
        """What came after this change, as events; and the last change they tell."""
        with self._news:
            last, kept = self._last, list(self._kept)
        if not kept or after < kept[0]["id"] - 1:
            with self._wiring.reading() as unit:
                kept = queries.changes_after(unit.session, after, _KEPT)
        told = [change for change in kept if change["id"] > after]
        return (told[-1]["id"] if told else last), "".join(map(_event, told))

    # ------------------------------------------------------------ the table
    def _watch(self) -> None:
        subscription = None
        while not self._closing:
            try:
                subscription = subscription or self._subscribe()
                subscription.get_message(ignore_subscribe_messages=True, timeout=_LOOK_SECONDS)
            except (RedisError, OSError):
                subscription = None
                with self._news:
                    self._news.wait_for(lambda: self._closing, _LOOK_SECONDS)
            try:
                while self._look():
                    pass
            except CaseError:
                continue  # the database is away; the next look may find it
            except Exception as error:  # this thread carries every open page: it goes on
                log.error("the feed could not be read", kind=type(error).__name__)

    def _subscribe(self) -> Any:
        subscription = self._wiring.waiting_redis().pubsub()
        subscription.subscribe(CHANGES_CHANNEL)
        return subscription

    def _look(self) -> bool:
        """Read what is new; whether there is more."""
        with self._wiring.reading() as unit:
            newest = queries.last_change(unit.session)
            if newest == self._last:
                return False
            restored = newest < self._last
            # At the start nobody waits for what was long ago.
            fresh = queries.changes_after(unit.session, self._last, _KEPT) if self._last > 0 else []
        with self._news:
            if restored:
                self._kept.clear()
                self._restores += 1
            self._kept.extend(fresh)
            self._last = fresh[-1]["id"] if fresh else newest
            self._news.notify_all()
            return self._last < newest


def _event(change: Change) -> str:
    data = json.dumps({"noun": change["noun"], "key": change["key"]})
    return f"id: {change['id']}\nevent: change\ndata: {data}\n\n"


def init_app(app: Flask) -> None:
    app.extensions["feed"] = Feed(app.extensions["wiring"])


@blueprint.get("/events")
@needs(*May)
def events() -> ResponseReturnValue:
    """`event: change`, `id: <change>`, `data: {"noun", "key"}`; begins after Last-Event-ID or `?after=`."""
    feed: Feed = current_app.extensions["feed"]
    if not feed.enter():
        return Response(status=503, headers={"Retry-After": "15"})
    after = _number(request.headers.get("Last-Event-ID")) or _number(request.args.get("after"))
    headers = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
    response = Response(_encoded(feed.stream(after)), mimetype="text/event-stream", headers=headers)
    response.call_on_close(feed.leave)
    return response


def _encoded(parts: Iterable[str]) -> Iterator[bytes]:
    return (part.encode() for part in parts)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0
