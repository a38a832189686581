"""Everybody who is being heard now: slots, sessions, screens, danger, and what is said back to a caller."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any

from hotline import logs
from hotline.following import Decide
from hotline.listening.session import CITIZEN, Order, Session, Side, decision_of
from hotline.listening.tap import TapError, Taps
from ivr.hearing import DANGER_KEY
from transcribe.engine import Engine
from transcribe.names import Names

log = logs.get(__name__)

_LOOK_SECONDS = 0.25
_FORGOTTEN_SECONDS = 60.0
"""A session that nobody asks about any more, its channels long gone."""
_LONGEST_SECONDS = 7200.0

Show = Callable[[Session, Mapping[str, Any]], None]
"""Puts what is heard now on the screens."""
SayBack = Callable[[Mapping[str, Any]], tuple[str, ...]]
"""A decision → the prompts that say it; empty when it is not sure enough."""


class Hall:
    """Safe for threads. `slots`: how many speakers are heard at once."""

    def __init__(
        self,
        engine: Engine,
        taps: Taps,
        slots: int,
        decide: Decide,
        show: Show,
        say_back: SayBack,
        sort: Callable[[str], None],
        names: Names | None = None,
    ) -> None:
        self._engine = engine
        self._names = names
        self._taps = taps
        self.slots = slots
        self._decide = decide
        self._show = show
        self._say_back = say_back
        self._sort = sort
        self._sorter = ThreadPoolExecutor(1, thread_name_prefix="sorter")
        self._sessions: dict[str, Session] = {}
        self._sides: dict[str, tuple[Session, Side]] = {}
        self._lock = Lock()
        self._closing = Event()
        self._openers = ThreadPoolExecutor(4, thread_name_prefix="opener")
        self._watcher = Thread(target=self._watch, name="hall", daemon=True)

    def start(self) -> None:
        self._watcher.start()

    def close(self) -> None:
        self._closing.set()
        for pool in (self._openers, self._sorter):
            pool.shutdown(wait=False, cancel_futures=True)

    @property
    def busy(self) -> int:
        return len(self._sides)

    @property
    def sessions(self) -> list[Session]:
        """Who is being heard now."""
        with self._lock:
            return list(self._sessions.values())

    @property
    def ready(self) -> bool:
        """Whether Asterisk would give us a channel's audio."""
        return self._taps.ready

    @property
    def model(self) -> str:
        return self._engine.name

    # ------------------------------------------------------------ what the door asks
    def begin(self, order: Order) -> bool:
        """Hear these channels from now on. False: no slot is free."""
        if not self._taps.ready or not order.channels:
            return False
        with self._lock:
            if order.recording_id in self._sessions or self.busy + len(order.channels) > self.slots:
                return False
            session = Session(order, self._engine, self._names)
            self._sessions[order.recording_id] = session
            self._sides.update({side.tap: (session, side) for side in session.sides})
        for side in session.sides:
            self._openers.submit(self._open, side)
        return True

    def end(self, recording_id: str, seconds: float, ended: float) -> dict[str, Any] | None:
        """What was heard, as plain data (ivr.hearing.Heard); None: nothing that could be relied on.

        The recording, `seconds` long, ended at `ended` by the monotonic clock.
        """
        with self._lock:
            session = self._sessions.get(recording_id)
        if session is None:
            return None
        for side in session.sides:
            self._remove(side)
        try:
            told = session.finish(seconds, ended)
        finally:
            self._forget(session)
        if not session.heard_anything or session.failed:
            return None
        decision = decision_of(self._decide, told.citizen)
        session.danger.hear(now=False, settled=bool(decision.get("danger")))
        return {
            "text": told.text,
            "words": told.words,
            "model": self.model,
            "ready_ms": told.ready_ms,
            "decision": dict(decision),
            "danger": session.danger.believed,
            "read_back": list(self._say_back(decision)) if session.order.offer_danger else [],
        }

    def sort(self, recording_id: str) -> None:
        """Have the case with these words sorted, in a thread of its own; what fails is the sweep's."""
        self._sorter.submit(self._sort_safely, recording_id)

    def _sort_safely(self, recording_id: str) -> None:
        try:
            self._sort(recording_id)
        except Exception as error:
            log.warning("a case is left to the sweep to sort", error=type(error).__name__)

    # ------------------------------------------------------------ audio that comes in
    def side(self, tap: str) -> tuple[Session, Side] | None:
        """Whose audio comes under this id."""
        return self._sides.get(tap)

    def _open(self, side: Side) -> None:
        try:
            self._taps.open(side.channel, side.tap)
        except TapError as error:
            log.warning("a speaker is not heard live", error=str(error))
            side.ended.set()

    def _remove(self, side: Side) -> None:
        try:
            self._taps.remove(side.tap)
        except TapError as error:
            log.warning("a tap was not removed, it ends with its call", error=str(error))

    def _forget(self, session: Session) -> None:
        with self._lock:
            self._sessions.pop(session.order.recording_id, None)
            for side in session.sides:
                self._sides.pop(side.tap, None)

    # ------------------------------------------------------------ while they speak
    def _watch(self) -> None:
        while not self._closing.wait(_LOOK_SECONDS):
            for session in self.sessions:
                try:
                    self._look(session)
                except Exception as error:  # one caller's trouble is not the others'
                    log.error("a session was not looked at", error=type(error).__name__)

    def _look(self, session: Session) -> None:
        age = monotonic() - session.begun
        if age > _LONGEST_SECONDS or (
            session.over_since and monotonic() - session.over_since > _FORGOTTEN_SECONDS
        ):
            self._forget(session)
            return
        text = session.text()
        if text == session.looked_at and not session.changed():
            return
        session.looked_at = text
        decision = decision_of(self._decide, text)
        self._show(session, decision)
        if self._danger(session, decision):
            citizen = next(side for side in session.sides if side.who == CITIZEN)
            self._openers.submit(self._taps.press, citizen.channel, DANGER_KEY)
        elif session.order.offer_danger and session.settled() == text:
            # Made now, so that it stands when the caller has finished.
            self._openers.submit(self._say_back, decision)

    def _danger(self, session: Session, decision: Mapping[str, Any]) -> bool:
        now = bool(decision.get("danger"))
        settled = now and bool(decision_of(self._decide, session.settled()).get("danger"))
        return session.danger.hear(now=now, settled=settled) and session.order.offer_danger
