"""The call script of 民生110 as one table: where the caller is, what happened, what comes next.

A row reads: at this node, when this happens, take these steps and wait at that node. What can happen is named
by ivr/flow.py (`condition`); a row for `anything` answers what no other row of its node does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ivr.hearing import DANGER_KEY
from ivr.steps import (
    Ask,
    ClaimFree,
    HangUp,
    LookUp,
    OpenCase,
    PromiseCallBack,
    Record,
    Reword,
    Say,
    Step,
    Transfer,
)

ANYTHING = "anything"
OVER = "over"
"""Nothing more is expected of the caller."""

_KEYS = "#09"
"""At every prompt: go on, a person, back to 110."""
_NUMBER_KEYS = "0123456789#"
_MESSAGE = Record(_KEYS + DANGER_KEY)
_TO_AGENT = (Say(("to_agent",)), Transfer("agent", "key"))
_TO_DESK = (Say(("to_desk",)), Transfer("desk", "key"))
_TO_DESK_IN_DANGER = (Say(("to_desk",)), Transfer("desk", "danger"))
_READ_BACK = Ask(("{read back}",), "0139#", seconds=3)
_DANGER = Ask(("danger_offer",), "19", seconds=3)
_SAY_AGAIN = (Say(("say_again",), _KEYS), _MESSAGE)
_MARKET = Ask(("market_service",), "059#", seconds=2)
_NUMBER = Ask(("enter_number",), _NUMBER_KEYS, seconds=5, max_digits=12, at_once="0")
_NUMBER_AGAIN = replace(_NUMBER, prompts=("wrong_number", "enter_number"))
_PROGRESS = Ask(("your_case", "{number}", "{state}", "more"), _KEYS, seconds=4)
_GOODBYE = (Say(("goodbye",)), HangUp())
_WILL_CALL_BACK = (Say(("will_call_back",)), *_GOODBYE)


def _told(*before: str) -> tuple[Step, ...]:
    return (Say((*before, "your_number", "{number}", "once_more", "{number}"), _KEYS), *_GOODBYE)


@dataclass(frozen=True)
class Row:
    """`counts` names the counter that this row raises by one (ivr/flow.py: State)."""

    at: str
    on: str
    steps: tuple[Step, ...]
    to: str
    counts: str = ""


# fmt: off
TABLE: tuple[Row, ...] = (
    # The caller comes in. What a prompt promises is promised before it is heard.
    Row("entry", "start", (Ask(("greeting",), "0123456789*#", seconds=0),), "greeting"),
    Row("entry", "no agent", (PromiseCallBack("no_agent"), Say(("no_agent",), _KEYS), _MESSAGE), "promised"),
    Row("entry", "no agent, kept", (PromiseCallBack("no_agent"), *_told("no_agent_kept")), "told"),
    Row("entry", "no desk", (PromiseCallBack("no_desk"), Say(("no_desk",), _KEYS), _MESSAGE), "no desk"),
    Row("entry", "no desk, kept", (PromiseCallBack("no_desk"), *_told("no_desk_kept")), "told"),
    # The greeting is the only menu: one level, and speech is the main road.
    Row("greeting", "key 0", _TO_AGENT, OVER),
    Row("greeting", "key 2", (_NUMBER,), "number"),
    Row("greeting", "key 9", _TO_DESK, OVER),
    Row("greeting", "key #", (_MESSAGE,), "message"),
    Row("greeting", "nothing", (_MESSAGE,), "message"),
    Row("greeting", ANYTHING, (Say(("wrong_key",), _KEYS), _MESSAGE), "message"),
    # The message. What was spoken is a request, whatever key ended it.
    Row("message", "spoken", (OpenCase(),), "request"),
    Row("message", "spoken, key 0", (OpenCase(),), "request, then agent"),
    Row("message", "spoken, key 9", (OpenCase(),), "request, then desk"),
    Row("message", "key 0", _TO_AGENT, OVER),
    Row("message", "key 9", _TO_DESK, OVER),
    Row("message", "key #", (_MESSAGE,), "message"),
    Row("message", "nothing said", (Say(("not_heard",), _KEYS), _MESSAGE), "message", counts="silences"),
    Row("message", "nothing said again", (Say(("to_agent",)), Transfer("agent", "silence")), OVER),
    # The request stands: what was understood is read back, if it was ready and sure. No key = accepted.
    Row("request", "case, read back", (_READ_BACK,), "read back"),
    Row("request", "case, read back, charged", (_READ_BACK,), "read back, charged"),
    Row("request", "case", _told(), "told"),
    Row("read back", "key 3", _SAY_AGAIN, "said again", counts="rewordings"),
    Row("read back", "key 3 again", _TO_AGENT, OVER),
    Row("read back", "key 0", _TO_AGENT, OVER),
    Row("read back", "key 9", _TO_DESK, OVER),
    Row("read back", ANYTHING, _told(), "told"),
    Row("read back, charged", "key 3", _SAY_AGAIN, "said again", counts="rewordings"),
    Row("read back, charged", "key 3 again", _TO_AGENT, OVER),
    Row("read back, charged", "key 0", _TO_AGENT, OVER),
    Row("read back, charged", "key 9", _TO_DESK, OVER),
    Row("read back, charged", ANYTHING, (_MARKET,), "market"),
    # Said again: these words count. What was said first stands until then.
    Row("said again", "spoken", (Reword(),), "request"),
    Row("said again", "danger", (Reword(),), "danger"),
    Row("said again", "spoken, key 0", (Reword(),), "request, then agent"),
    Row("said again", "spoken, key 9", (Reword(),), "request, then desk"),
    Row("said again", "hung up, spoken", (Reword(),), OVER),
    Row("said again", "key 0", _TO_AGENT, OVER),
    Row("said again", "key 9", _TO_DESK, OVER),
    Row("said again", "nothing said", _told(), "told"),
    Row("said again", "key #", _told(), "told"),
    # A firm does it, for money; who may have it free says so, and the register is asked.
    Row("market", "key 5", (ClaimFree(), *_told("free_claimed")), "told"),
    Row("market", "key 0", _TO_AGENT, OVER),
    Row("market", "key 9", _TO_DESK, OVER),
    Row("market", ANYTHING, _told(), "told"),
    # Danger was heard: the way back to 110 at once, unless the caller says that there is none.
    Row("danger", "case without number", (_DANGER,), "danger, no number"),
    Row("danger", ANYTHING, (_DANGER,), "danger offered"),
    Row("danger offered", "key 1", _told(), "told"),
    Row("danger offered", ANYTHING, _TO_DESK_IN_DANGER, OVER),
    Row("danger, no number", "key 1", (Say(("number_later",), _KEYS), *_GOODBYE), "told"),
    Row("danger, no number", ANYTHING, _TO_DESK_IN_DANGER, OVER),
    Row("request", "case without number", (Say(("number_later",), _KEYS), *_GOODBYE), "told"),
    Row("request, then agent", ANYTHING, _TO_AGENT, OVER),
    Row("request, then desk", ANYTHING, _TO_DESK, OVER),
    Row("told", "key 0", _TO_AGENT, OVER),
    Row("told", "key 9", _TO_DESK, OVER),
    Row("told", ANYTHING, _GOODBYE, OVER),
    # No agent was free: a message, and a promise.
    Row("promised", "spoken", (OpenCase(),), "request, call-back"),
    Row("promised", "spoken, key 0", (OpenCase(),), "request, call-back"),
    Row("promised", "spoken, key 9", (OpenCase(),), "request, then desk"),
    Row("promised", "key 0", _WILL_CALL_BACK, OVER),
    Row("promised", "key 9", _TO_DESK, OVER),
    Row("promised", "key #", (_MESSAGE,), "promised"),
    Row("promised", "nothing said", _WILL_CALL_BACK, OVER),
    Row("request, call-back", "case", _told("will_call_back"), "told"),
    Row("request, call-back", "case without number", _WILL_CALL_BACK, OVER),
    # No desk took the caller back, and no agent either.
    Row("no desk", "spoken", (OpenCase(),), "request, call-back"),
    Row("no desk", "spoken, key 0", (OpenCase(),), "request, then agent"),
    Row("no desk", "spoken, key 9", (OpenCase(),), "request, then desk"),
    Row("no desk", "key 0", _TO_AGENT, OVER),
    Row("no desk", "key 9", _TO_DESK, OVER),
    Row("no desk", "key #", (_MESSAGE,), "no desk"),
    Row("no desk", "nothing said", _WILL_CALL_BACK, OVER),
    # How far is my case?
    Row("number", "number", (LookUp(),), "looked up"),
    Row("number", "key 0", _TO_AGENT, OVER),
    Row("number", "wrong number", (_NUMBER_AGAIN,), "number", counts="wrong_numbers"),
    Row("number", "wrong number again", (Say(("cannot_find",)), *_TO_AGENT), OVER),
    Row("looked up", "found", (_PROGRESS,), "more"),
    Row("looked up", "not found", (_NUMBER_AGAIN,), "number", counts="wrong_numbers"),
    Row("looked up", "not found again", (Say(("cannot_find",)), *_TO_AGENT), OVER),
    Row("looked up", "away", (Say(("cannot_look_up",)), *_TO_AGENT), OVER),
    Row("more", "key 0", _TO_AGENT, OVER),
    Row("more", "key 9", _TO_DESK, OVER),
    Row("more", "key #", (_MESSAGE,), "message"),
    Row("more", ANYTHING, _GOODBYE, OVER),
)
# fmt: on

EVERYWHERE: tuple[Row, ...] = (
    Row(ANYTHING, "danger", (OpenCase(),), "danger"),
    Row(ANYTHING, "hung up, spoken", (OpenCase(),), OVER),
    Row(ANYTHING, "hung up", (), OVER),
    Row(ANYTHING, "fault", (Say(("fault",)), Transfer("agent", "fault")), OVER, counts="faults"),
    Row(ANYTHING, "fault again", (Say(("fault_again",)), HangUp()), OVER),
    Row(OVER, ANYTHING, (), OVER),
)
"""Rows that hold at every node, after the node's own."""
