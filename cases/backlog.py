"""What still waits to be written down, and what could not be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases.model import Recording, Transcript
from cases.states import TranscriptState


@dataclass(frozen=True)
class Backlog:
    """Recordings, and seconds of audio."""

    waiting: int
    running: int
    set_aside: int
    """Tried three times in vain; a person must listen."""
    seconds: float
    """Of those that wait and run."""

    @property
    def left(self) -> int:
        return self.waiting + self.running


def backlog(session: Session) -> Backlog:
    """Counted now."""
    states = (TranscriptState.WAITING, TranscriptState.RUNNING, TranscriptState.SET_ASIDE)
    rows = session.execute(
        select(Transcript.state, func.count(), func.coalesce(func.sum(Recording.seconds), 0.0))
        .join(Recording, Recording.id == Transcript.recording_id)
        .where(Transcript.state.in_(states))
        .group_by(Transcript.state)
    )
    counts = {state: (count, float(seconds or 0)) for state, count, seconds in rows}
    waiting, running, aside = (counts.get(state, (0, 0.0)) for state in states)
    return Backlog(waiting[0], running[0], aside[0], round(waiting[1] + running[1], 1))


def written_since(session: Session, moment: datetime) -> tuple[int, float]:
    """Recordings and seconds of audio that were written down after this moment."""
    done = (TranscriptState.DONE, TranscriptState.NOTHING_SAID)
    count, seconds = session.execute(
        select(func.count(), func.coalesce(func.sum(Recording.seconds), 0.0))
        .select_from(Transcript)
        .join(Recording, Recording.id == Transcript.recording_id)
        .where(Transcript.state.in_(done), Transcript.finished_at > moment)
    ).one()
    return count, round(float(seconds or 0), 1)
