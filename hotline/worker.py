"""The worker's process: `python -m hotline.worker`.

It loads the model once and forks a process for each job (rq): a recording that kills libvosk kills that
process and nothing else. The parent never touches the database, so that no connection is ever shared.
"""

from __future__ import annotations

import os
import socket
import time
from datetime import datetime, timedelta
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Worker, worker_registration
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer

from hotline import heartbeat, logs
from hotline.bell import work_queue
from hotline.jobs import Transcriber, take_up
from hotline.settings import Settings, load
from hotline.spoken_names import names
from hotline.wiring import Wiring, build
from transcribe import models
from transcribe.engine import Engine, EngineFault

log = logs.get(__name__)

FRESH = timedelta(seconds=30)
"""A worker that has not shown itself for longer is not counted on."""
_SHOWS_ITSELF_SECONDS = 10
_RETRY_SECONDS = 1.0


class TranscriptWorker(Worker):
    """rq's worker, with a short memory for trouble and a sign of life on disk."""

    max_connection_wait_time = 2.0
    wiring: Wiring
    told_to_stop = False

    @property
    def dequeue_timeout(self) -> int:
        return _SHOWS_ITSELF_SECONDS

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        heartbeat.beat(self.wiring.settings, f"worker-{self.pid}", self.wiring.now(), state=self._state)
        super().heartbeat(timeout, pipeline)
        if pipeline is None and not self.connection.hexists(self.key, "pid"):
            # This Redis is younger than we are: it has lost our registration.
            self.connection.hset(self.key, mapping={"hostname": socket.gethostname(), "pid": os.getpid()})
            worker_registration.register(self)

    def handle_warm_shutdown_request(self) -> None:
        self.told_to_stop = True


def workers(settings: Settings, now: datetime) -> list[heartbeat.Heartbeat]:
    """The workers of this machine that have shown themselves lately."""
    names = (path.stem for path in heartbeat.folder(settings).glob("worker-*.json"))
    signs = [heartbeat.last(settings, name) for name in names]
    return [sign for sign in signs if sign is not None and sign.fresh(now, FRESH)]


def load_engine(settings: Settings) -> Engine | None:
    """The recogniser, or None with a line in the log: recordings then wait, and nothing is lost.

    A model that is broken is named in the log, and the embedded one takes its place.
    """
    try:
        model = models.find_working(settings.model_dir, settings.cache_dir, log.error)
        if model is None:
            log.warning("no model is installed: recordings wait to be written down")
            return None
        from transcribe.vosk_engine import VoskEngine

        engine = VoskEngine(model)
    except (EngineFault, ImportError) as error:
        log.error("no model can be loaded: recordings wait to be written down", error=str(error))
        return None
    log.info("model is loaded", model=engine.name)
    return engine


def run(wiring: Wiring, *, burst: bool = False) -> None:
    """Work until told to stop; with `burst` until the queue is empty."""
    heartbeat.forget_dead(wiring.settings, "worker-*")
    settings = wiring.settings
    hands = max(1, len(os.sched_getaffinity(0)) // settings.workers)
    take_up(Transcriber(wiring, load_engine(settings), wiring.decide, names(settings), hands))
    redis = wiring.waiting_redis()
    while True:
        _wait_for(redis)
        worker = None
        try:
            worker = _worker(wiring, redis)
            worker.work(burst=burst, logging_level="WARNING")
        except (RedisError, OSError) as error:
            log.warning("redis went away", error=type(error).__name__)
        except StopRequested:
            return
        # rq also leaves its loop when Redis does not answer in time: then it is started again.
        if burst or (worker is not None and worker.told_to_stop):
            return


def _worker(wiring: Wiring, redis: Redis) -> TranscriptWorker:
    worker = TranscriptWorker(
        [work_queue(redis)],
        connection=redis,
        serializer=JSONSerializer,
        worker_ttl=60,
        job_monitoring_interval=_SHOWS_ITSELF_SECONDS,
        log_job_description=False,
    )
    worker.wiring = wiring
    return worker


def _wait_for(redis: Redis) -> None:
    told = False
    while True:
        try:
            redis.ping()
            return
        except (RedisError, OSError) as error:
            if not told:
                log.warning("redis is away: waiting for it", error=type(error).__name__)
                told = True
            time.sleep(_RETRY_SECONDS)


def main(settings: Settings | None = None) -> None:
    logs.configure("worker")
    wiring = build(settings or load())
    run(wiring)
    wiring.close()


if __name__ == "__main__":
    main()
