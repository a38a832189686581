"""The states of everything, and the table of moves of a case.

Independent facts have independent states: the call, the recording, the transcript, the case, the call-back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cases.errors import MoveRefused


class WayIn(StrEnum):
    """How the caller came to 民生110."""

    KEY = "key"
    REFER = "refer"
    REDIRECT = "redirect"
    ATTENDED = "attended"
    """A desk asked an agent first, then handed the caller over."""
    CONFERENCE = "conference"
    """Three-way talk: citizen, desk, agent."""
    DIRECT = "direct"
    """The caller dialled 民生110's own number."""
    SURVEY = "survey"
    """No way in: we rang the citizen, to ask whether a request is solved."""


class CallOutcome(StrEnum):
    """What became of a call. IN_PROGRESS until it ends."""

    IN_PROGRESS = "in_progress"
    MESSAGE = "message"
    AGENT = "agent"
    BACK_TO_110 = "back_to_110"
    PROGRESS_TOLD = "progress_told"
    HUNG_UP = "hung_up"
    """Ended by the caller before a word was said; a call-back stands when the number is known."""
    FAILED = "failed"
    """Our own fault; the call row says which."""
    SURVEY = "survey"
    """A citizen whom we rang; the survey's row says what came of it."""


class LegRole(StrEnum):
    CITIZEN = "citizen"
    DESK = "desk"
    AGENT = "agent"


class RecordingState(StrEnum):
    RECORDING = "recording"
    KEPT = "kept"
    EMPTY = "empty"
    """The file holds no speech."""
    DAMAGED = "damaged"
    """The file cannot be read as a recording; what can be saved is kept."""
    MISSING = "missing"


class TranscriptState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    NOTHING_SAID = "nothing_said"
    SET_ASIDE = "set_aside"
    """Tried three times in vain; a person must listen."""


class BellState(StrEnum):
    SILENT = "silent"
    RUNG = "rung"


class CaseState(StrEnum):
    ACCEPTED = "accepted"  # 受理
    SORTED = "sorted"  # 分类
    DISPATCHED = "dispatched"  # 派单
    SIGNED = "signed"  # 签收
    IN_PROGRESS = "in_progress"  # 办理
    REPORTED = "reported"  # 反馈
    CALLING_BACK = "calling_back"  # 回访
    COMPLETED = "completed"  # 办结
    ARCHIVED = "archived"  # 归档
    RETURNED = "returned"  # 退单, waits for the dispatcher's ruling
    SUSPENDED = "suspended"  # 挂账
    MERGED = "merged"  # 合并
    HANDED_BACK = "handed_back"  # 回转110


CLOSED = (CaseState.COMPLETED, CaseState.ARCHIVED, CaseState.MERGED, CaseState.HANDED_BACK)
"""Nothing is owed any more."""


class ExtensionState(StrEnum):
    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"
    LAPSED = "lapsed"
    """The unit reported, or lost the case, before anybody answered."""


class Kind(StrEnum):
    """诉求类型"""

    CONSULTATION = "咨询"
    HELP = "求助"
    COMPLAINT = "投诉"
    REPORT = "举报"
    SUGGESTION = "建议"
    AFFAIRS = "政务办理"
    THANKS = "感谢"


class Sector(StrEnum):
    GOVERNMENT = "government"
    SOCIETY = "society"
    MARKET = "market"


class Priority(StrEnum):
    EMERGENCY = "emergency"
    HIGH = "high"
    NORMAL = "normal"


class UnitType(StrEnum):
    DEPARTMENT = "department"
    TOWNSHIP = "township"
    FIRM = "firm"
    TEAM = "team"
    EXPERT = "expert"


class CallBackReason(StrEnum):
    HUNG_UP_EARLY = "hung_up_early"
    NO_AGENT = "no_agent"
    NO_DESK = "no_desk"
    """On the way back to 110 the caller hung up before a desk answered."""
    NOTHING_HEARD = "nothing_heard"
    FAULT = "fault"


class CallBackState(StrEnum):
    OPEN = "open"
    DONE = "done"
    GIVEN_UP = "given_up"


class FeeState(StrEnum):
    ESTIMATED = "estimated"  # by the price list, when the firm was given the case
    AGREED = "agreed"
    BILLED = "billed"  # the case is completed: the fee stands in its month's statement
    SETTLED = "settled"
    VOID = "void"  # the firm does not do this case


class ClaimState(StrEnum):
    """A citizen's claim to be served free."""

    CLAIMED = "claimed"  # not checked yet
    PROVISIONAL = "provisional"  # the number is registered, the name is still to be asked
    GRANTED = "granted"
    REFUSED = "refused"


class ContractState(StrEnum):
    """A firm's contract."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


class Role(StrEnum):
    """People who use the console (docs/glossary.md)."""

    AGENT = "agent"
    DISPATCHER = "dispatcher"
    UNIT = "unit"
    SUPERVISOR = "supervisor"
    VISITOR = "visitor"
    LEADER = "leader"
    DESK = "desk"
    ADMIN = "admin"
    SYSTEM = "system"
    """The program itself; nobody logs in as it."""
    CITIZEN = "citizen"
    """By telephone or on the public page; nobody logs in as it."""


# ---------------------------------------------------------------- the moves of a case


class Move(StrEnum):
    """What can be done to a case. The names are those of the command line."""

    ACCEPT = "accept"
    SORT = "sort"
    REWORD = "reword"
    DISPATCH = "dispatch"
    SIGN = "sign"
    RETURN = "return"
    RULE = "rule"
    ASK_EXTENSION = "ask-extension"
    GRANT_EXTENSION = "grant-extension"
    REFUSE_EXTENSION = "refuse-extension"
    ADD_UNIT = "add-unit"
    NOTE = "note"
    URGE = "urge"
    SUPERVISE = "supervise"
    REPORT = "report"
    CALL_BACK = "call-back"
    COMPLETE = "complete"
    REDO = "redo"
    SUSPEND = "suspend"
    RESUME = "resume"
    RECEPTION_DAY = "reception-day"
    SPECIAL_REPORT = "special-report"
    ACCOUNTABILITY = "accountability"
    REOPEN = "reopen"
    MERGE = "merge"
    UNMERGE = "unmerge"
    TO_110 = "to-110"
    ARCHIVE = "archive"


@dataclass(frozen=True)
class Rule:
    """One row of the table: who may do what from where, and where it leads."""

    id: str
    move: Move
    chinese: str
    sources: tuple[CaseState, ...]
    """Empty: the case does not exist yet."""
    targets: tuple[CaseState, ...]
    """Empty: the state stays. Several: the move says which; the first is the usual one."""
    roles: tuple[Role, ...]


@dataclass(frozen=True)
class Transition:
    """An allowed move of one case."""

    rule: str
    move: Move
    from_state: CaseState | None
    to_state: CaseState


_S = CaseState
_R = Role
_NEW = (_S.ACCEPTED, _S.SORTED)
_AT_UNIT = (_S.DISPATCHED, _S.SIGNED, _S.IN_PROGRESS)
_ANSWERED = (_S.REPORTED, _S.CALLING_BACK)
_OPEN = (*_NEW, *_AT_UNIT, *_ANSWERED, _S.RETURNED, _S.SUSPENDED)
_CONSOLE = (_R.AGENT, _R.DISPATCHER, _R.SUPERVISOR)
_RULERS = (_R.DISPATCHER, _R.SUPERVISOR)
_WATCH = (_R.SUPERVISOR, _R.SYSTEM)
_STAYS: tuple[CaseState, ...] = ()

RULES: tuple[Rule, ...] = (
    Rule("M01", Move.ACCEPT, "受理", (), (_S.ACCEPTED,), (_R.SYSTEM, _R.AGENT, _R.DESK)),
    Rule("M02", Move.SORT, "分类", _NEW, (_S.SORTED,), (_R.SYSTEM, _R.AGENT, _R.DISPATCHER)),
    Rule("M03", Move.DISPATCH, "派单", _NEW, (_S.DISPATCHED,), (_R.SYSTEM, _R.AGENT, _R.DISPATCHER)),
    Rule("M04", Move.SIGN, "签收", (_S.DISPATCHED,), (_S.SIGNED,), (_R.UNIT,)),
    Rule("M05", Move.RETURN, "退单", _AT_UNIT, (_S.RETURNED,), (_R.UNIT,)),
    Rule(
        "M06", Move.RULE, "裁定", (_S.RETURNED,), (_S.SORTED, _S.DISPATCHED), (_R.DISPATCHER, _R.SUPERVISOR)
    ),
    Rule("M07", Move.ASK_EXTENSION, "申请延期", (_S.SIGNED, _S.IN_PROGRESS), _STAYS, (_R.UNIT,)),
    Rule("M08", Move.GRANT_EXTENSION, "同意延期", _AT_UNIT, _STAYS, _RULERS),
    Rule("M09", Move.REFUSE_EXTENSION, "不同意延期", _AT_UNIT, _STAYS, _RULERS),
    Rule("M10", Move.ADD_UNIT, "加派", _AT_UNIT, _STAYS, _RULERS),
    Rule("M11", Move.NOTE, "办理", (_S.SIGNED, _S.IN_PROGRESS), (_S.IN_PROGRESS,), (_R.UNIT,)),
    Rule(
        "M12",
        Move.NOTE,
        "备注",
        tuple(_S),
        _STAYS,
        (*_CONSOLE, _R.VISITOR, _R.LEADER, _R.DESK, _R.SYSTEM, _R.CITIZEN),
    ),
    Rule("M13", Move.URGE, "催办", _AT_UNIT, _STAYS, (*_CONSOLE, _R.LEADER, _R.SYSTEM, _R.CITIZEN)),
    Rule("M14", Move.SUPERVISE, "督办", (*_OPEN, _S.COMPLETED), _STAYS, (*_WATCH, _R.LEADER)),
    Rule("M15", Move.REPORT, "反馈", (_S.SIGNED, _S.IN_PROGRESS), (_S.REPORTED,), (_R.UNIT,)),
    Rule(
        "M16",
        Move.CALL_BACK,
        "回访",
        (_S.REPORTED, _S.COMPLETED),
        (_S.CALLING_BACK,),
        (_R.VISITOR, *_WATCH),
    ),
    Rule("M17", Move.COMPLETE, "办结", _ANSWERED, (_S.COMPLETED,), (_R.VISITOR, *_WATCH)),
    Rule("M18", Move.COMPLETE, "直接答复办结", _NEW, (_S.COMPLETED,), _CONSOLE),
    Rule(
        "M19",
        Move.REDO,
        "重办",
        (*_ANSWERED, _S.COMPLETED),
        (_S.DISPATCHED,),
        (_R.VISITOR, *_WATCH, _R.CITIZEN),
    ),
    Rule("M20", Move.SUSPEND, "挂账", _AT_UNIT, (_S.SUSPENDED,), (_R.SUPERVISOR,)),
    Rule("M21", Move.RESUME, "恢复办理", (_S.SUSPENDED,), (_S.IN_PROGRESS,), _WATCH),
    Rule("M22", Move.RECEPTION_DAY, "接待日", _OPEN, _STAYS, (*_WATCH, _R.LEADER)),
    Rule("M23", Move.SPECIAL_REPORT, "专报", _OPEN, _STAYS, (*_WATCH, _R.LEADER)),
    Rule("M24", Move.ACCOUNTABILITY, "追责", (*_OPEN, _S.COMPLETED), _STAYS, (_R.SUPERVISOR, _R.LEADER)),
    Rule(
        "M25",
        Move.REOPEN,
        "重新打开",
        (_S.COMPLETED, _S.ARCHIVED, _S.HANDED_BACK),
        (_S.SORTED,),
        (*_CONSOLE, _R.VISITOR, _R.DESK, _R.CITIZEN),
    ),
    Rule("M26", Move.MERGE, "合并", (*_NEW, *_AT_UNIT, _S.RETURNED), (_S.MERGED,), _CONSOLE),
    Rule("M27", Move.UNMERGE, "拆分", (_S.MERGED,), (_S.SORTED,), _CONSOLE),
    Rule(
        "M28",
        Move.TO_110,
        "回转110",
        (*_NEW, *_AT_UNIT, _S.RETURNED),
        (_S.HANDED_BACK,),
        (*_CONSOLE, _R.SYSTEM),
    ),
    Rule(
        "M29",
        Move.ARCHIVE,
        "归档",
        (_S.COMPLETED, _S.HANDED_BACK),
        (_S.ARCHIVED,),
        (*_WATCH, _R.ADMIN),
    ),
    Rule("M30", Move.REWORD, "重说", _NEW, (_S.ACCEPTED,), (_R.SYSTEM, _R.CITIZEN)),
)


def move(
    state: CaseState | None, what: Move | str, role: Role, to_state: CaseState | None = None
) -> Transition:
    """The transition that `role` may make by `what` from `state` (None: there is no case yet).

    `to_state` chooses where a row has several targets. Raises MoveRefused with the rule that forbids it.
    """
    rows = [row for row in RULES if row.move == what]
    if not rows:
        raise MoveRefused("M00", f"there is no move {what!r}")
    here = [row for row in rows if _applies(row, state)]
    if not here:
        raise MoveRefused(rows[0].id, f"{what} is not possible in state {state or 'none'}")
    row = next((row for row in here if role in row.roles), None)
    if row is None:
        raise MoveRefused(here[0].id, f"{what} in state {state or 'none'} is not for the role {role}")
    return Transition(row.id, row.move, state, _target(row, state, to_state))


def allowed(state: CaseState | None, role: Role) -> tuple[Transition, ...]:
    """Every transition `role` may make from `state`, in the table's order; one for each possible target."""
    return tuple(
        Transition(row.id, row.move, state, target)
        for row in RULES
        if role in row.roles and _applies(row, state)
        for target in row.targets or ((state,) if state else ())
    )


def _applies(row: Rule, state: CaseState | None) -> bool:
    return state in row.sources if state is not None else not row.sources


def _target(row: Rule, state: CaseState | None, wanted: CaseState | None) -> CaseState:
    targets = row.targets or ((state,) if state else ())
    if wanted is None:
        return targets[0]
    if wanted not in targets:
        raise MoveRefused(row.id, f"{row.move} does not lead to {wanted}")
    return wanted
