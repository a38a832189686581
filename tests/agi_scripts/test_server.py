"""What is no request, comes in pieces, never ends or says nothing: the server goes on, and logs no caller."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import suppress

import pytest
from exchange import Line, server

from hotline.wiring import Wiring


def still_serves(running) -> bool:
    line = Line(running, script="health").asks()
    return line.file.readline() == "VERBOSE well 4\n"


BAD = {
    "nothing of ours": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "binary": bytes(range(256)) * 4,
    "a line of 64 KiB": b"agi_network_script: " + b"x" * 70_000 + b"\n\n",
    "no script": b"agi_network: yes\nagi_request: agi://x/\n\n",
    "an unknown script": b"agi_network: yes\nagi_network_script: ../../etc/passwd\n\n",
    "too many lines": b"agi_a: b\n" * 1000 + b"\n",
    "an empty request": b"\n",
    "half a line": b"agi_netw",
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_bad_request_is_refused_and_the_server_goes_on(wiring: Wiring, bad: bytes) -> None:
    with server(wiring) as running:
        with socket.create_connection(running.server_address[:2], 5) as line:
            line.sendall(bad)
            line.settimeout(5)
            with suppress(OSError):  # closed with our bytes unread: closed all the same
                line.shutdown(socket.SHUT_WR)
            with suppress(ConnectionResetError):
                assert line.recv(1000) == b""
        assert still_serves(running)


def test_a_request_in_single_bytes_is_one_request(wiring: Wiring) -> None:
    with server(wiring) as running, socket.create_connection(running.server_address[:2], 5) as line:
        for byte in b"agi_network: yes\nagi_network_script: health\n\n":
            line.sendall(bytes([byte]))
        assert line.recv(100) == b"VERBOSE well 4\n"


def test_who_sends_a_request_too_slowly_is_turned_away(
    wiring: Wiring, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("agi_scripts.server._REQUEST_SECONDS", 0.3)
    with server(wiring) as running, socket.create_connection(running.server_address[:2], 5) as line:
        began = time.monotonic()
        with suppress(ConnectionError):
            while time.monotonic() - began < 5:  # a byte now and then keeps no connection alive
                line.sendall(b"a")
                line.settimeout(0.02)
                with suppress(TimeoutError):
                    assert line.recv(10) == b""
                    break
        assert time.monotonic() - began < 3
        assert still_serves(running)
    assert "a request was refused" in caplog.text


def test_connections_that_say_nothing_hold_nobody_up(wiring: Wiring) -> None:
    with server(wiring) as running:
        silent = [socket.create_connection(running.server_address[:2], 5) for _ in range(50)]
        assert still_serves(running)
        for each in silent:
            each.close()
        assert running.finish_calls(5) == 0


def test_a_port_that_is_taken_is_one_clear_line(wiring: Wiring) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "agi_scripts.server"],
            env={
                **os.environ,
                "MINSHENG110_RUN_DIR": str(wiring.settings.run_dir),
                "MINSHENG110_FASTAGI_PORT": str(port),
            },
            capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "cannot listen" in line
    assert str(port) in line


def test_calls_may_finish_when_the_server_is_told_to_stop(wiring: Wiring) -> None:
    with server(wiring) as running:
        waiting = Line(running).asks()
        assert waiting.file.readline().startswith("GET FULL VARIABLE")
        running.shutdown()
        running.server_close()
        assert running.finish_calls(0.05) == 1
        waiting.file.write("200 result=1 (|||||||||)\n")
        waiting.file.flush()
        waiting.serves(lambda _line, _command: "200 result=-1 endpos=0")
        assert running.finish_calls(5) == 0


def test_beyond_the_limit_a_call_is_left_to_the_dialplan(wiring: Wiring) -> None:
    with server(wiring, most=1) as running:
        waiting = Line(running).asks()
        assert waiting.file.readline().startswith("GET FULL VARIABLE")
        with socket.create_connection(running.server_address[:2], 5) as refused:
            assert refused.recv(100) == b""
        waiting.cut()
        assert running.finish_calls(5) == 0
        assert still_serves(running)


def test_a_line_that_is_cut_anywhere_leaves_a_call_and_a_server(wiring: Wiring) -> None:
    with server(wiring) as running:
        for commands in range(5):
            left = [commands]

            def cut(_line: Line, _command: str, left: list[int] = left) -> str | None:
                left[0] -= 1
                return "200 result=0 endpos=0" if left[0] >= 0 else None

            Line(running, **{"CHANNEL(linkedid)": f"1.{commands}"}).asks().serves(cut)
        assert running.finish_calls(5) == 0
        assert still_serves(running)


def test_a_hang_up_is_told_by_asterisk_in_three_ways_and_each_is_one_event(wiring: Wiring) -> None:
    ways = ["HANGUP\n511 Command Not Permitted on a dead channel", "200 result=-1 endpos=0", None]
    with server(wiring) as running:
        for way in ways:
            line = Line(running).asks()
            line.serves(lambda _line, _command, way=way: way)
            assert "MS_NEXT" not in line.variables
        assert running.finish_calls(5) == 0


def test_no_callers_number_or_name_is_logged(wiring: Wiring, capfd: pytest.CaptureFixture[str]) -> None:
    with server(wiring) as running:
        line = Line(running, MS_CITIZEN="13912345678").asks(calleridname="王小明", callerid="13912345678")
        line.serves(lambda _line, _command: "520-Invalid command syntax.\n520 End of proper usage.")
        bad = Line(running).asks(**{"x\nnonsense 13912345678": "王小明"})
        bad.cut()
        running.finish_calls(5)
    out = "".join(capfd.readouterr())
    assert "13912345678" not in out
    assert "王小明" not in out


def test_a_burst_of_connections_is_taken(wiring: Wiring) -> None:
    with server(wiring, most=400) as running:
        began = time.monotonic()
        lines = [Line(running, script="health").asks() for _ in range(300)]
        assert all(line.file.readline() == "VERBOSE well 4\n" for line in lines)
        for line in lines:
            line.cut()
        assert time.monotonic() - began < 30
