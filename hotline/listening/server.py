"""The listener's process: `python -m hotline.listening.server`.

It loads the model once. Two sockets: AudioSocket over TCP, where Asterisk sends what callers say, and one in
the run folder, where the telephone's door asks for it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import socketserver
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

from hotline import logs, spoken_names
from hotline.host import HostError, tools
from hotline.jobs import Transcriber
from hotline.listening.hall import Hall
from hotline.listening.screens import Screens
from hotline.listening.session import Order, Session, Side, TooMuch
from hotline.listening.tap import HOST, Taps
from hotline.settings import Settings, load
from hotline.wiring import Wiring, build
from hotline.worker import load_engine
from ivr import phrases, speech
from transcribe.audiosocket import AUDIO, BrokenOff, connection_id, frames
from transcribe.engine import Engine

log = logs.get(__name__)

_SILENT_SECONDS = 10.0
"""Asterisk sends a frame each 20 ms, unless the telephone sends none."""
_QUESTION_SECONDS = 2.0
_LONGEST_QUESTION = 64 * 1024
_PROBE_SECONDS = 2.0
_MARGIN = 2.0
"""A slot is given to a speaker only if the processor could do this many times the work."""
_MOST_SLOTS = 200


class _Audio(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128
    hall: Hall


class _AudioHandler(socketserver.BaseRequestHandler):
    """One speaker's audio."""

    server: _Audio

    def handle(self) -> None:
        self.request.settimeout(_SILENT_SECONDS)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        found: tuple[Session, Side] | None = None
        try:
            coming = frames(self.request.recv)
            found = self.server.hall.side(connection_id(next(coming)))
            if found is None:
                raise BrokenOff("nobody ordered this audio")
            session, side = found
            side.came = True
            for frame in coming:
                if frame.kind == AUDIO:
                    session.feed(side, frame.payload)
        except (BrokenOff, TooMuch, StopIteration) as error:
            self._trouble(found, str(error) or type(error).__name__)
        except TimeoutError:
            log.info("a speaker's audio has stopped coming")
        except (OSError, ValueError) as error:
            self._trouble(found, type(error).__name__)
        finally:
            if found is not None:
                found[0].ends(found[1])

    def _trouble(self, found: tuple[Session, Side] | None, why: str) -> None:
        log.warning("audio was refused", why=why)
        if found is not None:
            found[0].failed = True


class _Questions(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 128
    hall: Hall | None = None
    """None: there is no model."""


class _QuestionHandler(socketserver.StreamRequestHandler):
    """One question of the door."""

    timeout = _QUESTION_SECONDS
    server: _Questions

    def handle(self) -> None:
        with suppress(OSError):
            try:
                answer = _answer(self.server.hall, json.loads(self.rfile.readline(_LONGEST_QUESTION)))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                log.warning("a question was refused", error=type(error).__name__)
                answer = {"error": "no question of ours"}
            self.wfile.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")


def _answer(hall: Hall | None, question: Mapping[str, Any]) -> dict[str, Any]:
    if hall is None:
        return {"slot": False, "heard": None, "slots": 0, "busy": 0, "model": None, "ready": False}
    match question["do"]:
        case "begin":
            order = Order(
                recording_id=str(question["recording"]),
                call_id=str(question["call"]),
                channels={str(who): str(channel) for who, channel in question["channels"].items()},
                offer_danger=bool(question["offer_danger"]),
            )
            return {"slot": hall.begin(order)}
        case "end":
            ended = monotonic() if question["ended"] is None else float(question["ended"])
            return {"heard": hall.end(str(question["recording"]), float(question["seconds"]), ended)}
        case "sort":
            hall.sort(str(question["recording"]))
            return {}
        case "status":
            return {"slots": hall.slots, "busy": hall.busy, "model": hall.model, "ready": hall.ready}
    raise ValueError("unknown question")


# ---------------------------------------------------------------- saying back


class SayingBack:
    """A decision as prompts: the matter and the place, made by the prompt builder and kept."""

    def __init__(self, settings: Settings) -> None:
        self._sounds = settings.prompt_sounds
        try:
            self._espeak = tools.espeak(settings.cache_dir)
        except HostError as error:
            log.warning("nothing is read back to callers", error=str(error))
            self._espeak = ()

    def __call__(self, decision: Mapping[str, Any]) -> tuple[str, ...]:
        matter = decision.get("matter")
        if not self._espeak or not matter or decision.get("unsure") or decision.get("danger"):
            return ()
        try:
            said = ["you_said", self._phrase(str(matter))]
            place = spoken_place(decision.get("place") or {})
            said += ["place_is", self._phrase(place)] if place else []
        except speech.SpeechError as error:
            log.warning("a phrase was not made", error=str(error))
            return ()
        return (*said, "read_back_keys")

    def _phrase(self, text: str) -> str:
        return phrases.phrase(text, self._sounds, self._espeak)


def spoken_place(place: Mapping[str, Any]) -> str:
    """The parts of a place as one says them; empty when none is known, or it may be several."""
    if place.get("ambiguous") and not place.get("township"):
        return ""
    parts = ("township", "community", "road", "number", "poi")
    return "".join(str(place[part]) for part in parts if place.get(part))


# ---------------------------------------------------------------- the process


def slots_of(engine: Engine, cores: int) -> int:
    """How many speakers the cores hold: measured once, on two seconds of noise."""
    noise = os.urandom(int(_PROBE_SECONDS * 8000) * 2)
    recogniser = engine.recogniser()
    begun = monotonic()
    recogniser.feed(noise)
    recogniser.finish()
    share = max((monotonic() - begun) / _PROBE_SECONDS, 1e-3)
    return max(1, min(_MOST_SLOTS, int(cores / (share * _MARGIN))))


def audio_server(port: int, hall: Hall) -> _Audio:
    """Where Asterisk sends what callers say: on loopback, for it lives beside us. Raises OSError: taken."""
    server = _Audio((HOST, port), _AudioHandler)
    server.hall = hall
    return server


def question_server(path: Path, hall: Hall | None) -> _Questions:
    """Where the telephone's door asks. Without a hall nobody is heard."""
    path.unlink(missing_ok=True)
    server = _Questions(str(path), _QuestionHandler)
    path.chmod(0o600)
    server.hall = hall
    return server


def run(wiring: Wiring, closing: threading.Event) -> None:
    """Serve until `closing` is set. Without a model it answers that no slot is free."""
    settings = wiring.settings
    engine = load_engine(settings)
    with ExitStack() as open_now:
        hall = open_now.enter_context(_hall(wiring, engine)) if engine is not None else None
        servers: list[socketserver.BaseServer] = [question_server(settings.listener_socket, hall)]
        if hall is not None:
            servers.append(audio_server(settings.audiosocket_port, hall))
        for server in servers:
            threading.Thread(target=server.serve_forever, args=(0.2,), daemon=True).start()
            open_now.callback(_end, server)
        closing.wait()


@contextmanager
def _hall(wiring: Wiring, engine: Engine) -> Iterator[Hall]:
    settings = wiring.settings
    slots = settings.live_slots if settings.live_slots is not None else slots_of(engine, os.cpu_count() or 1)
    taps = Taps(settings)
    sorting = Transcriber(wiring, None, wiring.decide)

    def sort(recording_id: str) -> None:
        sorting.sort_message(recording_id)
        wiring.bell.nudge()

    say_back, city = SayingBack(settings), spoken_names.names(settings)
    hall = Hall(engine, taps, slots, wiring.decide, Screens(wiring).show, say_back, sort, city)
    taps.start()
    hall.start()
    log.info("hears callers", slots=slots, model=engine.name)
    try:
        yield hall
    finally:
        hall.close()
        taps.close()


def _end(server: socketserver.BaseServer) -> None:
    server.shutdown()
    server.server_close()


def main(settings: Settings | None = None) -> None:
    logs.configure("listener")
    wiring = build(settings or load())
    closing = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: closing.set())
    try:
        run(wiring, closing)
    except OSError as error:
        log.critical("cannot listen", port=wiring.settings.audiosocket_port, error=error.strerror)
        sys.exit(1)
    wiring.close()
    log.info("stopped")


if __name__ == "__main__":
    main()
