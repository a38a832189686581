"""The worker's jobs. The row is the work, the queue is only the bell (docs/decisions/0011).

A job names a recording; whether there is anything to do, the row says. What goes wrong is kept in the row,
which is tried again after a growing pause and set aside after three tries. A job that dies with its process
leaves a claim, and the sweep takes the row back.
"""

from __future__ import annotations

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import Any

from cases import follow_up, intake, sorting
from cases.errors import Conflict, DatabaseAway
from cases.firm_turns import firm_turns
from cases.model import Transcript
from hotline import logs
from hotline.following import TRIES, Decide, Follower, states
from hotline.wiring import Wiring
from transcribe.audio import look, peaks
from transcribe.engine import Engine
from transcribe.names import Names
from transcribe.transcript import NotAudio, Transcription, write_down

log = logs.get(__name__)

_SHORTEST_LEASE = timedelta(seconds=60)
_DRAIN_SECONDS = 60.0
"""How long a job goes on with other rows that are due, instead of a new process for each."""


def worker_name() -> str:
    """This process, told from every other one, past ones with the same number included."""
    return f"{socket.gethostname()[:30]}/{os.getpid()}/{_started(os.getpid())}"


def is_dead(worker: str) -> bool:
    """Whether this worker's process has certainly ended. One on another machine never is, for us."""
    host, _, process = worker.partition("/")
    pid, _, started = process.partition("/")
    return host == socket.gethostname()[:30] and pid.isdigit() and _started(int(pid)) != started


def _started(pid: int) -> str:
    """When the process began, in clock ticks since boot; empty when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


class Transcriber:
    """Writes recordings down, then has the case sorted.

    `names`: a city's, put right where they were misheard. `hands`: how many recordings of a backlog are
    written down at once; libvosk leaves the interpreter to others while it works.
    """

    def __init__(
        self,
        wiring: Wiring,
        engine: Engine | None,
        decide: Decide | None,
        names: Names | None = None,
        hands: int = 1,
    ) -> None:
        self._wiring = wiring
        self._engine = engine
        self._decide = decide
        self._names = names or Names(())
        self._hands = hands

    def work(self, recording_id: str) -> None:
        """This recording, if it is still to be done, and then whatever else is due."""
        begun = monotonic()
        self._draw(recording_id)
        if self._engine is None:
            return
        self._one(self._engine, recording_id)
        if self._one(self._engine):
            self._drain(self._engine, begun + _DRAIN_SECONDS)
        self._wiring.bell.nudge()

    def _drain(self, engine: Engine, until: float) -> None:
        """There is a backlog: all hands at it."""

        def hand(_: int) -> None:
            while monotonic() < until and self._one(engine):
                pass

        with ThreadPoolExecutor(self._hands) as hands:
            list(hands.map(hand, range(self._hands)))

    def _one(self, engine: Engine, recording_id: str | None = None) -> bool:
        """Claim a row and do it. False: there was none."""
        me = worker_name()
        claimed = self._claim(me, recording_id)
        if claimed is None:
            return False
        try:
            told = write_down(self._wiring.settings.recordings / claimed.recording.path, engine, self._names)
        except Exception as error:
            self._failed(claimed, me, error)
            return True
        if self._finished(claimed, me, told):
            self.sort_message(claimed.recording_id)
        return True

    def _claim(self, me: str, recording_id: str | None) -> Transcript | None:
        with self._wiring.unit_of_work() as unit:
            claimed = intake.claim_transcript(
                unit.session, me, self._wiring.now(), _SHORTEST_LEASE, recording_id
            )
            if claimed is not None:
                # An hour of audio takes longer than a minute, never longer than the hour.
                claimed.claimed_until = self._wiring.now() + max(
                    _SHORTEST_LEASE, timedelta(seconds=self._sound(claimed).seconds)
                )
            unit.commit()
        return claimed

    def _sound(self, claimed: Transcript) -> Any:
        return look(self._wiring.settings.recordings / claimed.recording.path)

    def _finished(self, claimed: Transcript, me: str, told: Transcription) -> bool:
        with self._wiring.unit_of_work() as unit:
            kept = intake.finish_transcript(
                unit.session,
                claimed.id,
                me,
                self._wiring.now(),
                text=told.text,
                words=[word.as_dict() for word in told.words],
                model=told.model,
            )
            unit.commit()
        log.info(
            "recording is written down" if kept else "another worker has this recording",
            recording_id=claimed.recording_id,
            seconds=told.seconds,
            model=told.model,
        )
        return kept

    def _failed(self, claimed: Transcript, me: str, error: Exception) -> None:
        # NotAudio names the fault; any other message might hold more than a fault.
        problem = str(error) if isinstance(error, NotAudio) else type(error).__name__
        log.warning("recording was not written down", recording_id=claimed.recording_id, problem=problem)
        with self._wiring.unit_of_work() as unit:
            intake.fail_transcript(unit.session, claimed.id, me, self._wiring.now(), problem)
            unit.commit()

    def _draw(self, recording_id: str) -> None:
        """The waveform for the player; nobody waits for it and nothing depends on it."""
        from cases.model import Recording

        with self._wiring.reading() as unit:
            row = unit.session.get(Recording, recording_id)
        if row is None or row.peaks is not None:
            return
        drawn = peaks(self._wiring.settings.recordings / row.path)
        with self._wiring.unit_of_work() as unit:
            sorting.keep_peaks(unit.session, recording_id, drawn)
            unit.commit()

    # ------------------------------------------------------------ sorting
    def sort_message(self, recording_id: str) -> None:
        """Sort the case that these words belong to, if nobody has, and do what follows."""
        with self._wiring.reading() as unit:
            waiting = sorting.unsorted_case(unit.session, recording_id)
            sorted_live = follow_up.case_of_message(unit.session, recording_id)
        if waiting is not None:
            self.sort(waiting)
        elif sorted_live is not None and self.follower is not None:
            self.follower.follow(sorted_live)

    def sort(self, waiting: sorting.Unsorted) -> bool:
        """Ask the router, keep what it says, do what follows. False: it was not kept."""
        if self._decide is None or self.follower is None:
            return False
        try:
            kept = self._sorted(self._decide, self.follower.first_request(waiting.text), waiting)
        except DatabaseAway:
            raise
        except Exception as error:
            log.error("a case was not sorted", case=waiting.number, error=type(error).__name__)
            return False
        if kept:
            self.follower.follow(waiting.number)
        return kept

    def _sorted(self, decide: Decide, words: str, waiting: sorting.Unsorted) -> bool:
        """Raises Conflict when its firm's turn was taken every time."""
        for again in reversed(range(TRIES)):
            with self._wiring.reading() as unit:
                seen = firm_turns(unit.session)
            decision = decide(words, waiting.caller, firms=states(seen))
            try:
                with self._wiring.unit_of_work() as unit:
                    kept = sorting.sort_case(unit.session, waiting.number, decision, self._wiring.now(), seen)
                    unit.commit()
                return kept
            except Conflict:
                if not again:
                    raise
        return False

    @cached_property
    def follower(self) -> Follower | None:
        """None while there is no router."""
        return Follower(self._wiring, self._decide) if self._decide is not None else None


_at_work: Transcriber | None = None


def take_up(transcriber: Transcriber) -> None:
    """The worker hands in what its jobs use, before it forks."""
    global _at_work
    _at_work = transcriber


def transcribe_recording(recording_id: str) -> None:
    """The job on the queue."""
    if _at_work is None:
        raise RuntimeError("jobs run in a worker: python -m hotline.worker")
    _at_work.work(recording_id)
