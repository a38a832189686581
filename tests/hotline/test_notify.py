"""Messages go out by the site's sender: shown in development, by a gateway, or not at all. Never twice."""

from __future__ import annotations

import http.server
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from runs import make_settings
from servers import RedisServer
from sqlalchemy import select
from telling_sms import a_sorted_case

from cases.citizen_states import MessageState
from cases.model import MessageOut, ShownMessage
from hotline.notify import GatewaySender, NotSent, ShowingSender
from hotline.settings import SettingsError, load
from hotline.sweep import Sweep
from hotline.wiring import Wiring, build

NUMBER = "13800000001"


class Gateway(http.server.ThreadingHTTPServer):
    """An SMS gateway: keeps what it was given, and answers what it was told to."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.got: list[dict[str, Any]] = []
        self.tokens: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/send"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(json.loads(body))
        self.server.tokens.append(self.headers["Authorization"])
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    server = Gateway()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def make(tmp_path: Path, database_url: str, redis_server: RedisServer) -> Iterator[Any]:
    made: list[Wiring] = []

    def with_settings(**given: Any) -> Wiring:
        settings = make_settings(tmp_path / "run", database_url, redis_server.url)
        made.append(build(load(**{**settings.model_dump(exclude_unset=True), **given})))
        return made[-1]

    yield with_settings
    for each in made:
        each.close()


def rows(wiring: Wiring, kind: Any = MessageOut) -> list[Any]:
    with wiring.reading() as unit:
        return list(unit.session.scalars(select(kind).order_by(*kind.__table__.primary_key)))


def told(wiring: Wiring) -> str:
    """A case whose message of acceptance is written; -> its number."""
    number = a_sorted_case(wiring, NUMBER)
    assert wiring.outbox.tell_new(wiring.now() + timedelta(minutes=5)) == 1
    return number


# ---------------------------------------------------------------- the development sender
def test_in_development_a_message_is_shown_and_not_sent(make: Any) -> None:
    wiring = make()
    number = told(wiring)
    assert isinstance(wiring.outbox.sender, ShowingSender)
    later = wiring.now() + timedelta(minutes=6)
    assert wiring.outbox.send_due(later) == {"sent": 1, "failed": 0, "left": 0}
    assert wiring.outbox.send_due(later) == {"sent": 0, "failed": 0, "left": 0}
    (shown,) = rows(wiring, ShownMessage)
    assert shown.to == NUMBER
    assert number in shown.text
    assert rows(wiring)[0].state == MessageState.SENT


def test_the_sweep_tells_whoever_was_not_told(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    wiring = make()
    a_sorted_case(wiring, NUMBER)
    later = wiring.now() + timedelta(minutes=5)
    monkeypatch.setattr(wiring, "now", lambda: later)
    sweep = Sweep(wiring, lambda _seconds: None)
    assert sweep.tell_citizens(later) == {"written": 1, "sent": 1, "failed": 0, "left": 0}
    assert sweep.tell_citizens(later) == {"written": 0, "sent": 0, "failed": 0, "left": 0}


def test_a_production_site_without_a_gateway_sends_nothing_and_says_nothing_was_sent(make: Any) -> None:
    wiring = make(profile="production", web_secret_key="k" * 40)
    told(wiring)
    assert wiring.outbox.sender is None
    wiring.outbox.send_due(wiring.now() + timedelta(minutes=6))
    assert (rows(wiring)[0].state, rows(wiring, ShownMessage)) == (MessageState.WAITING, [])


# ---------------------------------------------------------------- a gateway
def test_a_gateway_gets_number_text_and_id_with_the_token(make: Any, gateway: Gateway) -> None:
    wiring = make(sms_gateway_url=gateway.url, sms_gateway_token="secret of the gateway")
    number = told(wiring)
    assert wiring.outbox.send_due(wiring.now() + timedelta(minutes=6))["sent"] == 1
    (got,) = gateway.got
    assert (got["to"], gateway.tokens) == (NUMBER, ["Bearer secret of the gateway"])
    assert number in got["text"]
    assert got["id"] == str(rows(wiring)[0].id)


def test_a_gateway_that_is_busy_is_asked_again_later_and_one_that_refuses_is_not(
    make: Any, gateway: Gateway
) -> None:
    wiring = make(sms_gateway_url=gateway.url)
    told(wiring)
    now = wiring.now() + timedelta(minutes=6)
    gateway.answers = [503, 200]
    assert wiring.outbox.send_due(now)["failed"] == 1
    assert wiring.outbox.send_due(now) == {"sent": 0, "failed": 0, "left": 0}
    assert wiring.outbox.send_due(now + timedelta(minutes=1))["sent"] == 1
    sender = GatewaySender(gateway.url, "t")
    for code, for_good in ((400, True), (404, True), (429, False), (408, False), (500, False)):
        gateway.answers = [code]
        with pytest.raises(NotSent) as refused:
            sender.send(1, NUMBER, "text")
        assert refused.value.for_good is for_good
        assert NUMBER not in str(refused.value)


def test_a_gateway_that_is_not_there_is_a_try(make: Any) -> None:
    wiring = make(sms_gateway_url="http://127.0.0.1:1/send", message_tries=1)
    told(wiring)
    assert wiring.outbox.send_due(wiring.now() + timedelta(minutes=6))["failed"] == 1
    (row,) = rows(wiring)
    assert row.state == MessageState.SET_ASIDE
    assert "cannot be reached" in row.problem


def test_a_message_left_in_the_middle_is_not_sent_again_by_a_gateway(make: Any, gateway: Gateway) -> None:
    from cases import messages

    wiring = make(sms_gateway_url=gateway.url)
    told(wiring)
    now = wiring.now() + timedelta(minutes=6)
    with wiring.unit_of_work() as unit:
        assert messages.claim_messages(unit.session, "a sender that dies", now, timedelta(minutes=2), 5)
        unit.commit()
    assert wiring.outbox.send_due(now + timedelta(minutes=5)) == {"sent": 0, "failed": 0, "left": 1}
    assert (gateway.got, rows(wiring)[0].state) == ([], MessageState.SET_ASIDE)


def test_neither_number_nor_text_nor_token_is_in_a_log(
    make: Any, gateway: Gateway, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wiring = make(sms_gateway_url=gateway.url, sms_gateway_token="secret of the gateway")
    number = told(wiring)
    gateway.answers = [500]
    wiring.outbox.send_due(wiring.now() + timedelta(minutes=6))
    said = capsys.readouterr()
    everything = said.out + said.err + caplog.text
    assert not [word for word in (NUMBER, number, "受理", "secret") if word in everything]


@pytest.mark.parametrize("url", ["ftp://example.com/x", "file:///etc/passwd", "javascript:alert(1)", "x"])
def test_an_address_that_is_none_is_refused_by_the_settings_name(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match="sms_gateway_url"):
        load(run_dir=tmp_path, sms_gateway_url=url)
