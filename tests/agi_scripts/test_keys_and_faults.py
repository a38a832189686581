"""Keys at every prompt, promises kept, faults of ours: through the real server, ledger and database."""

from __future__ import annotations

from pathlib import Path

import pytest
from exchange import Answer, Line, recorded, server
from sounds import murmur, write_wav

from cases import queries
from hotline.wiring import Wiring

PLAYED = "200 result=0 endpos=8000"
MESSAGE = "200 result=35 (dtmf) endpos=32000"


def spoken(path: Path) -> None:
    write_wav(path, murmur(4))


def the_call(wiring: Wiring) -> dict:
    with wiring.reading() as unit:
        (call,) = queries.calls_list(unit.session)
    return call


def call_backs(wiring: Wiring) -> list[str]:
    with wiring.reading() as unit:
        return [each["reason"] for each in queries.queue(unit.session)["call_backs"]]


def pressing(keys: dict[str, str], otherwise: Answer) -> Answer:
    """An exchange whose caller presses a key when a prompt is heard, where that key counts."""

    def answer(line: Line, command: str) -> str | None:
        for prompt, key in keys.items():
            _, _, keys_that_count = command.partition(f'/{prompt}" "')
            if command.startswith("STREAM FILE") and key in keys_that_count:
                return f"200 result={ord(key)} endpos=400"
        return otherwise(line, command)

    return answer


def ends(running, call_id: str) -> None:
    """The citizen's line is closed."""
    Line(running, script="call_ended", MS_CALL_ID=call_id).asks().serves(lambda _line, _command: PLAYED)


@pytest.mark.parametrize(("key", "leads_to"), [("0", "agent"), ("9", "desk")])
def test_who_has_heard_the_number_may_still_reach_a_person(wiring: Wiring, key: str, leads_to: str) -> None:
    with server(wiring) as running:
        line = Line(running).asks()
        line.serves(pressing({"once_more": key}, recorded(spoken, MESSAGE)))
    assert line.variables["MS_NEXT"] == leads_to
    assert line.variables["MS_CASE_NUMBER"] == the_call(wiring)["case"]
    assert "goodbye" not in line.played


@pytest.mark.parametrize("key", ["0", "9", "#"])
def test_an_apology_may_be_cut_short(wiring: Wiring, key: str) -> None:
    with server(wiring) as running:
        line = Line(running, MS_ENTRY="no_desk", MS_CALL_ID="call-1").asks()
        line.serves(pressing({"no_desk": key}, recorded(spoken, MESSAGE)))
    assert line.variables["MS_NEXT"] == {"0": "agent", "9": "desk", "#": "hangup"}[key]


@pytest.mark.parametrize("entry", ["no_agent", "no_desk"])
def test_who_hangs_up_in_the_promise_of_a_call_back_is_called_back(wiring: Wiring, entry: str) -> None:
    with server(wiring) as running:
        first = Line(running).asks()
        first.serves(pressing({"greeting": "0"}, recorded(None, "")))
        call_id = first.variables["MS_CALL_ID"]
        Line(running, MS_ENTRY=entry, MS_CALL_ID=call_id).asks().serves(
            lambda _line, _command: "200 result=-1 endpos=100"
        )
        ends(running, call_id)
        assert running.finish_calls(5) == 0
    assert call_backs(wiring) == [entry]
    assert the_call(wiring)["outcome"] == "hung_up"


def test_a_promise_is_kept_by_an_agent_who_comes_after_it(wiring: Wiring) -> None:
    with server(wiring) as running:
        first = Line(running).asks()
        first.serves(pressing({"greeting": "0"}, recorded(None, "")))
        call_id = first.variables["MS_CALL_ID"]
        Line(running, MS_ENTRY="no_desk", MS_CALL_ID=call_id).asks().serves(
            pressing({"no_desk": "0"}, recorded(None, ""))
        )
        talk = {"MS_CALL_ID": call_id, "MS_AGENT": "agent1", "MS_TALK": "2026/11/24/talk-1"}
        write_wav(wiring.settings.recordings / "2026/11/24/talk-1.wav", murmur(6))
        Line(running, script="agent_connected", **talk).asks().serves(lambda _line, _command: PLAYED)
        Line(running, script="agent_left", **talk).asks().serves(lambda _line, _command: PLAYED)
        ends(running, call_id)
        assert running.finish_calls(5) == 0
    call = the_call(wiring)
    assert (call["outcome"], call["agent"], call_backs(wiring)) == ("agent", "agent1", [])
    with wiring.reading() as unit:
        case = queries.case_detail(unit.session, call["case"])
    assert case is not None
    assert case["recording"]["seconds"] == pytest.approx(6.0)


def test_a_desk_that_brings_the_caller_to_an_agent_by_itself_leaves_a_whole_call(wiring: Wiring) -> None:
    write_wav(wiring.settings.recordings / "2026/11/24/talk-2.wav", murmur(3))
    talk = {
        "MS_AGENT": "agent2", "MS_TALK": "2026/11/24/talk-2", "MS_WAY_IN": "attended",
        "MS_FROM_DESK": "desk2", "MS_CITIZEN_CHANNEL": "PJSIP/trunk-00000009",
    }  # fmt: skip
    with server(wiring) as running:
        came = Line(running, script="agent_connected", **talk).asks()
        came.serves(lambda _line, _command: PLAYED)
        left = Line(running, script="agent_left", **{**talk, "MS_CALL_ID": came.variables["MS_CALL_ID"]})
        left.asks().serves(lambda _line, _command: PLAYED)
        assert running.finish_calls(5) == 0
    call = the_call(wiring)
    assert (call["way_in"], call["desk"], call["agent"]) == ("attended", "desk2", "agent2")
    assert (call["outcome"], call["ended"] is not None) == ("agent", True)
    assert call["case"] == came.variables["MS_CASE_NUMBER"]


@pytest.mark.parametrize(("desk", "outcome"), [("desk1", "back_to_110"), ("", "hung_up")])
def test_the_way_back_to_110_is_written_down(wiring: Wiring, desk: str, outcome: str) -> None:
    with server(wiring) as running:
        first = Line(running).asks()
        first.serves(pressing({"greeting": "9"}, recorded(None, "")))
        call_id = first.variables["MS_CALL_ID"]
        told = {"MS_DESK_ANSWERED": desk, "MS_DESK_STATUS": "ANSWER" if desk else "NOANSWER"}
        Line(running, script="desk_call", MS_CALL_ID=call_id, **told).asks().serves(lambda *_: PLAYED)
        ends(running, call_id)
        assert running.finish_calls(5) == 0
    assert the_call(wiring)["outcome"] == outcome
    assert call_backs(wiring) == ([] if desk else ["no_desk"])


def test_an_exchange_that_refuses_every_command_still_hands_the_caller_to_a_person(wiring: Wiring) -> None:
    with server(wiring) as running:
        line = Line(running).asks()
        line.serves(lambda _line, _command: "510 Invalid or unknown command")
        ends(running, line.variables["MS_CALL_ID"])
        assert running.finish_calls(5) == 0
    assert line.variables["MS_NEXT"] == "agent"
    assert the_call(wiring)["outcome"] == "failed"
    assert call_backs(wiring) == ["fault"]


def test_the_end_key_pressed_twice_is_pressed_once(wiring: Wiring) -> None:
    """The first cuts the greeting short, the second falls into the beep."""
    endings = iter(["200 result=35 (randomerror) endpos=0", MESSAGE])

    def exchange(line: Line, command: str) -> str | None:
        if command.startswith("RECORD FILE"):
            return recorded(spoken, next(endings))(line, command)
        return pressing({"greeting": "#"}, lambda *_: PLAYED)(line, command)

    with server(wiring) as running:
        line = Line(running).asks()
        line.serves(exchange)
    assert (the_call(wiring)["outcome"], line.variables["MS_NEXT"]) == ("message", "hangup")
    assert "not_heard" not in line.played


def test_who_is_gone_before_the_first_question_leaves_a_call(wiring: Wiring) -> None:
    with server(wiring) as running:
        line = Line(running).asks(callerid="13912340000")
        assert line.file.readline().startswith("GET FULL VARIABLE")
        line.cut()
        assert running.finish_calls(5) == 0
    call = the_call(wiring)
    assert (call["caller"], call["outcome"]) == ("13912340000", "hung_up")
    assert call_backs(wiring) == ["hung_up_early"]
