"""What a report says of the work: dispatches, returns, on time and late, answers, fees, faults."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from cases import figures as f
from cases.figures import Figures
from cases.model import Assignment, Burst, BurstMember, CallBack, Fee, RepeatOffer, Survey, Transcript, Unit
from cases.report_days import Period
from cases.sql_times import whole_seconds
from cases.states import FeeState, TranscriptState

_MOST_BURSTS = 50
_CHARGED = (FeeState.BILLED, FeeState.SETTLED)
NOT_RECORDED = ("backups",)
"""What nothing in the database tells of yet: said as it is, never as a zero."""


def work_figures(session: Session, period: Period) -> Figures:
    return {
        **_dispatched(session, period),
        **_returned(session, period),
        **_reported(session, period),
        "cases_overdue": _overdue(session, period),
        **_answers(session, period),
        **_transcripts(session, period),
        **_repeats(session, period),
        **_fees(session, period),
        "call_backs": _call_backs(session, period),
        "not_recorded": list(NOT_RECORDED),
    }


def _within(column: InstrumentedAttribute[Any], period: Period) -> ColumnElement[bool]:
    return and_(column >= period.begins, column < period.ends)


def _sum(of: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((of, 1), else_=0)), 0)


# ---------------------------------------------------------------- units' work


def _dispatched(session: Session, period: Period) -> Figures:
    """What was given, and how much of it was taken and not sent back by the end of the stretch."""
    row = Assignment
    before = period.ends
    taken = or_(row.signed_at < before, row.reported_at < before, row.returned_at < before)
    first = and_(row.main, ~row.redo)
    right = and_(first, or_(row.returned_at.is_(None), row.returned_at >= before))
    given, responded, firsts, rights, again = session.execute(
        select(func.count(), _sum(taken), _sum(first), _sum(right), _sum(row.redo.is_(True))).where(
            _within(row.dispatched_at, period)
        )
    ).one()
    return {
        "dispatches": given,
        "redos": again,
        "first_dispatches": firsts,
        "first_time_right": rights,
        "first_time_right_rate": f.share(rights, firsts),
        "response_rate": f.share(responded, given),
    }


def _returned(session: Session, period: Period) -> Figures:
    row = Assignment
    whole, upheld = session.execute(
        select(func.count(), _sum(row.return_upheld.is_(True))).where(_within(row.returned_at, period))
    ).one()
    return {"returns": whole, "returns_upheld": upheld}


def _reported(session: Session, period: Period) -> Figures:
    """What was concluded in time and late, unit by unit; a unit out of use keeps its line."""
    row = Assignment
    rows = session.execute(
        select(Unit.code, func.count(), _sum(row.reported_at <= row.due_at))
        .join(Unit, Unit.id == row.unit_id)
        .where(_within(row.reported_at, period))
        .group_by(Unit.code)
        .order_by(func.count().desc(), Unit.code)
    ).all()
    whole, timely = sum(count for _, count, _ in rows), sum(in_time for *_, in_time in rows)
    return {
        "reports": whole,
        "on_time": timely,
        "late": whole - timely,
        "on_time_rate": f.share(timely, whole),
        "work_by_unit": {
            code: {"reports": count, "on_time": in_time, "late": count - in_time}
            for code, count, in_time in rows[: f.MOST_LISTED]
        },
    }


def _overdue(session: Session, period: Period) -> int:
    """Cases whose main unit's deadline was over, and that were neither reported nor taken away by then.

    Three ranges of three indexes: what is still owed, what was reported since, what was taken away since.
    """
    row, ends = Assignment, period.ends
    over = and_(row.main, row.due_at < ends, or_(row.stopped_at.is_(None), row.stopped_at >= ends))
    ranges: Sequence[ColumnElement[bool]] = (
        and_(row.reported_at.is_(None), row.ended_at.is_(None)),
        row.reported_at >= ends,
        and_(row.reported_at.is_(None), row.ended_at >= ends),
    )
    return sum(session.scalar(select(func.count()).where(over, each)) or 0 for each in ranges)


def _answers(session: Session, period: Period) -> Figures:
    """Citizens' answers: 1 and 2 are satisfied; all but 4 say that it is solved."""
    answered, satisfied, solved, complaints = session.execute(
        select(
            func.count(), _sum(Survey.answer <= 2), _sum(Survey.answer <= 3), _sum(Survey.answer > 2)
        ).where(_within(Survey.answered_at, period), Survey.answer.is_not(None))
    ).one()
    return {
        "answers": answered,
        "unsatisfied": complaints,
        "satisfaction_rate": f.share(satisfied, answered),
        "resolution_rate": f.share(solved, answered),
    }


# ---------------------------------------------------------------- words, repeats, money, faults


def _transcripts(session: Session, period: Period) -> Figures:
    """Latency: from the last word, or from the recording's end, to the words."""
    row = Transcript
    latency = func.coalesce(
        (row.ready_after_last_word_ms + 999) // 1000, whole_seconds(row.finished_at, row.created_at)
    )
    live = case((row.ready_after_last_word_ms.is_not(None), 1), else_=0)
    counts: dict[str, int] = {}
    waits: dict[int, int] = {}
    heard_live = 0
    for state, seconds, was_live, count in session.execute(
        select(row.state, latency.label("latency"), live.label("live"), func.count())
        .where(_within(row.created_at, period))
        .group_by(row.state, "latency", "live")
    ):
        counts[state] = counts.get(state, 0) + count
        if state == TranscriptState.DONE:
            heard_live += count * was_live
            if seconds is not None:
                waits[max(0, int(seconds))] = waits.get(max(0, int(seconds)), 0) + count
    whole, done = sum(counts.values()), counts.get(TranscriptState.DONE, 0)
    return {
        "transcripts": whole,
        "transcripts_done": done,
        "transcripts_live": heard_live,
        "transcripts_nothing_said": counts.get(TranscriptState.NOTHING_SAID, 0),
        "transcripts_set_aside": counts.get(TranscriptState.SET_ASIDE, 0),
        "transcript_share": f.share(done, whole),
        "transcript_latency_median_s": f.quantile(waits, 0.5),
        "transcript_latency_p95_s": f.quantile(waits, 0.95),
    }


def _repeats(session: Session, period: Period) -> Figures:
    offers, merged = session.execute(
        select(func.count(), _sum(RepeatOffer.answer == "merged")).where(_within(RepeatOffer.at, period))
    ).one()
    raised = _within(Burst.raised_at, period)
    bursts = session.execute(
        select(Burst.matter, Burst.place, Burst.raised_at, func.count(BurstMember.case_id))
        .outerjoin(BurstMember, BurstMember.burst_id == Burst.id)
        .where(raised)
        .group_by(Burst.id, Burst.matter, Burst.place, Burst.raised_at)
        .order_by(Burst.raised_at, Burst.id)
        .limit(_MOST_BURSTS)
    )
    return {
        "repeats": offers,
        "repeats_merged": merged,
        "bursts": session.scalar(select(func.count()).select_from(Burst).where(raised)) or 0,
        "bursts_told": [
            {"matter": matter, "place": place, "raised_at": at.isoformat(), "cases": count}
            for matter, place, at, count in bursts
        ],
    }


def _fees(session: Session, period: Period) -> Figures:
    """Fees that were billed, firm by firm. A household served free pays nothing of a price that there is."""
    free = and_(Fee.citizen_fen == 0, Fee.government_fen > 0)
    rows = session.execute(
        select(
            Unit.code,
            func.count(),
            func.coalesce(func.sum(Fee.price_fen), 0),
            func.coalesce(func.sum(Fee.citizen_fen), 0),
            func.coalesce(func.sum(Fee.government_fen), 0),
            _sum(free),
        )
        .join(Unit, Unit.id == Fee.unit_id)
        .where(_within(Fee.billed_at, period), Fee.state.in_(_CHARGED))
        .group_by(Unit.code)
        .order_by(func.sum(Fee.price_fen).desc(), Unit.code)
    ).all()

    def whole(place: int) -> int:
        return sum(int(row[place]) for row in rows)

    return {
        "fees": whole(1),
        "fees_fen": whole(2),
        "fees_citizen_fen": whole(3),
        "fees_government_fen": whole(4),
        "households_served_free": whole(5),
        "fees_by_firm": {
            code: {"jobs": jobs, "price_fen": int(price)} for code, jobs, price, *_ in rows[: f.MOST_LISTED]
        },
    }


def _call_backs(session: Session, period: Period) -> dict[str, int]:
    """Promises to call back, by why: a fault of ours among them."""
    rows = session.execute(
        select(CallBack.reason, func.count())
        .where(_within(CallBack.created_at, period))
        .group_by(CallBack.reason)
    )
    return f.listed({str(reason): count for reason, count in rows})
