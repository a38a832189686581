"""The agents' telephones as the exchange's queue has them: who is on, who pauses and why, who writes up.

Asterisk is the truth and is asked each time; nothing of it is kept here. A telephone that has registered is
in the queue. Whoever signs out stays known to the queue and is rung no more, as in a pause, until signing in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cases.clean import dialled
from hotline.ami import connect
from hotline.settings import Settings

QUEUE = "agents"
_SIGNED_OUT = "signed-out"
_RINGING, _NOT_REGISTERED = ("6",), ("0", "4", "5")
_TALKING = ("2", "3", "7", "8")
"""Asterisk's numbers of device states."""


class PauseReason(StrEnum):
    """Why somebody takes no calls for a while. The values travel to Asterisk; web/words.py shows them."""

    BREAK = "break"
    MEAL = "meal"
    TRAINING = "training"
    PAPERWORK = "paperwork"
    OTHER = "other"


def pause_reason(text: str) -> PauseReason | None:
    """The reason of this name; None when it is none."""
    return next((each for each in PauseReason if each.value == text), None)


class AgentState(StrEnum):
    AWAY = "away"
    """The telephone has not registered: nobody can ring it."""
    SIGNED_OUT = "signed_out"
    PAUSED = "paused"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    """The last call has just ended; the next one waits for so long (setting wrap_up_seconds)."""
    FREE = "free"


class BadNumber(Exception):
    """An anonymous caller, or what came in its place: nobody can be rung by it."""


class NoSuchAgent(Exception):
    """The queue knows no telephone of this name; one line says what to do."""


@dataclass(frozen=True)
class AgentPhone:
    """One telephone. `since`: when this pause began, or the last call ended; None where nobody knows."""

    name: str
    state: AgentState
    reason: PauseReason | None = None
    since: datetime | None = None
    calls: int = 0
    """Taken since the exchange started."""
    last_call: datetime | None = None
    wrap_up_until: datetime | None = None

    @property
    def on(self) -> bool:
        """Whether calls come to it, now or when its talk is over."""
        return self.state not in (AgentState.AWAY, AgentState.SIGNED_OUT, AgentState.PAUSED)


def read_member(packet: Mapping[str, str], now: datetime) -> AgentPhone:
    """One member as QueueStatus tells it. Pure."""
    last_call, paused_at = _moment(packet.get("LastCall")), _moment(packet.get("LastPause"))
    why, status = packet.get("PausedReason", ""), packet.get("Status", "")
    wrap_up = last_call + timedelta(seconds=int(packet.get("Wrapuptime") or 0)) if last_call else None
    in_call = status in _TALKING or packet.get("InCall") == "1"
    reason, since, until = None, last_call, None
    if status in _NOT_REGISTERED:
        state = AgentState.AWAY
    elif in_call:
        state = AgentState.TALKING
    elif packet.get("Paused") == "1":
        state = AgentState.SIGNED_OUT if why == _SIGNED_OUT else AgentState.PAUSED
        since = paused_at
        if state is AgentState.PAUSED:
            reason = pause_reason(why) or PauseReason.OTHER
    elif status in _RINGING:
        state = AgentState.RINGING
    elif wrap_up and now < wrap_up:
        state, until = AgentState.WRAP_UP, wrap_up
    else:
        state = AgentState.FREE
    calls = int(packet.get("CallsTaken") or 0)
    return AgentPhone(packet.get("Name", ""), state, reason, since, calls, last_call, until)


def agents(settings: Settings, now: datetime) -> list[AgentPhone]:
    """Every telephone of the queue, in the settings' order. Raises AmiError."""
    with connect(settings) as ami:
        packets = ami.listed("QueueStatus", Queue=QUEUE)
    found = {each["Name"]: read_member(each, now) for each in packets if each.get("Event") == "QueueMember"}
    return [found[name] for name in settings.agents if name in found]


def agent(settings: Settings, name: str, now: datetime) -> AgentPhone:
    """One of them. Raises NoSuchAgent or AmiError."""
    found = next((each for each in agents(settings, now) if each.name == name), None)
    if found is None:
        raise NoSuchAgent(f"no agent's telephone {name!r} (setting agents: {', '.join(settings.agents)})")
    return found


def sign_in(settings: Settings, name: str) -> None:
    """Calls come to this telephone from now on; it ends a pause, too. Raises NoSuchAgent or AmiError."""
    _pause(settings, name, "false", "")


def sign_out(settings: Settings, name: str) -> None:
    """No calls until the next signing in. Raises NoSuchAgent or AmiError."""
    _pause(settings, name, "true", _SIGNED_OUT)


def pause(settings: Settings, name: str, reason: PauseReason) -> None:
    """No calls for a while; a talk goes on. Raises NoSuchAgent or AmiError."""
    _pause(settings, name, "true", reason.value)


def ring_back(settings: Settings, name: str, number: str) -> None:
    """Ring this telephone, and the citizen as soon as its receiver is lifted; both hear each other then.

    Returns when the exchange has taken the order. Raises NoSuchAgent, BadNumber or AmiError.
    """
    if not number or dialled(number) != number:
        raise BadNumber("there is no number that could be rung")
    with connect(settings) as ami:
        ami.ask(
            "Originate",
            Channel=f"PJSIP/{_known(settings, name)}",
            Context="call-back",
            Exten=number,
            Priority="1",
            Timeout=str(settings.agent_wait_seconds * 1000),
            CallerID=number,
            Async="true",
        )


def _known(settings: Settings, name: str) -> str:
    if name not in settings.agents:
        raise NoSuchAgent(f"no agent's telephone {name!r} (setting agents: {', '.join(settings.agents)})")
    return name


def _pause(settings: Settings, name: str, paused: str, reason: str) -> None:
    interface = f"PJSIP/{_known(settings, name)}"
    with connect(settings) as ami:
        ami.ask("QueuePause", Queue=QUEUE, Interface=interface, Paused=paused, Reason=reason)


def _moment(seconds: str | None) -> datetime | None:
    """Asterisk says 0 for never."""
    return datetime.fromtimestamp(int(seconds), UTC) if seconds and seconds != "0" else None
