"""The call as data: what a channel is asked to do, and what it answers.

A step is an order to a channel (ivr/agi_channel.py, ivr/twiml_channel.py); an event is what came of it.
The flow (ivr/flow.py) turns states and events into steps and knows nothing of channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# ---------------------------------------------------------------- steps


@dataclass(frozen=True)
class Say:
    """Play prompts in order; nothing is expected. A key pressed meanwhile is kept for the next Ask."""

    prompts: tuple[str, ...]


@dataclass(frozen=True)
class Ask:
    """Play prompts and wait for keys; a key in `keys` cuts the prompt short (barge-in).

    `max_digits` 1: the key answers at once. More: digits are collected until `#`, `max_digits`, or
    `seconds` without a key. Answers Pressed, NothingPressed or HungUp.
    """

    prompts: tuple[str, ...]
    keys: str
    seconds: float
    max_digits: int = 1


@dataclass(frozen=True)
class Record:
    """Record the caller until a key in `keys`, `silence_seconds` of silence, `max_seconds`, or hang-up.

    Answers Recorded, always, a hang-up included: what was said before it is kept.
    """

    keys: str
    max_seconds: int
    silence_seconds: int
    beep: bool = True


@dataclass(frozen=True)
class OpenCase:
    """Accept the request (ivr/conversation.py does it through its ports). Answers CaseStands."""

    call_back: str | None = None
    """Also promise a call back, for this reason."""


@dataclass(frozen=True)
class PromiseCallBack:
    """Somebody will ring this caller. Answers nothing."""

    reason: str


@dataclass(frozen=True)
class LookUp:
    """How far is the case with this number? Answers Progress."""

    number: str


@dataclass(frozen=True)
class Transfer:
    """Leave the conversation; the dialplan connects the caller. Ends the run of the flow."""

    to: Literal["agent", "desk"]
    reason: str


@dataclass(frozen=True)
class HangUp:
    """Say nothing more and end the call."""


Step = Say | Ask | Record | OpenCase | PromiseCallBack | LookUp | Transfer | HangUp

# ---------------------------------------------------------------- events


@dataclass(frozen=True)
class Entered:
    """The caller is here, from outside or back from a transfer that failed."""

    entry: Literal["start", "no_agent", "no_desk"]


@dataclass(frozen=True)
class Said:
    """A Say is over."""


@dataclass(frozen=True)
class Pressed:
    digits: str


@dataclass(frozen=True)
class NothingPressed:
    pass


@dataclass(frozen=True)
class Recorded:
    ended_by: Literal["key", "silence", "limit", "hangup", "fault"]
    key: str
    seconds: float
    spoken_seconds: float


@dataclass(frozen=True)
class CaseStands:
    """`number` is None when none could be had: the request is kept, the number will be told by SMS."""

    number: str | None


@dataclass(frozen=True)
class Progress:
    """`state` is a CaseState value; None: there is no such case. `away`: it cannot be looked up now."""

    number: str
    state: str | None
    away: bool = False


@dataclass(frozen=True)
class HungUp:
    pass


Event = Entered | Said | Pressed | NothingPressed | Recorded | CaseStands | Progress | HungUp
