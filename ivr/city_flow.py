"""The call script of 民生110 as one table: where the caller is, what happened, what comes next.

A row reads: at this node, when this happens, take these steps and wait at that node. What can happen is named
by ivr/flow.py (`condition`); a row for `anything` answers what no other row of its node does. Issue "Speech"
puts the read-back between `request` and `told`, and the market question behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ivr.steps import Ask, HangUp, LookUp, OpenCase, PromiseCallBack, Record, Say, Step, Transfer

ANYTHING = "anything"
OVER = "over"
"""Nothing more is expected of the caller."""

_MESSAGE_KEYS = "#09"
_MESSAGE = Record(_MESSAGE_KEYS)
_TO_AGENT = (Say(("to_agent",)), Transfer("agent", "key"))
_TO_DESK = (Say(("to_desk",)), Transfer("desk", "key"))
_NUMBER = Ask(("enter_number",), keys="0123456789#*", seconds=5, max_digits=12)
_MORE = Ask(("more",), keys="0#", seconds=4)
_GOODBYE = (Say(("goodbye",)), HangUp())
_TOLD = (Say(("your_number", "{number}", "once_more", "{number}")), *_GOODBYE)


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
    # The caller comes in.
    Row("entry", "start", (Ask(("greeting",), keys="0123456789*#", seconds=0),), "greeting"),
    Row("entry", "no agent", (Say(("no_agent",)), _MESSAGE), "promised"),
    Row("entry", "no agent, kept", (PromiseCallBack("no_agent"), Say(("no_agent_kept",)), *_TOLD), OVER),
    Row("entry", "no desk", (Say(("no_desk",)), _MESSAGE), "no desk"),
    Row("entry", "no desk, kept", (PromiseCallBack("no_desk"), Say(("no_desk_kept",)), *_TOLD), OVER),
    # The greeting is the only menu: one level, and speech is the main road.
    Row("greeting", "key 0", _TO_AGENT, OVER),
    Row("greeting", "key 2", (_NUMBER,), "number"),
    Row("greeting", "key 9", _TO_DESK, OVER),
    Row("greeting", "key #", (_MESSAGE,), "message"),
    Row("greeting", "nothing", (_MESSAGE,), "message"),
    Row("greeting", ANYTHING, (Say(("wrong_key",)), _MESSAGE), "message"),
    # The message. What was spoken is a request, whatever key ended it.
    Row("message", "spoken", (OpenCase(),), "request"),
    Row("message", "spoken, key 0", (OpenCase(),), "request, then agent"),
    Row("message", "spoken, key 9", (OpenCase(),), "request, then desk"),
    Row("message", "key 0", _TO_AGENT, OVER),
    Row("message", "key 9", _TO_DESK, OVER),
    Row("message", "nothing said", (Say(("not_heard",)), _MESSAGE), "message", counts="silences"),
    Row("message", "nothing said again", (Say(("to_agent",)), Transfer("agent", "silence")), OVER),
    # The request stands.
    Row("request", "case", _TOLD, OVER),
    Row("request", "case without number", (Say(("number_later",)), *_GOODBYE), OVER),
    Row("request, then agent", ANYTHING, _TO_AGENT, OVER),
    Row("request, then desk", ANYTHING, _TO_DESK, OVER),
    # No agent was free: a message, and a promise.
    Row("promised", "spoken", (PromiseCallBack("no_agent"), OpenCase()), "request, call-back"),
    Row("promised", "spoken, key 0", (PromiseCallBack("no_agent"), OpenCase()), "request, call-back"),
    Row("promised", "spoken, key 9", (OpenCase(),), "request, then desk"),
    Row("promised", "key 9", _TO_DESK, OVER),
    Row("promised", "key 0", (PromiseCallBack("no_agent"), Say(("will_call_back",)), *_GOODBYE), OVER),
    Row("promised", "nothing said", (PromiseCallBack("no_agent"), Say(("will_call_back",)), *_GOODBYE), OVER),
    Row("request, call-back", "case", (Say(("will_call_back",)), *_TOLD), OVER),
    Row("request, call-back", "case without number", (Say(("will_call_back",)), *_GOODBYE), OVER),
    # No desk took the caller back, and no agent either.
    Row("no desk", "spoken", (PromiseCallBack("no_desk"), OpenCase()), "request, call-back"),
    Row("no desk", "spoken, key 0", (OpenCase(),), "request, then agent"),
    Row("no desk", "spoken, key 9", (OpenCase(),), "request, then desk"),
    Row("no desk", "key 0", _TO_AGENT, OVER),
    Row("no desk", "key 9", _TO_DESK, OVER),
    Row("no desk", "nothing said", (PromiseCallBack("no_desk"), Say(("will_call_back",)), *_GOODBYE), OVER),
    # How far is my case?
    Row("number", "number", (LookUp(),), "looked up"),
    Row("number", "key 0", _TO_AGENT, OVER),
    Row("number", "wrong number", (Say(("wrong_number",)), _NUMBER), "number", counts="wrong_numbers"),
    Row("number", "wrong number again", (Say(("cannot_find",)), *_TO_AGENT), OVER),
    Row("looked up", "found", (Say(("your_case", "{number}", "{state}")), _MORE), "more"),
    Row("looked up", "not found", (Say(("wrong_number",)), _NUMBER), "number", counts="wrong_numbers"),
    Row("looked up", "not found again", (Say(("cannot_find",)), *_TO_AGENT), OVER),
    Row("looked up", "away", (Say(("cannot_look_up",)), *_TO_AGENT), OVER),
    Row("more", "key 0", _TO_AGENT, OVER),
    Row("more", "key #", (_MESSAGE,), "message"),
    Row("more", ANYTHING, _GOODBYE, OVER),
)
# fmt: on

EVERYWHERE: tuple[Row, ...] = (
    Row(ANYTHING, "hung up, spoken", (OpenCase(),), OVER),
    Row(ANYTHING, "hung up", (), OVER),
    Row(ANYTHING, "fault", (Say(("fault",)), Transfer("agent", "fault")), OVER, counts="faults"),
    Row(ANYTHING, "fault again", (Say(("fault_again",)), HangUp()), OVER),
    Row(OVER, ANYTHING, (), OVER),
)
"""Rows that hold at every node, after the node's own."""
