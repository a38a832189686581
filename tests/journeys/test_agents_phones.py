"""Agents sign in and out and pause at the console: the exchange does it, the console shows what it says."""

from __future__ import annotations

import re
from typing import Any

from test_hand_over import hear_each_other
from town import wait_for

from cases.model import AuditEntry, Call, CallBack
from cases.states import Role
from cases.users import add_user
from hotline import agents
from hotline.agents import AgentState, PauseReason
from web.app import create_app

PASSWORD = "long enough 7"


def state_of(town: Any, name: str) -> AgentState:
    return agents.agent(town.settings, name, town.wiring.now()).state


def becomes(town: Any, name: str, state: AgentState) -> None:
    wait_for(f"{name} to be {state}", lambda: state_of(town, name) is state)


class Person:
    """Somebody logged in, without a browser's screen."""

    def __init__(self, town: Any, username: str, role: Role, **fields: Any) -> None:
        with town.wiring.unit_of_work() as unit:
            now = town.wiring.now()
            add_user(
                unit.session, username, role, PASSWORD, now, "test", must_change_password=False, **fields
            )
            unit.commit()
        self._browser = create_app(town.wiring).test_client()
        self.sends("/login", username=username, password=PASSWORD)

    def sees(self, path: str) -> str:
        return self._browser.get(path, headers={"HX-Request": "true"}).text

    def sends(self, path: str, **data: str) -> int:
        page = self._browser.get("/password" if path != "/login" else path).text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token
        return self._browser.post(path, data={"csrf_token": token[1], **data}).status_code


def test_who_signs_out_or_pauses_is_not_rung_and_everybody_sees_why(town: Any) -> None:
    agent, supervisor = (
        Person(town, "phones-agent", Role.AGENT, phone="agent2"),
        Person(town, "phones-supervisor", Role.SUPERVISOR),
    )
    assert "话机未连上" in agent.sees("/agents/me")
    phone = town.agent(2)
    assert "空闲" in agent.sees("/agents/me")

    assert agent.sends("/agents/me", do="pause", reason="meal") == 302
    becomes(town, "agent2", AgentState.PAUSED)
    assert re.search("暂停.*用餐", supervisor.sees("/agents"), re.DOTALL)
    citizen = town.citizen()
    call = town.passed_on(citizen, town.desk(1)).hears("greeting").presses("0")
    call.hears("no_agent", within=15).hangs_up()

    assert agent.sends("/agents/me", do="sign_in") == 302
    becomes(town, "agent2", AgentState.FREE)
    second = town.citizen()
    call = town.dials_the_hotline(second).hears("greeting").presses("0")
    talk = phone.answers()
    becomes(town, "agent2", AgentState.TALKING)
    assert "通话中" in supervisor.sees("/agents")
    # A pause in the middle of a talk ends nothing; it begins when the talk is over.
    agents.pause(town.settings, "agent2", PauseReason.PAPERWORK)
    becomes(town, "agent2", AgentState.TALKING)
    call.hangs_up()
    talk.is_over()
    becomes(town, "agent2", AgentState.PAUSED)

    assert supervisor.sends("/agents/agent2/sign-out") == 302
    becomes(town, "agent2", AgentState.SIGNED_OUT)
    assert agent.sends("/agents/me", do="sign_in") == 302
    with town.wiring.reading() as unit:
        wanted = unit.session.query(AuditEntry.who, AuditEntry.what).filter(AuditEntry.who.like("phones-%"))
        rows = [tuple(row) for row in wanted.filter_by(target="agent2").order_by(AuditEntry.id)]
    assert rows == [
        ("phones-agent", "agent_pause"),
        ("phones-agent", "agent_sign_in"),
        ("phones-supervisor", "agent_sign_out"),
        ("phones-agent", "agent_sign_in"),
    ]


def test_a_citizen_is_rung_back_by_a_click(town: Any) -> None:
    agent = Person(town, "phones-caller", Role.AGENT, phone="agent1")
    citizen, phone = town.citizen(), town.agent(1)
    call = town.dials_the_hotline(citizen).hears("greeting")
    call.hangs_up()
    wait_for("the promise to ring back", lambda: town.call_back_of(citizen))
    with town.wiring.reading() as unit:
        row = unit.session.query(CallBack.id).join(Call).filter(Call.caller == citizen.user).scalar()
    assert agent.sends("/call-backs/7777777/ring") == 404
    citizen.registers()
    assert agent.sends(f"/call-backs/{row}/ring") == 200
    at_agent = phone.answers()
    at_citizen = citizen.answers()
    assert at_citizen.caller_number == town.settings.hotline_did
    hear_each_other(town, at_citizen, at_agent)
    at_citizen.hangs_up()
    at_agent.is_over()
