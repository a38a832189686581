"""Who did what in a period: the rows that scores are made of, read in four queries whatever the period.

What was given in the period is judged by what is known now: a case given on the last day counts once it is
concluded or overdue. Answers count by when they were given, fees by when they were billed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from cases import assessment
from cases.assessment import Answer, Assessed, Job, Score, Work
from cases.errors import MoveRefused
from cases.model import Assignment, Case, Contract, Fee, FirmTurn, Survey, Unit
from cases.states import ContractState, FeeState, Move, UnitType

if TYPE_CHECKING:
    from cases.rules import Rules

WRONG_DAYS, FUTURE = "A01", "A02"
"""Rules: the last day is not before the first; a year's best are named once the year has begun."""
_DEPARTMENTS = (UnitType.DEPARTMENT, UnitType.TOWNSHIP)
_TEAMS = (UnitType.TEAM, UnitType.EXPERT)
_CHARGED = (FeeState.BILLED, FeeState.SETTLED)
_R = TypeVar("_R", Work, Answer, Job)


@dataclass(frozen=True)
class Assessment:
    """Everybody's scores of a period, both days included. The best first; who did nothing is last."""

    first: date
    last: date
    departments: Sequence[Score]
    firms: Sequence[Score]
    teams: Sequence[Score]
    weights: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        return {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "departments": [each.to_json() for each in self.departments],
            "firms": [each.to_json() for each in self.firms],
            "teams": [each.to_json() for each in self.teams],
            "commended": [each.unit.name for each in self.teams if each.more["commended"]],
            "weights": dict(self.weights),
        }


def assess(session: Session, first: date, last: date, now: datetime, rules: Rules) -> Assessment:
    """Scores of the days from `first` to `last`, in the city's time. Four queries. Raises MoveRefused A01."""
    begins, ends = bounds(first, last, rules)
    units = _units(session)
    works = _by_unit(_works(session, begins, ends))
    answers = _by_unit(_answers(session, begins, ends))
    jobs = _by_unit(_jobs(session, begins, ends))
    score = rules.scores
    departments, firms, teams = [], [], []
    for kind, unit in units:
        done, said = works[unit.code], answers[unit.code]
        if kind in _DEPARTMENTS:
            departments.append(assessment.department(unit, done, said, now, score))
        elif kind in _TEAMS:
            teams.append(assessment.team(unit, done, said, now, score))
        else:
            firms.append(assessment.firm(unit, done, said, jobs[unit.code], now, score))
    return Assessment(first, last, _ordered(departments), _ordered(firms), _ordered(teams), score.weights)


def best_of_year(session: Session, year: int, now: datetime, rules: Rules) -> list[assessment.Reward]:
    """The year's best firms and the reward of each. Three queries. Raises MoveRefused A02."""
    begins, ends = bounds(date(year, 1, 1), date(year, 12, 31), rules)
    if begins > now:
        raise MoveRefused(FUTURE, f"the year {year} has not begun")
    answers = _by_unit(_answers(session, begins, ends, (UnitType.FIRM,)))
    jobs = _by_unit(_jobs(session, begins, ends))
    firms = [
        assessment.firm(unit, [], answers[unit.code], jobs[unit.code], now, rules.scores)
        for kind, unit in _units(session)
        if kind == UnitType.FIRM
    ]
    return assessment.rewards(
        firms,
        percent=rules.money.reward_percent,
        least_rating=rules.money.reward_rating,
        least_jobs=rules.money.reward_jobs,
        top_percent=rules.money.reward_top_percent,
    )


def bounds(first: date, last: date, rules: Rules) -> tuple[datetime, datetime]:
    """The first moment of `first` and the one after `last`. Raises MoveRefused A01."""
    if last < first:
        raise MoveRefused(WRONG_DAYS, f"{first} to {last}: the last day is before the first")
    if last == date.max:
        raise MoveRefused(WRONG_DAYS, f"{last} has no day after it")
    after = last + timedelta(days=1)
    begins, ends = (datetime(day.year, day.month, day.day, tzinfo=rules.zone) for day in (first, after))
    return begins, ends


def rewards_json(found: Iterable[assessment.Reward]) -> list[dict[str, Any]]:
    return [{**asdict(each), "cases": list(each.cases)} for each in found]


# ---------------------------------------------------------------- firms' ratings, for the router


def follow(session: Session, case: Case, event: Mapping[str, Any], now: datetime, rules: Rules) -> None:
    """After a move that a citizen's answer may have brought: the firm is rated anew."""
    if event["to_state"] != event["from_state"] and event["move"] in (Move.COMPLETE, Move.REDO):
        rate(session, case.unit_id, now, rules)


def rate(session: Session, unit_id: int | None, now: datetime, rules: Rules) -> float | None:
    """Put the firm's rating into its turn, where the router reads it; None: the city file's, or no firm."""
    firm = session.get(Unit, unit_id) if unit_id is not None else None
    if firm is None or firm.type != UnitType.FIRM:
        return None
    turn = session.get(FirmTurn, firm.id)
    if turn is not None:
        said = _answered(session, now, rules, firm.id).get(firm.id, [])
        turn.rating = _stars(firm, said, rules)
    return turn.rating if turn is not None else None


def rate_all(session: Session, now: datetime, rules: Rules) -> int:
    """The same for every firm: old answers count no more; -> how many ratings changed. Two queries."""
    answered = _answered(session, now, rules)
    rows = session.execute(select(Unit, FirmTurn).join(FirmTurn, FirmTurn.unit_id == Unit.id)).all()
    changed = 0
    for firm, turn in rows:
        stars = _stars(firm, answered.get(firm.id, []), rules)
        changed += turn.rating != stars
        turn.rating = stars
    return changed


def _answered(
    session: Session, now: datetime, rules: Rules, unit_id: int | None = None
) -> dict[int, list[int]]:
    """Answers that count for a rating, by the firm's id; one query."""
    since = now - timedelta(days=rules.scores.rating_days)
    wanted = (
        select(Survey.unit_id, Survey.answer, func.count())
        .join(Unit, Survey.unit_id == Unit.id)
        .where(Unit.type == UnitType.FIRM, Survey.answer.is_not(None), Survey.answered_at >= since)
        .group_by(Survey.unit_id, Survey.answer)
    )
    if unit_id is not None:
        wanted = wanted.where(Survey.unit_id == unit_id)
    found: dict[int, list[int]] = defaultdict(list)
    for firm, answer, count in session.execute(wanted):
        found[firm or 0] += [answer or 0] * count
    return found


def _stars(firm: Unit, answers: Sequence[int], rules: Rules) -> float | None:
    """None: nobody has said anything, and the city file's rating is the firm's."""
    if not answers:
        return None
    return round(assessment.rating(_file_rating(firm), answers, rules.scores.prior_answers), 2)


# ---------------------------------------------------------------- the rows


def _units(session: Session) -> list[tuple[UnitType, Assessed]]:
    """Units in use, and firms whose contract was stopped."""
    wanted = (
        select(Unit, Contract.state)
        .outerjoin(Contract, Contract.unit_id == Unit.id)
        .where(or_(Unit.active, Contract.state.is_not(None)))
        .order_by(Unit.id)
    )
    return [(unit.type, _assessed(unit, state)) for unit, state in session.execute(wanted)]


def _assessed(unit: Unit, contract: ContractState | None) -> Assessed:
    head = str(unit.detail.get("head") or "")
    return Assessed(unit.code, unit.name, head, _file_rating(unit), contract or ContractState.ACTIVE)


def _file_rating(unit: Unit) -> float:
    said = unit.detail.get("rating")
    return float(said) if isinstance(said, int | float) else 4.0


def _works(session: Session, begins: datetime, ends: datetime) -> Iterable[Work]:
    row = Assignment
    wanted = (
        select(
            Case.number,
            Unit.code,
            row.dispatched_at,
            row.due_at,
            row.reported_at,
            row.ended_at,
            row.stopped_at,
            row.returned_at,
            row.return_upheld,
            row.redo,
        )
        .join(Case, row.case_id == Case.id)
        .join(Unit, row.unit_id == Unit.id)
        .where(row.dispatched_at >= begins, row.dispatched_at < ends)
        .order_by(row.dispatched_at, row.id)
    )
    for number, code, given, due, reported, ended, stopped, returned, upheld, redo in session.execute(wanted):
        yield Work(
            number, code, given, due, reported, ended, stopped is not None, returned is not None, upheld, redo
        )


def _answers(
    session: Session, begins: datetime, ends: datetime, kinds: Sequence[UnitType] = tuple(UnitType)
) -> Iterable[Answer]:
    wanted = (
        select(Case.number, Unit.code, Survey.answer, Survey.founded)
        .join(Case, Survey.case_id == Case.id)
        .join(Unit, Survey.unit_id == Unit.id)
        .where(Survey.answered_at >= begins, Survey.answered_at < ends, Survey.answer.is_not(None))
        .where(Unit.type.in_(kinds))
        .order_by(Survey.answered_at, Survey.id)
    )
    for number, code, answer, founded in session.execute(wanted):
        yield Answer(number, code, answer or 0, founded)


def _jobs(session: Session, begins: datetime, ends: datetime) -> Iterable[Job]:
    wanted = (
        select(Case.number, Unit.code, Fee.price_fen)
        .join(Case, Fee.case_id == Case.id)
        .join(Unit, Fee.unit_id == Unit.id)
        .where(Fee.billed_at >= begins, Fee.billed_at < ends, Fee.state.in_(_CHARGED))
        .order_by(Fee.billed_at, Fee.id)
    )
    for number, code, price in session.execute(wanted):
        yield Job(number, code, price)


def _by_unit(rows: Iterable[_R]) -> dict[str, list[_R]]:
    found: dict[str, list[_R]] = defaultdict(list)
    for row in rows:
        found[row.unit].append(row)
    return found


def _ordered(scores: list[Score]) -> list[Score]:
    return sorted(scores, key=lambda each: (each.score is None, -(each.score or 0.0), each.unit.code))
