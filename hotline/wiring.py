"""The one place where adapters are built. Nothing is opened before it is used.

    wiring = build(load())
    wiring.ledger.record(...)      # a door
    with wiring.unit_of_work() as unit: ...

A part is built when it is first asked for, so that a process carries only what it uses: the FastAGI server
never loads the router or a recogniser, the console never loads vosk.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from cases.unit_of_work import UnitOfWork, make_engine, reading
from hotline.clock import clock_of
from hotline.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from redis import Redis

    from cases.rules import Rules
    from hotline.bell import Bell
    from hotline.journal import Journal
    from hotline.ledger import Ledger
    from hotline.notify import Outbox
    from hotline.survey_desk import SurveyDesk
    from ivr.hearing import Listener
    from router.ready import Decider
    from transcribe.audio import AudioFacts

_EXAMINING = BoundedSemaphore(2)
_REDIS_CONNECT_SECONDS = 0.3
_REDIS_ANSWER_SECONDS = 0.5


class Wiring:
    """Everything a process of this system needs, built on demand, once."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._clock = clock_of(settings)

    def now(self) -> datetime:
        """The clock of the edges; inside, time is an argument."""
        return self._clock.now()

    @cached_property
    def engine(self) -> Engine:
        return make_engine(self.settings.database)

    def unit_of_work(self) -> UnitOfWork:
        """One use case that writes, one transaction."""
        return UnitOfWork(self.engine)

    def reading(self) -> UnitOfWork:
        """A look at the database; it waits for nobody."""
        return reading(self.engine)

    @cached_property
    def rules(self) -> Rules:
        """Every number of the rules that the city may set."""
        from hotline.rules import rules_of

        return rules_of(self.settings)

    @cached_property
    def household_kinds(self) -> dict[str, str]:
        """Kinds of households that are served free: code → name, of the city file."""
        from hotline.city import household_kinds

        return household_kinds(self.settings)

    @cached_property
    def redis(self) -> Redis:
        """For short questions: it fails rather than wait."""
        return _redis(self.settings, _REDIS_ANSWER_SECONDS)

    def waiting_redis(self) -> Redis:
        """A connection of its own for those who wait on Redis: the worker, a screen's subscription."""
        return _redis(self.settings, None)

    @cached_property
    def bell(self) -> Bell:
        from hotline.bell import Bell

        return Bell(self.redis)

    @cached_property
    def journal(self) -> Journal:
        from hotline.journal import Journal

        return Journal(self.settings.journal_dir, self.now())

    @cached_property
    def ledger(self) -> Ledger:
        from hotline.ledger import Ledger

        return Ledger(
            self.engine,
            self.journal,
            self.settings.journal_dir,
            self.bell,
            spoken_second=self.settings.spoken_second,
        )

    @cached_property
    def listener(self) -> Listener:
        from hotline.listening.client import ListenerClient

        return ListenerClient(self.settings.listener_socket)

    def survey_desk(self, survey_id: str) -> SurveyDesk | None:
        """Where the call of this survey is told; None for what is no survey's id."""
        from hotline.survey_desk import SurveyDesk

        short = survey_id.isascii() and survey_id.isdigit() and len(survey_id) < 16
        return SurveyDesk(self, int(survey_id)) if short else None

    @cached_property
    def outbox(self) -> Outbox:
        """Where messages to citizens wait, and by whom they go out."""
        from hotline.notify import outbox

        return outbox(self)

    @staticmethod
    def examine(path: Path) -> AudioFacts:
        """What a finished recording holds."""
        from transcribe.audio import inspect

        # Hundreds of messages may end in the same second: their memory must not be taken at once.
        with _EXAMINING:
            return inspect(path)

    @cached_property
    def decide(self) -> Decider:
        """(text, caller's number, firms=their states by code) → what the router says, as plain data.

        By the models that are there (hotline/install.py makes the city's own); nothing is learned here.
        """
        from hotline.city_path import file_of
        from router.ready import Decider

        settings = self.settings
        return Decider(file_of(settings), settings.cache_dir, settings.router_dir)

    def close(self) -> None:
        """Let go of what was built."""
        built = vars(self)
        for name in ("ledger", "bell", "journal"):
            if name in built:
                built.pop(name).close()
        if "redis" in built:
            built.pop("redis").close()
        if "engine" in built:
            built.pop("engine").dispose()


def _redis(settings: Settings, answer_seconds: float | None) -> Redis:
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Redis.from_url(
        settings.redis,
        socket_connect_timeout=_REDIS_CONNECT_SECONDS,
        socket_timeout=answer_seconds,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=30,
    )


def build(settings: Settings) -> Wiring:
    """The wiring of one process. Nothing is opened yet."""
    return Wiring(settings)
