"""The sweep's process: `python -m hotline.sweep`. It picks up what was left lying, again and again.

Whatever is away or dies elsewhere only delays work until a pass of the sweep finds it: the row (or the file)
is the work. Every step is on its own: one that fails does not stop the others. Passes never overlap, however
many sweeps are started.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from threading import Event
from time import monotonic
from typing import Any

from cases import intake, sorting
from cases.errors import DatabaseAway
from cases.facts import CallEnded, Fact, RecordingEnded
from cases.indexing import PART, index_waiting, is_index_behind
from cases.model import Call, Recording
from cases.states import CallOutcome
from hotline import ami, fallback, heartbeat, logs, promises, report_mail, reports, supervising
from hotline.files import Busy, only_one
from hotline.jobs import Transcriber, is_dead
from hotline.replay import Replay, set_aside
from hotline.settings import Settings, load
from hotline.surveys import Surveys
from hotline.wiring import Wiring, build

log = logs.get(__name__)

_YOUNG = timedelta(seconds=10)
"""What began less than this ago may still be on its way to us."""
_SECOND_LOOK_SECONDS = 1.5
"""An end that is on its way is here by then: a call is ended only when it was missing twice."""
_KEPT = timedelta(days=90)
_FORGETS_EVERY = timedelta(hours=1)
_RATES_EVERY = timedelta(hours=1)
_ASKS_EVERY = timedelta(seconds=10)
_SUPERVISES_EVERY = timedelta(minutes=1)
_SUPERVISES_FOR_SECONDS = 20.0
"""After a long stop much may be due: the rest waits for the next pass, and bells do not wait for it."""
_INDEXES_FOR_SECONDS = 3.0
_REPORTS_EVERY = timedelta(minutes=1)
_REPORTS_FOR_SECONDS = 1.0
_MAILS_FOR_SECONDS = 3.0
"""Bells do not wait long for a past that is made up for."""

Report = dict[str, Any]


class Sweep:
    """One pass after the other; `now` is taken once a pass."""

    def __init__(self, wiring: Wiring, pause: Callable[[float], object]) -> None:
        self._wiring = wiring
        self._settings = wiring.settings
        self._pause = pause
        self._forgot_at: datetime | None = None
        self._asked_at: datetime | None = None
        self._supervised_at: datetime | None = None
        self._rated_at: datetime | None = None
        self._reported_at: datetime | None = None
        self._failing: set[str] = set()

    @property
    def steps(self) -> dict[str, Callable[[datetime], Any]]:
        """In this order: what is told late comes first, then the bells for all of it."""
        return {
            "journal": self.replay,
            "fallback": self.take_in_messages,
            "ended": self.end_what_died,
            "claims": self.release_claims,
            "sorted": self.sort_cases,
            "followed": self.follow_cases,
            "indexed": self.index_cases,
            "checked": self.check_claims,
            "suspended": self.watch_contracts,
            "bells": self.ring_bells,
            "told": self.tell_citizens,
            "surveys": self.ask_citizens,
            "supervised": self.supervise,
            "reports": self.make_reports,
            "mailed": self.mail_reports,
            "forgotten": self.forget,
        }

    def run(self) -> Report:
        """One pass: what each step did, and under "problems" which steps failed and why.

        Raises Busy when another sweep is at it.
        """
        with only_one(self._settings.run_dir / "sweep.lock"):
            now, begun = self._wiring.now(), monotonic()
            report: Report = {"at": now.isoformat(), "problems": {}}
            for name, step in self.steps.items():
                self._step(name, step, now, report)
                if report["problems"].get(name) == DatabaseAway.__name__:
                    # The others would wait for it as well, one after the other.
                    break
            report["set_aside"] = len(set_aside(self._settings.journal_dir))
            report["seconds"] = round(monotonic() - begun, 3)
            heartbeat.beat(self._settings, "sweep", self._wiring.now(), problems=report["problems"])
            return report

    def _step(self, name: str, step: Callable[[datetime], Any], now: datetime, report: Report) -> None:
        try:
            report[name] = step(now)
            if name in self._failing:
                self._failing.discard(name)
                log.info("a step of the sweep works again", step=name)
        except Exception as error:
            report[name] = None
            report["problems"][name] = type(error).__name__
            if name not in self._failing:
                self._failing.add(name)
                log.error("a step of the sweep fails", step=name, error=type(error).__name__)

    # ------------------------------------------------------------ what was told late
    def replay(self, _now: datetime) -> Report:
        """The journal's facts go to the database."""
        done = Replay(self._settings.journal_dir, self._wiring.unit_of_work, self._record).run()
        if done.files:
            log.info("the journal is replayed", count=done.facts, files=done.files, torn=done.torn)
        return done.as_dict()

    def take_in_messages(self, now: datetime) -> list[str]:
        """Messages that the dialplan took by itself; the ids of their calls."""
        limit = timedelta(seconds=self._settings.message_seconds)
        taken, failed = [], None
        for message in fallback.waiting(self._settings.fallback_dir, now, limit):
            try:
                taken.append(
                    fallback.take_in(message, self._settings.recordings, self._wiring.examine, self._tell)
                )
            except Exception as error:
                failed = error
        if failed is not None:
            raise failed
        return taken

    # ------------------------------------------------------------ what died
    def end_what_died(self, now: datetime) -> Report:
        """Calls and recordings whose end was never told, and whose channel is gone."""
        recordings, calls = self._open(now)
        if not recordings and not calls:
            return {"recordings": [], "calls": []}
        try:
            live = self._live_calls()
        except ami.AmiError:
            self._tell([self._cut_off(each) for each in recordings if self._over(each, now)])
            raise
        gone = {call.id for call in calls if not _lives(call, live)}
        if gone or any(each.call_id not in {call.id for call in calls} for each in recordings):
            self._pause(_SECOND_LOOK_SECONDS)
            recordings, calls = self._open(now)
        dead = [call for call in calls if call.id in gone]
        left = {call.id for call in calls} - gone
        cut = [each for each in recordings if each.call_id not in left]
        self._tell([*map(self._cut_off, cut), *(self._ended(call, now) for call in dead)])
        return {"recordings": [each.id for each in cut], "calls": [call.id for call in dead]}

    def _open(self, now: datetime) -> tuple[Sequence[Recording], Sequence[Call]]:
        with self._wiring.reading() as unit:
            before = now - _YOUNG
            return (
                intake.recordings_left_open(unit.session, before),
                intake.calls_without_end(unit.session, before),
            )

    def _live_calls(self) -> frozenset[str]:
        """The linked ids of everything that lives on Asterisk now. Raises AmiError."""
        with ami.connect(self._settings) as asterisk:
            return frozenset(channel.get("Linkedid", "") for channel in asterisk.listed("CoreShowChannels"))

    def _over(self, row: Recording, now: datetime) -> bool:
        """Whether it has ended by its limit, whoever can be asked."""
        return now - row.started_at > timedelta(seconds=self._settings.message_seconds) + 6 * _YOUNG

    def _cut_off(self, row: Recording) -> Fact:
        """The file is what is known of it."""
        path = self._settings.recordings / row.path
        sound = self._wiring.examine(path)
        at = row.started_at + timedelta(seconds=sound.seconds)
        return RecordingEnded(
            call_id=row.call_id,
            at=at,
            recording_id=row.id,
            ended_by="fault",
            seconds=sound.seconds,
            spoken_seconds=sound.spoken_seconds,
            problem=sound.problem,
        )

    @staticmethod
    def _ended(call: Call, now: datetime) -> Fact:
        log.warning("a call is ended by the sweep: its channel is gone", call_id=call.id)
        return CallEnded(call_id=call.id, at=now, outcome=CallOutcome.FAILED)

    def release_claims(self, now: datetime) -> list[str]:
        """Transcripts whose worker died; the recordings' ids."""
        with self._wiring.unit_of_work() as unit:
            dead = [name for name in intake.claiming_workers(unit.session) if is_dead(name)]
            released = intake.expired_claims(unit.session, now, dead)
            unit.commit()
        if released:
            log.warning("a worker died: its recordings are taken up again", count=len(released))
        return released

    # ------------------------------------------------------------ what waits
    def sort_cases(self, _now: datetime) -> list[str]:
        """Cases whose words came before the case itself; their numbers."""
        if self._wiring.decide is None:
            return []
        with self._wiring.reading() as unit:
            unsorted = sorting.unsorted_cases(unit.session)
        return [each.number for each in unsorted if self._sorter.sort(each)]

    def follow_cases(self, _now: datetime) -> list[str]:
        """Sorted cases that were not split and compared yet; their numbers."""
        follower = self._sorter.follower
        return follower.follow_waiting() if follower is not None else []

    def index_cases(self, _now: datetime) -> int:
        """Cases whose words changed, for the search; how many changes. The rest waits for the next pass."""
        with self._wiring.reading() as unit:
            count = PART if is_index_behind(unit.session) else 0
        done, until = 0, monotonic() + _INDEXES_FOR_SECONDS
        while count == PART and monotonic() < until:
            with self._wiring.unit_of_work() as unit:
                count = index_waiting(unit.session)
                unit.commit()
            done += count
        return done

    # ------------------------------------------------------------ what citizens claim, and complain of
    def check_claims(self, now: datetime) -> list[str]:
        """Claims to be served free: looked up in the register; numbers of cases."""
        return promises.check_claims(self._wiring, now)

    def watch_contracts(self, now: datetime) -> list[str]:
        """Firms with too many founded complaints; their codes. Once an hour every firm is rated anew."""
        if self._rated_at is None or now - self._rated_at >= _RATES_EVERY:
            promises.rate_firms(self._wiring, now)
            self._rated_at = now
        return promises.watch_contracts(self._wiring, now)

    @cached_property
    def _sorter(self) -> Transcriber:
        return Transcriber(self._wiring, None, self._wiring.decide)

    def ring_bells(self, now: datetime) -> list[str]:
        """Recordings that wait though nobody rings for them. Without Redis they go on waiting."""
        with self._wiring.reading() as unit:
            lost = intake.lost_bells(unit.session, now)
        rung = self._wiring.bell.ring(lost) if lost else []
        if rung:
            with self._wiring.unit_of_work() as unit:
                intake.mark_bell_rung(unit.session, rung, now)
                unit.commit()
        return rung

    def supervise(self, now: datetime) -> Report | None:
        """Reminders, urgings, the reception day's list: what is due, once a minute. -> how many of what."""
        if self._supervised_at is not None and now - self._supervised_at < _SUPERVISES_EVERY:
            return None
        done = supervising.supervise(self._wiring, now, seconds=_SUPERVISES_FOR_SECONDS)
        self._supervised_at = now if done["complete"] else None
        counts: Report = done["counts"]
        if counts["steps"]:
            log.info("the supervision took its steps", count=counts["steps"])
        return counts

    def make_reports(self, now: datetime) -> list[str] | None:
        """Reports that are due and missing. Not while facts still wait to be told: they belong to a day."""
        looked = self._reported_at
        if "journal" in self._failing or (
            looked is not None and timedelta() <= now - looked < _REPORTS_EVERY
        ):
            return None
        made = reports.make_due(self._wiring, now, seconds=_REPORTS_FOR_SECONDS)
        self._reported_at = now if not made else None
        for each in made:
            log.info("a report is made", kind=each.kind, day=each.date.isoformat(), late=each.late)
        report_mail.owe_made(self._wiring, made, now)
        return [f"{each.kind} {each.date}" for each in made]

    def mail_reports(self, now: datetime) -> dict[str, int]:
        """Mails that are due; a server that stalls keeps the sweep for one mail at most."""
        return report_mail.send_due(self._wiring, now, seconds=_MAILS_FOR_SECONDS)

    # ------------------------------------------------------------ the citizens
    def tell_citizens(self, now: datetime) -> Report:
        """Messages of acceptance are written, and what is due goes out, for a few seconds at most."""
        outbox = self._wiring.outbox
        return {"written": outbox.tell_new(now), **outbox.send_due(now)}

    def ask_citizens(self, now: datetime) -> Report | None:
        """Whoever is to be asked whether it is solved is rung; the calls go on without us."""
        if self._asked_at is not None and now - self._asked_at < _ASKS_EVERY:
            return None
        self._asked_at = now
        report = self._surveys.run(now)
        if report["placed"]:
            log.info("citizens are rung", count=len(report["placed"]))
        return {name: report[name] for name in ("placed", "settled", "lost", "handed_over", "why")}

    @cached_property
    def _surveys(self) -> Surveys:
        return Surveys(self._wiring)

    def forget(self, now: datetime) -> bool:
        """Bookkeeping that nobody asks for any more."""
        if self._forgot_at is not None and now - self._forgot_at < _FORGETS_EVERY:
            return False
        with self._wiring.unit_of_work() as unit:
            intake.forget_old(unit.session, now - _KEPT)
            unit.commit()
        self._forgot_at = now
        return True

    # ------------------------------------------------------------ facts
    def _record(self, session: Any, fact: Fact) -> bool:
        return intake.record(session, fact, spoken_second=self._settings.spoken_second)

    def _tell(self, facts: Sequence[Fact]) -> None:
        """At once and all together. Raises DatabaseAway: the next pass finds the same again."""
        if not facts:
            return
        with self._wiring.unit_of_work() as unit:
            for fact in facts:
                self._record(unit.session, fact)
            unit.commit()
        self._wiring.bell.nudge()


def _lives(call: Call, live: frozenset[str]) -> bool:
    """Asterisk knows nothing of calls that came by another door."""
    return call.door != "agi" or call.linked_id in live


def main(settings: Settings | None = None) -> None:
    """Sweep every `sweep_seconds` until SIGTERM or SIGINT."""
    logs.configure("sweep")
    wiring = build(settings or load())
    stop = Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    sweep = Sweep(wiring, stop.wait)
    while not stop.is_set():
        try:
            sweep.run()
        except Busy:
            log.info("another sweep is at it")
        except OSError as error:
            log.error("the run folder cannot be written: free the disk", error=error.strerror)
        stop.wait(wiring.settings.sweep_seconds)
    wiring.close()


if __name__ == "__main__":
    main()
