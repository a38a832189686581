"""The call as data: what a channel is asked to do, and what it answers.

A step is an order; an event is what came of it. The flow (ivr/flow.py) turns states and events into steps and
knows nothing of channels. Prompts are names of ivr/prompts.py; `{number}`, `{state}` and `{matter}` stand for
a case's number, state and matter, spoken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Entry = Literal["start", "no_agent", "no_desk"]
Ending = Literal["key", "silence", "limit", "hangup", "fault"]

# ---------------------------------------------------------------- steps


@dataclass(frozen=True)
class Say:
    """Play prompts in order; a key in `keys` cuts them short (barge-in).

    Answers Pressed, HungUp, or nothing when all was heard.
    """

    prompts: tuple[str, ...]
    keys: str = ""


@dataclass(frozen=True)
class Ask:
    """Play prompts and wait for keys; a key in `keys` cuts the prompt short (barge-in).

    `max_digits` 1: the key answers at once. More: digits are collected until `#`, `max_digits`, or `seconds`
    without a key; but a first key in `at_once` answers at once. Answers Pressed, NothingPressed or HungUp.
    """

    prompts: tuple[str, ...]
    keys: str
    seconds: float
    max_digits: int = 1
    at_once: str = ""


@dataclass(frozen=True)
class Record:
    """Beep and record the caller until a key in `keys`, silence, the site's limit, or hang-up.

    Answers Recorded, always: what was said before a hang-up is kept.
    """

    keys: str


@dataclass(frozen=True)
class OpenCase:
    """Accept the request that was just recorded. Answers CaseStands."""


@dataclass(frozen=True)
class Reword:
    """What was just recorded takes the place of what the caller said before. Answers CaseStands."""


@dataclass(frozen=True)
class ClaimFree:
    """The caller claims to be of a household that is served free; somebody checks it. Answers nothing."""


@dataclass(frozen=True)
class PromiseCallBack:
    """Somebody will ring this caller. Answers nothing."""

    reason: str


@dataclass(frozen=True)
class LookUp:
    """How far is the case with this number? Answers Progress."""

    number: str = "{number}"


@dataclass(frozen=True)
class Transfer:
    """Leave the conversation; the dialplan connects the caller. Ends the run of the flow."""

    to: Literal["agent", "desk"]
    reason: str


@dataclass(frozen=True)
class HangUp:
    """End the call."""


@dataclass(frozen=True)
class KeepAnswer:
    """The citizen we asked has answered: 1 satisfied, 2 basically, 3 unsatisfied, 4 not solved."""

    answer: int


@dataclass(frozen=True)
class KeepReason:
    """What was just recorded is why."""


Step = (
    Say
    | Ask
    | Record
    | OpenCase
    | Reword
    | ClaimFree
    | PromiseCallBack
    | LookUp
    | Transfer
    | HangUp
    | KeepAnswer
    | KeepReason
)

# ---------------------------------------------------------------- events


@dataclass(frozen=True)
class Entered:
    """The caller is here, from outside or back from a transfer that failed."""

    entry: Entry
    case: str | None = None
    """The number of the case that this call already has."""


@dataclass(frozen=True)
class Pressed:
    digits: str


@dataclass(frozen=True)
class NothingPressed:
    pass


@dataclass(frozen=True)
class Recorded:
    ended_by: Ending
    key: str
    spoken: bool
    """Whether enough was said to be a request."""
    danger: bool = False
    """Whether danger was heard in it."""


@dataclass(frozen=True)
class CaseStands:
    """`number` is None when none could be had: the request is kept, the number will be told later."""

    number: str | None
    read_back: tuple[str, ...] = ()
    """The prompts that say what was understood; empty when that was not sure, or not ready in time."""
    charged: bool = False
    """Whether a firm does it, for money."""


@dataclass(frozen=True)
class Progress:
    """`state` is a CaseState value; None: there is no such case. `away`: it cannot be looked up now."""

    state: str | None
    away: bool = False


@dataclass(frozen=True)
class Reached:
    """A citizen whom we rang has lifted the receiver."""

    about: tuple[str, ...]
    """The prompts that say which request it is about."""


@dataclass(frozen=True)
class Fault:
    """Something of ours broke between two steps."""


@dataclass(frozen=True)
class HungUp:
    pass


Event = Entered | Pressed | NothingPressed | Recorded | CaseStands | Progress | Reached | Fault | HungUp
