"""A caller's way through the real server, the real ledger and a real database; only the exchange is ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from exchange import Line, recorded, server
from sounds import murmur, silence, write_wav

from cases import queries
from hotline.wiring import Wiring


def spoken(seconds: float):  # a file writer
    return lambda path: write_wav(path, murmur(seconds))


def quiet(path: Path) -> None:
    write_wav(path, silence(3.5))


def call_and_case(wiring: Wiring) -> tuple[dict, dict | None]:
    with wiring.reading() as unit:
        (call,) = queries.calls_list(unit.session)
        case = queries.case_detail(unit.session, call["case"]) if call["case"] else None
    return call, case


def call_backs(wiring: Wiring) -> list[dict]:
    with wiring.reading() as unit:
        return queries.queue(unit.session)["call_backs"]


def test_a_message_becomes_a_case_and_its_number_is_told_twice(wiring: Wiring) -> None:
    with server(wiring) as running:
        line = Line(running, MS_FROM_DESK="desk1", MS_WAY_IN="key", MS_TRANSFERRED_AT="1763990000.5").asks()
        line.serves(recorded(spoken(4), "200 result=35 (dtmf) endpos=32000"))
    call, case = call_and_case(wiring)
    assert (call["way_in"], call["desk"], call["outcome"]) == ("key", "desk1", "message")
    assert case is not None
    assert case["recording"]["ended_by"] == "key"
    digits = [f"digit_{digit}" for digit in call["case"]]
    told = [name for name in line.played if name.startswith("digit_")]
    assert told == digits * 2
    assert line.variables["MS_NEXT"] == "hangup"
    assert line.variables["MS_CASE_NUMBER"] == call["case"]


def test_the_calls_row_is_written_before_anything_is_heard(wiring: Wiring) -> None:
    seen: list[int] = []

    def cut_at_the_first_prompt(_line: Line, _command: str) -> None:
        with wiring.reading() as unit:
            seen.append(len(queries.calls_list(unit.session)))

    with server(wiring) as running:
        Line(running).asks().serves(cut_at_the_first_prompt)
        running.finish_calls(5)
    assert seen == [1]
    call, case = call_and_case(wiring)
    assert (call["outcome"], case) == ("hung_up", None)
    assert [each["reason"] for each in call_backs(wiring)] == ["hung_up_early"]


@pytest.mark.parametrize(
    ("seconds", "becomes_a_case"), [(0.3, False), (2.0, True)], ids=["half a word", "two seconds"]
)
def test_a_caller_who_hangs_up_in_mid_message(wiring: Wiring, seconds: float, becomes_a_case: bool) -> None:
    with server(wiring) as running:
        Line(running).asks().serves(recorded(spoken(seconds), "200 result=-1 (hangup) endpos=9000"))
        running.finish_calls(5)
    call, case = call_and_case(wiring)
    assert (case is not None) == becomes_a_case
    assert call["outcome"] == ("message" if becomes_a_case else "hung_up")
    assert bool(call_backs(wiring)) != becomes_a_case


def test_silence_twice_hands_the_caller_to_an_agent(wiring: Wiring) -> None:
    with server(wiring) as running:
        line = Line(running).asks()
        line.serves(recorded(quiet, "200 result=2980 (timeout) endpos=28000"))
    assert line.variables["MS_NEXT"] == "agent"
    assert line.played == ["greeting", "not_heard", "to_agent"]


@pytest.mark.parametrize(("key", "goes_to"), [("0", "agent"), ("9", "desk")])
def test_a_key_in_the_greeting_cuts_it_short(wiring: Wiring, key: str, goes_to: str) -> None:
    with server(wiring) as running:
        line = Line(running).asks()
        line.serves(lambda line, command: f"200 result={ord(key)} endpos=900")
    assert line.variables["MS_NEXT"] == goes_to
    assert ("民生110回转" in line.variables["MS_NOTE"]) == (goes_to == "desk")


def test_a_caller_who_comes_back_from_a_busy_queue_goes_on_with_the_same_call(wiring: Wiring) -> None:
    with server(wiring) as running:
        first = Line(running).asks()
        first.serves(lambda line, command: f"200 result={ord('0')} endpos=900")
        again = Line(running, MS_ENTRY="no_agent", MS_CALL_ID=first.variables["MS_CALL_ID"]).asks()
        again.serves(recorded(spoken(3), "200 result=35 (dtmf) endpos=24000"))
    call, case = call_and_case(wiring)
    assert call["id"] == first.variables["MS_CALL_ID"]
    assert case is not None
    assert [(each["reason"], each["case"]) for each in call_backs(wiring)] == [("no_agent", call["case"])]
    assert again.played[0] == "no_agent"


@pytest.mark.parametrize(
    ("caller", "kept"),
    [
        ("13800110110", "13800110110"),
        ("+86 599 632-1100", "+865996321100"),
        ("anonymous", ""),
        ("sip:evil@example.com", ""),
        ("1' OR '1'='1", ""),
        ("9" * 5000, ""),
    ],
)
def test_a_number_is_kept_as_dialled_and_what_is_none_is_anonymous(
    wiring: Wiring, caller: str, kept: str
) -> None:
    with server(wiring) as running:
        Line(running, MS_CITIZEN=caller).asks().serves(lambda line, command: None)
        running.finish_calls(5)
    assert call_and_case(wiring)[0]["caller"] == kept


@pytest.mark.parametrize("name", ['"; DROP TABLE call; --', "😀🚒" * 20, "名" * 10_000, "a\\\\b"])
def test_a_callers_name_is_only_a_name(wiring: Wiring, name: str) -> None:
    with server(wiring) as running:
        line = Line(running).asks(calleridname=name)
        line.serves(recorded(spoken(2), "200 result=35 (dtmf) endpos=16000"))
    assert call_and_case(wiring)[0]["outcome"] == "message"


def test_a_fault_of_ours_is_heard_as_an_apology_and_a_person_comes(
    wiring: Wiring, caplog: pytest.LogCaptureFixture
) -> None:
    (wiring.settings.recordings).parent.mkdir(parents=True, exist_ok=True)
    wiring.settings.recordings.write_text("no folder")
    with server(wiring) as running:
        line = Line(running).asks()
        line.serves(recorded(None, "200 result=0 (timeout) endpos=0"))
    assert line.played[-1] == "fault"
    assert line.variables["MS_NEXT"] == "agent"


def test_what_is_known_of_a_case_is_told(wiring: Wiring) -> None:
    with server(wiring) as running:
        Line(running).asks().serves(recorded(spoken(3), "200 result=35 (dtmf) endpos=24000"))
        number = call_and_case(wiring)[0]["case"]
        keys = iter(["2", *number, "#"])

        def asks_for_progress(_line: Line, command: str) -> str:
            if command.startswith(("STREAM FILE", "WAIT FOR DIGIT")) and '""' not in command:
                return f"200 result={ord(next(keys, chr(0)))} endpos=0"
            return "200 result=0 endpos=0"

        line = Line(running, **{"CHANNEL(linkedid)": "2.2"}).asks()
        line.serves(asks_for_progress)
    assert "state_accepted" in line.played
    with wiring.reading() as unit:
        assert "progress_told" in {call["outcome"] for call in queries.calls_list(unit.session)}
