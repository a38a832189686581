"""The moves of a case, each by its row of the table, in one transaction with its event.

    make_move(session, number, Move.SIGN, Actor("li", Role.UNIT, unit_id), now, rules)

What a move needs beside its state and role are conditions of its rule (cases/conditions.py). A co-unit goes
through the same rows by its own part's state; the case's state stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases import (
    assessing,
    claims,
    dispatching,
    escalation,
    extensions,
    fees,
    finishing,
    hard_cases,
    joining,
    notices,
    pausing,
)
from cases.conditions import TAKES
from cases.errors import Conflict, MoveRefused
from cases.history import event
from cases.model import Assignment, Case, CaseEvent, Photo
from cases.moving import (
    SYSTEM,
    Actor,
    Asked,
    KeptPhoto,
    Scene,
    assignment_of,
    found_case,
    locked_case,
    refusal,
)
from cases.opening import keep_history
from cases.rules import Rules
from cases.states import RULES, CaseState, Move, Role, Transition, allowed, move

__all__ = ["FOLLOWERS", "SYSTEM", "Actor", "Asked", "KeptPhoto", "make_move", "moves_now"]

Event = Mapping[str, Any]
Follower = Callable[[Session, Case, Event, datetime, Rules], None]

FOLLOWERS: tuple[Follower, ...] = (
    escalation.follow,
    notices.follow,
    fees.follow,
    claims.follow,
    assessing.follow,
)
"""What follows from a move, in this transaction: escalation, messages to the citizen, fees, claims, ratings.
In this order."""

NOTHING = Asked()
_STEPS: Mapping[str, Callable[[Scene], dict[str, Any]]] = {
    "M03": dispatching.dispatch,
    "M04": dispatching.sign,
    "M05": dispatching.return_it,
    "M06": dispatching.rule,
    "M07": extensions.ask,
    "M08": extensions.grant,
    "M09": extensions.refuse,
    "M10": dispatching.add_unit,
    "M11": pausing.note,
    "M12": pausing.note,
    "M15": finishing.report,
    "M16": finishing.call_back,
    "M17": finishing.complete,
    "M18": finishing.answer_at_once,
    "M19": finishing.redo,
    "M20": pausing.suspend,
    "M21": pausing.resume,
    "M22": hard_cases.receive,
    "M23": hard_cases.report_up,
    "M24": hard_cases.hold_to_account,
    "M25": finishing.reopen,
    "M26": joining.merge,
    "M27": joining.unmerge,
    "M28": joining.to_110,
    "M29": finishing.archive,
}
"""What a move does beside the state, by its rule. Urging and supervising change nothing else."""
_BEFORE: Mapping[str, Callable[[Scene], Any]] = {
    "M05": dispatching.may_return,
    "M06": dispatching.may_rule,
    "M07": extensions.may_ask,
    "M08": extensions.pending,
    "M09": extensions.pending,
    "M16": finishing.may_ask_citizen,
    "M17": finishing.may_ask_citizen,
    "M19": finishing.may_redo,
    "M25": finishing.may_reopen,
    "M22": hard_cases.may_receive,
    "M23": hard_cases.may_report_up,
    "M24": hard_cases.may_hold_to_account,
}
"""Conditions that hold or not whatever a person will write: also asked to know what is allowed now."""
_NOT_HERE = frozenset({Move.ACCEPT, Move.SORT, Move.REWORD})
"""These belong to the call and the sorter (opening.py, corrections.py)."""
_SUPERVISING = frozenset({Move.SUPERVISE, Move.RECEPTION_DAY, Move.SPECIAL_REPORT, Move.ACCOUNTABILITY})
_WITH_PHOTOS = frozenset({Move.NOTE, Move.REPORT})


def make_move(
    session: Session,
    number: str,
    what: Move | str,
    actor: Actor,
    now: datetime,
    rules: Rules,
    asked: Asked = NOTHING,
    version: int | None = None,
) -> Case:
    """Make this move of the case and whatever it brings; -> the case, locked, with its new state.

    `version`: of the case as the person saw it. Raises NotFound, MoveRefused (the rule or its condition, and
    why), Conflict when somebody changed the case since that version: it tells who, and by which moves.
    """
    case = _locked(session, number, asked.into)
    _seen(session, case, version)
    now = _not_backwards(case, now, rules)
    scene = _scene(session, case, what, actor, now, rules, asked)
    _make(scene)
    for follow in FOLLOWERS:
        for told in scene.history:
            follow(session, case, told, now, rules)
    return case


def _make(scene: Scene) -> None:
    """The step of the rule, the new state, the events."""
    made = scene.made
    _check_before(scene)
    step = _STEPS.get(scene.rule)
    detail = step(scene) if step else {}
    _keep_photos(scene, detail)
    case, own = scene.case, scene.own
    if own is not None:
        own.state = made.to_state
        detail = {"unit": own.unit.name, **detail}
    if own is not None and not own.main:
        detail = {**detail, "part": [made.from_state, made.to_state]}
        made = Transition(made.rule, made.move, case.state, case.state)
    else:
        case.state = made.to_state
    if made.move in _SUPERVISING:
        case.supervised_at = case.supervised_at or scene.now
    detail = {**detail, **(scene.asked.detail or {})}
    scene.history.insert(0, event(scene.now, scene.actor.who, made, detail, reason=scene.reason))
    keep_history(scene.session, case, scene.now, scene.history)


def _check_before(scene: Scene) -> None:
    before = _BEFORE.get(scene.rule)
    if before is not None:
        before(scene)


# ---------------------------------------------------------------- what is allowed now


def moves_now(
    session: Session, number: str, actor: Actor, now: datetime, rules: Rules
) -> list[dict[str, Any]]:
    """What this person may do with the case now: `move`, `rule`, `to`, `takes`, in the table's order.

    `takes`: what the move is given, and whether it must be. Writes nothing, locks nothing. Raises NotFound.
    """
    case = found_case(session, number)
    own = assignment_of(session, case, actor.unit_id) if actor.role == Role.UNIT else None
    if not _is_theirs(case, actor, own):
        return []
    part = own if own is not None and not own.main else None
    possible = allowed(part.state if part is not None else case.state, actor.role)
    scenes = (Scene(session, case, made, actor, now, rules, NOTHING, own) for made in possible)
    return [
        {
            "move": scene.made.move,
            "rule": scene.rule,
            "to": case.state if part is not None else scene.made.to_state,
            "takes": dict(TAKES.get(scene.rule, {"reason": False})),
        }
        for scene in scenes
        if scene.made.move not in _NOT_HERE and _holds(scene)
    ]


def _holds(scene: Scene) -> bool:
    try:
        _check_before(scene)
    except MoveRefused:
        return False
    return True


# ---------------------------------------------------------------- before the move


def _locked(session: Session, number: str, other: str | None) -> Case:
    """The case, and the one it is merged into: locked in one order for everybody."""
    if other:
        both = select(Case.id).where(Case.number.in_((number, other))).order_by(Case.id)
        session.execute(both.with_for_update())
    return locked_case(session, number)


def _seen(session: Session, case: Case, version: int | None) -> None:
    """Who saw an older case is told what happened since."""
    if version is None or version == case.version:
        return
    since = select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.version > version)
    changes = [
        {"at": row.at, "who": row.who, "move": row.move, "reason": row.reason}
        for row in session.scalars(since.order_by(CaseEvent.id))
    ]
    told = ", ".join(f"{each['who']}: {each['move']}" for each in changes) or "the program's own work"
    raise Conflict(
        f"case {case.number} was changed since you read it ({told}); read it again and repeat", changes
    )


def _not_backwards(case: Case, now: datetime, rules: Rules) -> datetime:
    """A move is not older than what stands in the case; between two machines' clocks a little is forgiven."""
    if now >= case.changed_at:
        return now
    if case.changed_at - now > timedelta(seconds=rules.clock_tolerance_seconds):
        raise refusal(
            "M00.2", f"case {case.number} was changed later than this move's time; set the clock right"
        )
    return case.changed_at


def _scene(
    session: Session, case: Case, what: Move | str, actor: Actor, now: datetime, rules: Rules, asked: Asked
) -> Scene:
    """By the table, and the conditions that hold for every move."""
    if what in _NOT_HERE:
        raise MoveRefused(_rule_of(what), f"{what} is not made by hand")
    own = assignment_of(session, case, actor.unit_id) if actor.role == Role.UNIT else None
    state = own.state if own is not None and not own.main else case.state
    made = move(state, what, actor.role, _wanted(what, asked))
    if not _is_theirs(case, actor, own):
        raise refusal("M00.3", f"case {case.number} is not with this unit, or not of this desk")
    asked_twice = made.move == Move.REDO and case.redo_count >= rules.redos
    scene = Scene(session, case, made, actor, now, rules, asked, own)
    _check_sizes(scene)
    if not asked_twice or actor.role == Role.SUPERVISOR:
        return scene
    _check_before(scene)
    return _supervised(scene)


def _is_theirs(case: Case, actor: Actor, own: Assignment | None) -> bool:
    """A unit moves what it has, a desk what it passed on; the others every case."""
    if actor.role == Role.DESK:
        return actor.desk is not None and actor.desk == case.desk
    return actor.role != Role.UNIT or own is not None


def _wanted(what: Move | str, asked: Asked) -> CaseState | None:
    """A ruling that names a unit sends the case to it."""
    if what == Move.RULE and asked.to_state is None and asked.unit is not None:
        return CaseState.DISPATCHED
    return asked.to_state


def _supervised(scene: Scene) -> Scene:
    """It was done again once already: it goes to supervision, and a supervisor says what becomes of it."""
    made = move(scene.case.state, Move.SUPERVISE, Role.SYSTEM)
    detail = {"because": "redo", "count": scene.case.redo_count, "asked_by": scene.actor.who}
    asked = Asked(reason=scene.asked.reason, detail={**detail, **(scene.asked.detail or {})})
    return Scene(scene.session, scene.case, made, SYSTEM, scene.now, scene.rules, asked)


def _check_sizes(scene: Scene) -> None:
    limit, asked = scene.rules.longest_text, scene.asked
    if any(len(each) > limit for each in (asked.reason, asked.answer, asked.part) if each):
        raise refusal("M00.1", f"a text has at most {limit} characters")
    if asked.photos and scene.made.move not in _WITH_PHOTOS:
        raise refusal("M00.4", "photos go with a note or a report")


def _rule_of(what: Move | str) -> str:
    return next(row.id for row in RULES if row.move == what)


def _keep_photos(scene: Scene, detail: dict[str, Any]) -> None:
    for each in scene.asked.photos:
        scene.session.add(
            Photo(
                id=each.id,
                case_id=scene.case.id,
                unit_id=scene.own.unit_id if scene.own else None,
                at=scene.now,
                who=scene.actor.who,
                move=scene.made.move,
                path=each.path,
                width=each.width,
                height=each.height,
                size=each.size,
            )
        )
    if scene.asked.photos:
        detail["photos"] = [each.id for each in scene.asked.photos]
