"""The telephone's door: a FastAGI server, a thread a call.

    python -m agi_scripts.server

Asterisk connects, names a script (`agi://host:port/hotline_call`) and then takes commands. A request that is
none, a line without an end, a socket that says nothing: one log line without personal data, and the server
goes on.
"""

from __future__ import annotations

import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable
from socketserver import TCPServer, ThreadingMixIn

from agi_scripts import agent_connected, agent_left, call_ended, desk_call, hotline_call, survey_call
from agi_scripts.line import Line
from hotline import logs
from hotline.settings import Settings, load
from hotline.wiring import Wiring, build
from ivr import dialplan_variables as names
from ivr.agi import Agi, BadRequest, CommandRefused, HangUp

log = logs.get(__name__)

Script = Callable[[Agi, Wiring], None]
SCRIPTS: dict[str, Script] = {
    names.HOTLINE_CALL: hotline_call.run,
    names.AGENT_CONNECTED: agent_connected.run,
    names.AGENT_LEFT: agent_left.run,
    names.DESK_CALL: desk_call.run,
    names.CALL_ENDED: call_ended.run,
    names.SURVEY_CALL: survey_call.run,
}
HEALTH = "health"
"""The supervisor's question; it is answered and touches no call."""
_REQUEST_SECONDS = 5.0
"""How long Asterisk may take to say what it wants: it does so at once."""
_OUT_OF_BREATH = 0.1
"""Without file descriptors left, accepting fails at once, again and again."""
_MOST_FILES = 16_384
_LONGER_THAN_A_MESSAGE = 60.0
_LONGEST_GOODBYE = 20.0


class Server(ThreadingMixIn, TCPServer):
    """Bounded: beyond `most` calls at once Asterisk is refused at once and its dialplan apologises."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, wiring: Wiring, most: int) -> None:
        settings = wiring.settings
        self.wiring = wiring
        self._free = threading.BoundedSemaphore(most)
        self._calls = 0
        self._quiet = threading.Condition()
        super().__init__((settings.host, settings.fastagi_port), None)  # type: ignore[arg-type]

    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        if not self._free.acquire(blocking=False):
            log.error("too many calls at once: one is left to the dialplan's own apology")
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:
            # No thread to be had. socketserver closes the connection, and the dialplan apologises.
            self._free.release()
            raise

    def get_request(self) -> tuple[socket.socket, object]:
        try:
            return super().get_request()
        except OSError as error:
            log.error("a call was not taken in", error=error.strerror)
            threading.Event().wait(_OUT_OF_BREATH)
            raise

    def handle_error(self, _request: object, _client_address: object) -> None:
        """socketserver's own prints to stderr."""
        log.error("a call was not taken in", kind=type(sys.exception()).__name__)

    def process_request_thread(self, request: socket.socket, _address: object) -> None:  # type: ignore[override]
        with self._quiet:
            self._calls += 1
        try:
            self._serve(Line(request, _REQUEST_SECONDS))
        except Exception as error:
            log.error("a connection failed", kind=type(error).__name__)
        finally:
            self.shutdown_request(request)
            self._free.release()
            with self._quiet:
                self._calls -= 1
                self._quiet.notify_all()

    def _serve(self, line: Line) -> None:
        try:
            agi = Agi(line, line)
            name = agi.env["network_script"].partition("?")[0].strip("/")
            if name == HEALTH:
                line.write("VERBOSE well 4\n")
                return
            if name not in SCRIPTS:
                raise BadRequest("it names a script that is not here")
        except BadRequest as error:
            log.warning("a request was refused", why=str(error))
        except TimeoutError:
            log.warning("a request was refused", why=f"it was not whole within {_REQUEST_SECONDS:g} s")
        except (HangUp, OSError):
            log.info("a connection ended before its request")
        else:
            line.patience(self.wiring.settings.message_seconds + _LONGER_THAN_A_MESSAGE)
            self._run(name, agi)

    def _run(self, name: str, agi: Agi) -> None:
        try:
            SCRIPTS[name](agi, self.wiring)
        except (HangUp, OSError):
            log.info("the caller was gone before the script's end", script=name)
        except CommandRefused as error:
            log.error("Asterisk refused a command", script=name, command=str(error))
        except Exception as error:
            log.error("a script failed", script=name, kind=type(error).__name__)

    def finish_calls(self, seconds: float) -> int:
        """Wait for the calls that are in a script; -> how many are left."""
        with self._quiet:
            self._quiet.wait_for(lambda: not self._calls, seconds)
            return self._calls


def main(settings: Settings | None = None) -> None:
    """Serve until SIGTERM or SIGINT; calls that are here then may finish, for a while."""
    logs.configure("fastagi")
    _more_files()
    wiring = build(settings or load())
    try:
        server = Server(wiring, wiring.settings.most_calls)
    except OSError as error:
        log.critical("cannot listen", port=wiring.settings.fastagi_port, error=error.strerror)
        sys.exit(1)
    wiring.ledger.stock_up()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: threading.Thread(target=server.shutdown).start())
    log.info("takes calls", port=wiring.settings.fastagi_port)
    server.serve_forever(poll_interval=0.2)
    server.server_close()
    left = server.finish_calls(_LONGEST_GOODBYE)
    wiring.close()
    log.info("stopped", calls_left=left)


def _more_files() -> None:
    """A file descriptor a call, and one more where its recording is looked at."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(_MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    main()
