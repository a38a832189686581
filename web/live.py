"""What changed, pushed to open pages by server-sent events.

The feed is the table of changes: its ids are the events' ids, so a page that lost its connection asks for
what came after its last one and misses and doubles nothing. One thread a process watches the table; a nudge
by Redis wakes it at once, and while Redis is away it looks by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from threading import Condition, Lock, Thread
from typing import Any

from flask import Blueprint, Response, request, stream_with_context
from flask.typing import ResponseReturnValue
from redis.exceptions import RedisError

from cases import queries
from cases.errors import CaseError
from hotline import logs
from hotline.bell import CHANGES_CHANNEL
from hotline.wiring import Wiring
from web.access import May, needs, wiring

log = logs.get(__name__)
blueprint = Blueprint("live", __name__)

_LOOK_SECONDS = 2.0
"""How often the table is looked at when nobody nudges."""
_HEARTBEAT_SECONDS = 20.0
_LIFE_SECONDS = 600.0
"""Then the page connects anew: its login is checked again, and a restart is not held up."""
_AT_ONCE = 500


class Watch:
    """Knows the newest change, and wakes those who wait for a newer one."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._news = Condition()
        self._last = 0
        self._starting = Lock()
        self._thread: Thread | None = None

    def wait(self, after: int, seconds: float) -> bool:
        """Whether there is a change after this one, at the latest when the time is over."""
        with self._starting:
            if self._thread is None:
                self._thread = Thread(target=self._watch, name="changes", daemon=True)
                self._thread.start()
        with self._news:
            return self._news.wait_for(lambda: self._last > after, seconds)

    def _watch(self) -> None:
        subscription = None
        while True:
            try:
                subscription = subscription or self._subscribe()
                subscription.get_message(ignore_subscribe_messages=True, timeout=_LOOK_SECONDS)
            except (RedisError, OSError):
                subscription = None
                with self._news:
                    self._news.wait(_LOOK_SECONDS)
            self._look()

    def _subscribe(self) -> Any:
        subscription = self._wiring.waiting_redis().pubsub()
        subscription.subscribe(CHANGES_CHANNEL)
        return subscription

    def _look(self) -> None:
        try:
            with self._wiring.reading() as unit:
                last = queries.last_change(unit.session)
        except CaseError:
            return
        with self._news:
            if last != self._last:
                self._last = last
                self._news.notify_all()


def _watch_of(found: Wiring) -> Watch:
    """One watch a process, kept beside its wiring."""
    with _making:
        if "watch" not in vars(found):
            vars(found)["watch"] = Watch(found)
    watch: Watch = vars(found)["watch"]
    return watch


_making = Lock()


@blueprint.get("/events")
@needs(*May)
def events() -> ResponseReturnValue:
    """`event: <noun>`, `id: <change>`, `data: {"key": …}`; begins after Last-Event-ID or `?after=`."""
    after = _number(request.headers.get("Last-Event-ID")) or _number(request.args.get("after"))
    stream = stream_with_context(_stream(wiring(), after))
    headers = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
    return Response(stream, mimetype="text/event-stream", headers=headers)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0


def _stream(found: Wiring, after: int) -> Iterator[str]:
    watch = _watch_of(found)
    began = found.now()
    yield "retry: 1000\n\n"
    while (found.now() - began).total_seconds() < _LIFE_SECONDS:
        if not watch.wait(after, _HEARTBEAT_SECONDS):
            yield ": still here\n\n"
            continue
        try:
            with found.reading() as unit:
                changes = queries.changes_after(unit.session, after, _AT_ONCE)
        except CaseError:
            return  # the page connects again and goes on where it was
        for change in changes:
            after = change["id"]
            yield f"id: {after}\nevent: {change['noun']}\ndata: {json.dumps({'key': change['key']})}\n\n"
