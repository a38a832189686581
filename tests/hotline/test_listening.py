"""The listener without Asterisk: slots, sessions, danger, bad audio, and a door that is not kept waiting."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sounds import pcm, silence

from hotline.host.tools import espeak
from hotline.listening.client import ListenerClient
from hotline.listening.hall import Hall
from hotline.listening.server import audio_server, question_server, slots_of, spoken_place
from hotline.listening.session import DangerWatch, Order, Session, TooMuch
from hotline.phone import alaw
from hotline.phone.voice import Voice
from hotline.settings import default_cache_dir
from ivr import phrases, speech
from transcribe.models import EMBEDDED, check
from transcribe.vosk_engine import VoskEngine

MESSAGE = "昭阳街道的下水道堵了"
DANGER = "煤气泄漏"


@pytest.fixture(scope="module")
def engine() -> VoskEngine:
    return VoskEngine(check(EMBEDDED))


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Voice:
    return Voice(espeak(default_cache_dir()), tmp_path_factory.mktemp("voice"))


def audio(voice: Voice, text: str) -> bytes:
    spoken = np.asarray(alaw.decode(voice.says(text)), np.float64)
    return pcm(np.concatenate([silence(0.2), spoken, silence(0.6)]))


class Exchange:
    """Plays Asterisk's part: opens a connection for each tap, and sends what the caller says."""

    def __init__(self) -> None:
        self.ready = True
        self.port = 0
        self.says: dict[str, bytes] = {}
        self.lines: dict[str, socket.socket] = {}
        self.pressed: list[tuple[str, str]] = []
        self.sent = threading.Event()

    def open(self, channel: str, tap: str) -> None:
        line = self.lines[tap] = socket.create_connection(("127.0.0.1", self.port), 5)
        line.sendall(frame(0x01, UUID(tap).bytes))
        samples = self.says.get(channel, b"")
        for start in range(0, len(samples), 320):
            line.sendall(frame(0x10, samples[start : start + 320]))
        self.sent.set()

    def remove(self, tap: str) -> None:
        if tap in self.lines:
            self.lines[tap].close()

    def press(self, channel: str, key: str) -> bool:
        self.pressed.append((channel, key))
        return True


def frame(kind: int, payload: bytes) -> bytes:
    return bytes([kind]) + len(payload).to_bytes(2, "big") + payload


def decide(text: str, _caller: str) -> Mapping[str, Any]:
    """A router that knows two things."""
    return {"matter": "排水" if "下水道" in text else None, "danger": DANGER in text, "unsure": False}


class House:
    """A listener with its two sockets."""

    def __init__(self, engine: VoskEngine, folder: Path, slots: int) -> None:
        self.exchange = Exchange()
        self.shown: list[tuple[list[dict[str, str]], Mapping[str, Any]]] = []
        self.sorted: list[str] = []
        self.hall = Hall(
            engine,
            self.exchange,
            slots,
            decide,
            lambda session, decision: self.shown.append((session.shows(), decision)),
            lambda decision: ("you_said",) if decision.get("matter") else (),
            self.sorted.append,
        )
        self.audio = audio_server(0, self.hall)
        self.exchange.port = self.audio.server_address[1]
        self.socket = folder / "listener.sock"
        self.questions = question_server(self.socket, self.hall)
        for server in (self.audio, self.questions):
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.hall.start()
        self.client = ListenerClient(self.socket)

    def close(self) -> None:
        self.hall.close()
        for server in (self.audio, self.questions):
            server.shutdown()
            server.server_close()


@pytest.fixture
def house(engine: VoskEngine, tmp_path: Path) -> Iterator[House]:
    opened = House(engine, tmp_path, slots=2)
    yield opened
    opened.close()


def until(what: str, happened: Any, seconds: float = 10.0) -> None:
    limit = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < limit, f"waited for {what}"
        time.sleep(0.01)


def begins(house: House, channel: str, samples: bytes, recording: str = "r1", **order: Any) -> bool:
    house.exchange.says[channel] = samples
    return house.client.begin(recording, "c1", {"citizen": channel}, offer_danger=True, **order)


def test_what_was_said_is_there_when_the_recording_ends(house: House, voice: Voice) -> None:
    assert begins(house, "PJSIP/1", audio(voice, MESSAGE))
    assert house.exchange.sent.wait(10)
    until("the words to be seen", lambda: house.shown and "下水道" in house.shown[-1][0][0]["text"])
    heard = house.client.end("r1", 3.0)
    assert heard is not None
    assert "下水道" in heard.text
    assert (heard.model, heard.danger, heard.read_back) == ("embedded", False, ("you_said",))
    assert heard.ready_ms is not None
    assert all(word["start"] <= word["end"] for word in heard.words)
    assert house.client.status() == {"slots": 2, "busy": 0, "model": "embedded", "ready": True}


def test_without_a_free_slot_nobody_is_heard_and_nobody_waits(house: House) -> None:
    assert begins(house, "PJSIP/1", b"", "r1")
    assert begins(house, "PJSIP/2", b"", "r2")
    assert not begins(house, "PJSIP/3", b"", "r3")
    assert house.client.end("r3", 1.0) is None
    house.client.end("r1", 1.0)
    assert begins(house, "PJSIP/3", b"", "r3")


def test_one_recording_is_heard_once(house: House) -> None:
    assert begins(house, "PJSIP/1", b"")
    assert not begins(house, "PJSIP/1", b"")


def test_a_channel_whose_audio_never_came_is_left_to_the_job(house: House) -> None:
    house.exchange.open = lambda channel, tap: None  # type: ignore[method-assign]
    assert begins(house, "PJSIP/1", b"")
    assert house.client.end("r1", 2.0) is None


def test_danger_presses_a_key_for_the_caller_once(house: House, voice: Voice) -> None:
    assert begins(house, "PJSIP/1", audio(voice, DANGER + "了") * 2)
    until("the key", lambda: house.exchange.pressed)
    heard = house.client.end("r1", 3.0)
    assert heard is not None
    assert heard.danger
    assert house.exchange.pressed == [("PJSIP/1", "A")]


def test_two_who_talk_are_told_apart(house: House, voice: Voice) -> None:
    house.exchange.says = {"PJSIP/c": audio(voice, MESSAGE), "PJSIP/a": audio(voice, "好的")}
    assert house.client.begin("r1", "c1", {"citizen": "PJSIP/c", "agent": "PJSIP/a"})
    until("both to be heard", lambda: len(house.exchange.lines) == 2 and house.exchange.sent.is_set())
    until("the citizen", lambda: any("下水道" in said[0]["text"] for said, _ in house.shown if said))
    heard = house.client.end("r1", 3.0)
    assert heard is not None
    assert {word["who"] for word in heard.words} >= {"citizen"}
    assert "市民:" in heard.text


def test_audio_faster_than_it_can_be_said_is_refused_and_the_job_does_it(house: House) -> None:
    assert begins(house, "PJSIP/1", pcm(silence(30.0)))
    until("the refusal", lambda: _refused(house))
    assert house.client.end("r1", 30.0) is None


def _refused(house: House) -> bool:
    return any(session.failed for session in house.hall.sessions)


@pytest.mark.parametrize(
    "bad", [b"", b"\x01\x00", b"GET / HTTP/1.1\r\n\r\n", frame(0x01, bytes(16)), b"\xff" * 5000]
)
def test_a_stranger_at_the_audio_socket_changes_nothing(house: House, voice: Voice, bad: bytes) -> None:
    with socket.create_connection(("127.0.0.1", house.exchange.port), 5) as line:
        line.sendall(bad)
    assert begins(house, "PJSIP/1", audio(voice, MESSAGE))
    until("the words", lambda: house.shown and "下水道" in house.shown[-1][0][0]["text"])


@pytest.mark.parametrize("bad", [b"\n", b"{}\n", b"[1]\n", b'{"do": "end"}\n', b"\xff\xfe\n", b'{"do": 1}\n'])
def test_a_bad_question_is_answered_and_the_listener_goes_on(house: House, bad: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(5)
        line.connect(str(house.socket))
        line.sendall(bad)
        assert "error" in json.loads(line.makefile("rb").readline())
    assert house.client.status()["slots"] == 2


def test_a_case_is_sorted_when_its_words_stand(house: House) -> None:
    house.client.sort("r1")
    until("the sorting", lambda: house.sorted == ["r1"])


# ---------------------------------------------------------------- a listener that is not there


def test_a_dead_listener_is_no_listener(tmp_path: Path) -> None:
    client = ListenerClient(tmp_path / "nobody.sock")
    assert not client.begin("r", "c", {"citizen": "x"})
    assert client.end("r", 1.0) is None
    assert client.status() == {}
    client.sort("r")


def test_a_frozen_listener_holds_a_caller_for_a_moment_only(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as frozen:
        frozen.bind(str(tmp_path / "frozen.sock"))
        frozen.listen(8)
        begun = time.monotonic()
        assert not ListenerClient(tmp_path / "frozen.sock").begin("r", "c", {"citizen": "x"})
        assert time.monotonic() - begun < 1.0


# ---------------------------------------------------------------- parts


def test_more_audio_than_time_is_too_much(engine: VoskEngine) -> None:
    session = Session(Order("r", "c", {"citizen": "x"}), engine)
    side = session.sides[0]
    session.feed(side, bytes(16000 * 6))
    with pytest.raises(TooMuch):
        session.feed(side, bytes(320))


@given(st.lists(st.tuples(st.booleans(), st.booleans())))
def test_danger_is_believed_at_most_once_and_never_without_being_heard(
    looks: list[tuple[bool, bool]],
) -> None:
    watch = DangerWatch()
    fired = [watch.hear(now=now, settled=settled) for now, settled in looks]
    assert sum(fired) <= 1
    twice = any(a and b for (a, _), (b, _) in pairwise(looks))
    assert watch.believed == (twice or any(settled for _, settled in looks))


def test_a_machine_holds_at_least_one_speaker(engine: VoskEngine) -> None:
    assert 1 <= slots_of(engine, 1) <= slots_of(engine, 64) <= 200


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ({"township": "昭阳街道", "road": "五四路", "number": "12号", "ambiguous": []}, "昭阳街道五四路12号"),
        ({"ambiguous": ["水北街道", "水北镇"]}, ""),
        ({}, ""),
    ],
)
def test_a_place_is_said_as_far_as_it_is_known(place: dict[str, Any], said: str) -> None:
    assert spoken_place(place) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("12号", "十二号"),
        ("305号", "三百零五号"),
        ("1388号", "幺三八八号"),
        ("20栋", "二十栋"),
        ("007", "零零七"),
    ],
)
def test_numbers_in_a_phrase_are_said_as_people_say_them(written: str, said: str) -> None:
    assert phrases.spelled(written) == said


def test_a_phrase_is_made_once_and_kept(tmp_path: Path) -> None:
    words = espeak(default_cache_dir())
    name = phrases.phrase("昭阳街道五四路12号", tmp_path, words)
    sound = tmp_path / f"{name}.alaw"
    made = sound.stat().st_mtime_ns
    assert phrases.phrase("昭阳街道五四路12号", tmp_path, words) == name
    assert sound.stat().st_mtime_ns == made
    measured = speech.measure(tmp_path / f"{name}.wav")
    assert 1.0 < measured.seconds < 9.0
    assert measured.peak <= -2.9
