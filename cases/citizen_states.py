"""The states of what a citizen is told and asked: a message, a survey."""

from __future__ import annotations

from enum import StrEnum


class MessageKind(StrEnum):
    """Why a citizen gets a message (cases/notices.py)."""

    ACCEPTED = "accepted"
    DISPATCHED = "dispatched"
    REPORTED = "reported"
    """With the way to say whether it is solved."""
    REDONE = "redone"
    COMPLETED = "completed"
    JOINED = "joined"
    """The case that this one was merged into is completed."""


class MessageState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    """A sender has it. If that one dies, nobody knows whether it went out: it is never sent again."""
    SENT = "sent"
    SET_ASIDE = "set_aside"
    """Tried in vain as often as allowed, or left in the middle: a person decides."""


class SurveyState(StrEnum):
    PLANNED = "planned"
    """The next call is at `next_at`."""
    CALLING = "calling"
    VISITOR = "visitor"
    """Not reached by the telephone, or cannot be: the visitor caller asks."""
    ANSWERED = "answered"
    CLOSED = "closed"
    """Nobody answers any more: the case went on without it."""


class SurveyWay(StrEnum):
    """How the citizen answered."""

    CALL = "call"
    SMS = "sms"
    """By the link of a message."""
    PAGE = "page"
    """By number and tracking code on the public page."""
    VISITOR = "visitor"


class TryResult(StrEnum):
    """How a call to a citizen ended without an answer."""

    NO_ANSWER = "no_answer"
    BUSY = "busy"
    HUNG_UP = "hung_up"
    NO_CHOICE = "no_choice"
    """Listened, and pressed nothing."""
    FAILED = "failed"
    """The exchange could not ring, or something of ours broke."""
