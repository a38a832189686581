"""A circuit breaker: after a failure nobody else waits for what is away, until it is asked again."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from time import monotonic


class Breaker:
    """Closed: go ahead. Open: do not even try, until `due` says that a probe may.

    The pause before a probe doubles while what was away keeps failing soon after it came back, so that a
    thing that answers probes and nothing else costs a waiting caller only now and then.
    """

    def __init__(self, pause: float, longest_pause: float, clock: Callable[[], float] = monotonic) -> None:
        self._first_pause = pause
        self._longest_pause = longest_pause
        self._clock = clock
        self._lock = Lock()
        self._pause = pause
        self._opened_at: float | None = None
        self._closed_at = clock()

    @property
    def open(self) -> bool:
        return self._opened_at is not None

    def failed(self) -> bool:
        """Open it, or keep it open for another pause. True when it was closed until now."""
        with self._lock:
            now = self._clock()
            fresh = self._opened_at is None
            if fresh:
                soon = now - self._closed_at < self._longest_pause
                self._pause = min(self._pause * 2, self._longest_pause) if soon else self._first_pause
            self._opened_at = now
            return fresh

    def worked(self) -> bool:
        """Close it. True when it was open until now."""
        with self._lock:
            was_open = self._opened_at is not None
            if was_open:
                self._opened_at, self._closed_at = None, self._clock()
            return was_open

    @property
    def due(self) -> bool:
        """Whether a probe may be made now; always when closed."""
        opened = self._opened_at
        return opened is None or self._clock() - opened >= self._pause
