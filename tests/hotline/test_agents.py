"""An agent's telephone, read from what the exchange's queue says of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from runs import make_settings

from hotline import agents
from hotline.agents import AgentState, PauseReason, read_member

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def member(ago: float = 0, **given: str) -> dict[str, str]:
    last = str(int(NOW.timestamp() - ago)) if ago else "0"
    return {
        "Name": "agent1", "Status": "1", "Paused": "0", "PausedReason": "", "InCall": "0", "CallsTaken": "3",
        "LastCall": last, "LastPause": "0", "Wrapuptime": "10", **given,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({}, AgentState.FREE),
        ({"Status": "5"}, AgentState.AWAY),
        ({"Status": "6"}, AgentState.RINGING),
        ({"Status": "2"}, AgentState.TALKING),
        ({"Status": "1", "InCall": "1"}, AgentState.TALKING),
        ({"Paused": "1", "PausedReason": "meal"}, AgentState.PAUSED),
        ({"Paused": "1", "PausedReason": "signed-out"}, AgentState.SIGNED_OUT),
        # Who pauses in the middle of a talk still talks.
        ({"Paused": "1", "PausedReason": "meal", "Status": "2"}, AgentState.TALKING),
        ({"Paused": "1", "PausedReason": "meal", "Status": "5"}, AgentState.AWAY),
    ],
)
def test_a_state_is_what_the_next_caller_meets(said: dict[str, str], state: AgentState) -> None:
    found = read_member(member(**said), NOW)
    assert found.state is state
    assert found.on == (state in (AgentState.FREE, AgentState.RINGING, AgentState.TALKING))
    assert (found.name, found.calls) == ("agent1", 3)


def test_after_a_talk_the_telephone_is_left_in_peace_for_a_while() -> None:
    just, later = read_member(member(4), NOW), read_member(member(11), NOW)
    assert (just.state, just.wrap_up_until) == (AgentState.WRAP_UP, NOW + timedelta(seconds=6))
    assert (later.state, later.since) == (AgentState.FREE, NOW - timedelta(seconds=11))
    assert read_member(member(4, Wrapuptime="0"), NOW).state is AgentState.FREE


def test_a_pause_tells_why_and_since_when() -> None:
    began = str(int((NOW - timedelta(minutes=5)).timestamp()))
    found = read_member(member(Paused="1", PausedReason="training", LastPause=began), NOW)
    assert (found.reason, found.since) == (PauseReason.TRAINING, NOW - timedelta(minutes=5))
    assert read_member(member(Paused="1", PausedReason="who knows"), NOW).reason is PauseReason.OTHER


def test_a_telephone_that_is_none_is_refused_before_anybody_is_asked(tmp_path) -> None:
    settings = make_settings(tmp_path, "sqlite://", "redis://")
    with pytest.raises(agents.NoSuchAgent, match="agent1, agent2"):
        agents.pause(settings, "desk1\r\nAction: Originate", PauseReason.MEAL)
