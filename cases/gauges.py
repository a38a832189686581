"""Figures of this moment, for whoever watches the system: name → {labels: value}, a few cheap queries."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from cases.model import Call, CallBack, Case, Transcript
from cases.states import BellState, CallBackState, CallOutcome, CaseState, TranscriptState

Labels = tuple[tuple[str, str], ...]
_DAY = timedelta(days=1)


def gauges(session: Session, now: datetime) -> dict[str, dict[Labels, float]]:
    """Calls of the last day by outcome, cases by state, open call-backs, what waits to be written down."""
    outcomes = session.execute(
        select(Call.outcome, func.count()).where(Call.started_at >= now - _DAY).group_by(Call.outcome)
    )
    calls: dict[Labels, float] = {(("outcome", each.value),): 0 for each in CallOutcome}
    calls.update({(("outcome", outcome.value),): count for outcome, count in outcomes})
    states = session.execute(select(Case.state, func.count()).group_by(Case.state))
    cases: dict[Labels, float] = {(("state", each.value),): 0 for each in CaseState}
    cases.update({(("state", state.value),): count for state, count in states})
    open_calls = select(func.count()).where(Call.outcome == CallOutcome.IN_PROGRESS)
    promised = select(func.count()).where(CallBack.state == CallBackState.OPEN)
    silent = case((Transcript.bell == BellState.SILENT, Transcript.created_at))
    waiting, oldest, unrung = session.execute(
        select(func.count(), func.min(Transcript.created_at), func.min(silent)).where(
            Transcript.state.in_((TranscriptState.WAITING, TranscriptState.RUNNING))
        )
    ).one()
    return {
        "calls_last_day": calls,
        "cases": cases,
        "calls_in_progress": {(): session.scalar(open_calls) or 0},
        "call_backs_open": {(): session.scalar(promised) or 0},
        "transcripts_waiting": {(): waiting},
        "oldest_untranscribed_seconds": {(): _age(oldest, now)},
        "bell_lag_seconds": {(): _age(unrung, now)},
    }


def _age(moment: datetime | None, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment else 0.0
