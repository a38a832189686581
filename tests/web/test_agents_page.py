"""The agents' telephones while the exchange does not answer: a sentence on the page, nothing in the trail."""

from __future__ import annotations

from console import Console

from cases.states import Role


def test_an_exchange_that_is_away_is_told_to_the_agent(console: Console) -> None:
    browser = console.somebody(Role.AGENT, phone="agent1")
    assert "电话交换机没有应答" in browser.part("/agents/me").text
    answer = browser.post("/agents/me", {"do": "sign_in"}, headers={"HX-Request": "true"})
    assert (answer.status_code, "电话交换机没有应答" in answer.text) == (503, True)
    assert console.audit("agent_sign_in") == []


def test_an_exchange_that_is_away_is_told_to_the_supervisor(console: Console) -> None:
    browser = console.somebody(Role.SUPERVISOR)
    assert "电话交换机没有应答" in browser.get("/agents").text
    assert browser.post("/agents/agent1/sign-out").status_code == 302
    assert "没有签出" in browser.get("/agents").text
    assert console.audit("agent_sign_out") == []


def test_a_pause_wants_a_reason_that_exists_and_an_own_telephone(console: Console) -> None:
    agent, other = console.somebody(Role.AGENT, phone="agent1"), console.somebody(Role.AGENT, "nobody")
    assert agent.post("/agents/me", {"do": "pause", "reason": "\x00<b>"}).status_code == 400
    assert agent.post("/agents/me", {"do": "dance"}).status_code == 400
    assert other.post("/agents/me", {"do": "sign_in"}).status_code == 400
