"""The work of writing recordings down. The row is the work; the queue is only the bell.

A worker takes a row by a conditional UPDATE and holds it for a lease. A worker that dies leaves a claim that
runs out. A recording that failed, or killed its worker, three times is set aside for a person to hear.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from cases import clean
from cases.changes import changed
from cases.facts import RecordingEnded
from cases.model import Call, Case, Recording, Transcript
from cases.once import touched
from cases.states import BellState, TranscriptState

MOST_TRIES = 3
FIRST_PAUSE = timedelta(seconds=30)
_NO_SYNC = {"synchronize_session": False}


def claim_transcript(
    session: Session, worker: str, now: datetime, lease: timedelta, recording_id: str | None = None
) -> Transcript | None:
    """The oldest transcript that is due, now this worker's until `now + lease`; None when nothing is due.

    `recording_id`: only this one. The recording is at `.recording`.
    """
    due = select(Transcript.id).where(_due(now)).order_by(Transcript.created_at, Transcript.id).limit(1)
    if recording_id is not None:
        due = due.where(Transcript.recording_id == recording_id)
    found = session.scalar(due.with_for_update(skip_locked=True))
    if found is None:
        return None
    taken = (
        update(Transcript)
        .where(Transcript.id == found, _due(now))
        .values(
            state=TranscriptState.RUNNING,
            claimed_by=clean.line(worker, 64),
            claimed_until=now + lease,
            tries=Transcript.tries + 1,
        )
    )
    if touched(session, taken) != 1:
        return None
    transcript = session.get_one(Transcript, found, populate_existing=True)
    _tell(session, transcript, now)
    return transcript


def finish_transcript(
    session: Session,
    transcript_id: int,
    worker: str,
    now: datetime,
    *,
    text: str,
    words: Sequence[Mapping[str, Any]] = (),
    model: str | None = None,
) -> bool:
    """Keep what was said, and give it to the case that has no words yet. An empty text: nothing was said.

    False: the claim ran out and somebody else has the row; nothing was changed.
    """
    transcript = _claimed(session, transcript_id, worker)
    if transcript is None:
        return False
    transcript.state = TranscriptState.DONE if text.strip() else TranscriptState.NOTHING_SAID
    transcript.text, transcript.words = clean.text(text), clean.data(list(words))
    transcript.model, transcript.finished_at, transcript.problem = model, now, None
    transcript.claimed_by = transcript.claimed_until = transcript.next_try_at = None
    _tell(session, transcript, now)
    _fill_case(session, transcript, now)
    return True


def keep_heard(session: Session, recording: Recording, fact: RecordingEnded) -> None:
    """What was written down live, while the recording was made: no worker has to do it again."""
    heard, at = fact.heard, fact.at
    text = clean.text(str(heard.get("text") or "")) if fact.spoken_seconds > 0 else ""
    ready = heard.get("ready_ms")
    transcript = Transcript(
        recording_id=recording.id,
        state=TranscriptState.DONE if text.strip() else TranscriptState.NOTHING_SAID,
        text=text,
        words=clean.data(list(heard.get("words") or ())) if text.strip() else [],
        model=clean.line(str(heard.get("model") or ""), 200) or None,
        ready_after_last_word_ms=ready if isinstance(ready, int) else None,
        created_at=at,
        finished_at=at,
        bell=BellState.RUNG,
    )
    session.flush()
    session.add(transcript)
    session.flush()
    _tell(session, transcript, at)
    _fill_case(session, transcript, at)


def fail_transcript(session: Session, transcript_id: int, worker: str, now: datetime, problem: str) -> bool:
    """It went wrong: try again after a growing pause, or set it aside after the third time.

    False: the claim ran out and somebody else has the row; nothing was changed.
    """
    transcript = _claimed(session, transcript_id, worker)
    if transcript is None:
        return False
    transcript.problem = clean.line(problem)
    _give_back(transcript, now + FIRST_PAUSE * 4 ** (transcript.tries - 1))
    _tell(session, transcript, now)
    return True


def claiming_workers(session: Session) -> set[str]:
    """The workers that have taken a row and not finished it."""
    running = select(Transcript.claimed_by).where(Transcript.state == TranscriptState.RUNNING).distinct()
    return {name for name in session.scalars(running) if name}


def expired_claims(session: Session, now: datetime, dead: Iterable[str] = ()) -> list[str]:
    """Take rows back from workers that died; the recordings' ids. Their bells are lost ones from now on.

    `dead`: workers whose process is known to have ended: their lease need not run out.
    """
    over = or_(Transcript.claimed_until < now, Transcript.claimed_by.in_(list(dead)))
    gone = select(Transcript).where(Transcript.state == TranscriptState.RUNNING, over)
    rows = session.scalars(gone.with_for_update(skip_locked=True)).all()
    for row in rows:
        row.problem = clean.line(f"worker {row.claimed_by} did not finish")
        _give_back(row, now)
        _tell(session, row, now)
    return [row.recording_id for row in rows]


def mark_bell_rung(session: Session, recording_ids: Iterable[str], now: datetime) -> None:
    """The queue took the job of these recordings."""
    rung = update(Transcript).where(
        Transcript.recording_id.in_(list(recording_ids)), Transcript.state == TranscriptState.WAITING
    )
    session.execute(rung.values(bell=BellState.RUNG, rang_at=now), execution_options=_NO_SYNC)


def lost_bells(
    session: Session, now: datetime, patience: timedelta = timedelta(minutes=2), limit: int = 500
) -> list[str]:
    """Recordings that wait for a worker though nobody rings for them, oldest first: ring again.

    A bell is lost when it never rang, or rang `patience` ago and the work still stands.
    """
    unheard = or_(Transcript.bell == BellState.SILENT, Transcript.rang_at < now - patience)
    lost = select(Transcript.recording_id).where(_waiting(now), unheard)
    return list(session.scalars(lost.order_by(Transcript.created_at, Transcript.id).limit(limit)))


def _waiting(now: datetime) -> ColumnElement[bool]:
    ready = or_(Transcript.next_try_at.is_(None), Transcript.next_try_at <= now)
    return and_(Transcript.state == TranscriptState.WAITING, ready)


def _due(now: datetime) -> ColumnElement[bool]:
    left_behind = and_(
        Transcript.state == TranscriptState.RUNNING,
        Transcript.claimed_until < now,
        Transcript.tries < MOST_TRIES,
    )
    return or_(_waiting(now), left_behind)


def _claimed(session: Session, transcript_id: int, worker: str) -> Transcript | None:
    mine = select(Transcript).where(
        Transcript.id == transcript_id,
        Transcript.state == TranscriptState.RUNNING,
        Transcript.claimed_by == clean.line(worker, 64),
    )
    return session.scalars(mine.with_for_update(), execution_options={"populate_existing": True}).first()


def _give_back(transcript: Transcript, next_try_at: datetime) -> None:
    if transcript.tries >= MOST_TRIES:
        transcript.state, transcript.next_try_at = TranscriptState.SET_ASIDE, None
    else:
        transcript.state, transcript.next_try_at = TranscriptState.WAITING, next_try_at
    transcript.bell, transcript.claimed_by, transcript.claimed_until = BellState.SILENT, None, None


def _fill_case(session: Session, transcript: Transcript, now: datetime) -> None:
    of_call = select(Case).join(Call, Call.case_id == Case.id).join(Recording, Recording.call_id == Call.id)
    case = session.scalars(
        of_call.where(Recording.id == transcript.recording_id).with_for_update(of=Case)
    ).first()
    if case is None:
        return
    mine = case.recording_id in (None, transcript.recording_id)
    if mine and not case.text and transcript.text:
        case.text, case.changed_at = transcript.text, max(case.changed_at, now)
    changed(session, now, "case", case.number)


def _tell(session: Session, transcript: Transcript, now: datetime) -> None:
    changed(session, now, "transcript", transcript.recording_id)
