"""The states of everything, and the table of moves of a case.

Independent facts have independent states: the call, the recording, the transcript, the case, the call-back.
"""

from __future__ import annotations

from enum import StrEnum


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
