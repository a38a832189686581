"""Taken ports are named before anything starts; log files do not grow for ever."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from hotline import logfiles
from hotline.host import ports
from hotline.settings import load


def test_a_taken_port_is_named_with_its_setting_and_its_holder(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        number = holder.getsockname()[1]
        complaints = ports.taken(ports.of(load(run_dir=tmp_path, web_port=number)))

    mine = [line for line in complaints if line.startswith("web_port")]
    assert len(mine) == 1
    assert f"port {number}/tcp is taken by " in mine[0]
    assert f"(pid {os.getpid()})" in mine[0]
    assert mine[0].endswith("set MINSHENG110_WEB_PORT to a free port")


def test_a_taken_udp_port_is_named_too() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        number = holder.getsockname()[1]
        (line,) = ports.taken([ports.Port("sip_port", "127.0.0.1", number, "udp")])

    assert f"sip_port: port {number}/udp is taken by " in line


def test_a_free_port_is_no_complaint() -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        number = holder.getsockname()[1]

    assert ports.taken([ports.Port("web_port", "127.0.0.1", number, "tcp")]) == []


def test_an_address_that_is_not_ours_is_named_with_its_setting() -> None:
    (line,) = ports.taken([ports.Port("web_port", "203.0.113.7", 8110, "tcp")])

    assert line.startswith("web_port: cannot listen on 203.0.113.7:8110/tcp")


def test_a_log_grown_too_big_moves_aside_and_the_oldest_is_dropped(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    for number in range(6):
        log.write_text(f"{number}" * 20)
        logfiles.rotate(tmp_path, max_bytes=10)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["web.log.1", "web.log.2", "web.log.3"]
    assert (tmp_path / "web.log.1").read_text()[0] == "5"


def test_a_small_log_stays(tmp_path: Path) -> None:
    (tmp_path / "web.log").write_text("short")
    logfiles.rotate(tmp_path)

    assert (tmp_path / "web.log").read_text() == "short"


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("".join(f"{number}\n" for number in range(100)))

    assert logfiles.tail(log, lines=2) == "98\n99"
    assert logfiles.tail(tmp_path / "none.log") == "(no log)"
