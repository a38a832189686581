"""The next step of a call: a pure function of state and event, driven by the table of ivr/city_flow.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cases import numbers
from ivr.city_flow import ANYTHING, EVERYWHERE, TABLE, Row
from ivr.steps import (
    Ask,
    CaseStands,
    Entered,
    Event,
    Fault,
    HungUp,
    LookUp,
    NothingPressed,
    Pressed,
    Progress,
    Reached,
    Recorded,
    Say,
    Step,
)

STATE_PROMPT = "state_"
"""A case's state is spoken by the prompt `state_<value>`."""
_LONGEST_SPOKEN = 12
MOST_REWORDINGS = 2
"""Who is still not understood then talks to a person."""


@dataclass(frozen=True)
class State:
    """Where a caller is. Counters say how often something already happened in this call."""

    node: str = "entry"
    number: str = ""
    silences: int = 0
    wrong_numbers: int = 0
    rewordings: int = 0
    faults: int = 0


Rows = Mapping[tuple[str, str], Row]
"""A table by (node, what happened)."""


def indexed(*rows: Row) -> Rows:
    """The rows of one table, for `advance`."""
    return {(row.at, row.on): row for row in rows}


CITY = indexed(*TABLE, *EVERYWHERE)


def advance(state: State, event: Event, rows: Rows = CITY) -> tuple[State, tuple[Step, ...]]:
    """-> (the next state, the steps to take now). An event that the node does not know is a fault of ours."""
    row = _row(state, event, rows)
    number = _number(state, event)
    counted = {row.counts: getattr(state, row.counts) + 1} if row.counts else {}
    after = replace(state, node=row.to, number=number, **counted)
    return after, tuple(_filled(step, number, event) for step in row.steps)


def _row(state: State, event: Event, rows: Rows) -> Row:
    on = condition(state, event, rows)
    for key in ((state.node, on), (ANYTHING, on), (state.node, ANYTHING)):
        if key in rows:
            return rows[key]
    return rows[ANYTHING, _again("fault", state.faults)]


# ---------------------------------------------------------------- what happened, by name


def condition(state: State, event: Event, rows: Rows = CITY) -> str:
    """The name under which the table knows this event."""
    match event:
        case Entered(entry=entry, case=case):
            name = entry.replace("_", " ")
            return f"{name}, kept" if case and entry != "start" else name
        case Pressed(digits=digits):
            return _keys(state, digits)
        case NothingPressed():
            return _again("wrong number", state.wrong_numbers) if state.node == "number" else "nothing"
        case Recorded():
            return _recorded(state, event, rows)
        case CaseStands():
            return _stands(state, event, rows)
        case Progress(state=found, away=away):
            if away:
                return "away"
            return "found" if found else _again("not found", state.wrong_numbers)
        case Reached():
            return "reached"
        case Fault():
            return _again("fault", state.faults)
        case HungUp():
            return "hung up"


def _again(name: str, before: int) -> str:
    return f"{name} again" if before else name


def _stands(state: State, event: CaseStands, rows: Rows) -> str:
    if not event.number:
        return "case without number"
    name = "case" + (", read back" if event.read_back else "") + (", charged" if event.charged else "")
    # Who was promised a call is read nothing back.
    return name if (state.node, name) in rows else "case"


def _keys(state: State, digits: str) -> str:
    if digits == "3" and state.rewordings >= MOST_REWORDINGS:
        return "key 3 again"
    if state.node != "number":
        return f"key {digits[:1]}"
    if digits == "0":
        return "key 0"
    return "number" if numbers.check(digits) else _again("wrong number", state.wrong_numbers)


def _recorded(state: State, event: Recorded, rows: Rows) -> str:
    if event.ended_by == "hangup":
        return "hung up, spoken" if event.spoken else "hung up"
    if event.ended_by == "fault" and not event.spoken:
        return _again("fault", state.faults)
    if event.danger and event.key != "9":
        return "danger"
    if event.key in ("0", "9"):
        return f"spoken, key {event.key}" if event.spoken else f"key {event.key}"
    if event.spoken:
        return "spoken"
    name = "nothing said"
    return _again(name, state.silences) if (state.node, f"{name} again") in rows else name


# ---------------------------------------------------------------- filling in the blanks


def _number(state: State, event: Event) -> str:
    match event:
        case Entered(case=str(number)) | CaseStands(number=str(number)):
            return number
        case Pressed(digits=digits) if state.node == "number":
            return digits[:_LONGEST_SPOKEN]
    return state.number


def _filled(step: Step, number: str, event: Event) -> Step:
    match step:
        case Say(prompts=prompts) | Ask(prompts=prompts):
            return replace(step, prompts=_prompts(prompts, number, event))
        case LookUp():
            return LookUp(number)
    return step


def _prompts(names: tuple[str, ...], number: str, event: Event) -> tuple[str, ...]:
    out: list[str] = []
    for name in names:
        if name == "{number}":
            out += spoken_number(number)
        elif name == "{read back}":
            out += event.read_back if isinstance(event, CaseStands) else ()
        elif name == "{matter}":
            out += event.about if isinstance(event, Reached) else ()
        elif name == "{state}":
            out.append(STATE_PROMPT + str(event.state if isinstance(event, Progress) else ""))
        else:
            out.append(name)
    return tuple(out)


def spoken_number(number: str) -> list[str]:
    """The prompts of a case number: its digits in groups, a short pause between two groups."""
    out: list[str] = []
    for group in numbers.groups(number):
        out += ["pause"] if out else []
        out += [f"digit_{digit}" for digit in group]
    return out
