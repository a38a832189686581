"""The bell: a job on the worker's queue, and a nudge for the screens. Redis carries both and nothing else.

Nobody waits for Redis and nobody needs it: a bell that was not heard is rung again by the sweep, a screen
that was not nudged asks for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from queue import Full, Queue
from threading import Lock, Thread
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from hotline import logs
from hotline.breaker import Breaker

log = logs.get(__name__)

CHANGES_CHANNEL = "minsheng110:changes"
WORK_QUEUE = "transcripts"
_JOB = "hotline.jobs.transcribe_recording"
_JOB_SECONDS = 1800
_MOST_PENDING = 2000


def job_id(recording_id: str) -> str:
    return f"transcript-{recording_id}"


class Bell:
    """Rings and nudges. `later` never blocks; the others try once and answer whether Redis took it."""

    def __init__(self, redis: Redis, breaker: Breaker | None = None) -> None:
        self._redis = redis
        self._breaker = breaker or Breaker(pause=1.0, longest_pause=5.0)
        self._pending: Queue[str | None] = Queue(_MOST_PENDING)
        self._thread: Thread | None = None
        self._starting = Lock()

    def later(self, recording_ids: Iterable[str] = ()) -> None:
        """Ring for these recordings and nudge the screens, from a thread of its own."""
        self._start()
        try:
            for recording_id in recording_ids:
                self._pending.put_nowait(recording_id)
            self._pending.put_nowait("")
        except Full:
            log.warning("bells are lost, the sweep rings them")

    def ring(self, recording_ids: Iterable[str]) -> list[str]:
        """Ring for each that is not on the queue yet; answers those for which a job stands now."""
        return self._try(lambda: _enqueue(self._redis, list(recording_ids))) or []

    def nudge(self) -> bool:
        """Tell the screens that something changed."""
        return self._try(lambda: self._redis.publish(CHANGES_CHANNEL, b"1")) is not None

    def close(self, seconds: float = 1.0) -> None:
        if self._thread is not None:
            self._pending.put(None)
            self._thread.join(seconds)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._work, name="bell", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while (first := self._pending.get()) is not None:
            waiting: list[str | None] = [first]
            while not self._pending.empty() and waiting[-1] is not None:
                waiting.append(self._pending.get())
            self.nudge()
            if ids := [each for each in waiting if each]:
                self.ring(ids)
            if waiting[-1] is None:
                return

    def _try(self, do: Callable[[], Any]) -> Any:
        if not self._breaker.due:
            return None
        try:
            result = do()
        except (RedisError, OSError) as error:
            if self._breaker.failed():
                log.warning("redis is away, the sweep rings the bells", error=type(error).__name__)
            return None
        if self._breaker.worked():
            log.info("redis is back")
        return result


def _enqueue(redis: Redis, recording_ids: list[str]) -> list[str]:
    queue = work_queue(redis)
    standing = set(queue.get_job_ids())
    for recording_id in recording_ids:
        if job_id(recording_id) not in standing:
            queue.enqueue(
                _JOB,
                recording_id,
                job_id=job_id(recording_id),
                job_timeout=_JOB_SECONDS,
                # The row is the work: what became of it stands there, the job may be forgotten.
                result_ttl=0,
                failure_ttl=60,
            )
    return recording_ids


def work_queue(redis: Redis) -> Any:
    """The worker's queue. Its jobs are JSON: nothing that Redis holds is ever run as code."""
    from rq import Queue as WorkQueue
    from rq.serializers import JSONSerializer

    return WorkQueue(WORK_QUEUE, connection=redis, serializer=JSONSerializer)
