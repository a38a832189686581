"""What comes in is not always right: the call ends politely, the server goes on, no log names anybody."""

import socket
import time
from contextlib import suppress

import pytest
from town import COMPLAINT, STANDS, wait_for

_WORDS = ("下水道", "堵了", "xia4 shui3")


def a_call_still_works(town):
    citizen = town.citizen()
    town.dials_the_hotline(citizen).hears("greeting").hangs_up()
    assert town.ended_call(citizen)["outcome"] == "hung_up"
    assert town.logs_hold(citizen.user, *_WORDS) == []


def leaves_a_message(town, citizen):
    call = town.dials_the_hotline(citizen).hears("greeting").presses("#").hears_the_beep()
    call.says(town.voice.says(COMPLAINT)).presses("#").hears("your_number")
    number = call.listener.hears_digits("digit_", within=15)
    call.hangs_up()
    return number


REQUEST = b"agi_request: agi://127.0.0.1/%s\nagi_channel: PJSIP/x-1\n"


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"agi_request: " + b"x" * 65536 + b"\n\n",
        b"GET / HTTP/1.1\r\nHost: 13800299999\r\n\r\n",
        REQUEST % b"no_such_script" + b"\n",
        REQUEST % b"../../etc/passwd" + b"\n",
        b"\xff\xfe\x00\x01" * 100 + b"\n\n",
        b"\n" * 50,
        b"",
    ],
    ids=["64 KiB line", "HTTP", "unknown script", "path", "binary", "blank lines", "nothing"],
)
def test_a_wrong_request_is_turned_away_and_the_server_goes_on(town, request_bytes):
    address = ("127.0.0.1", town.settings.fastagi_port)
    # The server may hang up on us before we have said everything.
    with socket.create_connection(address, timeout=10) as line, suppress(OSError):
        line.sendall(request_bytes)
        line.shutdown(socket.SHUT_WR)
        while line.recv(4096):
            pass
    assert town.logs_hold("13800299999", "x" * 100) == []
    a_call_still_works(town)


def test_a_connection_that_is_opened_and_left_alone_holds_nobody_up(town):
    half_open = [
        socket.create_connection(("127.0.0.1", town.settings.fastagi_port), timeout=10) for _ in range(20)
    ]
    half_open[0].sendall(b"agi_request: agi://127.0.0.1/hotl")
    try:
        a_call_still_works(town)
    finally:
        for each in half_open:
            each.close()


@pytest.mark.parametrize(
    "name",
    [
        '张"三" \\',
        "李\r\nX-Evil: 1\r\n四",
        "王😀五 🚰",
        "x" * 10_000,
        "agi_channel: evil\nSET VARIABLE a b",
        "${EXTEN}",
    ],
    ids=["quotes", "newlines", "emoji", "10 kB", "commands", "variable"],
)
def test_a_callers_name_is_only_a_name(town, name):
    citizen = town.citizen(name=name)
    number = leaves_a_message(town, citizen)
    assert town.ended_call(citizen)["case"] == number
    assert town.logs_hold(citizen.user, *_WORDS, "张", "李", "王", "X-Evil", "x" * 20) == []


@pytest.mark.parametrize("number", ["anonymous", "abc", "1'OR'1'='1", "13800138000x"])
def test_a_caller_without_a_number_leaves_a_case_all_the_same(town, number):
    told = leaves_a_message(town, town.citizen(number))
    assert town.case_numbered(told)["caller"] == ""


def test_a_number_without_end_is_cut(town):
    told = leaves_a_message(town, town.citizen("9" * 300))
    assert set(town.case_numbered(told)["caller"]) <= {"9"}
    assert len(town.case_numbered(told)["caller"]) <= 32


def test_forty_keys_in_a_second_are_borne_with_patience(town):
    citizen = town.citizen()
    call = town.dials_the_hotline(citizen).hears("greeting")
    call.presses("7345678134567813456781345678134567813456", hold=0.02, gap=0.005)
    call.hears_the_beep(within=20).says(town.voice.says(COMPLAINT)).presses("#")
    call.hears("your_number", within=15).hangs_up()
    assert town.ended_call(citizen)["outcome"] == "message"


@pytest.fixture
def spoilt_recording(town):
    """A message whose file is cut to a part of itself before the worker looks at it: its citizen."""

    def spoil(part):
        for name in ("worker", "listener"):  # or the words would stand before the file is spoilt
            town.supervisor.kill(name, hold=True)
        try:
            citizen = town.citizen()
            leaves_a_message(town, citizen)
            path = town.settings.recordings / town.case_of(citizen)["recording"]["path"]
            whole = path.read_bytes()
            path.write_bytes(whole[: int(len(whole) * part)])
        finally:
            for name in ("listener", "worker"):
                town.supervisor.restart(name)
        return citizen

    return spoil


def test_a_recording_of_no_bytes_is_named_and_the_case_stands(town, spoilt_recording):
    citizen = spoilt_recording(0.0)
    wait_for("the worker's complaint", lambda: town.case_of(citizen)["transcript"]["problem"] == "empty", 30)
    assert town.case_of(citizen)["state"] in STANDS
    a_call_still_works(town)


def test_a_recording_cut_in_half_is_written_down_as_far_as_it_goes(town, spoilt_recording):
    citizen = spoilt_recording(0.5)
    done = ("done", "nothing_said")
    wait_for("the transcript", lambda: town.case_of(citizen)["transcript"]["state"] in done, 30)
    a_call_still_works(town)


def test_a_phone_whose_network_goes_away_is_not_waited_for_for_ever(town):
    citizen = town.citizen()
    call = town.dials_the_hotline(citizen).hears("greeting").presses("#").hears_the_beep()
    call.says(town.voice.says(COMPLAINT))
    call.vanishes()
    began = time.monotonic()
    row = town.ended_call(citizen, within=town.settings.message_seconds + 45)
    assert row["case"] == town.case_of(citizen)["number"]
    assert time.monotonic() - began < town.settings.message_seconds + 45
